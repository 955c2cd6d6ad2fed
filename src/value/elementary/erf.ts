/** The error function and its inverse. */
import { polynomial } from './bits.js'
import { oneMinusExp } from './exp.js'
import { log } from './log.js'

/** erf is 1 to the last bit from here on */
export const ERF_MAX = 5.93

/**
 * h(a) / a - 1, where erf a = 1 - e^-h(a): minimax for 0 <= a <= 5.93 as it shows in erf, within 2^-55 of it. The function h
 * is smooth all the way (2 a / sqrt pi near 0, about a^2 far out), so that one polynomial serves where others need four.
 */
export const ERF_EXPONENT: readonly number[] = [
  0.1283791670955126, 0.6366197723675909, 0.1027726033013155, -0.019128446993096043, -0.00020919485390734677,
  0.0016962076697440175, -0.0005901324294691503, 2.590449699385619e-5, 6.442048022881571e-5, -2.9575685456494127e-5,
  3.1697004502568027e-6, 3.1329274973256607e-6, -2.03715611677609e-6, 5.706087491878306e-7, -1.1694379789354922e-8,
  -6.573998588284733e-8, 3.458723336195297e-8, -1.0774043658550143e-8, 2.3606708420564027e-9, -3.76097717586461e-10,
  4.302115970950752e-11, -3.364631771345663e-12, 1.6150188674049512e-13, -3.59255366074443e-15
]

/**
 * The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x, within 2.5 ulp (2.14 seen).
 *
 *     a = min(|x|, 5.93);  h = a + a polynomial(ERF_EXPONENT, a);  k, r, p of -h as in exp;  (1 - 2^k) - 2^k p, with the sign of x
 *
 * @example erf(0.5) // 0.5204998778130465
 */
export const erf = (x: number): number => {
  if (x === 0) return x
  const a = Math.min(Math.abs(x), ERF_MAX)
  const y = oneMinusExp(a + a * polynomial(ERF_EXPONENT, a))
  return x < 0 ? -y : y
}

const SPLIT = 0.8125
/** erfinv(x) / x - 1 = CENTRE / CENTRE_BELOW, polynomials in SPLIT^2 - x^2, for |x| <= SPLIT: within 2^-57 */
const CENTRE: readonly number[] = [
  0.14704546850596564, 0.5796992224850365, -0.8950502977449757, -7.138372026940787, -11.695415434526797,
  -7.464135679540526, -1.7491401507741282, -0.09981823342155838
]
const CENTRE_BELOW: readonly number[] = [
  1.0, 8.914292612228895, 30.702440072172394, 51.54437501216373, 43.819992938671106, 17.786908695324907,
  2.8936233569064034, 0.11934465660841477
]
const SHIFT = 1.25
/** 1 - erfinv(x) / r = END / END_BELOW, polynomials in r - SHIFT, r = sqrt(-log(1 - |x|)), for |x| > SPLIT: within 2^-55 */
const END: readonly number[] = [
  0.29027141545718527, 0.8236196968122766, 0.85576725022394, 0.4259413433846367, 0.0982708280815632,
  0.008905968768981318, 0.00023680717122264507, 4.1802362621376317e-7, -1.5674747744524764e-9
]
const END_BELOW: readonly number[] = [
  1.0, 3.6932642463041767, 5.579413793233151, 4.547862500090484, 2.1455822382825205, 0.5773811070173919,
  0.080534837784901, 0.004848093334860962, 8.711984560705023e-5
]

/**
 * The inverse of erf on [-1, 1], within 3.5 ulp (2.79 seen); infinite at the ends, NaN outside. `sqrt(2) * erfinv(u)` turns a uniform u in (-1, 1) into a
 * standard normal number.
 *
 *     a = |x|;  t = SPLIT^2 - x x;  x + x CENTRE(t) / CENTRE_BELOW(t)         for a <= SPLIT
 *     r = sqrt(-log(1 - a));  t = r - SHIFT;  r - r END(t) / END_BELOW(t)     else, with the sign of x
 *
 * @example erfinv(0.5) // 0.4769362762044699
 */
export const erfinv = (x: number): number => {
  if (x === 0) return x
  const a = Math.abs(x)
  if (a <= SPLIT) {
    const t = SPLIT * SPLIT - x * x
    return x + (x * polynomial(CENTRE, t)) / polynomial(CENTRE_BELOW, t)
  }
  const r = Math.sqrt(-log(1 - a))
  const t = r - SHIFT
  const y = a < 1 ? r - (r * polynomial(END, t)) / polynomial(END_BELOW, t) : a === 1 ? Infinity : NaN
  return x < 0 ? -y : y
}
