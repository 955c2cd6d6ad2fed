/** Powers: the logarithm in double-double, so that a large exponent has nothing to magnify. */
import { nearest, polynomial, scale } from './bits.js'
import { add, divide, multiply, product, sum, type Double } from './double.js'
import { EXP_TAIL, LN2_HIGH, LN2_LOW, LOG2E } from './exp.js'
import { split } from './log.js'

/** ln 2 after the 32 bits of LN2_HIGH: 32 bits more, then a double */
const LN2_MIDDLE = 1.9082149288430703e-10
const LN2_REST = 4.275175589747649e-20

const TWO_THIRDS: Double = [0.6666666666666666, 3.700743415417188e-17]
const TWO_FIFTHS: Double = [0.4, -2.2204460492503132e-17]

/** 2/7 + 2 z/9 + ..., the end of 2 atanh(s)/s in z = s^2: minimax, within 2^-72 of the whole */
const ATANH_TAIL: readonly number[] = [
  0.2857142857143316, 0.2222222222001201, 0.1818181860550476, 0.15384572893916282, 0.13335763334204834,
  0.11685036971198239, 0.11911017225951442
]

/** k ln 2 + log m, where log m = s (2 + z (2/3 + z (2/5 + z tail))), s = (m - 1) / (m + 1), z = s^2 */
const logOf = (k: number, m: number): Double => {
  const s = divide([m - 1, 0], sum(m, 1))
  const z = multiply(s, s)
  const end = add(TWO_FIFTHS, [z[0] * polynomial(ATANH_TAIL, z[0]), 0])
  const series = add([2, 0], multiply(z, add(TWO_THIRDS, multiply(z, end))))
  return add(add([k * LN2_HIGH, 0], [k * LN2_MIDDLE, k * LN2_REST]), multiply(s, series))
}

/** e^(high + low) for |high| below 800, |low| at most an ulp of it */
const expOf = (high: number, low: number): number => {
  const k = nearest(high * LOG2E)
  const a = high - k * LN2_HIGH
  const b = k * LN2_LOW
  const r = a - b
  const c = a - r - b + low
  const y = 1 + r
  const d = 1 - y + r + r * r * polynomial(EXP_TAIL, r)
  return scale(y + (d + c * (y + d)), k)
}

/** y log x beyond this over- or underflows */
const EXP_LIMIT = 800
/** all doubles from 2^53 on are even, and x^y over- or underflows for every x but 1 when y is 2^64 */
const TWO_53 = 9007199254740992
const TWO_64 = 18446744073709551616

const positive = (x: number, y: number): number => {
  const [high, low] = split(x, logOf)
  const c = Math.min(Math.max(y, -TWO_64), TWO_64)
  const [p, e] = product(c, high)
  return p > EXP_LIMIT ? Infinity : p < -EXP_LIMIT ? 0 : expOf(p, e + c * low)
}

const isOdd = (y: number): boolean => Math.abs(y) < TWO_53 && Math.floor(y) === y && Math.floor(y / 2) * 2 !== y

/**
 * x^y within 1 ulp (0.65 seen), with the special cases of IEEE 754: 1 where y is 0 or x is 1 (NaN or not), NaN for a negative x and a y that is
 * not whole. (In the last, `Math.pow` and `**` differ: they give NaN for 1 to the power Infinity or NaN.)
 *
 * @example pow(0.9, 1000) // 1.7478712517226947e-46
 */
export const pow = (x: number, y: number): number => {
  if (y === 0 || x === 1) return 1
  if (x !== x || y !== y) return NaN
  const a = Math.abs(x)
  if (a === 1 && Math.abs(y) === Infinity) return 1
  if (x < 0 && x > -Infinity && Math.abs(y) < Infinity && Math.floor(y) !== y) return NaN
  const size = a === 0 || a === Infinity ? (a > 1 === y > 0 ? Infinity : 0) : a === 1 ? 1 : positive(a, y)
  return (x < 0 || (x === 0 && 1 / x < 0)) && isOdd(y) ? -size : size
}
