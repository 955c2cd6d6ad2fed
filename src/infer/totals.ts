/** Sums over batches: what a dataset's scores are computed from, however it is cut into batches. */
import type { Values } from '../backend/backend.js'
import { numbersOf } from '../value/tensor.js'

/** by name, the numbers of a tensor of sums in row-major order */
export type Totals = Readonly<Record<string, readonly number[]>>

/** a + b, number by number; a name that one side lacks is 0 there */
export const addTotals = (a: Totals, b: Totals): Totals => ({
  ...a,
  ...Object.fromEntries(Object.entries(b).map(([k, ys]) => [k, ys.map((y, i) => (a[k]?.[i] ?? 0) + y)]))
})

/** a program's outputs `metric/<metric>/<sum>`, by `<metric>/<sum>` */
export const sumsOf = (outputs: Values): Totals =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([k, t]) =>
      k.startsWith('metric/') ? [[k.slice('metric/'.length), Array.from(numbersOf(t))] as const] : []
    )
  )
