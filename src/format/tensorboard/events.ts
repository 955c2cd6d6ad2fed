/** Event files of TensorBoard: numbers by step, counts of numbers, hyperparameters and the graph of a network. */
import * as E from 'fp-ts/lib/Either.js'
import { crcBy } from '../../data/gzip.js'
import { isObject, wrongArgument, type Argument } from '../../value/argument.js'
import { joinedBytes } from '../../value/bytes.js'
import { settingError, type SettingError } from '../../value/error.js'
import {
  encodeEvent,
  type Event,
  type EventNode,
  type HistogramCounts,
  type PlainSetting,
  type SummaryValue
} from './proto.js'

/** numbers by step: a curve */
export interface ScalarSeries {
  readonly tag: string
  readonly points: readonly (readonly [step: number, value: number])[]
}
/** the numbers of one step, of which TensorBoard shows how many are where */
export interface NumbersAtStep {
  readonly tag: string
  readonly step: number
  readonly numbers: ArrayLike<number>
}
/** the settings of a run, and which curves say how good it is */
export interface Hyperparameters {
  /** runs of one group are one row of the table */
  readonly group: string
  readonly settings: Readonly<Record<string, PlainSetting>>
  /** tags of curves */
  readonly metrics: readonly string[]
  readonly status: 'success' | 'failure' | 'running'
}
/** what an event file says about a run */
export interface EventLog {
  readonly scalars: readonly ScalarSeries[]
  readonly histograms?: readonly NumbersAtStep[]
  readonly hyperparameters?: Hyperparameters
  readonly graph?: readonly EventNode[]
}

/** the number of buckets of a histogram, as TensorBoard's writer has it */
const buckets = 30

/** counts of the finite numbers in equal buckets from the smallest to the largest; undefined if there is none */
export const histogramOf = (numbers: ArrayLike<number>): HistogramCounts | undefined => {
  let [min, max, sum, sumOfSquares, count] = [Infinity, -Infinity, 0, 0, 0]
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] as number
    if (!Number.isFinite(x)) continue
    min = Math.min(min, x)
    max = Math.max(max, x)
    sum += x
    sumOfSquares += x * x
    count++
  }
  if (count === 0) return undefined
  if (min === max) return { min, max, count, sum, sumOfSquares, limits: [max], counts: [count] }
  const counts = new Float64Array(buckets)
  // the width of a range may overflow where its ends do not
  const scale = Number.isFinite(max - min) ? 1 : 0.5
  const low = min * scale
  const width = max * scale - low
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] as number
    if (!Number.isFinite(x)) continue
    const at = Math.min(buckets - 1, Math.floor(((x * scale - low) / width) * buckets))
    counts[at] = (counts[at] as number) + 1
  }
  const limits = Array.from({ length: buckets }, (_, i) =>
    i === buckets - 1 ? max : Math.min(max, (low + ((i + 1) / buckets) * width) / scale)
  )
  return { min, max, count, sum, sumOfSquares, limits, counts: Array.from(counts) }
}

const crc32c = crcBy(0x82f63b78)
/** the check of a record: rotated, and moved by a constant, because a record may hold checks itself */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
/** a record of a TFRecord file: length, check of the length, bytes, check of the bytes */
const frame = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length + 16)
  const cells = new DataView(out.buffer)
  cells.setBigUint64(0, BigInt(bytes.length), true)
  cells.setUint32(8, masked(out.subarray(0, 8)), true)
  out.set(bytes, 12)
  cells.setUint32(12 + bytes.length, masked(bytes), true)
  return out
}

const hyperparameterEvents = ({ group, settings, metrics, status }: Hyperparameters): readonly Event[] =>
  [
    { tag: '_hparams_/experiment', hparams: { experiment: { settings, metrics } } } as const,
    { tag: '_hparams_/session_start_info', hparams: { start: { group, settings } } } as const
  ]
    .map((value): Event => ({ step: 0, content: { values: [value] } }))
    .concat(
      status === 'running'
        ? []
        : [
            {
              step: 0,
              content: { values: [{ tag: '_hparams_/session_end_info', hparams: { end: status } }] }
            }
          ]
    )

/** one event for each step, with all that there is for it, in the order of the steps */
const summaries = ({ scalars, histograms = [] }: EventLog): readonly Event[] => {
  const at = new Map<number, SummaryValue[]>()
  const add = (step: number, value: SummaryValue): void => {
    const there = at.get(step)
    if (there === undefined) at.set(step, [value])
    else there.push(value)
  }
  for (const { tag, points } of scalars) for (const [step, scalar] of points) add(step, { tag, scalar })
  for (const { tag, step, numbers } of histograms) {
    const histogram = histogramOf(numbers)
    if (histogram !== undefined) add(step, { tag, histogram })
  }
  return [...at].sort(([a], [b]) => a - b).map(([step, values]): Event => ({ step, content: { values } }))
}

const isStep = (u: unknown): boolean => Number.isSafeInteger(u) && (u as number) >= 0
const isText = (u: unknown): u is string => typeof u === 'string'
const isNumbers = (u: unknown): boolean =>
  (Array.isArray(u) && u.every(x => typeof x === 'number')) || ArrayBuffer.isView(u)
const isPoint = (u: unknown): boolean => Array.isArray(u) && isStep(u[0]) && typeof u[1] === 'number'
const isPlain = (u: unknown): boolean => isText(u) || typeof u === 'number' || typeof u === 'boolean'
const listOf =
  (is: (u: Readonly<Record<string, unknown>>) => boolean) =>
  (u: unknown): boolean =>
    Array.isArray(u) && u.every(x => isObject(x) && is(x))
const absentOr =
  (is: (u: unknown) => boolean) =>
  (u: unknown): boolean =>
    u === undefined || is(u)
const isHyperparameters = (u: unknown): boolean =>
  isObject(u) &&
  isText(u['group']) &&
  isObject(u['settings']) &&
  Object.values(u['settings']).every(isPlain) &&
  Array.isArray(u['metrics']) &&
  u['metrics'].every(isText) &&
  isText(u['status']) &&
  ['success', 'failure', 'running'].includes(u['status'])

const logArguments = (log: Partial<EventLog>): readonly Argument[] => [
  {
    path: ['scalars'],
    value: log.scalars,
    expected: 'a list of curves: a tag, and points of a whole step and a number',
    is: listOf(s => isText(s['tag']) && Array.isArray(s['points']) && s['points'].every(isPoint))
  },
  {
    path: ['histograms'],
    value: log.histograms,
    expected: 'a list of numbers, with a tag and a whole step each',
    is: absentOr(listOf(h => isText(h['tag']) && isStep(h['step']) && isNumbers(h['numbers'])))
  },
  {
    path: ['hyperparameters'],
    value: log.hyperparameters,
    expected: 'a group, plain settings, tags of metrics and a status',
    is: absentOr(isHyperparameters)
  },
  {
    path: ['graph'],
    value: log.graph,
    expected: 'a list of nodes: a name, an op, names of inputs, a shape and texts',
    is: absentOr(
      listOf(
        n =>
          isText(n['name']) &&
          isText(n['op']) &&
          Array.isArray(n['inputs']) &&
          n['inputs'].every(isText) &&
          Array.isArray(n['shape']) &&
          n['shape'].every(d => Number.isSafeInteger(d)) &&
          isObject(n['texts']) &&
          Object.values(n['texts']).every(isText)
      )
    )
  }
]

/**
 * An event file of TensorBoard. All times in it are 0, so that equal logs give equal bytes. Curves are f32 there: a larger number becomes
 * infinite. Name the file so that `tfevents` is part of its name.
 *
 * @example encodeEvents({ scalars: [{ tag: 'loss', points: [[1, 0.5], [2, 0.25]] }] }) // Right(bytes)
 * @returns Left for steps that are not whole numbers from 0 up, and for anything but texts and numbers
 */
export const encodeEvents = (log: EventLog): E.Either<SettingError, Uint8Array> => {
  const wrong = wrongArgument(settingError, [
    { path: ['log'], value: log, expected: 'an object with curves', is: isObject },
    ...(isObject(log) ? logArguments(log) : [])
  ])
  if (wrong !== undefined) return E.left(wrong)
  const { hyperparameters, graph } = log
  const events: readonly Event[] = [
    { step: 0, content: 'version' },
    ...(graph === undefined ? [] : [{ step: 0, content: { graph } }]),
    ...(hyperparameters === undefined ? [] : hyperparameterEvents(hyperparameters)),
    ...summaries(log)
  ]
  return E.right(joinedBytes(events.map(e => frame(encodeEvent(e)))))
}
