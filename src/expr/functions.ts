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
  stopGradient,
  sub,
  sum,
  tanh
} from './build.js'
import type { Expr } from './op.js'

export type Elementwise = (x: Expr) => Expr

/** in f64, rounded once */
const wide =
  (f: Elementwise): Elementwise =>
  x =>
    cast(f(cast(x, 'f64')), x.dtype)

/** exp(-|x|): at most 1, and 0 far out. A `select` and not `abs`, whose derivative at 0 would be neither side's. */
const decay = (x: Expr): Expr => exp(select(lessEqual(0, x), neg(x), x))
const logistic = (x: Expr): Expr => {
  const z = decay(x)
  const d = add(1, z)
  return select(lessEqual(0, x), div(1, d), div(z, d))
}
const log1pExp = (x: Expr): Expr => add(select(lessEqual(0, x), x, 0), log1p(decay(x)))
/** exp(x) - 1 left of 0, and 0 right of it, where exp could overflow */
const expm1Left = (x: Expr): Expr => expm1(select(less(0, x), 0, x))
/** x (1 + t) / 2 */
const halfway = (x: Expr, t: Expr): Expr => mul(mul(x, 0.5), add(1, t))

/** 1 / (1 + exp(-x)) */
export const sigmoid = wide(logistic)
/** log(1 + exp(x)) */
export const softplus = wide(log1pExp)
/** x sigmoid(x), also called swish */
export const silu = wide(x => mul(x, logistic(x)))
/** x tanh(softplus(x)) */
export const mish = wide(x => mul(x, tanh(log1pExp(x))))
/** x P(Z < x) for a standard normal Z: x (1 + erf(x / sqrt 2)) / 2 */
export const gelu = wide(x => halfway(x, erf(mul(x, 0.7071067811865476))))
/** the approximation of gelu by tanh(sqrt(2 / pi) (x + 0.044715 x^3)) */
export const geluTanh = wide(x => halfway(x, tanh(mul(mul(x, 0.7978845608028654), add(1, mul(mul(x, x), 0.044715))))))
/** x, and exp(x) - 1 left of 0 */
export const elu = wide(x => select(less(0, x), x, expm1Left(x)))
const seluScale = 1.0507009873554805
const seluAlpha = 1.6732632423543772
/** elu with the two constants that keep mean 0 and variance 1 (Klambauer et al. 2017) */
export const selu = wide(x => mul(select(less(0, x), x, mul(expm1Left(x), seluAlpha)), seluScale))
/** x / (1 + |x|) */
export const softsign = wide(x => div(x, add(1, select(lessEqual(0, x), x, neg(x)))))
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
