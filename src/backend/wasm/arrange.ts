/** The order of kernels: what updates the values that are fed back comes last, so that it does not stand between what depends on the batch. */
import { readsOf, writesOf, type Buffer, type Kernel, type Lowered } from './kernel.js'

/** Kernels that write what is fed back under these names, and those that need what such kernels write, behind all others. */
export const updatesLast = (l: Lowered, fedBack: { readonly has: (name: string) => boolean }): Lowered => {
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
