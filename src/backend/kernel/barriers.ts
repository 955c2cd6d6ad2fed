/**
 * Where threads must wait for one another. A barrier is not needed between all kernels, only where a thread may access
 * memory that another is still working on.
 */
import { bytesOf, extentOf, readsOf, resultsOf, writesOf, type Buffer, type Kernel, type View } from './ir.js'

/** a range of addresses, in bytes */
export type Range = readonly [from: number, to: number]
/** what one piece of work reads and writes, and whether the first thread does all of it */
export interface Access {
  readonly alone: boolean
  readonly reads: readonly Range[]
  readonly writes: readonly Range[]
}

const overlap = (a: readonly Range[], b: readonly Range[]): boolean =>
  a.some(([from, to]) => b.some(([begin, end]) => from < end && begin < to))
export const needsBarrier = (a: Access, b: Access): boolean =>
  !(a.alone && b.alone) && (overlap(a.writes, b.reads) || overlap(a.writes, b.writes) || overlap(a.reads, b.writes))

export const accessOf = (parts: readonly Kernel[], address: (b: Buffer) => number): Access => {
  const range = (v: View): Range => {
    const [from, to] = extentOf(v)
    return [address(v.buffer) + from, address(v.buffer) + to]
  }
  const scratch = (b: Buffer): Range => [address(b), address(b) + b.size * bytesOf[b.dtype]]
  return {
    alone: parts.length === 1,
    reads: parts.flatMap(k => readsOf(k).map(range)),
    writes: parts.flatMap(k => [
      ...resultsOf(k).map(range),
      ...(k.kind === 'loop' ? writesOf(k).map(scratch) : []),
      ...(k.kind === 'scatter' ? [scratch(k.scratch)] : [])
    ])
  }
}

/**
 * For each kernel, given in parts for the threads: whether all threads must meet before it.
 *
 * @param before what the first thread accesses at the start and at the end of a turn, while no thread waits for it
 */
export const barriersBefore = (
  kernels: readonly (readonly Kernel[])[],
  address: (b: Buffer) => number,
  before: Access
): readonly boolean[] => {
  let since = [before]
  return kernels.map(parts => {
    const now = accessOf(parts, address)
    const must = since.some(t => needsBarrier(t, now))
    if (must) since = []
    since.push(now)
    return must
  })
}
