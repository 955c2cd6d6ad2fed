/** The engine's intermediate form: buffers, views of them, and the kernels that fill them, in the order in which they run. */
import type { Expr, Window } from '../../expr/op.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { isContiguous, type DType, type Tensor } from '../../value/tensor.js'
import { largest } from '../../value/largest.js'

/** a place in memory */
export interface Buffer {
  readonly id: number
  readonly dtype: DType
  /** in elements */
  readonly size: number
  /** inputs are filled from outside, constants once, temporaries by kernels */
  readonly role:
    | { readonly kind: 'input'; readonly name: string }
    | { readonly kind: 'constant'; readonly value: Tensor }
    | { readonly kind: 'temporary' }
}
/** how to walk a buffer: the fields of a tensor, in elements */
export interface View {
  readonly buffer: Buffer
  readonly shape: Dims
  readonly stride: Dims
  readonly offset: number
}

/** some of the numbers that a kernel passes through in a row, and how many of them lie in a panel */
export interface MatrixPart {
  readonly start: number
  readonly size: number
  readonly panel: number
}
/** Values computed element by element over one iteration space; several outputs share what they have in common. */
export interface MapKernel {
  readonly kind: 'map'
  readonly shape: Dims
  /** where this part of a larger kernel begins: places (iota, random draws) are counted from there */
  readonly start?: Dims
  readonly outputs: readonly { readonly node: Expr; readonly to: View }[]
  /** what the expressions read from memory: each such node and where it lies */
  readonly reads: ReadonlyMap<Expr, View>
  /** Of some expressions the largest number as well. Each part of the kernel writes that of its own into all of its share of the places. */
  readonly maxima?: readonly { readonly node: Expr; readonly to: View }[]
  /** where a kernel in a row passes through matrices in panels (in-panels.ts), in order */
  readonly matrices?: readonly MatrixPart[]
  /** of a kernel in a row, what this part of it works out: so many numbers, a multiple of 4 but for the last, from each start on */
  readonly runs?: readonly (readonly [start: number, size: number])[]
}
/** A sum or maximum over the middle of [outer, reduced, inner], of an expression that is computed on the way. */
export interface ReduceKernel {
  readonly kind: 'reduce'
  readonly op: 'sum' | 'reduceMax'
  readonly node: Expr
  /** the shape of what is reduced */
  readonly shape: Dims
  /** as in map kernels */
  readonly start?: Dims
  readonly axes: Dims
  readonly reads: ReadonlyMap<Expr, View>
  /** its axes are those of the shape, the reduced ones of size 1 */
  readonly to: View
}
export interface MatmulKernel {
  readonly kind: 'matmul'
  /** matrices, or windows [n, oh, ow, kh, kw, c] */
  readonly a: View
  readonly b: View
  /** matrices, or images */
  readonly to: View
  /** how the windows that `a` shows make a matrix: a row or a column for each window. They are cut while they are multiplied, and never stored. */
  readonly windows?: 'rows' | 'columns'
  /** where `to` shows images: each row of the product is a window, and the windows are added up, as `unwindows` does */
  readonly adds?: ImageWindow
  /** which of them are stored in panels (weight-layout.ts): their views show the same bytes as if they were stored row by row */
  readonly packed?: { readonly b: boolean; readonly to: boolean }
}
export interface GatherKernel {
  readonly kind: 'gather'
  readonly table: View
  readonly index: View
  readonly to: View
}
/** scatterAdd: f64 sums in scratch memory, rounded once at the end */
export interface ScatterKernel {
  readonly kind: 'scatter'
  readonly values: View
  readonly index: View
  readonly rows: number
  readonly scratch: Buffer
  readonly to: View
}
/** a window that slides over images of a size */
export type ImageWindow = Window & { readonly height: number; readonly width: number }
/** windows that overlap are added up to images, a line at a time: f64 sums, rounded once */
export interface UnwindowsKernel {
  readonly kind: 'unwindows'
  readonly values: View
  readonly window: ImageWindow
  readonly to: View
}
/** a sum mod 2^64 over the words of plain numbers */
/**
 * For each channel and each place of a window the sum over all windows of a number of the window times one of `values` [c, windows, 1]: a matrix
 * product in its order, each channel by itself.
 */
export interface ChannelSumsKernel {
  readonly kind: 'channelSums'
  /** [n, oh, ow, kh, kw, c] */
  readonly windows: View
  readonly values: View
  /** [c, places, 1] */
  readonly to: View
}
export interface FingerprintKernel {
  readonly kind: 'fingerprint'
  readonly values: View
  readonly to: View
}
export interface FoldInKernel {
  readonly kind: 'foldIn'
  readonly key: View
  readonly data: number
  readonly to: View
}
export type Kernel =
  | MapKernel
  | ReduceKernel
  | MatmulKernel
  | GatherKernel
  | ScatterKernel
  | UnwindowsKernel
  | ChannelSumsKernel
  | FingerprintKernel
  | FoldInKernel

/** a program made of kernels */
export interface KernelProgram {
  readonly kernels: readonly Kernel[]
  /** how many of them come before those that update what is fed back, which come last */
  readonly updates: number
  readonly inputs: Readonly<Record<string, View>>
  readonly constants: readonly Buffer[]
  /** where each output lies after a run */
  readonly outputs: Readonly<Record<string, View>>
}

export const bytesOf: Readonly<Record<DType, number>> = { f32: 4, f64: 8, u8: 1, u32: 4, bool: 1 }

/** the buffers a kernel reads */
export const readsOf = (k: Kernel): readonly View[] => {
  switch (k.kind) {
    case 'map':
    case 'reduce':
      return [...k.reads.values()]
    case 'matmul':
      return [k.a, k.b]
    case 'gather':
      return [k.table, k.index]
    case 'scatter':
      return [k.values, k.index]
    case 'channelSums':
      return [k.windows, k.values]
    case 'unwindows':
    case 'fingerprint':
      return [k.values]
    case 'foldIn':
      return [k.key]
  }
}
/** where a kernel leaves its results */
export const resultsOf = (k: Kernel): readonly View[] =>
  k.kind === 'map' ? [...k.outputs, ...(k.maxima ?? [])].map(o => o.to) : [k.to]

/** the buffers a kernel writes */
export const writesOf = (k: Kernel): readonly Buffer[] => [
  ...resultsOf(k).map(v => v.buffer),
  ...(k.kind === 'scatter' ? [k.scratch] : [])
]

/** the same kernel with other views of memory in the places of its own; scratch stays */
export const withViews = (k: Kernel, f: (v: View) => View): Kernel => {
  const all = (reads: ReadonlyMap<Expr, View>): ReadonlyMap<Expr, View> =>
    new Map([...reads].map(([n, v]) => [n, f(v)]))
  const targets = (outputs: MapKernel['outputs']): MapKernel['outputs'] =>
    outputs.map(({ node, to }) => ({ node, to: f(to) }))
  switch (k.kind) {
    case 'map':
      return {
        ...k,
        outputs: targets(k.outputs),
        reads: all(k.reads),
        ...(k.maxima === undefined ? {} : { maxima: targets(k.maxima) })
      }
    case 'reduce':
      return { ...k, reads: all(k.reads), to: f(k.to) }
    case 'matmul':
      return { ...k, a: f(k.a), b: f(k.b), to: f(k.to) }
    case 'gather':
      return { ...k, table: f(k.table), index: f(k.index), to: f(k.to) }
    case 'scatter':
      return { ...k, values: f(k.values), index: f(k.index), to: f(k.to) }
    case 'channelSums':
      return { ...k, windows: f(k.windows), values: f(k.values), to: f(k.to) }
    case 'unwindows':
    case 'fingerprint':
      return { ...k, values: f(k.values), to: f(k.to) }
    case 'foldIn':
      return { ...k, key: f(k.key), to: f(k.to) }
  }
}

/** whether a view shows its numbers one after another, as they lie */
export const isPlain = (v: View): boolean => isContiguous({ dtype: 'f32', data: [], ...v })
/** whether it shows one number, however often */
export const isOneNumber = (v: View): boolean => v.shape.every((n, a) => n === 1 || v.stride[a] === 0)
/** whether it shows all of its buffer so */
export const isWhole = (v: View): boolean => v.offset === 0 && sizeOf(v.shape) === v.buffer.size && isPlain(v)

/** the bytes from the first to the last number that a view shows, from the start of its buffer */
export const extentOf = ({ buffer, shape, stride, offset }: View): readonly [from: number, to: number] => {
  const size = bytesOf[buffer.dtype]
  const reach = shape.map((n, a) => (n - 1) * (stride[a] as number))
  const low = reach.reduce((s, r) => s + Math.min(0, r), offset)
  const high = reach.reduce((s, r) => s + Math.max(0, r), offset)
  return [low * size, (high + 1) * size]
}

/** a number for a buffer that no other one has */
export const nextId = ({ kernels, inputs }: KernelProgram): number =>
  1 +
  largest(
    [...kernels.flatMap(writesOf), ...Object.values(inputs).map(v => v.buffer)].map(b => b.id),
    0
  )
