/**
 * The messages of an ONNX file that gradfold writes, by their field numbers in onnx.proto (proto2). The wire format is the library's.
 * Repeated whole numbers are not packed, and every field that has a value is written, 0 included, as the official writers do.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** what a number of a tensor is: TensorProto.DataType */
export const elementCodes = { f32: 1, u8: 2, u32: 7, bool: 9, f64: 11 } as const

export interface OnnxTensor {
  readonly name: string
  /** one of elementCodes */
  readonly type: number
  readonly dims: readonly number[]
  /** little-endian, row-major */
  readonly raw: Uint8Array
}
/** an attribute: a whole number or several, a number, or a text */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string }
export interface OnnxNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}
export interface OnnxValue {
  readonly name: string
  readonly type: number
  /** a text is a size that is not known before the graph runs */
  readonly dims: readonly (number | string)[]
}
export interface OnnxModel {
  readonly ir: number
  readonly opset: number
  readonly producer: string
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly metadata: readonly (readonly [string, string])[]
}

type Write<A> = (w: BinaryWriter, value: A) => void
const text = (w: BinaryWriter, field: number, value: string): BinaryWriter =>
  w.tag(field, WireType.LengthDelimited).string(value)
const int = (w: BinaryWriter, field: number, value: number): BinaryWriter => w.tag(field, WireType.Varint).int64(value)
const message = <A>(w: BinaryWriter, field: number, write: Write<A>, value: A): void => {
  w.tag(field, WireType.LengthDelimited).fork()
  write(w, value)
  w.join()
}

const tensor: Write<OnnxTensor> = (w, { name, type, dims, raw }) => {
  for (const n of dims) int(w, 1, n)
  int(w, 2, type)
  text(w, 8, name)
  w.tag(9, WireType.LengthDelimited).bytes(raw)
}
const types = { float: 1, int: 2, text: 3, ints: 7 } as const
const attribute: Write<readonly [string, OnnxAttribute]> = (w, [name, value]) => {
  text(w, 1, name)
  if ('float' in value) w.tag(2, WireType.Bit32).float(value.float)
  if ('int' in value) int(w, 3, value.int)
  if ('text' in value) text(w, 4, value.text)
  if ('ints' in value) for (const n of value.ints) int(w, 8, n)
  int(w, 20, 'float' in value ? types.float : 'int' in value ? types.int : 'text' in value ? types.text : types.ints)
}
const node: Write<OnnxNode> = (w, { name, op, inputs, outputs, attributes }) => {
  for (const n of inputs) text(w, 1, n)
  for (const n of outputs) text(w, 2, n)
  text(w, 3, name)
  text(w, 4, op)
  for (const entry of Object.entries(attributes)) message(w, 5, attribute, entry)
}
const dimension: Write<number | string> = (w, n) => void (typeof n === 'number' ? int(w, 1, n) : text(w, 2, n))
const shape: Write<OnnxValue> = (w, { dims }) => {
  for (const n of dims) message(w, 1, dimension, n)
}
const tensorType: Write<OnnxValue> = (w, value) => {
  int(w, 1, value.type)
  message(w, 2, shape, value)
}
const valueType: Write<OnnxValue> = (w, value) => message(w, 1, tensorType, value)
const value: Write<OnnxValue> = (w, v) => {
  text(w, 1, v.name)
  message(w, 2, valueType, v)
}
const graph: Write<OnnxModel> = (w, m) => {
  for (const n of m.nodes) message(w, 1, node, n)
  text(w, 2, m.name)
  for (const t of m.initializers) message(w, 5, tensor, t)
  for (const v of m.inputs) message(w, 11, value, v)
  for (const v of m.outputs) message(w, 12, value, v)
}
const opset: Write<number> = (w, version) => {
  text(w, 1, '')
  int(w, 2, version)
}
const entry: Write<readonly [string, string]> = (w, [key, said]) => {
  text(w, 1, key)
  text(w, 2, said)
}

/** the bytes of a file: equal models give equal bytes */
export const encodeOnnx = (m: OnnxModel): Uint8Array => {
  const w = new BinaryWriter()
  int(w, 1, m.ir)
  text(w, 2, m.producer)
  message(w, 7, graph, m)
  message(w, 8, opset, m.opset)
  for (const pair of m.metadata) message(w, 14, entry, pair)
  return w.finish()
}
