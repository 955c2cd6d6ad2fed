/**
 * exp, expm1 and tanh, from one reduction and one polynomial:
 *
 *     k = nearest(x log2 e)                         whole
 *     r = (x - k LN2_HIGH) - k LN2_LOW              |r| <= 0.3466; the first product and difference are exact
 *     p = r + (r r) tail(r)                         e^r - 1
 *     e^x = 2^k (1 + p)
 *
 * For a twin in another instruction set (lanes, no branches): each operation rounds once, in the order in which the code
 * writes it. `nearest(t)` is (t + MAGIC) - MAGIC, so k is also in the low bits of t + MAGIC: those bits shifted left by 52
 * are k where the exponent is. Where y and y 2^k are normal doubles, scaling by 2^k is adding that to the bits of y. Clamps
 * may be tighter wherever the f32 result stays the same. Choosing the sign at the end is joining the sign bit of x.
 */
import { nearest, polynomial, powerOfTwo, scale } from './bits.js'

export const LOG2E = 1.4426950408889634
/** ln 2 in two parts. The first has 32 bits, so that its product with a whole number below 2^21 is exact. */
export const LN2_HIGH = 0.6931471803691238
export const LN2_LOW = 1.9082149292705877e-10

/** tail(r) = (e^r - 1 - r) / r^2: minimax for |r| <= 0.3466, the first coefficient held at 1/2; p is within 2^-55 of itself */
export const EXP_TAIL: readonly number[] = [
  0.5, 0.16666666666666602, 0.04166666666662, 0.008333333333388432, 0.001388888892049887, 0.00019841269709236901,
  2.480151636167185e-5, 2.7557425167970273e-6, 2.76222212251245e-7, 2.5045873459027017e-8
]

const wholePart = (x: number): number => nearest(x * LOG2E)
const remainder = (x: number, k: number): number => x - k * LN2_HIGH - k * LN2_LOW
const expm1Near0 = (r: number): number => r + r * r * polynomial(EXP_TAIL, r)

const EXP_MIN = -746
const EXP_MAX = 710

/**
 * e^x, within 1 ulp (0.95 seen).
 *
 *     c = min(max(x, -746), 710);  k, r, p of c;  scale(1 + p, k)
 *
 * @example exp(1) // 2.718281828459045
 */
export const exp = (x: number): number => {
  const c = Math.min(Math.max(x, EXP_MIN), EXP_MAX)
  const k = wholePart(c)
  return scale(1 + expm1Near0(remainder(c, k)), k)
}

const EXPM1_MIN = -64

/**
 * e^x - 1, precise near 0 too: within 2.5 ulp (2.05 seen).
 *
 *     c = min(max(x, -64), 710);  k, r, p of c;  scale(p + (1 - 2^-k), k);  x itself where x = 0
 *
 * @example expm1(1e-20) // 1e-20
 */
export const expm1 = (x: number): number => {
  if (x === 0) return x
  const c = Math.min(Math.max(x, EXPM1_MIN), EXP_MAX)
  const k = wholePart(c)
  return scale(expm1Near0(remainder(c, k)) + (1 - scale(1, -k)), k)
}

/** 1 - e^-h for 0 <= h <= 700: k, r, p of -h, then (1 - 2^k) - 2^k p */
export const oneMinusExp = (h: number): number => {
  const k = wholePart(-h)
  const s = powerOfTwo(k)
  return 1 - s - s * expm1Near0(remainder(-h, k))
}

/** tanh is 1 to the last bit from here on */
export const TANH_MAX = 22

/**
 * The hyperbolic tangent, (1 - e^-2a) / (1 + e^-2a) for a = |x|, within 2.5 ulp (2.06 seen).
 *
 *     a = min(|x|, 22);  k, r, p of -2a;  s = 2^k;  q = s p;  ((1 - s) - q) / ((1 + s) + q), with the sign of x
 *
 * @example tanh(0.5) // 0.46211715726000973
 */
export const tanh = (x: number): number => {
  if (x === 0) return x
  const c = -2 * Math.min(Math.abs(x), TANH_MAX)
  const k = wholePart(c)
  const s = powerOfTwo(k)
  const q = s * expm1Near0(remainder(c, k))
  const y = (1 - s - q) / (1 + s + q)
  return x < 0 ? -y : y
}
