/**
 * Partitions a kernel for several threads: into kernels over parts of its result. One thread computes each number, in
 * the same way as before, so the bits don't depend on the number of threads.
 */
import { sizeOf, type Dims } from '../../value/shape.js'
import type { Expr } from '../../expr/op.js'
import { callsJs, readsKey } from '../../expr/ops/table.js'
import { bodyOf } from './body.js'
import type { Kernel, MapKernel, MatmulKernel, MatrixPart, ReduceKernel, View } from './ir.js'
import { isThin, piecesOf, sizesOf, type ProductSizes } from './tiling.js'

/** one thread does less work than this (numbers touched, products counted): a barrier would cost as much */
const worthSplitting = 16384

const at = (d: Dims, i: number): number => d[i] as number

/** `count` indexes in parts that are multiples of `unit`, as equal as possible */
const ranges = (count: number, parts: number, unit: number): readonly (readonly [start: number, size: number])[] => {
  const units = Math.ceil(count / unit)
  const cuts = Array.from({ length: parts + 1 }, (_, i) => Math.min(count, Math.floor((units * i) / parts) * unit))
  return cuts.slice(0, -1).map((start, i) => [start, at(cuts, i + 1) - start])
}

const alongAxis = (v: View, axis: number, start: number, size: number): View => ({
  ...v,
  shape: v.shape.map((n, a) => (a === axis ? size : n)),
  offset: v.offset + start * at(v.stride, axis)
})

/** a thread's share of a contiguous view, in whole vectors */
const share = (v: View, thread: number, threads: number): View => {
  const size = at(v.shape, 0) / threads
  return alongAxis(v, 0, thread * size, size)
}

/** the nodes that a kernel computes or reads */
const nodesOf = (k: MapKernel | ReduceKernel): readonly Expr[] =>
  bodyOf(k.kind === 'map' ? [...k.outputs, ...(k.maxima ?? [])].map(o => o.node) : [k.node], k.reads, k.shape).nodes

/**
 * Kernels that only the first thread can run: those that call JavaScript, and those that read a key both as a key
 * (whole) and as numbers (in parts).
 */
const staysWhole = (k: MapKernel | ReduceKernel): boolean => {
  const nodes = nodesOf(k)
  const keys = new Set(nodes.flatMap(n => (readsKey(n) && !k.reads.has(n) ? [n.args[0]] : [])))
  return nodes.some(n => keys.has(n) || (!k.reads.has(n) && callsJs(n)))
}

const resized = <K extends MapKernel | ReduceKernel>(k: K, axis: number, start: number, size: number): K => {
  // keys of random draws are read whole
  const numbers = new Set(nodesOf(k))
  return {
    ...k,
    shape: k.shape.map((n, a) => (a === axis ? size : n)),
    start: k.shape.map((_, a) => (k.start?.[a] ?? 0) + (a === axis ? start : 0)),
    reads: new Map([...k.reads].map(([n, v]) => [n, numbers.has(n) ? alongAxis(v, axis, start, size) : v] as const))
  }
}

type Runs = readonly (readonly [start: number, size: number])[]

/**
 * Each thread's share of a one-dimensional kernel that passes through matrices in panels: of each matrix the panels
 * that the thread computes in products too, and an equal share of the numbers between matrices. Undefined if a share
 * would not begin at a whole vector.
 */
const runsOf = (size: number, matrices: readonly MatrixPart[], threads: number): readonly Runs[] | undefined => {
  // the numbers before each matrix, and after the last one
  const starts = [...matrices.map(m => m.start), size]
  const ends = [0, ...matrices.map(m => m.start + m.size)]
  const between = ends.map((end, i) => ({ start: end, size: at(starts, i) - end, panel: 16 }))
  const parts = [...between, ...matrices].sort((a, b) => a.start - b.start || a.size - b.size)
  const shares = Array.from({ length: threads }, (_, thread) =>
    parts.flatMap(({ start, size, panel }) => {
      const [from, count] = ranges(size, threads, panel)[thread] as readonly [number, number]
      return count === 0 ? [] : [[start + from, count] as const]
    })
  )
  const fits = shares.every(runs => runs.every(([, n], i) => n % 4 === 0 || i === runs.length - 1))
  return fits && shares.every(runs => runs.length > 0) ? shares : undefined
}

const partitionMap = (k: MapKernel, threads: number, worth: number): readonly Kernel[] => {
  // splitting a later axis would change the row-major index
  const axis = k.shape.findIndex(n => n > 1)
  if (axis < 0 || sizeOf(k.shape) * k.outputs.length < worth || at(k.shape, axis) < threads || staysWhole(k)) return [k]
  const maxima = (i: number): Pick<MapKernel, 'maxima'> =>
    k.maxima === undefined ? {} : { maxima: k.maxima.map(o => ({ ...o, to: share(o.to, i, threads) })) }
  const shares = k.matrices === undefined ? undefined : runsOf(sizeOf(k.shape), k.matrices, threads)
  if (shares !== undefined) return shares.map((runs, i) => ({ ...k, runs, ...maxima(i) }))
  return ranges(at(k.shape, axis), threads, k.shape.length === axis + 1 ? 16 : 1).map(([start, size], i) => ({
    ...resized(k, axis, start, size),
    outputs: k.outputs.map(o => ({ ...o, to: alongAxis(o.to, axis, start, size) })),
    ...maxima(i)
  }))
}

const partitionReduce = (k: ReduceKernel, threads: number, worth: number): readonly Kernel[] => {
  const real = [...k.shape.keys()].filter(a => at(k.shape, a) > 1)
  const first = real[0]
  const last = real.at(-1)
  // split rows if there are any, else columns
  const axis = first !== undefined && !k.axes.includes(first) ? first : last
  if (
    axis === undefined ||
    k.axes.includes(axis) ||
    sizeOf(k.shape) < worth ||
    at(k.shape, axis) < threads ||
    staysWhole(k)
  )
    return [k]
  return ranges(at(k.shape, axis), threads, axis === last ? 16 : 1).map(([start, size]) => ({
    ...resized(k, axis, start, size),
    to: alongAxis(k.to, axis, start, size)
  }))
}

const isWorth = ({ m, n, depth, batches }: ProductSizes, worth: number): boolean => batches * m * n * depth >= 4 * worth

/** Whether threads take pieces of a kernel at run time, instead of having fixed parts. */
export const inPieces = (k: Kernel, threads: number): boolean => {
  if (threads === 1 || k.kind !== 'matmul') return false
  const product = sizesOf(k)
  return !isThin(product) && isWorth(product, worthSplitting) && piecesOf(product, threads) >= threads
}

const partitionMatmul = (k: MatmulKernel, threads: number, worth: number): readonly Kernel[] => {
  if (inPieces(k, threads)) return Array.from({ length: threads }, () => k)
  const product = sizesOf(k)
  const inOne = k.windows !== undefined || k.adds !== undefined
  if (inOne || !isWorth(product, worth) || product.n < 16 * threads) return [k]
  // products of few rows, which read their operands where they lie
  const columns = k.to.shape.length - 1
  return ranges(product.n, threads, 8).map(([start, size]) => ({
    ...k,
    b: alongAxis(k.b, columns, start, size),
    to: alongAxis(k.to, columns, start, size)
  }))
}

/**
 * The parts of a kernel, one for each thread; a single part if splitting would not pay. If threads take pieces at run
 * time, each part is the whole kernel.
 *
 * @param worth less work than this is not split
 */
export const partition = (k: Kernel, threads: number, worth = worthSplitting): readonly Kernel[] => {
  if (threads === 1) return [k]
  switch (k.kind) {
    case 'map':
      return partitionMap(k, threads, worth)
    case 'reduce':
      return partitionReduce(k, threads, worth)
    case 'matmul':
      return partitionMatmul(k, threads, worth)
    case 'gather': {
      const rows = at(k.to.shape, 0)
      return k.index.shape.length === 1 && sizeOf(k.to.shape) >= worth && rows >= threads
        ? ranges(rows, threads, 1).map(([start, size]) => ({
            ...k,
            index: alongAxis(k.index, 0, start, size),
            to: alongAxis(k.to, 0, start, size)
          }))
        : [k]
    }
    case 'channelSums': {
      const channels = at(k.to.shape, 0)
      return sizeOf(k.windows.shape) >= worth && channels >= 4 * threads
        ? ranges(channels, threads, 4).map(([start, size]) => ({
            ...k,
            windows: alongAxis(k.windows, 5, start, size),
            values: alongAxis(k.values, 0, start, size),
            to: alongAxis(k.to, 0, start, size)
          }))
        : [k]
    }
    case 'unwindows': {
      const images = at(k.to.shape, 0)
      return sizeOf(k.values.shape) >= worth && images >= threads
        ? ranges(images, threads, 1).map(([start, size]) => ({
            ...k,
            values: alongAxis(k.values, 0, start, size),
            to: alongAxis(k.to, 0, start, size)
          }))
        : [k]
    }
    case 'scatter':
    case 'fingerprint':
    case 'foldIn':
    case 'loop':
      return [k]
  }
}
