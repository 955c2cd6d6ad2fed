/** Negative log-likelihoods of targets, for outputs that are parameters of their distribution. */
import { add, cast, exp, mul, neg, node, slice, square, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { inRange } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { showShape, type Dims } from '../../value/shape.js'
import { exampleMean, type LossDefinition } from './loss.js'

export interface PoissonLoss {
  readonly tag: 'poissonLoss'
}
export interface GaussianLoss {
  readonly tag: 'gaussianLoss'
}
declare module './open.js' {
  interface BuiltInLosses {
    readonly poissonLoss: PoissonLoss
    readonly gaussianLoss: GaussianLoss
  }
  interface ScaleRules<L> {
    readonly poissonLoss: 'parameters'
    readonly gaussianLoss: 'parameters'
  }
}

/**
 * For counts t, 0 or more: the mean over all elements of exp(z) - t z, the negative log-likelihood of Poisson's distribution with rate
 * exp(z), without the term ln t!, which no output changes (PyTorch's `PoissonNLLLoss`). Metrics of values compare exp(z) with t.
 */
export const poissonLoss: PoissonLoss = Object.freeze({ tag: 'poissonLoss' })
/**
 * For targets [..., J] and outputs [..., 2 J], first J means m, then J logarithms of variances s: the mean over all elements of
 * (s + (t - m)^2 exp(-s)) / 2, the negative log-likelihood of normal distributions without its constant (Nix and Weigend 1994). So
 * the model says how sure it is. PyTorch's `GaussianNLLLoss` takes variances instead. Metrics of values compare m with t.
 */
export const gaussianLoss: GaussianLoss = Object.freeze({ tag: 'gaussianLoss' })

/** in f64, rounded once: exp overflows later */
const wide = (x: Expr): Expr => cast(x, 'f64')

export const poissonLossKind: LossDefinition<PoissonLoss> = {
  tag: 'poissonLoss',
  fields: () => ({}),
  expects: 'parameters',
  classIndexes: false,
  target: inRange('a number, 0 or more', n => n >= 0),
  values: z => cast(exp(wide(z)), z.dtype),
  formula: (_, z, t) => exampleMean(cast(sub(exp(wide(z)), mul(wide(t), wide(z))), z.dtype)),
  tex: '\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} \\left(e^{z_{kj}} - t_{kj} z_{kj}\\right)',
  samples: [poissonLoss]
}

const half = (output: Dims): Dims => [...output.slice(0, -1), Math.floor((output.at(-1) ?? 0) / 2)]
/** the first or the second half along the last axis */
const halfOf = (x: Expr, which: 0 | 1): Expr => {
  const shape = half(x.shape)
  const begin = shape.map((n, i) => (i === shape.length - 1 ? which * n : 0))
  return slice(x, begin, shape)
}
export const gaussianLossKind: LossDefinition<GaussianLoss> = {
  tag: 'gaussianLoss',
  fields: () => ({}),
  expects: 'parameters',
  classIndexes: false,
  targetShape: half,
  values: y => halfOf(y, 0),
  formula: (_, y, t) => {
    const size = y.shape.length < 2 ? 0 : (y.shape.at(-1) ?? 0)
    if (size === 0 || size % 2 !== 0)
      return node('invalid', [], {
        error: shapeError(
          ['loss', 'gaussianLoss'],
          'an even number of outputs along the last axis: means, then logarithms of variances',
          `the output shape ${showShape(y.shape.slice(1))}`
        )
      })
    const [m, s] = [wide(halfOf(y, 0)), wide(halfOf(y, 1))]
    return exampleMean(cast(mul(add(s, mul(square(sub(wide(t), m)), exp(neg(s)))), 0.5), y.dtype))
  },
  tex: '\\frac{1}{2KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} \\left(s_{kj} + (t_{kj} - m_{kj})^2 e^{-s_{kj}}\\right)',
  samples: [gaussianLoss]
}
