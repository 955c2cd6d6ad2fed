/** Orders kernels: those that update what is fed back come last, after everything that depends on the batch. */
import { readsOf, writesOf, type Buffer, type Kernel, type KernelProgram } from './ir.js'

/** Moves the kernels that write values with these names, and those that depend on such kernels, to the end. */
export const schedule = (l: KernelProgram, fedBack: { readonly has: (name: string) => boolean }): KernelProgram => {
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
