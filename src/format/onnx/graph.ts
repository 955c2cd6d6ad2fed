/**
 * A graph while it is built. A value may be stored otherwise than it is meant: with its axes in another order (channels first, as the
 * operators of ONNX want images), or with axes of size 1 that are still to be repeated. So no transposition is written that the next
 * operator would undo, and numbers are repeated by the operator that needs them.
 */
import { bytesOf } from '../../value/bytes.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { allocate, numbersOf, permutedView, scalarOf, tensorView, type DType, type Tensor } from '../../value/tensor.js'
import { sameTensor } from './match.js'
import { elementCodes, type OnnxNode, type OnnxTensor } from './proto.js'
import type { Sizes } from './sizes.js'

/** a value that an operator gives: axis i of what is stored is axis order[i] of what is meant; a size of 1 may mean any size */
export interface Computed {
  readonly name: string
  readonly dtype: DType
  /** of the meant axes */
  readonly sizes: Sizes
  readonly order: Dims
}
/** numbers that are known when the file is written */
export interface Known {
  readonly tensor: Tensor
  /** what they are called, if they are an initializer of their own */
  readonly label: string
}
export type Held = Computed | Known
export const isKnown = (h: Held): h is Known => 'tensor' in h

export const inOrder = (rank: number): Dims => Array.from({ length: rank }, (_, i) => i)
export const sameOrder = (a: Dims, b: Dims): boolean => a.every((n, i) => n === b[i])
/** axes 0 and last first: [b, ...sizes, c] stored as [b, c, ...sizes] */
export const channelsFirst = (rank: number): Dims => [0, rank - 1, ...inOrder(rank).slice(1, -1)]

export interface Graph {
  /** adds an operator, and gives the name of its result */
  readonly op: (type: string, inputs: readonly string[], attributes?: OnnxNode['attributes']) => string
  /** the name of known numbers, stored in an order of their axes; axes along which they repeat become 1 where `loose` */
  readonly known: (h: Known, order: Dims, loose: boolean) => string
  /** the name of whole numbers, as operators take sizes and axes */
  readonly whole: (numbers: readonly number[]) => string
  /** the name of one number */
  readonly number: (dtype: DType, value: number) => string
  /** the place in the model of the operators that follow */
  readonly at: (path: string) => void
  /** calls a computed value by another name; it is used in every place */
  readonly renamed: (from: string, to: string) => void
  readonly nodes: () => readonly OnnxNode[]
  readonly initializers: () => readonly OnnxTensor[]
  /** the size of the batch, as a tensor [1], where it is not known */
  readonly batch: () => string
  readonly opset: number
}

const int64s = (numbers: ArrayLike<number>): Uint8Array => {
  const out = new DataView(new ArrayBuffer(8 * numbers.length))
  for (let i = 0; i < numbers.length; i++) out.setBigInt64(8 * i, BigInt(numbers[i] as number), true)
  return new Uint8Array(out.buffer)
}
/** u32 is an index or a count: operators of ONNX take these as int64 */
const rawOf = (t: Tensor): Uint8Array => (t.dtype === 'u32' ? int64s(numbersOf(t)) : bytesOf(t))
/** axes along which a number is stored once become 1; all in one: no axes */
const tight = (t: Tensor): Tensor => {
  const shape = t.shape.map((n, i) => (t.stride[i] === 0 ? 1 : n))
  const first = shape.findIndex(n => n !== 1)
  const from = first < 0 ? shape.length : first
  return { ...t, shape: shape.slice(from), stride: t.stride.slice(from) }
}
export const permuted = <A>(list: readonly A[], order: Dims): readonly A[] => order.map(i => list[i] as A)

/** names, each for one value: a name that is taken gets a number */
const namesBeside = (reserved: readonly string[]): ((wanted: string) => string) => {
  const names = new Set<string>(reserved)
  return wanted => {
    let name = wanted
    for (let i = 2; names.has(name); i++) name = `${wanted}:${i}`
    names.add(name)
    return name
  }
}

interface Store extends Pick<Graph, 'known' | 'whole' | 'number' | 'initializers'> {}
/** numbers that the file holds, each once */
const newStore = (fresh: (wanted: string) => string): Store => {
  const initializers: OnnxTensor[] = []
  const known = new Map<string, (readonly [name: string, tensor: Tensor])[]>()
  const wholes = new Map<string, string>()
  const keep = (label: string, tensor: Tensor): string => {
    const key = `${tensor.dtype}[${tensor.shape.join()}]${scalarOf(tensor)}`
    const alike = known.get(key) ?? []
    const before = alike.find(([, other]) => sameTensor(other, tensor))
    if (before !== undefined) return before[0]
    const name = fresh(label)
    known.set(key, [...alike, [name, tensor]])
    initializers.push({ name, type: elementCodes[tensor.dtype], dims: tensor.shape, raw: rawOf(tensor) })
    return name
  }
  return {
    known: ({ tensor, label }, order, loose) => {
      const turned = permutedView(tensor, order)
      const t = loose ? tight(turned) : turned
      return keep(sizeOf(t.shape) === 1 && label === '' ? `${t.dtype} ${scalarOf(t)}` : label || 'numbers', t)
    },
    whole: numbers => {
      const key = numbers.join()
      const before = wholes.get(key)
      if (before !== undefined) return before
      const name = fresh(`[${key}]`)
      wholes.set(key, name)
      initializers.push({ name, type: elementCodes.u32, dims: [numbers.length], raw: int64s(numbers) })
      return name
    },
    number: (dtype, value) => keep(`${dtype} ${value}`, tensorView(dtype, [], allocate(dtype, [value]))),
    initializers: () => initializers
  }
}

/** an empty graph; the first of the names kept for inputs and outputs is an input whose first axis is the batch */
export const newGraph = (opset: number, reserved: readonly string[]): Graph => {
  const nodes: OnnxNode[] = []
  const fresh = namesBeside(reserved)
  const others = new Map<string, string>()
  let path = ''
  let batch: string | undefined
  const now = (name: string): string => others.get(name) ?? name
  const graph: Graph = {
    ...newStore(fresh),
    opset,
    op: (type, inputs, attributes = {}) => {
      const name = fresh(path === '' ? type : `${path}/${type}`)
      nodes.push({ name, op: type, inputs, outputs: [name], attributes })
      return name
    },
    at: p => {
      path = p
    },
    renamed: (from, to) => {
      others.set(from, to)
    },
    nodes: () => nodes.map(n => ({ ...n, inputs: n.inputs.map(now), outputs: n.outputs.map(now) })),
    batch: () => {
      batch ??= graph.op('Shape', [reserved[0] as string], { start: { int: 0 }, end: { int: 1 } })
      return batch
    }
  }
  return graph
}
