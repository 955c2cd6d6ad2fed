/** Focal losses (Lin et al. 2017): examples that are already right count less. */
import { add, cast, equal, exp, expm1, mul, neg, pow, select, sub } from '../../expr/build.js'
import { logSoftmax, softplus } from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import { inRange, optional, those, finite, withDefault } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import { probability, weighed } from './cross-entropy.js'
import { exampleMean, exampleSum, type LossDefinition } from './loss.js'

export interface SigmoidFocalLoss {
  readonly tag: 'sigmoidFocalLoss'
  readonly gamma: number
  readonly alpha?: number
}
export interface SoftmaxFocalLoss {
  readonly tag: 'softmaxFocalLoss'
  readonly gamma: number
}
declare module './open.js' {
  interface BuiltInLosses {
    readonly sigmoidFocalLoss: SigmoidFocalLoss
    readonly softmaxFocalLoss: SoftmaxFocalLoss
  }
  interface ScaleRules<L> {
    readonly sigmoidFocalLoss: 'logits'
    readonly softmaxFocalLoss: 'logits'
  }
}
export interface SigmoidFocalLossOptions {
  /** how much less examples count that are right: 0, or 1 or more; default 2 */
  readonly gamma?: number
  /** the weight of a yes, 1 - alpha being that of a no; both weigh 1 by default */
  readonly alpha?: number
}

/**
 * For labels: the mean over all elements of -t a (1 - s)^g ln s - (1 - t) (1 - a) s^g ln(1 - s) with s = sigmoid(z), from logits z. For
 * targets 0 and 1 it is torchvision's `sigmoid_focal_loss`, whose alpha is 0.25 by default and here left out. gamma = 0 is
 * `sigmoidCrossEntropy`.
 *
 * @example sigmoidFocalLoss({ gamma: 2, alpha: 0.25 })
 */
export const sigmoidFocalLoss = ({ gamma = 2, alpha }: SigmoidFocalLossOptions = {}): SigmoidFocalLoss =>
  Object.freeze({ tag: 'sigmoidFocalLoss', gamma, ...defined({ alpha }) }) as SigmoidFocalLoss
/**
 * For classes: -1/K sum_k sum_j t (1 - p_j)^g ln p_j with p = softmax(z), from logits z. gamma = 0 is `softmaxCrossEntropy`. Weights of
 * classes: `classWeighted(softmaxFocalLoss(), weights)`.
 */
export const softmaxFocalLoss = ({ gamma = 2 }: { readonly gamma?: number } = {}): SoftmaxFocalLoss =>
  Object.freeze({ tag: 'softmaxFocalLoss', gamma })

// between 0 and 1 the derivative is infinite where an example is right
const gammaField = withDefault(
  those(finite, '0, or a number from 1 on', n => n === 0 || n >= 1),
  2
)

export const sigmoidFocalLossKind: LossDefinition<SigmoidFocalLoss> = {
  tag: 'sigmoidFocalLoss',
  fields: () => ({ gamma: gammaField, alpha: optional(inRange('a number from 0 to 1', n => n >= 0 && n <= 1)) }),
  expects: 'logits',
  classIndexes: false,
  labels: true,
  target: probability,
  formula: ({ gamma, alpha }, z, t) => {
    const [wide, target] = [cast(z, 'f64'), cast(t, 'f64')]
    // -ln s and -ln(1 - s)
    const [yes, no] = [softplus(neg(wide)), softplus(wide)]
    // (1 - s)^g and s^g as powers of e, which stay finite
    const focus = (loss: Expr, other: Expr): Expr => (gamma === 0 ? loss : mul(exp(mul(other, -gamma)), loss))
    const both = add(
      mul(weighed(target, focus(yes, no)), alpha ?? 1),
      mul(weighed(sub(1, target), focus(no, yes)), alpha === undefined ? 1 : 1 - alpha)
    )
    return exampleMean(cast(both, z.dtype))
  },
  tex: '-\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} \\left(\\alpha t_{kj} (1 - s_{kj})^\\gamma \\ln s_{kj} + (1 - \\alpha) (1 - t_{kj}) s_{kj}^\\gamma \\ln(1 - s_{kj})\\right), \\; s = \\frac{1}{1 + e^{-z}}',
  samples: [sigmoidFocalLoss({ alpha: 0.25 }), sigmoidFocalLoss({ gamma: 1 }), sigmoidFocalLoss({ gamma: 0 })]
}

export const softmaxFocalLossKind: LossDefinition<SoftmaxFocalLoss> = {
  tag: 'softmaxFocalLoss',
  fields: () => ({ gamma: gammaField }),
  expects: 'logits',
  classIndexes: true,
  target: probability,
  formula: ({ gamma }, z, t) => {
    const logs = logSoftmax(cast(z, 'f64'))
    // 1 - p, exact where p is nearly 1; where it is 0 the loss and its derivative are 0
    const rest = neg(expm1(logs))
    const right = equal(rest, 0)
    const focus = gamma === 0 ? logs : mul(pow(select(right, 1, rest), gamma), select(right, 0, logs))
    return neg(exampleSum(cast(weighed(cast(t, 'f64'), focus), z.dtype)))
  },
  tex: '-\\frac{1}{K} \\sum_{k=1}^{K} \\sum_j t_{kj} (1 - p_{kj})^\\gamma \\ln p_{kj}, \\; p_k = \\mathrm{softmax}(z_k)',
  samples: [softmaxFocalLoss(), softmaxFocalLoss({ gamma: 0 })]
}
