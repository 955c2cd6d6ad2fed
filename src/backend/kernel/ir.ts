/** The engine's intermediate form: buffers, views of them, and the kernels that fill them, in the order in which they run. */
import type { Expr, Window } from '../../expr/op.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { isContiguous, type DType, type Tensor } from '../../value/tensor.js'
import { largest } from '../../value/largest.js'

/** a block of memory */
export interface Buffer {
  readonly id: number
  readonly dtype: DType
  /** in elements */
  readonly size: number
  /** inputs come from outside, constants are written once, kernels fill temporaries */
  readonly role:
    | { readonly kind: 'input'; readonly name: string }
    | { readonly kind: 'constant'; readonly value: Tensor }
    | { readonly kind: 'temporary' }
}
/** a view of a buffer: the fields of a tensor, in elements */
export interface View {
  readonly buffer: Buffer
  readonly shape: Dims
  readonly stride: Dims
  readonly offset: number
  /** in a loop: it begins `by` numbers further on for each place among the steps, which the loop keeps in a counter in memory */
  readonly moves?: { readonly counter: Buffer; readonly by: number; readonly times: number }
}

/** a matrix in panels among the numbers of a one-dimensional kernel: its range, and the numbers in a panel */
export interface MatrixPart {
  readonly start: number
  readonly size: number
  readonly panel: number
}
/** Values computed element by element over one iteration space; several outputs share common sub-expressions. */
export interface MapKernel {
  readonly kind: 'map'
  readonly shape: Dims
  /** the start of this part of a larger kernel: indexes (iota, random draws) count from there */
  readonly start?: Dims
  readonly outputs: readonly { readonly node: Expr; readonly to: View }[]
  /** nodes that are read from memory, with their views */
  readonly reads: ReadonlyMap<Expr, View>
  /** Also the maxima of some expressions. Each part of the kernel writes its maximum into all of its share of `to`. */
  readonly maxima?: readonly { readonly node: Expr; readonly to: View }[]
  /** if a one-dimensional kernel passes through matrices in panels (in-panels.ts): these, in order */
  readonly matrices?: readonly MatrixPart[]
  /** the ranges of a one-dimensional kernel that this part computes; each size but the last is a multiple of 4 */
  readonly runs?: readonly (readonly [start: number, size: number])[]
}
/** A sum or maximum over the middle of [outer, reduced, inner], of an expression that is fused into the loop. */
export interface ReduceKernel {
  readonly kind: 'reduce'
  readonly op: 'sum' | 'reduceMax'
  readonly node: Expr
  /** the shape of the operand */
  readonly shape: Dims
  /** as in map kernels */
  readonly start?: Dims
  readonly axes: Dims
  readonly reads: ReadonlyMap<Expr, View>
  /** its axes are those of the operand, with size 1 where reduced */
  readonly to: View
}
export interface MatmulKernel {
  readonly kind: 'matmul'
  /** matrices, or windows [n, oh, ow, kh, kw, c] */
  readonly a: View
  readonly b: View
  /** matrices, or images */
  readonly to: View
  /** if `a` shows windows: whether each is a row or a column of the matrix. They are cut during the product and never stored. */
  readonly windows?: 'rows' | 'columns'
  /** if `to` shows images: each row of the product is a window, and the windows are added up, as `unwindows` does */
  readonly adds?: ImageWindow
  /** which of them are stored in panels (weight-layout.ts): their views cover the same bytes as row-major ones */
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
/**
 * For each channel and each place of a window the sum over all windows of a number of the window times one of `values`, whose shape is
 * [c, windows, 1]. It is a matrix product in its order, each channel by itself.
 */
export interface ChannelSumsKernel {
  readonly kind: 'channelSums'
  /** [n, oh, ow, kh, kw, c] */
  readonly windows: View
  readonly values: View
  /** [c, places, 1] */
  readonly to: View
}
/** a sum mod 2^64 over the words of contiguous numbers */
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
/** Runs its kernels once for each step, and keeps the place of the step in a counter. */
export interface LoopKernel {
  readonly kind: 'loop'
  readonly steps: number
  readonly reverse: boolean
  readonly counter: Buffer
  readonly kernels: readonly Kernel[]
  /** buffers that hold a value within a step only */
  readonly inside: ReadonlySet<Buffer>
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
  | LoopKernel

/** a program made of kernels */
export interface KernelProgram {
  readonly kernels: readonly Kernel[]
  /** the number of kernels before the updates of what is fed back, which come last */
  readonly updates: number
  readonly inputs: Readonly<Record<string, View>>
  readonly constants: readonly Buffer[]
  /** the view of each output after a run */
  readonly outputs: Readonly<Record<string, View>>
}

export const bytesOf: Readonly<Record<DType, number>> = { f32: 4, f64: 8, u8: 1, u32: 4, bool: 1 }

/** the views that a kernel reads */
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
    case 'loop':
      return k.kernels.flatMap(readsOf).filter(v => !k.inside.has(v.buffer))
  }
}
/** the views of a kernel's results */
export const resultsOf = (k: Kernel): readonly View[] =>
  k.kind === 'loop'
    ? k.kernels.flatMap(resultsOf)
    : k.kind === 'map'
      ? [...k.outputs, ...(k.maxima ?? [])].map(o => o.to)
      : [k.to]

/** the buffers a kernel writes */
export const writesOf = (k: Kernel): readonly Buffer[] =>
  k.kind === 'loop'
    ? [k.counter, ...k.kernels.flatMap(writesOf)]
    : [...resultsOf(k).map(v => v.buffer), ...(k.kind === 'scatter' ? [k.scratch] : [])]

/** kernels in order, those of a loop in its place */
export const withoutLoops = (kernels: readonly Kernel[]): readonly Exclude<Kernel, LoopKernel>[] =>
  kernels.flatMap(k => (k.kind === 'loop' ? withoutLoops(k.kernels) : [k]))

/** the same kernel with each view mapped by f; scratch stays */
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
    case 'loop':
      return { ...k, kernels: k.kernels.map(inner => withViews(inner, f)) }
  }
}

/** whether what a view shows at a time is contiguous and row-major */
export const isRowMajor = (v: View): boolean => isContiguous({ dtype: 'f32', data: [], ...v })
/** whether a view is contiguous and row-major, and always at the same place */
export const isPlain = (v: View): boolean => v.moves === undefined && isRowMajor(v)
/** whether a view shows one number, possibly repeated */
export const isOneNumber = (v: View): boolean => v.shape.every((n, a) => n === 1 || v.stride[a] === 0)
/** whether a view shows its whole buffer contiguously */
export const isWhole = (v: View): boolean => v.offset === 0 && sizeOf(v.shape) === v.buffer.size && isPlain(v)

/** the bytes of a view, from its first to its last number, relative to its buffer */
export const extentOf = ({ buffer, shape, stride, offset, moves }: View): readonly [from: number, to: number] => {
  const size = bytesOf[buffer.dtype]
  const reach = [
    ...shape.map((n, a) => (n - 1) * (stride[a] as number)),
    ...(moves === undefined ? [] : [(moves.times - 1) * moves.by])
  ]
  const low = reach.reduce((s, r) => s + Math.min(0, r), offset)
  const high = reach.reduce((s, r) => s + Math.max(0, r), offset)
  return [low * size, (high + 1) * size]
}

/** an unused id for a buffer */
export const nextId = ({ kernels, inputs }: KernelProgram): number =>
  1 +
  largest(
    [...kernels.flatMap(writesOf), ...Object.values(inputs).map(v => v.buffer)].map(b => b.id),
    0
  )
