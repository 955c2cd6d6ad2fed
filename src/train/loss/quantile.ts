/** The quantile loss, also called pinball loss (Koenker and Bassett 1978). */
import { constant, max, mul, node, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { inRange, list, nonEmpty } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { showShape } from '../../value/shape.js'
import { allocate, tensorView, type FloatType } from '../../value/tensor.js'
import { exampleMean, type LossDefinition } from './loss.js'

export interface QuantileLoss {
  readonly tag: 'quantileLoss'
  /** one for all numbers of the output, or one for each along its last axis */
  readonly quantiles: readonly number[]
}
declare module './open.js' {
  interface BuiltInLosses {
    readonly quantileLoss: QuantileLoss
  }
}

/**
 * The mean over all elements of max(q e, (q - 1) e) with e = t - y: smallest where y is the q-quantile of the targets. With several
 * quantiles the j-th output is that for the j-th of them, and the target is repeated for each: [t, t, t].
 *
 * @param quantiles above 0 and below 1
 * @example quantileLoss(0.9)
 * @example quantileLoss(0.05, 0.5, 0.95) // for a model with three outputs
 */
export const quantileLoss = (...quantiles: readonly number[]): QuantileLoss =>
  Object.freeze({ tag: 'quantileLoss', quantiles: Object.freeze([...quantiles]) })

const quantile = inRange('a number above 0 and below 1', n => n > 0 && n < 1)

export const quantileLossKind: LossDefinition<QuantileLoss> = {
  tag: 'quantileLoss',
  fields: () => ({ quantiles: nonEmpty(list(quantile)) }),
  expects: 'values',
  classIndexes: false,
  formula: ({ quantiles }, y, t): Expr => {
    const places = y.shape.length < 2 ? 1 : (y.shape.at(-1) ?? 1)
    if (quantiles.length > 1 && quantiles.length !== places)
      return node('invalid', [], {
        error: shapeError(
          ['loss', 'quantileLoss'],
          `${quantiles.length} outputs along the last axis, one for each quantile`,
          `the output shape ${showShape(y.shape.slice(1))}`
        )
      })
    const dtype = y.dtype as FloatType
    const row = (xs: readonly number[]): Expr => constant(tensorView(dtype, [xs.length], allocate(dtype, xs)))
    const [single = 0.5] = quantiles
    const [q, under] = quantiles.length === 1 ? [single, single - 1] : [row(quantiles), row(quantiles.map(n => n - 1))]
    const e = sub(t, y)
    return exampleMean(max(mul(e, q), mul(e, under)))
  },
  tex: '\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} \\max(q_j e_{kj}, (q_j - 1) e_{kj}), \\; e = t - y',
  samples: [quantileLoss(0.9), quantileLoss(0.1, 0.5, 0.9)]
}
