/** Who works with which part of a buffer: found without a look at all of them, since a buffer may hold the matrices of hundreds of layers. */
import { bytesOf, extentOf, readsOf, resultsOf, type Buffer, type Kernel, type KernelProgram, type View } from './ir.js'

/** a kernel, or the outside, by the name of an input or output */
export type Accessor = { readonly view: View } & (
  { readonly kind: 'kernel'; readonly kernel: Kernel } | { readonly kind: 'input' | 'output'; readonly name: string }
)
/** numbers of a buffer, from one up to another */
interface AccessRange {
  readonly from: number
  readonly to: number
  readonly by: Accessor
}
interface RangesOfBuffer {
  /** what covers much of the buffer */
  readonly wide: readonly AccessRange[]
  /** the rest, in order, and how far each and those before it reach */
  readonly narrow: readonly AccessRange[]
  readonly reach: readonly number[]
}

const rangesOf = (all: readonly AccessRange[], size: number): RangesOfBuffer => {
  const isWide = (t: AccessRange): boolean => 4 * (t.to - t.from) > size
  const narrow = all.filter(t => !isWide(t)).sort((a, b) => a.from - b.from)
  let farthest = 0
  return { wide: all.filter(isWide), narrow, reach: narrow.map(t => (farthest = Math.max(farthest, t.to))) }
}

/** all who touch the numbers of a buffer of the program from `from` up to `to`: kernels, and inputs and outputs */
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
    // the first that begins beyond; those before it, as long as one of them may reach this far
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
