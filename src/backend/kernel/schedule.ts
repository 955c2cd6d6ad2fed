/** The order of kernels: what updates the values that are fed back comes last, so that it does not stand between what depends on the batch. */
import { maximaInside } from './fuse-finite-check.js'
import { mergeUpdates, type FedBack } from './fuse-updates.js'
import { readsOf, writesOf, type Buffer, type Kernel, type Lowered } from './ir.js'

/** Kernels that write what is fed back under these names, and those that need what such kernels write, behind all others. */
const updatesLast = (l: Lowered, fedBack: { readonly has: (name: string) => boolean }): Lowered => {
  const updated = new Set<Buffer>(
    Object.entries(l.outputs).flatMap(([name, v]) => (fedBack.has(name) ? [v.buffer] : []))
  )
  const others: Kernel[] = []
  const updates: Kernel[] = []
  for (const k of l.kernels) {
    const late = [...readsOf(k).map(v => v.buffer), ...writesOf(k)].some(b => updated.has(b))
    if (late) for (const b of writesOf(k)) updated.add(b)
    ;(late ? updates : others).push(k)
  }
  return { ...l, kernels: [...others, ...updates], updates: others.length }
}

/** Programs of one loop as they are planned, for so many threads: updates last, put together, maxima of them found on the way. */
export const arrange = (
  lowered: readonly Lowered[],
  given: FedBack,
  threads = 1
): { readonly programs: readonly Lowered[]; readonly fedBack: FedBack } => {
  const { programs, fedBack } = mergeUpdates(
    lowered.map(p => updatesLast(p, given)),
    given
  )
  return { programs: programs.map(p => maximaInside(p, threads)), fedBack }
}
