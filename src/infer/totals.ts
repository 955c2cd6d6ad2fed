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

/** totals on their way: lists with one number per example grow in place, which their holders cannot see */
export type RunningTotals = Readonly<Record<string, readonly number[] | ListView>>
/** the numbers of a growing list up to some length */
type ListView = Readonly<Float64Array>
const isView = (xs: readonly number[] | ListView): xs is ListView => xs instanceof Float64Array

const mapValues = <A, B>(all: Readonly<Record<string, A>>, f: (a: A, k: string) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(all).map(([k, a]) => [k, f(a, k)] as const))

/** how many numbers each buffer of a list holds: the longest view of it ends there */
const lengths = new WeakMap<ArrayBufferLike, number>()
/** the smallest buffer of a list: 8 kB */
const minCapacity = 1024

/**
 * xs and then ys, as a view. It is written behind xs where that is the end of its buffer and there is room; otherwise into a buffer
 * of twice the length. So a list of n numbers is made in time of order n, however many batches append to it.
 */
const appended = (xs: readonly number[] | ListView, ys: readonly number[] | ListView): ListView => {
  const length = xs.length + ys.length
  const fits = isView(xs) && lengths.get(xs.buffer) === xs.length && length * 8 <= xs.buffer.byteLength
  const all = new Float64Array(fits ? xs.buffer : new ArrayBuffer(8 * Math.max(minCapacity, 2 * length)))
  if (!fits) all.set(xs)
  all.set(ys, xs.length)
  lengths.set(all.buffer, length)
  return all.subarray(0, length)
}

/** a + b: sums number by number, lists one after the other; a name that one side lacks is 0 there */
export const addTotals = (a: RunningTotals, b: RunningTotals): RunningTotals => ({
  ...a,
  ...Object.fromEntries(
    Object.entries(b).map(([k, ys]) => {
      const xs = a[k] ?? []
      return [k, isPerExample(k) ? appended(xs, ys) : Array.from(ys, (y, i) => (xs[i] ?? 0) + y)]
    })
  )
})

/** totals that have been added up */
export const plainTotals = (running: RunningTotals): Totals =>
  mapValues(running, xs => (isView(xs) ? Array.from(xs) : xs))
/** the same totals, to be continued as those that `addTotals` gave */
export const runningTotals = (totals: Totals): RunningTotals =>
  mapValues(totals, (xs, k) => (isPerExample(k) ? appended([], xs) : xs))

/** a program's outputs `metric/<metric>/<sum>`, by `<metric>/<sum>` */
export const sumsOf = (outputs: Values): Totals =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([k, t]) =>
      k.startsWith('metric/') ? [[k.slice('metric/'.length), Array.from(numbersOf(t))] as const] : []
    )
  )
