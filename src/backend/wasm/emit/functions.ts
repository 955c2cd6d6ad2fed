/**
 * The elementary functions of value/elementary, operation by operation, for two f64 at a time: the same bits. What is rare (sin, cos,
 * pow, normal draws) calls that code itself.
 */
import { call, f64x2, func, importFunc, local, type Func, type Local } from '../assemble/index.js'
import * as elementary from '../../../value/elementary.js'
import { LOG2E, LN2_HIGH, LN2_LOW, EXP_TAIL, TANH_MAX } from '../../../value/elementary/exp.js'
import { ERF_EXPONENT, ERF_MAX } from '../../../value/elementary/erf.js'
import { LOG_TAIL, SQRT_HALF } from '../../../value/elementary/log.js'
import { MAGIC } from '../../../value/elementary/bits.js'
import { normalAt } from '../../../random/index.js'
import { bits, d2, get, integer, l2, set, type Push } from './lanes.js'

type Unary = Func

const magicBits = 0x4338000000000000n
const signBit = l2.of(-0x8000000000000000n)

const polynomial = (c: readonly number[], x: Push): Push =>
  c.slice(0, -1).reduceRight<Push>((y, a) => d2.add(d2.mul(y, x), d2.of(a)), d2.of(c.at(-1) as number))
/** x rounded to a whole number, with MAGIC added: as a number take MAGIC off, as an integer its bits */
const shifted = (x: Push): Push => d2.add(d2.mul(x, d2.of(LOG2E)), d2.of(MAGIC))
const wholeNumber = (t: Push): Push => d2.sub(t, d2.of(MAGIC))
const wholeInteger = (t: Push): Push => l2.sub(t, l2.of(magicBits))
const remainder = (x: Push, k: Push): Push => d2.sub(d2.sub(x, d2.mul(k, d2.of(LN2_HIGH))), d2.mul(k, d2.of(LN2_LOW)))
const expm1Near0 = (r: Push): Push => d2.add(r, d2.mul(d2.mul(r, r), polynomial(EXP_TAIL, r)))
const powerOfTwo = (k: Push): Push => l2.shl(l2.add(k, l2.of(1023n)), integer(52))
/** y 2^k in two steps, through a local that holds half of k */
const scale =
  (y: Push, k: Local, half: Local): Push =>
  () => {
    set(half, l2.shrSigned(get(k), integer(1)))
    d2.mul(d2.mul(y, powerOfTwo(get(half))), powerOfTwo(l2.sub(get(k), get(half))))()
  }
/** the size of the first with the sign of the second */
const withSign = (y: Push, x: Push): Push => bits.select(x, y, signBit)

const define = (body: (x: Push, locals: readonly Local[]) => void): Unary =>
  func(
    { in: ['v128'], locals: ['v128', 'v128', 'v128', 'v128', 'v128', 'v128', 'v128'], out: ['v128'] },
    ([x], locals) => {
      body(get(x), locals)
    }
  )

const at = (locals: readonly Local[], i: number): Local => locals[i] as Local

const exp = (): Unary =>
  define((x, l) => {
    const [c, t, k, r, y, half] = [at(l, 0), at(l, 1), at(l, 2), at(l, 3), at(l, 4), at(l, 5)]
    set(c, d2.min(d2.max(x, d2.of(-746)), d2.of(710)))
    set(t, shifted(get(c)))
    set(k, wholeInteger(get(t)))
    set(r, remainder(get(c), wholeNumber(get(t))))
    set(y, d2.add(d2.of(1), expm1Near0(get(r))))
    scale(get(y), k, half)()
  })

const expm1 = (): Unary =>
  define((x, l) => {
    const [c, t, k, r, y, half, n] = [at(l, 0), at(l, 1), at(l, 2), at(l, 3), at(l, 4), at(l, 5), at(l, 6)]
    set(c, d2.min(d2.max(x, d2.of(-64)), d2.of(710)))
    set(t, shifted(get(c)))
    set(k, wholeInteger(get(t)))
    set(r, remainder(get(c), wholeNumber(get(t))))
    set(n, l2.sub(l2.of(0n), get(k)))
    set(y, scale(d2.of(1), n, half))
    set(y, d2.add(expm1Near0(get(r)), d2.sub(d2.of(1), get(y))))
    bits.select(x, scale(get(y), k, half), d2.eq(x, d2.of(0)))()
  })

const tanh = (): Unary =>
  define((x, l) => {
    const [c, t, s, r, q] = [at(l, 0), at(l, 1), at(l, 2), at(l, 3), at(l, 4)]
    set(c, d2.mul(d2.of(-2), d2.min(d2.abs(x), d2.of(TANH_MAX))))
    set(t, shifted(get(c)))
    set(s, powerOfTwo(wholeInteger(get(t))))
    set(r, remainder(get(c), wholeNumber(get(t))))
    set(q, d2.mul(get(s), expm1Near0(get(r))))
    withSign(d2.div(d2.sub(d2.sub(d2.of(1), get(s)), get(q)), d2.add(d2.add(d2.of(1), get(s)), get(q))), x)()
  })

const erf = (): Unary =>
  define((x, l) => {
    const [a, h, t, s, r] = [at(l, 0), at(l, 1), at(l, 2), at(l, 3), at(l, 4)]
    set(a, d2.min(d2.abs(x), d2.of(ERF_MAX)))
    set(h, d2.neg(d2.add(get(a), d2.mul(get(a), polynomial(ERF_EXPONENT, get(a))))))
    set(t, shifted(get(h)))
    set(s, powerOfTwo(wholeInteger(get(t))))
    set(r, remainder(get(h), wholeNumber(get(t))))
    withSign(d2.sub(d2.sub(d2.of(1), get(s)), d2.mul(get(s), expm1Near0(get(r)))), x)()
  })

const sqrtHalfBits = BigInt(SQRT_HALF) << 32n
/** k as an integer from the bits of x, and m with x = 2^k m */
const exponent = (b: Push): Push => l2.shrSigned(l2.sub(b, l2.of(sqrtHalfBits)), integer(52))
const mantissa = (b: Push): Push => l2.sub(b, bits.and(l2.sub(b, l2.of(sqrtHalfBits)), l2.of(-0x10000000000000n)))
const toNumber = (k: Push): Push => d2.sub(l2.add(k, l2.of(magicBits)), d2.of(MAGIC))
/** uses three locals; f, k (a number) and d are read several times */
const assemble =
  (k: Push, f: Push, d: Push, s: Local, z: Local, g: Local): Push =>
  () => {
    set(s, d2.div(f, d2.add(d2.of(2), f)))
    set(z, d2.mul(get(s), get(s)))
    set(z, d2.mul(get(z), polynomial(LOG_TAIL, get(z))))
    set(g, d2.mul(d2.mul(d2.of(0.5), f), f))
    d2.add(
      d2.mul(k, d2.of(LN2_HIGH)),
      d2.sub(f, d2.sub(get(g), d2.add(d2.mul(get(s), d2.add(get(g), get(z))), d2.add(d2.mul(k, d2.of(LN2_LOW)), d))))
    )()
  }

const log = (): Unary =>
  define((x, l) => {
    const [tiny, y, k, f, s, z, g] = [at(l, 0), at(l, 1), at(l, 2), at(l, 3), at(l, 4), at(l, 5), at(l, 6)]
    set(tiny, d2.lt(x, d2.of(2.2250738585072014e-308)))
    set(y, bits.select(d2.mul(x, d2.of(18014398509481984)), x, get(tiny)))
    set(k, toNumber(l2.sub(exponent(get(y)), bits.and(get(tiny), l2.of(54n)))))
    set(f, d2.sub(mantissa(get(y)), d2.of(1)))
    const elsewhere = bits.select(d2.of(-Infinity), bits.select(x, d2.of(NaN), d2.lt(d2.of(0), x)), d2.eq(x, d2.of(0)))
    const regular = bits.and(d2.lt(d2.of(0), x), d2.lt(x, d2.of(Infinity)))
    bits.select(assemble(get(k), get(f), d2.of(0), s, z, g), elsewhere, regular)()
  })

const log1p = (): Unary =>
  define((x, l) => {
    const [u, e, k, f, d, s, z] = [at(l, 0), at(l, 1), at(l, 2), at(l, 3), at(l, 4), at(l, 5), at(l, 6)]
    set(u, d2.add(d2.of(1), x))
    set(s, d2.sub(get(u), d2.of(1)))
    set(e, d2.add(d2.sub(d2.of(1), d2.sub(get(u), get(s))), d2.sub(x, get(s))))
    set(k, exponent(get(u)))
    set(z, l2.sub(l2.of(0n), get(k)))
    set(e, scale(get(e), z, s))
    set(u, d2.sub(mantissa(get(u)), d2.of(1)))
    set(f, d2.add(get(u), get(e)))
    set(d, d2.add(d2.sub(get(u), get(f)), get(e)))
    set(k, toNumber(get(k)))
    const same = bits.or(d2.eq(x, d2.of(0)), d2.eq(x, d2.of(Infinity)))
    const outside = bits.select(d2.of(-Infinity), d2.of(NaN), d2.eq(x, d2.of(-1)))
    // u is free again: it holds what `assemble` needs a third place for
    bits.select(x, bits.select(assemble(get(k), get(f), get(d), s, z, u), outside, d2.lt(d2.of(-1), x)), same)()
  })

/** lane by lane through the JavaScript function */
const perLane = (f: (x: number) => number): (() => Unary) => {
  const imported = importFunc({ in: ['f64'], out: ['f64'] }, f)
  return () =>
    func({ in: ['v128'], locals: [], out: ['v128'] }, ([x]) => {
      const lane = (i: 0 | 1): void => {
        local.get(x)
        f64x2.extract_lane(i)
        call(imported)
      }
      lane(0)
      f64x2.splat()
      lane(1)
      f64x2.replace_lane(1)
    })
}

export const unaryFunctions = {
  exp,
  expm1,
  tanh,
  erf,
  log,
  log1p,
  sin: perLane(elementary.sin),
  cos: perLane(elementary.cos)
} as const
export type UnaryName = keyof typeof unaryFunctions

const importedPow = importFunc({ in: ['f64', 'f64'], out: ['f64'] }, elementary.pow)
export const pow = (): Func =>
  func({ in: ['v128', 'v128'], locals: [], out: ['v128'] }, ([x, y]) => {
    const lane = (i: 0 | 1): void => {
      local.get(x)
      f64x2.extract_lane(i)
      local.get(y)
      f64x2.extract_lane(i)
      call(importedPow)
    }
    lane(0)
    f64x2.splat()
    lane(1)
    f64x2.replace_lane(1)
  })

/** (key words, place) -> a normal number */
export const importedNormal = importFunc(
  { in: ['i32', 'i32', 'i32'], out: ['f64'] },
  (k0: number, k1: number, i: number) => normalAt([k0 >>> 0, k1 >>> 0], i >>> 0)
)
