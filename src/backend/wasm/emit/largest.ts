/** Keeping the largest of the numbers that a loop passes through, four at a time. */
import { f32, f32x4, f64, f64x2, type Local } from '../assemble/index.js'
import type { Expr } from '../../../expr/op.js'
import type { DType } from '../../../value/tensor.js'
import { width, type Scope } from './scope.js'
import { bits, d2, f4, get, highHalf, i4, set, type Push } from './lanes.js'

/** all bits in the first `lanes` of four (f32) */
const firstOfFour = (lanes: number): Push =>
  i4.lanes(...([0, 1, 2, 3].map(i => (i < lanes ? -1 : 0)) as [number, number, number, number]))
/** and of the two in one half of four (f64) */
export const firstOfHalf = (lanes: number, half: number): Push =>
  i4.lanes(...([0, 0, 1, 1].map(i => (2 * half + i < lanes ? -1 : 0)) as [number, number, number, number]))

/** accumulators (vectors) that keep the largest number of an element type */
export const accumulators = (dtype: DType): number => 3 * width(dtype)

export interface Largest {
  /** before the loop */
  readonly begin: () => void
  /** takes in the first `lanes` of the four numbers at hand */
  readonly take: (lanes: number) => void
  /** the largest number of each lane: of f32 four, of f64 the two of a half */
  readonly lanes: (half: number) => Push
  /** leaves the largest number on the stack; takes the accumulators for it */
  readonly push: () => void
}

/**
 * Wasm's own maximum, which lets NaN through and puts +0 above -0, is a chain of eight instructions on x86, each of which waits for the turn before.
 * Here three accumulators wait for one instruction each: the larger (NaN aside, zeros by which came first), whether there was NaN, and
 * whether all had their sign set. Together they are Wasm's maximum.
 */
export const largest = (s: Scope, node: Expr, acc: readonly Local[]): Largest => {
  const wide = width(node.dtype) === 2
  const kind = wide ? d2 : f4
  const place = (which: number, half: number): Local => acc[3 * half + which] as Local
  const [larger, isNaN, signs] = [0, 1, 2]
  const halves = wide ? [0, 1] : [0]
  const lanes = (half: number): Push => {
    const top = get(place(larger, half))
    const zero = bits.and(get(place(signs, half)), kind.of(-0))
    return bits.or(bits.select(zero, top, kind.eq(top, kind.of(0))), get(place(isNaN, half)))
  }
  return {
    begin: () => {
      for (const half of halves) {
        set(place(larger, half), kind.of(-Infinity))
        set(place(isNaN, half), kind.of(0))
        set(place(signs, half), kind.of(-0))
      }
    },
    take: count => {
      s.vectors(node).forEach((v, half) => {
        const mask = wide ? firstOfHalf(count, half) : firstOfFour(count)
        if (count !== 4) set(v, bits.select(get(v), kind.of(-Infinity), mask))
        const [top, nan, sign] = [larger, isNaN, signs].map(which => place(which, half)) as [Local, Local, Local]
        set(top, kind.larger(get(top), get(v)))
        set(nan, bits.or(get(nan), kind.ne(get(v), get(v))))
        set(sign, bits.and(get(sign), get(v)))
      })
    },
    lanes,
    push: () => {
      const [first] = acc as readonly [Local]
      set(first, wide ? kind.max(lanes(0), lanes(1)) : lanes(0))
      if (!wide) set(first, kind.max(get(first), highHalf(get(first))))
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
