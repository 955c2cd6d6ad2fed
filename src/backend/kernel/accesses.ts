/**
 * Finds the kernels that access a part of a buffer, without scanning all of them, because a buffer may hold the
 * matrices of hundreds of layers.
 */
import { bytesOf, extentOf, readsOf, resultsOf, type Buffer, type Kernel, type KernelProgram, type View } from './ir.js'

/** a kernel, or the caller, by the name of an input or output */
export type Accessor = { readonly view: View } & (
  { readonly kind: 'kernel'; readonly kernel: Kernel } | { readonly kind: 'input' | 'output'; readonly name: string }
)
/** a range of numbers of a buffer */
interface AccessRange {
  readonly from: number
  readonly to: number
  readonly by: Accessor
}
interface RangesOfBuffer {
  /** ranges that cover much of the buffer */
  readonly wide: readonly AccessRange[]
  /** other ranges, in order, each with the largest end up to it */
  readonly narrow: readonly AccessRange[]
  readonly reach: readonly number[]
}

const rangesOf = (all: readonly AccessRange[], size: number): RangesOfBuffer => {
  const isWide = (t: AccessRange): boolean => 4 * (t.to - t.from) > size
  const narrow = all.filter(t => !isWide(t)).sort((a, b) => a.from - b.from)
  let farthest = 0
  return { wide: all.filter(isWide), narrow, reach: narrow.map(t => (farthest = Math.max(farthest, t.to))) }
}

/** everything that accesses a range of numbers of a buffer: kernels, and inputs and outputs */
export const accessesOf = (l: KernelProgram): ((b: Buffer, from: number, to: number) => readonly Accessor[]) => {
  const all = new Map<Buffer, AccessRange[]>()
  const add = (by: Accessor): void => {
    const { buffer } = by.view
    const [from, to] = extentOf(by.view).map(bytes => bytes / bytesOf[buffer.dtype]) as [number, number]
    const there = all.get(buffer)
    if (there === undefined) all.set(buffer, [{ from, to, by }])
    else there.push({ from, to, by })
  }
  for (const kernel of l.kernels) {
    for (const view of [...readsOf(kernel), ...resultsOf(kernel)]) add({ kind: 'kernel', kernel, view })
    if (kernel.kind === 'scatter') {
      const { scratch: buffer } = kernel
      add({ kind: 'kernel', kernel, view: { buffer, shape: [buffer.size], stride: [1], offset: 0 } })
    }
  }
  for (const kind of ['input', 'output'] as const)
    for (const [name, view] of Object.entries(l[`${kind}s`])) add({ kind, name, view })
  const ranges = new Map([...all].map(([b, mine]) => [b, rangesOf(mine, b.size)]))
  return (b, from, to) => {
    const { wide, narrow, reach } = ranges.get(b) ?? rangesOf([], 0)
    const found = wide.filter(t => t.from < to && from < t.to).map(t => t.by)
    // binary search for the first range that begins after the end; ranges before it may reach into the part
    let [low, high] = [0, narrow.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((narrow[middle] as AccessRange).from < to) low = middle + 1
      else high = middle
    }
    for (let i = low - 1; i >= 0 && (reach[i] as number) > from; i--)
      if ((narrow[i] as AccessRange).to > from) found.push((narrow[i] as AccessRange).by)
    return found
  }
}
