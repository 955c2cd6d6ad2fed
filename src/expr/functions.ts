/**
 * Functions of one tensor, as formulas over the ops. In f32 the smooth ones are computed in f64 and rounded once (numerics contract,
 * section 1). Each is finite, with a finite derivative, wherever its limit is. At a corner the derivative is that of one side, as in
 * PyTorch: of the flat side in relu (0 at 0), relu6 (0 at 0 and at 6) and hardSigmoid (0 at -3 and at 3), of the left side in leakyRelu
 * (0.01 at 0) and selu (about 1.758 at 0).
 */
import {
  add,
  cast,
  div,
  erf,
  exp,
  expm1,
  lessEqual,
  log,
  log1p,
  less,
  mul,
  neg,
  reduceMax,
  select,
  sign,
  square,
  stopGradient,
  sub,
  sum,
  tanh
} from './build.js'
import type { Expr } from './op.js'
import type { FloatType } from '../value/tensor.js'

/** a formula for each number of a tensor */
export type Elementwise = (x: Expr) => Expr

/** in f64, rounded once to the precision */
const wide =
  (f: (x: Expr, precision: FloatType) => Expr): Elementwise =>
  x =>
    cast(f(cast(x, 'f64'), x.dtype === 'f64' ? 'f64' : 'f32'), x.dtype)

/**
 * Where a tail begins. Near 0 a formula keeps its bits (numerics contract, version 1); past these points what it subtracts is nearly
 * equal, and another formula of the same function takes over. In f32 the first formula is within 1/50 ulp up to there.
 */
type TailFrom = Readonly<Record<FloatType, number>>
/** `near` before a point and `far` after it; each is given x, or the point itself where the other one is used */
const splitAt = (isFar: Expr, x: Expr, from: number, far: Elementwise, near: Expr): Expr =>
  select(isFar, far(select(isFar, x, from)), near)

/** exp(-|x|): at most 1, and 0 far out. A `select` and not `abs`, whose derivative at 0 would be neither side's. */
const decay = (x: Expr): Expr => exp(select(lessEqual(0, x), neg(x), x))
const logistic = (x: Expr): Expr => {
  const z = decay(x)
  const d = add(1, z)
  return select(lessEqual(0, x), div(1, d), div(z, d))
}
const log1pExp = (x: Expr): Expr => add(select(lessEqual(0, x), x, 0), log1p(decay(x)))
const eluTail: TailFrom = { f32: -15, f64: -4 }
/** exp(x) - 1 left of 0, and 0 right of it, where exp could overflow. In the tail its derivative is exp(x), not expm1(x) + 1. */
const expm1Left = (x: Expr, precision: FloatType): Expr => {
  const from = eluTail[precision]
  return splitAt(less(x, from), x, from, z => sub(exp(z), 1), expm1(select(less(0, x), 0, x)))
}
/** x (1 + t) / 2 */
const halfway = (x: Expr, t: Expr): Expr => mul(mul(x, 0.5), add(1, t))
/** c[0] + c[1] x + c[2] x^2 + ... */
const polynomial = (c: readonly number[], x: Expr): Expr =>
  c.reduceRight<Expr | number>((y, k) => (typeof y === 'number' && y === 0 ? k : add(mul(y, x), k)), 0) as Expr

/** 1 / (1 + exp(-x)) */
export const sigmoid = wide(logistic)
/** log(1 + exp(x)) */
export const softplus = wide(log1pExp)
/** x sigmoid(x), also called swish */
export const silu = wide(x => mul(x, logistic(x)))
/** x tanh(softplus(x)) */
export const mish = wide(x => mul(x, tanh(log1pExp(x))))
/** numerator and denominator of t P(Z > t) / density(t) for t >= 4, in 1 / t^2: within 2^-52, fitted with mpmath at 60 digits */
const geluTop: readonly number[] = [
  0.9999999999999999, 51.535750686476874, 910.6471539092731, 6732.792563190107, 20236.925107517225, 19750.593807345384,
  2720.796440538873
]
const geluBottom: readonly number[] = [
  1.0, 52.535750686476206, 960.182904596391, 7550.368215473063, 25589.780924887607, 32520.752123268623,
  10160.560431787508
]
const rootTwoPiInverse = 0.3989422804014327
/** x P(Z < x) as -density(x) times that quotient; 0 from -40 on, where f64 has nothing smaller */
const geluFar = (x: Expr): Expr => {
  const squared = square(select(less(x, -40), -40, x))
  const density = mul(exp(mul(squared, -0.5)), rootTwoPiInverse)
  const u = div(1, squared)
  return neg(mul(density, div(polynomial(geluTop, u), polynomial(geluBottom, u))))
}
const geluTail: TailFrom = { f32: -5, f64: -4 }
/** x P(Z < x) for a standard normal Z: x (1 + erf(x / sqrt 2)) / 2 */
export const gelu = wide((x, precision) => {
  const from = geluTail[precision]
  return splitAt(less(x, from), x, from, geluFar, halfway(x, erf(mul(x, 0.7071067811865476))))
})

/** sqrt(2 / pi) (x + 0.044715 x^3) */
const cubic = (x: Expr): Expr => mul(mul(x, 0.7978845608028654), add(1, mul(mul(x, x), 0.044715)))
/** x (1 + tanh u) / 2 as x exp(2u) / (1 + exp(2u)); 0 from -30 on */
const geluTanhFar = (x: Expr): Expr => {
  const c = select(less(x, -30), -30, x)
  const z = exp(mul(cubic(c), 2))
  return mul(c, div(z, add(1, z)))
}
const geluTanhTail: TailFrom = { f32: -4.75, f64: -4 }
/** from here on it is x, to the last bit; the square of a much larger x would overflow */
const geluTanhIsX = 30
/** the approximation of gelu by tanh(sqrt(2 / pi) (x + 0.044715 x^3)) */
export const geluTanh = wide((x, precision) => {
  const from = geluTanhTail[precision]
  const isFar = less(x, from)
  const c = select(isFar, from, select(less(geluTanhIsX, x), geluTanhIsX, x))
  const near = select(less(geluTanhIsX, x), x, halfway(c, tanh(cubic(c))))
  return splitAt(isFar, x, from, geluTanhFar, near)
})
/** x, and exp(x) - 1 left of 0 */
export const elu = wide((x, precision) => select(less(0, x), x, expm1Left(x, precision)))
const seluScale = 1.0507009873554805
const seluAlpha = 1.6732632423543772
/** elu with the two constants that keep mean 0 and variance 1 (Klambauer et al. 2017) */
export const selu = wide((x, precision) =>
  mul(select(less(0, x), x, mul(expm1Left(x, precision), seluAlpha)), seluScale)
)
const softsignTail: TailFrom = { f32: 4e6, f64: 4 }
/** x / (1 + |x|) */
export const softsign = wide((x, precision) => {
  const size = select(lessEqual(0, x), x, neg(x))
  const from = softsignTail[precision]
  // 1 - 1 / (1 + |x|), whose derivative has one term where that of x / (1 + |x|) has two that cancel
  const far = (a: Expr): Expr => mul(sign(x), sub(1, div(1, add(1, a))))
  return splitAt(less(from, size), size, from, far, div(x, add(1, size)))
})
/** x / 6 + 1 / 2, kept within 0 and 1 */
export const hardSigmoid = wide(x => select(lessEqual(x, -3), 0, select(lessEqual(3, x), 1, add(div(x, 6), 0.5))))

/** 0 left of 0. Not `max`, which would halve the gradient at 0; NaN stays NaN. */
export const relu: Elementwise = x => select(lessEqual(x, 0), 0, x)
/** relu that ends at 6 */
export const relu6: Elementwise = x => select(lessEqual(x, 0), 0, select(lessEqual(6, x), 6, x))
/** x, and x / 100 left of 0 */
export const leakyRelu: Elementwise = x => select(lessEqual(x, 0), mul(x, 0.01), x)

const last = (x: Expr): readonly number[] => [x.shape.length - 1]
/** less the largest, which changes nothing but keeps exp from overflowing; the gradient needs no path through it */
const shifted = (x: Expr): Expr => sub(x, stopGradient(reduceMax(x, last(x))))
/** exp(x) / sum exp(x) along the last axis */
export const softmax: Elementwise = x => {
  const e = exp(shifted(x))
  return div(e, sum(e, last(x)))
}
/** log softmax(x) along the last axis */
export const logSoftmax: Elementwise = x => {
  const s = shifted(x)
  return sub(s, log(sum(exp(s), last(x))))
}
