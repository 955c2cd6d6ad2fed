/** Sigmoid cross-entropy for labels that are rare, or count differently. */
import { add, cast, constant, mul, neg, node, sub } from '../../expr/build.js'
import { softplus } from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import { list, nonEmpty, nonNegative, optional, positive } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import { shapeError } from '../../value/error.js'
import { showShape } from '../../value/shape.js'
import { allocate, tensorView } from '../../value/tensor.js'
import { probability, weighed } from './cross-entropy.js'
import { exampleMean, type LossDefinition } from './loss.js'

export interface WeightedSigmoidCrossEntropy {
  readonly tag: 'weightedSigmoidCrossEntropy'
  readonly positive?: readonly number[]
  readonly labels?: readonly number[]
}
declare module './open.js' {
  interface BuiltInLosses {
    readonly weightedSigmoidCrossEntropy: WeightedSigmoidCrossEntropy
  }
  interface ScaleRules<L> {
    readonly weightedSigmoidCrossEntropy: 'logits'
  }
}
export interface WeightedSigmoidCrossEntropyOptions {
  /** p, the weight of a yes beside that of a no: one for all labels, or one for each. About (number of no) / (number of yes). */
  readonly positive?: number | readonly number[]
  /** w, the weight of each label beside the others */
  readonly labels?: readonly number[]
}

/**
 * The mean over all elements of w_j (-p_j t ln s - (1 - t) ln(1 - s)) with s = sigmoid(z), from logits z, for targets from 0 to 1
 * (PyTorch's `BCEWithLogitsLoss` with `pos_weight` p and `weight` w). Smoothing: `smoothed(weightedSigmoidCrossEntropy(...), 0.1)`.
 *
 * @example weightedSigmoidCrossEntropy({ positive: 9 })
 * @example weightedSigmoidCrossEntropy({ positive: [9, 1, 30], labels: [1, 1, 0.5] })
 */
export const weightedSigmoidCrossEntropy = ({
  positive,
  labels
}: WeightedSigmoidCrossEntropyOptions): WeightedSigmoidCrossEntropy =>
  Object.freeze({
    tag: 'weightedSigmoidCrossEntropy',
    ...defined({
      positive: positive === undefined ? undefined : Object.freeze([positive].flat()),
      labels: labels === undefined ? undefined : Object.freeze([...labels])
    })
  }) as WeightedSigmoidCrossEntropy

export const weightedSigmoidCrossEntropyKind: LossDefinition<WeightedSigmoidCrossEntropy> = {
  tag: 'weightedSigmoidCrossEntropy',
  fields: () => ({ positive: optional(nonEmpty(list(positive))), labels: optional(nonEmpty(list(nonNegative))) }),
  expects: 'logits',
  classIndexes: false,
  labels: true,
  target: probability,
  formula: ({ positive = [1], labels = [1] }, z, t): Expr => {
    const places = z.shape.length < 2 ? 1 : (z.shape.at(-1) ?? 1)
    const unfit = [positive, labels].find(xs => xs.length > 1 && xs.length !== places)
    if (unfit !== undefined)
      return node('invalid', [], {
        error: shapeError(
          ['loss', 'weightedSigmoidCrossEntropy'],
          `${unfit.length} outputs along the last axis, one for each weight`,
          `the output shape ${showShape(z.shape.slice(1))}`
        )
      })
    const row = (xs: readonly number[]): Expr => constant(tensorView('f64', [xs.length], allocate('f64', xs)))
    const [wide, target] = [cast(z, 'f64'), cast(t, 'f64')]
    const yes = mul(weighed(target, softplus(neg(wide))), row(positive))
    const no = weighed(sub(1, target), softplus(wide))
    return exampleMean(cast(mul(add(yes, no), row(labels)), z.dtype))
  },
  tex: '-\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} w_j \\left(p_j t_{kj} \\ln s_{kj} + (1 - t_{kj}) \\ln(1 - s_{kj})\\right), \\; s = \\frac{1}{1 + e^{-z}}',
  samples: [
    weightedSigmoidCrossEntropy({ positive: 3 }),
    weightedSigmoidCrossEntropy({ positive: [2, 0.5, 4], labels: [1, 2, 0] })
  ]
}
