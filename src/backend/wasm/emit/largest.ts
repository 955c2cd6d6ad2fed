/** Keeping the largest of the numbers that a loop passes through, four at a time. */
import { f32, f32x4, f64, f64x2, type Local } from 'wasmati'
import type { Expr } from '../../../expr/op.js'
import { width, type Scope } from './body.js'
import { bits, d2, f4, get, highHalf, i4, set, type Push } from './lanes.js'

/** all bits in the first `lanes` of four (f32) */
const firstOfFour = (lanes: number): Push =>
  i4.lanes(...([0, 1, 2, 3].map(i => (i < lanes ? -1 : 0)) as [number, number, number, number]))
/** and of the two in one half of four (f64) */
export const firstOfHalf = (lanes: number, half: number): Push =>
  i4.lanes(...([0, 0, 1, 1].map(i => (2 * half + i < lanes ? -1 : 0)) as [number, number, number, number]))

export interface Largest {
  /** before the loop */
  readonly begin: () => void
  /** takes in the first `lanes` of the four numbers at hand */
  readonly take: (lanes: number) => void
  /** leaves the largest number on the stack; takes the accumulators for it */
  readonly push: () => void
}

/** accumulators for the numbers of a node: one vector of f32, or two of f64 */
export const largest = (s: Scope, node: Expr, acc: readonly Local[]): Largest => {
  const wide = width(node.dtype) === 2
  const { of, max } = wide ? d2 : f4
  const [first, second] = acc as readonly [Local, Local]
  return {
    begin: () => {
      for (const a of acc) set(a, of(-Infinity))
    },
    take: lanes => {
      s.vectors(node).forEach((v, half) => {
        const mask = wide ? firstOfHalf(lanes, half) : firstOfFour(lanes)
        const a = acc[half] as Local
        set(a, max(get(a), lanes === 4 ? get(v) : bits.select(get(v), of(-Infinity), mask)))
      })
    },
    push: () => {
      set(first, max(get(first), wide ? get(second) : highHalf(get(first))))
      get(first)()
      if (wide) f64x2.extract_lane(0)
      else f32x4.extract_lane(0)
      get(first)()
      if (wide) f64x2.extract_lane(1)
      else f32x4.extract_lane(1)
      if (wide) f64.max()
      else f32.max()
    }
  }
}
