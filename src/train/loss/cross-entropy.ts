/**
 * Cross-entropies: of probabilities, and of logits (which stay finite where an activation followed by a logarithm would
 * not).
 */
import { add, cast, equal, exp, lessEqual, log, log1p, mul, neg, select, sub } from '../../expr/build.js'
import { logSoftmax } from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import { inRange } from '../../value/codec.js'
import { exampleMean, exampleSum, type LossDefinition } from './loss.js'

export interface CrossEntropy {
  readonly tag: 'crossEntropy'
}
export interface SoftmaxCrossEntropy {
  readonly tag: 'softmaxCrossEntropy'
}
export interface SigmoidCrossEntropy {
  readonly tag: 'sigmoidCrossEntropy'
}
declare module './open.js' {
  interface BuiltInLosses {
    readonly crossEntropy: CrossEntropy
    readonly softmaxCrossEntropy: SoftmaxCrossEntropy
    readonly sigmoidCrossEntropy: SigmoidCrossEntropy
  }
  interface ScaleRules<L> {
    readonly crossEntropy: 'probabilities'
    readonly softmaxCrossEntropy: 'logits'
    readonly sigmoidCrossEntropy: 'logits'
  }
}

/** -1/K sum_k sum_j t ln y, for outputs that are probabilities; where t = 0 nothing is added, whatever y is */
export const crossEntropy: CrossEntropy = Object.freeze({ tag: 'crossEntropy' })
/**
 * The same of softmax(z), computed from the logits z: give the model no softmax at its end. A logit of -Infinity excludes its class (a
 * mask): where its target is 0 nothing is added, and no gradient flows into it.
 */
export const softmaxCrossEntropy: SoftmaxCrossEntropy = Object.freeze({ tag: 'softmaxCrossEntropy' })
/**
 * The mean over all elements of -t ln s - (1 - t) ln(1 - s) with s = sigmoid(z), for targets from 0 to 1, each a
 * question of its own: computed from the logits z, so give the model no sigmoid at its end. An infinite logit that its target agrees
 * with adds nothing.
 */
export const sigmoidCrossEntropy: SigmoidCrossEntropy = Object.freeze({ tag: 'sigmoidCrossEntropy' })

/** t x, and 0 where t = 0, also for an x that is infinite: the limit of t ln y as y goes to 0 */
export const weighed = (t: Expr, x: Expr): Expr => select(equal(t, 0), 0, mul(t, x))

export const probability = inRange('a number from 0 to 1', n => n >= 0 && n <= 1)

export const crossEntropyKind: LossDefinition<CrossEntropy> = {
  tag: 'crossEntropy',
  fields: () => ({}),
  expects: 'probabilities',
  classIndexes: true,
  target: probability,
  ifNotFinite:
    'the probability of a target may have rounded to 0: leave out the softmax at the end of the model and use softmaxCrossEntropy, ' +
    'which takes its logits; or try a smaller learning rate',
  formula: (_, y, t) => {
    const unused = equal(t, 0)
    return neg(exampleSum(select(unused, 0, mul(t, log(select(unused, 1, y))))))
  },
  tex: '-\\frac{1}{K} \\sum_{k=1}^{K} \\sum_j t_{kj} \\ln y_{kj}',
  samples: [crossEntropy]
}
export const softmaxCrossEntropyKind: LossDefinition<SoftmaxCrossEntropy> = {
  tag: 'softmaxCrossEntropy',
  fields: () => ({}),
  expects: 'logits',
  classIndexes: true,
  target: probability,
  formula: (_, z, t) => neg(exampleSum(weighed(t, logSoftmax(z)))),
  tex: '-\\frac{1}{K} \\sum_{k=1}^{K} \\sum_j t_{kj} \\ln \\mathrm{softmax}(z_k)_j',
  samples: [softmaxCrossEntropy]
}

/** (1 - t) z right of 0 and -t z left of it, and ln(1 + exp(-|z|)): two terms of one sign, so that nothing cancels */
const fromLogit = (z: Expr, t: Expr): Expr => {
  const right = lessEqual(0, z)
  return add(select(right, weighed(sub(1, t), z), neg(weighed(t, z))), log1p(exp(select(right, neg(z), z))))
}
export const sigmoidCrossEntropyKind: LossDefinition<SigmoidCrossEntropy> = {
  tag: 'sigmoidCrossEntropy',
  fields: () => ({}),
  expects: 'logits',
  classIndexes: false,
  labels: true,
  target: probability,
  formula: (_, z, t) => exampleMean(cast(fromLogit(cast(z, 'f64'), cast(t, 'f64')), z.dtype)),
  tex: '-\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} \\left(t_{kj} \\ln s_{kj} + (1 - t_{kj}) \\ln(1 - s_{kj})\\right), \\; s = \\frac{1}{1 + e^{-z}}',
  samples: [sigmoidCrossEntropy]
}
