/**
 * sin and cos. Any finite x is reduced to |r| <= pi/4 with x = n pi/2 + (r + c), c the rounding error of r:
 *
 * - |x| <= pi/4: r = x;
 * - |x| <= 10^6: n = nearest(x 2/pi), and n pi/2 is taken away in three parts;
 * - else, or where that left |r| < 2^-30 (too few bits of it would be right): x times as many bits of 2/pi as are needed for
 *   about 100 right bits after the point, in whole numbers (M. Payne and R. Hanek, 1983).
 */
import { highWord, lowWord, nearest, polynomial, powerOfTwo } from './bits.js'
import { multiply, sum, sumError, tidy, type Double } from './double.js'

/** (sin r - r) / r^3 in r^2: minimax for |r| <= pi/4, within 2^-58 of sin r */
const SIN_TAIL: readonly number[] = [
  -0.16666666666666632, 0.008333333333322316, -0.00019841269829725194, 2.755731366205362e-6, -2.505075326391438e-8,
  1.5896504910979427e-10
]
/** (cos r - 1 + r^2/2) / r^4 in r^2: minimax for |r| <= pi/4, within 2^-64 */
const COS_TAIL: readonly number[] = [
  0.0416666666666666, -0.001388888888887399, 2.4801587289394916e-5, -2.7557314326027543e-7, 2.0875719558248754e-9,
  -1.1359448655656607e-11
]

const sinNear0 = (r: number, c: number): number => {
  const z = r * r
  return r + (z * r * polynomial(SIN_TAIL, z) + c * (1 - 0.5 * z))
}

const cosNear0 = (r: number, c: number): number => {
  const z = r * r
  const g = 0.5 * z
  const w = 1 - g
  return w + (1 - w - g + (z * z * polynomial(COS_TAIL, z) - r * c))
}

/** what is done with n mod 4, r and c */
type Quadrant = (n: number, r: number, c: number) => number

const TWO_OVER_PI = 0.6366197723675814
/** pi/2 as 33 bits, 33 bits, and a double; and as a double-double */
const HALF_PI_1 = 1.5707963267341256
const HALF_PI_2 = 6.077100506303966e-11
const HALF_PI_3 = 2.0222662487959506e-21
const HALF_PI: Double = [1.5707963267948966, 6.123233995736766e-17]

/** 2/pi after the point, 24 bits each; before it PADDING times nothing */
// prettier-ignore
const TWO_OVER_PI_BITS: readonly number[] = [
  0, 0, 0, 0,
  0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163, 0xabdebb, 0xc561b7, 0x246e3a,
  0x424dd2, 0xe00649, 0x2eea09, 0xd1921c, 0xfe1deb, 0x1cb129, 0xa73ee8, 0x8235f5, 0x2ebb44, 0x84e99c, 0x7026b4, 0x5f7e41,
  0x3991d6, 0x398353, 0x39f49c, 0x845f8b, 0xbdf928, 0x3b1ff8, 0x97ffde, 0x05980f, 0xef2f11, 0x8b5a0a, 0x6d1f6d, 0x367ecf,
  0x27cb09, 0xb74f46, 0x3f669e, 0x5fea2d, 0x7527ba, 0xc7ebe5, 0xf17b3d, 0x0739f7, 0x8a5292, 0xea6bfb, 0x5fb11f, 0x8d5d08,
  0x560330, 0x46fc7b, 0x6babf0, 0xcfbc20, 0x9af436, 0x1da9e3, 0x91615e, 0xe61b08
]
const PADDING = 4
const LIMB = 16777216
const FRACTION_LIMBS = 8

/**
 * For x >= pi/4. x is a whole number of four 24-bit limbs times 2^(24 q). Column w collects the products of limbs and
 * bits of 2/pi that weigh 2^(-24 w): column 0 holds whole numbers, of which n mod 4 is wanted (what weighs more is a multiple
 * of 4), the eight after it hold the fraction. Each stays below 2^51.
 */
const reduceExactly = (x: number, then: Quadrant): number => {
  const top = highWord(x)
  const e = (top >> 20) - 1075
  const q = Math.floor(e / 24)
  const shift = powerOfTwo(e - 24 * q)
  const high = (((top & 0xfffff) | 0x100000) >>> 0) * 256
  const low = lowWord(x)
  const lower = (low % LIMB) * shift
  const middle = ((high % LIMB) + Math.floor(low / LIMB)) * shift + Math.floor(lower / LIMB)
  const upper = Math.floor(high / LIMB) * shift + Math.floor(middle / LIMB)
  const limbs = [lower % LIMB, middle % LIMB, upper % LIMB, Math.floor(upper / LIMB)]
  const columns = new Float64Array(FRACTION_LIMBS + 1)
  let carry = 0
  for (let w = FRACTION_LIMBS; w >= 0; w--) {
    let t = carry
    for (let i = 0; i < 4; i++) t += (limbs[i] as number) * (TWO_OVER_PI_BITS[PADDING + q + i + w - 1] as number)
    carry = Math.floor(t / LIMB)
    columns[w] = t - carry * LIMB
  }
  const column = (w: number): number => columns[w] as number
  const up = column(1) >= LIMB / 2 ? 1 : 0
  const pair = (w: number, above: number): number =>
    ((column(w) - above * LIMB) * LIMB + column(w + 1)) * powerOfTwo(-24 * (w + 1))
  const [s1, e1] = sum(pair(1, up), pair(3, 0))
  const [s2, e2] = sum(s1, pair(5, 0))
  const [r, c] = multiply(tidy(s2, e2 + (e1 + pair(7, 0))), HALF_PI)
  return then((column(0) + up) & 3, r, c)
}

/** below this r of `reduceNear` would have too few right bits: 2^-30 */
const TOO_NEAR = 9.313225746154785e-10

/** for pi/4 < x <= 10^6. The first two products and the first difference are exact. */
const reduceNear = (x: number, then: Quadrant): number => {
  const k = nearest(x * TWO_OVER_PI)
  const t = x - k * HALF_PI_1
  const w = -k * HALF_PI_2
  const u = t + w
  const v = k * HALF_PI_3 - sumError(t, w, u)
  const r = u - v
  return Math.abs(r) < TOO_NEAR ? reduceExactly(x, then) : then(k & 3, r, u - r - v)
}

const NEAR = 1e6
const QUARTER_PI = 0.7853981633974483

/** for x >= 0 */
const reduce = (x: number, then: Quadrant): number =>
  x <= QUARTER_PI ? then(0, x, 0) : x <= NEAR ? reduceNear(x, then) : x < Infinity ? reduceExactly(x, then) : NaN

const sinFrom: Quadrant = (n, r, c) => {
  const y = (n & 1) === 0 ? sinNear0(r, c) : cosNear0(r, c)
  return n < 2 ? y : -y
}
const cosFrom: Quadrant = (n, r, c) => sinFrom((n + 1) & 3, r, c)

/**
 * The sine of x radians, for any finite x, within 1 ulp (0.72 seen); NaN for others.
 *
 * @example sin(1e22) // -0.8522008497671888
 */
export const sin = (x: number): number => (x < 0 ? -reduce(-x, sinFrom) : x === 0 ? x : reduce(x, sinFrom))

/**
 * The cosine of x radians, for any finite x, within 1 ulp (0.75 seen); NaN for others.
 *
 * @example cos(Math.PI) // -1
 */
export const cos = (x: number): number => reduce(Math.abs(x), cosFrom)
