/**
 * The messages of an ONNX file that say what its graph computes, by their field numbers in onnx.proto. The wire format is the library's. A
 * field of another wire type than it has there, and a message that stands twice where one is meant, are refused: readers differ in what
 * they make of these.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../../../value/error.js'
import { errorText } from '../../../value/text.js'

export interface StoredTensor {
  readonly name: string
  /** TensorProto.DataType */
  readonly type: number
  readonly dims: readonly number[]
  readonly raw?: Uint8Array
  /** numbers that are not raw, by the field that holds them */
  readonly floats: readonly number[]
  readonly doubles: readonly number[]
  readonly ints: readonly number[]
  /** whether the numbers are in another file */
  readonly outside: boolean
}
export interface StoredAttribute {
  readonly name: string
  readonly type: number
  readonly int: number
  readonly float: number
  readonly text: string
  readonly ints: readonly number[]
  readonly floats: readonly number[]
  readonly tensor?: StoredTensor
}
export interface StoredNode {
  readonly name: string
  readonly op: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, StoredAttribute>>
}
export interface StoredValue {
  readonly name: string
  /** TensorProto.DataType; 0 for anything but a tensor */
  readonly type: number
  /** a text, or nothing, is a size that is not known before the graph runs */
  readonly dims?: readonly (number | string)[]
}
export interface StoredGraph {
  readonly nodes: readonly StoredNode[]
  readonly initializers: readonly StoredTensor[]
  readonly inputs: readonly StoredValue[]
  readonly outputs: readonly StoredValue[]
}
export interface StoredModel {
  readonly opset: number
  readonly producer: string
  readonly graph: StoredGraph
  readonly metadata: Readonly<Record<string, string>>
}

const refuse = (expected: string, got: string): never => {
  throw new Error(`${expected}\n${got}`)
}

type Fields = Readonly<Record<number, (r: BinaryReader, wire: WireType) => void>>
/** goes through the fields of a message; those without a row are left out */
const fields = (bytes: Uint8Array, rows: Fields): void => {
  const r = new BinaryReader(bytes)
  while (r.pos < r.len) {
    const [field, wire] = r.tag()
    const row = rows[field]
    if (row === undefined) r.skip(wire, field)
    else row(r, wire)
  }
}
const wired = (wanted: WireType, got: WireType): void => {
  if (wanted !== got) refuse(`a field of wire type ${wanted}`, `${got}`)
}
const whole = (r: BinaryReader): number => {
  const n = Number(r.int64())
  return Number.isSafeInteger(n) ? n : (refuse('whole numbers below 2^53', `${n}`), 0)
}
const int = (set: (n: number) => void) => (r: BinaryReader, wire: WireType) => {
  wired(WireType.Varint, wire)
  set(whole(r))
}
const float = (set: (n: number) => void) => (r: BinaryReader, wire: WireType) => {
  wired(WireType.Bit32, wire)
  set(r.float())
}
const bytes = (set: (b: Uint8Array) => void) => (r: BinaryReader, wire: WireType) => {
  wired(WireType.LengthDelimited, wire)
  set(r.bytes())
}
const text = (set: (s: string) => void) => (r: BinaryReader, wire: WireType) => {
  wired(WireType.LengthDelimited, wire)
  set(r.string())
}
/** repeated numbers, each by itself or packed */
const numbers = (list: number[], wanted: WireType, next: (r: BinaryReader) => number) => {
  return (r: BinaryReader, wire: WireType): void => {
    if (wire === wanted) return void list.push(next(r))
    wired(WireType.LengthDelimited, wire)
    const packed = new BinaryReader(r.bytes())
    while (packed.pos < packed.len) list.push(next(packed))
  }
}
/** a message that may stand once */
const once = (read: (b: Uint8Array) => void) => {
  let seen = false
  return bytes(b => {
    if (seen) refuse('a message once', 'twice')
    seen = true
    read(b)
  })
}

/** texts and numbers about a part, which say nothing of what it computes: read too, so that damage is found */
const note = text(() => undefined)
const notes = bytes(b => {
  fields(b, { 1: note, 2: note })
})
const count = int(() => undefined)

const tensorOf = (b: Uint8Array): StoredTensor => {
  const dims: number[] = []
  const floats: number[] = []
  const doubles: number[] = []
  const ints: number[] = []
  let [name, type, outside] = ['', 0, false]
  let raw: Uint8Array | undefined
  fields(b, {
    1: numbers(dims, WireType.Varint, whole),
    2: int(n => (type = n)),
    3: () => refuse('a tensor that is whole', 'a segment of one'),
    4: numbers(floats, WireType.Bit32, r => r.float()),
    5: numbers(ints, WireType.Varint, whole),
    7: numbers(ints, WireType.Varint, whole),
    8: text(s => (name = s)),
    9: bytes(r => (raw = r)),
    10: numbers(doubles, WireType.Bit64, r => r.double()),
    6: () => refuse('numbers', 'texts'),
    11: () => refuse('numbers below 2^53', 'numbers of 64 bits without a sign'),
    12: note,
    13: (r, wire) => {
      outside = true
      notes(r, wire)
    },
    16: notes,
    14: int(n => (outside = outside || n !== 0))
  })
  return { name, type, dims, floats, doubles, ints, outside, ...(raw === undefined ? {} : { raw }) }
}
/** attributes that no operator of a layer has: graphs, types, lists of tensors */
const only = (): void => void refuse('an attribute of numbers, a text or a tensor', 'another')
const attributeOf = (b: Uint8Array): StoredAttribute => {
  const ints: number[] = []
  const floats: number[] = []
  let [name, type, whole_, real, said] = ['', 0, 0, 0, '']
  let tensor: StoredTensor | undefined
  fields(b, {
    1: text(s => (name = s)),
    2: float(n => (real = n)),
    3: int(n => (whole_ = n)),
    4: text(s => (said = s)),
    5: once(t => (tensor = tensorOf(t))),
    7: numbers(floats, WireType.Bit32, r => r.float()),
    8: numbers(ints, WireType.Varint, whole),
    20: int(n => (type = n)),
    6: only,
    9: only,
    10: only,
    11: only,
    13: note,
    21: only,
    14: only,
    15: only,
    22: only,
    23: only
  })
  return { name, type, int: whole_, float: real, text: said, ints, floats, ...(tensor === undefined ? {} : { tensor }) }
}
const nodeOf = (b: Uint8Array): StoredNode => {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, StoredAttribute>()
  let [name, op, domain] = ['', '', '']
  fields(b, {
    1: text(s => inputs.push(s)),
    2: text(s => outputs.push(s)),
    3: text(s => (name = s)),
    4: text(s => (op = s)),
    5: bytes(a => {
      const attribute = attributeOf(a)
      if (attributes.has(attribute.name)) refuse('each attribute once', `${attribute.name} twice`)
      attributes.set(attribute.name, attribute)
    }),
    6: note,
    7: text(s => (domain = s)),
    8: note,
    9: notes,
    10: () => refuse('a node for any device', 'one for a list of devices')
  })
  return { name, op, domain, inputs, outputs, attributes: Object.fromEntries(attributes) }
}
const dimensionOf = (b: Uint8Array): number | string => {
  let size: number | string = ''
  fields(b, { 1: int(n => (size = n)), 2: text(s => (size = s)), 3: note })
  return size
}
/** lists, maps and what may be missing */
const other = (): void => void refuse('tensors between nodes', 'other values')
const valueOf = (b: Uint8Array): StoredValue => {
  const sizes: (number | string)[] = []
  let [name, type, shaped] = ['', 0, false]
  const shape = once(s => {
    shaped = true
    fields(s, { 1: bytes(d => void sizes.push(dimensionOf(d))) })
  })
  const tensor = once(t => {
    fields(t, { 1: int(n => (type = n)), 2: shape })
  })
  fields(b, {
    1: text(s => (name = s)),
    2: once(t => {
      fields(t, { 1: tensor, 4: other, 5: other, 6: note, 8: other, 9: other })
    }),
    3: note,
    4: notes
  })
  return { name, type, ...(shaped ? { dims: sizes } : {}) }
}
const graphOf = (b: Uint8Array): StoredGraph => {
  const nodes: StoredNode[] = []
  const initializers: StoredTensor[] = []
  const inputs: StoredValue[] = []
  const outputs: StoredValue[] = []
  fields(b, {
    1: bytes(n => void nodes.push(nodeOf(n))),
    5: bytes(t => void initializers.push(tensorOf(t))),
    11: bytes(v => void inputs.push(valueOf(v))),
    12: bytes(v => void outputs.push(valueOf(v))),
    2: note,
    10: note,
    13: bytes(v => void valueOf(v)),
    16: notes,
    14: () => refuse('numbers that are not quantized', 'quantized ones'),
    15: () => refuse('tensors that are stored in full', 'a sparse one')
  })
  return { nodes, initializers, inputs, outputs }
}
const pairOf = (b: Uint8Array): readonly [string, string] => {
  let [key, said] = ['', '']
  fields(b, { 1: text(s => (key = s)), 2: text(s => (said = s)) })
  return [key, said]
}
/** the version of the operators of ONNX itself; other sets have names */
const opsetOf = (b: Uint8Array): number | undefined => {
  let [domain, version] = ['', 0]
  fields(b, { 1: text(s => (domain = s)), 2: int(n => (version = n)) })
  return domain === '' || domain === 'ai.onnx' ? version : undefined
}
const modelOf = (b: Uint8Array): StoredModel => {
  const metadata = new Map<string, string>()
  let [opset, producer] = [0, '']
  let graph: StoredGraph | undefined
  fields(b, {
    1: count,
    2: text(s => (producer = s)),
    3: note,
    4: note,
    5: count,
    6: note,
    7: once(g => (graph = graphOf(g))),
    8: bytes(o => (opset = opsetOf(o) ?? opset)),
    14: bytes(p => void metadata.set(...pairOf(p))),
    20: () => refuse('a graph of inference', 'one of training'),
    25: () => refuse('a graph without functions', 'functions'),
    26: () => refuse('a graph for any device', 'one for a list of devices')
  })
  if (graph === undefined || opset === 0) return refuse('a graph, and the version of its operators', 'none')
  return { opset, producer, graph, metadata: Object.fromEntries(metadata) }
}

/** what a file says; Left for anything but an ONNX file */
export const decodeOnnx = (b: Uint8Array): E.Either<DecodeError, StoredModel> =>
  E.tryCatch(
    () => modelOf(b),
    e => {
      const said = errorText(e)
      const at = said.indexOf('\n')
      return at < 0
        ? decodeError(['onnx'], 'an ONNX file', said)
        : decodeError(['onnx'], said.slice(0, at), said.slice(at + 1))
    }
  )
