/**
 * Sums over batches, from which scores are computed: they don't depend on the batch size, up to the order of additions.
 */
import type { Values } from '../backend/backend.js'
import { numbersOf } from '../value/tensor.js'

/** by name, the numbers of a tensor of sums in row-major order */
export type Totals = Readonly<Record<string, readonly number[]>>

/**
 * the name of a list with one number per example, to which batches append: for metrics that are not sums, such as ranks
 */
export const perExample = (name: string): string => `each.${name}`
/** whether a name, or `<metric>/<name>`, is that of such a list */
export const isPerExample = (name: string): boolean => name.slice(name.lastIndexOf('/') + 1).startsWith('each.')

/** a + b: adds sums number by number, and appends lists; a missing name counts as 0 */
export const addTotals = (a: Totals, b: Totals): Totals => ({
  ...a,
  ...Object.fromEntries(
    Object.entries(b).map(([k, ys]) => {
      const xs = a[k] ?? []
      return [k, isPerExample(k) ? [...xs, ...ys] : ys.map((y, i) => (xs[i] ?? 0) + y)]
    })
  )
})

/** a program's outputs `metric/<metric>/<sum>`, by `<metric>/<sum>` */
export const sumsOf = (outputs: Values): Totals =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([k, t]) =>
      k.startsWith('metric/') ? [[k.slice('metric/'.length), Array.from(numbersOf(t))] as const] : []
    )
  )
