/**
 * The messages of TensorBoard's event files that gradfold writes, by their field numbers in event.proto, summary.proto, graph.proto and the
 * plugin.proto of hyperparameters. The wire format is the library's.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** counts of numbers between limits */
export interface HistogramCounts {
  readonly min: number
  readonly max: number
  readonly count: number
  readonly sum: number
  readonly sumOfSquares: number
  /** the upper end of each bucket */
  readonly limits: readonly number[]
  readonly counts: readonly number[]
}
/** a setting: a text, a number or a choice of two */
export type PlainSetting = string | number | boolean
/** what the plugin of hyperparameters reads */
export type HparamsData =
  | {
      readonly experiment: {
        readonly settings: Readonly<Record<string, PlainSetting>>
        readonly metrics: readonly string[]
      }
    }
  | { readonly start: { readonly group: string; readonly settings: Readonly<Record<string, PlainSetting>> } }
  | { readonly end: 'success' | 'failure' | 'running' }
/** one value of a summary */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: HistogramCounts }
  | { readonly tag: string; readonly hparams: HparamsData }
/** a node of a graph */
export interface EventNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  /** its output, without the axis of examples */
  readonly shape: readonly number[]
  readonly texts: Readonly<Record<string, string>>
}
export interface Event {
  readonly step: number
  readonly content: 'version' | { readonly graph: readonly EventNode[] } | { readonly values: readonly SummaryValue[] }
}

type Write<A> = (w: BinaryWriter, value: A) => void
const text = (w: BinaryWriter, field: number, value: string): BinaryWriter =>
  w.tag(field, WireType.LengthDelimited).string(value)
const int = (w: BinaryWriter, field: number, value: number): BinaryWriter => w.tag(field, WireType.Varint).int64(value)
const double = (w: BinaryWriter, field: number, value: number): BinaryWriter =>
  w.tag(field, WireType.Bit64).double(value)
const message = <A>(w: BinaryWriter, field: number, write: Write<A>, value: A): void => {
  w.tag(field, WireType.LengthDelimited).fork()
  write(w, value)
  w.join()
}
const doubles = (w: BinaryWriter, field: number, values: readonly number[]): void =>
  message(w, field, (inner, all) => all.forEach(x => inner.double(x)), values)

const histogram: Write<HistogramCounts> = (w, h) => {
  double(w, 1, h.min)
  double(w, 2, h.max)
  double(w, 3, h.count)
  double(w, 4, h.sum)
  double(w, 5, h.sumOfSquares)
  doubles(w, 6, h.limits)
  doubles(w, 7, h.counts)
}

/** google.protobuf.Value */
const plain: Write<PlainSetting> = (w, value) => {
  if (typeof value === 'number') double(w, 2, value)
  else if (typeof value === 'string') text(w, 3, value)
  else w.tag(4, WireType.Varint).bool(value)
}
/** hparams.DataType */
const typeOf = (value: PlainSetting): number => (typeof value === 'string' ? 1 : typeof value === 'boolean' ? 2 : 3)
const settingInfo: Write<readonly [string, PlainSetting]> = (w, [name, value]) => {
  text(w, 1, name)
  int(w, 4, typeOf(value))
}
const metricInfo: Write<string> = (w, tag) => message(w, 1, (inner, name) => text(inner, 2, name), tag)
const settingEntry: Write<readonly [string, PlainSetting]> = (w, [name, value]) => {
  text(w, 1, name)
  message(w, 2, plain, value)
}
const statuses = { success: 1, failure: 2, running: 3 } as const
const hparams: Write<HparamsData> = (w, data) => {
  if ('experiment' in data)
    message(
      w,
      2,
      (inner, { settings, metrics }) => {
        for (const setting of Object.entries(settings)) message(inner, 4, settingInfo, setting)
        for (const metric of metrics) message(inner, 5, metricInfo, metric)
      },
      data.experiment
    )
  else if ('start' in data)
    message(
      w,
      3,
      (inner, { group, settings }) => {
        for (const setting of Object.entries(settings)) message(inner, 1, settingEntry, setting)
        text(inner, 4, group)
      },
      data.start
    )
  else message(w, 4, (inner, status) => int(inner, 1, status), statuses[data.end])
}
const pluginBytes = (data: HparamsData): Uint8Array => {
  const w = new BinaryWriter()
  hparams(w, data)
  return w.finish()
}
const plugin: Write<HparamsData> = (w, data) => {
  text(w, 1, 'hparams')
  w.tag(2, WireType.LengthDelimited).bytes(pluginBytes(data))
}
const dimension: Write<number> = (w, n) => int(w, 1, n)
const shape: Write<readonly number[]> = (w, dims) => dims.forEach(n => message(w, 2, dimension, n))
/** no numbers, of one axis: what the plugin puts beside its own data */
const emptyTensor: Write<readonly number[]> = (w, dims) => {
  int(w, 1, 1)
  message(w, 2, shape, dims)
}
const summaryValue: Write<SummaryValue> = (w, v) => {
  text(w, 1, v.tag)
  if ('scalar' in v) w.tag(2, WireType.Bit32).float(Math.fround(v.scalar))
  else if ('histogram' in v) message(w, 5, histogram, v.histogram)
  else {
    message(w, 8, emptyTensor, [0])
    message(w, 9, (inner, data) => message(inner, 1, plugin, data), v.hparams)
  }
}

const shapes: Write<readonly number[]> = (w, dims) => message(w, 7, shape, dims)
const attributeText: Write<string> = (w, value) => void text(w, 2, value)
const node: Write<EventNode> = (w, n) => {
  text(w, 1, n.name)
  text(w, 2, n.op)
  for (const input of n.inputs) text(w, 3, input)
  const attribute = <A>(name: string, write: Write<A>, value: A): void =>
    message(
      w,
      5,
      (inner, entry) => {
        text(inner, 1, name)
        message(inner, 2, write, entry)
      },
      value
    )
  // -1 is the number of examples, which is not known before a batch comes
  attribute('_output_shapes', (inner, dims) => message(inner, 1, shapes, dims), [-1, ...n.shape])
  for (const [name, value] of Object.entries(n.texts)) attribute(name, attributeText, value)
}
const graphBytes = (nodes: readonly EventNode[]): Uint8Array => {
  const w = new BinaryWriter()
  for (const n of nodes) message(w, 1, node, n)
  message(w, 4, (inner, version) => int(inner, 1, version), 22)
  return w.finish()
}

/** the bytes of an event; its time is 0, so that equal runs give equal files */
export const encodeEvent = ({ step, content }: Event): Uint8Array => {
  const w = new BinaryWriter()
  double(w, 1, 0)
  if (step !== 0) int(w, 2, step)
  if (content === 'version') text(w, 3, 'brain.Event:2')
  else if ('graph' in content) w.tag(4, WireType.LengthDelimited).bytes(graphBytes(content.graph))
  else message(w, 5, (inner, values) => values.forEach(v => message(inner, 1, summaryValue, v)), content.values)
  return w.finish()
}
