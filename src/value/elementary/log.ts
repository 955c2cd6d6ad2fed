/**
 * log and log1p, from one splitting and one polynomial:
 *
 *     x = 2^k m, sqrt(1/2) <= m < sqrt 2;  f = m - 1, exact
 *     s = f / (2 + f);  z = s s;  R = z polynomial(LOG_TAIL, z);  g = (0.5 f) f
 *     log x = k LN2_HIGH + (f - (g - (s (g + R) + (k LN2_LOW + d))))      d = 0, or what m leaves out
 *
 * It rests on log(1 + f) = 2 atanh(s) = f - s (f - R), and s f = g - s g keeps the large terms free of rounding.
 *
 * For a twin: k and m come from the bits alone. With `top` the high word of x (or u) and t = top - SQRT_HALF, k is t >> 20 and
 * the high word of m is top - (t & 0xfff00000); the low word stays. A subnormal double is first scaled up by 2^54 (an f32
 * widened to f64 never is one). Zeros, negative numbers, infinities and NaN are chosen at the end.
 */
import { highWord, polynomial, scale, withHighWord } from './bits.js'
import { LN2_HIGH, LN2_LOW } from './exp.js'

/** the high word of sqrt(1/2) */
export const SQRT_HALF = 0x3fe6a09e

/** R / z, where log(1 + f) = s (2 + R): minimax for sqrt(1/2) <= 1 + f <= sqrt 2, within 2^-59 of the logarithm */
export const LOG_TAIL: readonly number[] = [
  0.6666666666666734, 0.39999999999413965, 0.28571428742562144, 0.2222219855378382, 0.1818356540742332,
  0.15314021112530857, 0.1479626124243481
]

const exponent = (top: number): number => (top - SQRT_HALF) >> 20
const mantissa = (x: number, top: number): number => withHighWord(x, top - ((top - SQRT_HALF) & 0xfff00000))

const assemble = (k: number, f: number, d: number): number => {
  const s = f / (2 + f)
  const z = s * s
  const r = z * polynomial(LOG_TAIL, z)
  const g = 0.5 * f * f
  return k * LN2_HIGH + (f - (g - (s * (g + r) + (k * LN2_LOW + d))))
}

const SMALLEST_NORMAL = 2.2250738585072014e-308
const TWO_54 = 18014398509481984

/** splits a positive finite x into 2^k m, and passes both parts */
export const split = <A>(x: number, then: (k: number, m: number) => A): A => {
  const tiny = x < SMALLEST_NORMAL
  const y = tiny ? x * TWO_54 : x
  const top = highWord(y)
  return then(exponent(top) - (tiny ? 54 : 0), mantissa(y, top))
}

const logOf = (k: number, m: number): number => assemble(k, m - 1, 0)

/**
 * The natural logarithm, within 1 ulp (0.78 seen); -Infinity at 0, NaN below.
 *
 * @example log(10) // 2.302585092994046
 */
export const log = (x: number): number =>
  x > 0 && x < Infinity ? split(x, logOf) : x === 0 ? -Infinity : x > 0 ? x : NaN

/**
 * log(1 + x), precise near 0 too: within 1 ulp (0.78 seen); -Infinity at -1, NaN below.
 *
 *     u = 1 + x;  b = u - 1;  e = (1 - (u - b)) + (x - b), so that u + e = 1 + x exactly
 *     k, m of u;  e2 = e 2^-k;  f = (m - 1) + e2;  d = ((m - 1) - f) + e2
 *
 * @example log1p(1e-20) // 1e-20
 */
export const log1p = (x: number): number => {
  if (x === 0 || x === Infinity) return x
  if (!(x > -1)) return x === -1 ? -Infinity : NaN
  const u = 1 + x
  const b = u - 1
  const e = 1 - (u - b) + (x - b)
  const top = highWord(u)
  const k = exponent(top)
  const g = mantissa(u, top) - 1
  const rest = scale(e, -k)
  const f = g + rest
  return assemble(k, f, g - f + rest)
}
