/**
 * Fuses the check that all numbers are finite into the updates. The check needs only the maximum of numbers that an
 * update computes. So the update keeps a maximum for each thread, and a small kernel takes the maximum of these.
 */
import type { Expr } from '../../expr/op.js'
import { sizeOf } from '../../value/shape.js'
import { bodyOf } from './body.js'
import {
  isPlain,
  isWhole,
  nextId,
  readsOf,
  writesOf,
  type Buffer,
  type Kernel,
  type KernelProgram,
  type MapKernel,
  type ReduceKernel,
  type View
} from './ir.js'
import { uniformValue } from './simplify.js'

/** the maximum of an expression over contiguous numbers of one buffer */
interface Maximum {
  readonly kernel: ReduceKernel
  readonly nodes: readonly Expr[]
  /** the value that is read from memory, and its view */
  readonly from: Expr
  readonly at: View
  /** the expression as text */
  readonly pattern: string
}

const maximumOf = (k: Kernel): Maximum | undefined => {
  if (k.kind !== 'reduce' || k.op !== 'reduceMax' || sizeOf(k.to.shape) !== 1 || sizeOf(k.shape) === 1) return undefined
  const { nodes, places, keys } = bodyOf([k.node], k.reads, k.shape)
  const [read, ...others] = [...k.reads]
  if (read === undefined || others.length > 0 || places.length > 0 || keys.size > 0) return undefined
  const [from, at] = read
  if (!isPlain(at) || sizeOf(at.shape) !== sizeOf(k.shape)) return undefined
  const ids = new Map(nodes.map((n, i) => [n, i]))
  const pattern = nodes
    .map(n =>
      n === from
        ? 'read'
        : `${n.op} ${n.dtype} ${uniformValue(n) ?? JSON.stringify(n.attrs)} ${n.args.map(a => ids.get(a)).join()}`
    )
    .join('\n')
  return { kernel: k, nodes, from, at, pattern }
}

/** the buffers whose numbers a kernel compares, if it does nothing but find their maximum */
const comparedBy = (k: Kernel): readonly Buffer[] | undefined => {
  if (k.kind !== 'map' || k.outputs.length !== 1 || sizeOf(k.shape) !== 1 || k.maxima !== undefined) return undefined
  const { nodes } = bodyOf([(k.outputs[0] as MapKernel['outputs'][number]).node], k.reads, k.shape)
  return nodes.every(n => k.reads.has(n) || n.op === 'max') ? [...k.reads.values()].map(v => v.buffer) : undefined
}

/** whether the views cover each number of a buffer once */
const cover = (views: readonly View[], b: Buffer): boolean => {
  const inOrder = [...views].sort((x, y) => x.offset - y.offset)
  let end = 0
  for (const v of inOrder) {
    if (v.buffer !== b || v.offset !== end) return false
    end += sizeOf(v.shape)
  }
  return end === b.size
}

/** the expression of a maximum in terms of what the update computes, before it is stored */
const inside = ({ nodes, from, kernel }: Maximum, update: MapKernel, output: Expr): Expr => {
  const made = new Map<Expr, Expr>([[from, output]])
  for (const n of nodes)
    if (!made.has(n)) made.set(n, { ...n, shape: update.shape, args: n.args.map(a => made.get(a) ?? a) })
  return made.get(kernel.node) as Expr
}

/** maxima of everything that an update computes, and where the result is stored */
interface Found {
  readonly update: MapKernel
  readonly output: Expr
  readonly maxima: readonly Maximum[]
  readonly last: Kernel
  readonly to: View
}

const foundIn = (l: KernelProgram): Found | undefined => {
  const updates = l.kernels.slice(l.updates)
  const maxima = updates.flatMap(k => maximumOf(k) ?? [])
  const leaving = new Set(Object.values(l.outputs).map(v => v.buffer))
  const writersOf = (b: Buffer): readonly Kernel[] => l.kernels.filter(k => writesOf(k).includes(b))
  const readersOf = (b: Buffer): readonly Kernel[] => l.kernels.filter(k => readsOf(k).some(v => v.buffer === b))
  for (const update of updates) {
    if (update.kind !== 'map') continue
    for (const { node, to } of update.outputs) {
      const mine = maxima.filter(m => m.at.buffer === to.buffer)
      const first = mine[0]
      if (
        first === undefined ||
        mine.some(m => m.pattern !== first.pattern) ||
        !isWhole(to) ||
        writersOf(to.buffer).length > 1 ||
        !cover(
          mine.map(m => m.at),
          to.buffer
        )
      )
        continue
      if (mine.length === 1) return { update, output: node, maxima: mine, last: first.kernel, to: first.kernel.to }
      const results = new Set(mine.map(m => m.kernel.to.buffer))
      const last = readersOf(first.kernel.to.buffer)[0]
      const compared = last === undefined ? undefined : comparedBy(last)
      const alone = [...results].every(b => readersOf(b).length === 1 && !leaving.has(b))
      if (last?.kind === 'map' && alone && compared?.length === results.size && compared.every(b => results.has(b)))
        return { update, output: node, maxima: mine, last, to: (last.outputs[0] as MapKernel['outputs'][number]).to }
    }
  }
  return undefined
}

/** Fuses maxima into the updates, for a number of threads. */
export const fuseFiniteCheck = (l: KernelProgram, threads: number): KernelProgram => {
  const found = foundIn(l)
  if (found === undefined) return l
  const { update, output, maxima, last, to } = found
  const node = inside(maxima[0] as Maximum, update, output)
  // a vector for each thread
  const size = 4 * threads
  const buffer: Buffer = { id: nextId(l), dtype: node.dtype, size, role: { kind: 'temporary' } }
  const places: View = { buffer, shape: [size], stride: [1], offset: 0 }
  const stand = { ...node, shape: [size], args: [] } as Expr
  const rest: Kernel = {
    kind: 'reduce',
    op: 'reduceMax',
    node: stand,
    shape: [size],
    axes: [0],
    reads: new Map([[stand, places]]),
    to: { ...to, shape: [1], stride: [0] }
  }
  const gone = new Set<Kernel>(maxima.map(m => m.kernel))
  const kernels = l.kernels.flatMap((k): readonly Kernel[] =>
    k === update
      ? [{ ...update, maxima: [...(update.maxima ?? []), { node, to: places }] }]
      : k === last
        ? [rest]
        : gone.has(k)
          ? []
          : [k]
  )
  return fuseFiniteCheck({ ...l, kernels }, threads)
}
