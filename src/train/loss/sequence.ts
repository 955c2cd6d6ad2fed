/** The cross-entropy of sequences: one class at each position, of which some do not count. */
import { add, div, equal, iota, mul, select, sub, sum } from '../../expr/build.js'
import { logSoftmax } from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import { fraction, optional, uint32, withDefault } from '../../value/codec.js'
import { probability, weighed } from './cross-entropy.js'
import { exampleSum, type LossDefinition } from './loss.js'

export interface SequenceCrossEntropy {
  readonly tag: 'sequenceCrossEntropy'
  /** the target of positions that do not count */
  readonly ignore?: number | undefined
  /** the share of each target that is spread evenly over all classes */
  readonly smoothing: number
}
declare module './open.js' {
  interface BuiltInLosses {
    readonly sequenceCrossEntropy: SequenceCrossEntropy
  }
  interface ScaleRules<L> {
    readonly sequenceCrossEntropy: 'logits'
  }
}
export interface SequenceCrossEntropyOptions {
  /** the class index whose positions do not count: one of the classes, such as that of padding, or a number past the last class */
  readonly ignore?: number
  /** label smoothing, from 0 up to, not including, 1; default 0 */
  readonly smoothing?: number
}

/**
 * The cross-entropy of a sequence of class indexes: the mean over the positions that count of -ln softmax(z)[target], for logits
 * [positions, classes] and targets [positions] (u32), or rows of probabilities. The loss of an example is the mean over its own positions, 0
 * where none counts; that of a batch is the mean of its examples. PyTorch divides by the positions of the whole batch instead: the
 * same comes of it where each example has its count of positions as its weight.
 *
 * Label smoothing a replaces the target t by (1 - a) t + a / classes, at positions that count; a class whose logit is -Infinity keeps its
 * target.
 *
 * @example train({ model: net, loss: sequenceCrossEntropy({ ignore: 0 }), optimizer: adam(0.003), metrics: [positionAccuracy({ ignore: 0 })] })
 */
export const sequenceCrossEntropy = (options: SequenceCrossEntropyOptions = {}): SequenceCrossEntropy =>
  Object.freeze({
    tag: 'sequenceCrossEntropy',
    ...(options.ignore === undefined ? {} : { ignore: options.ignore }),
    smoothing: options.smoothing ?? 0
  })

/** targets [..., classes], 0 at the ignored class */
const counted = (t: Expr, ignore: number | undefined): Expr => {
  const classes = t.shape.at(-1) ?? 1
  return ignore === undefined || ignore >= classes ? t : select(equal(iota('u32', [classes]), ignore), 0, t)
}

export const sequenceCrossEntropyKind: LossDefinition<SequenceCrossEntropy> = {
  tag: 'sequenceCrossEntropy',
  fields: () => ({ ignore: optional(uint32), smoothing: withDefault(fraction, 0) }),
  expects: 'logits',
  classIndexes: true,
  target: probability,
  ignored: ({ ignore }) => ignore,
  formula: ({ ignore, smoothing }, z, targets) => {
    const t = counted(targets, ignore)
    const weight = sum(t, [t.shape.length - 1])
    const spread = add(mul(t, 1 - smoothing), mul(weight, smoothing / (t.shape.at(-1) ?? 1)))
    const smooth = smoothing === 0 ? t : select(equal(z, -Infinity), t, spread)
    const count = exampleSum(weight)
    return div(sub(0, exampleSum(weighed(smooth, logSoftmax(z)))), select(equal(count, 0), 1, count))
  },
  tex: '-\\frac{1}{K} \\sum_{k=1}^{K} \\frac{1}{|P_k|} \\sum_{p \\in P_k} \\sum_j t_{kpj} \\ln \\mathrm{softmax}(z_{kp})_j',
  samples: [sequenceCrossEntropy({ smoothing: 0.1 }), sequenceCrossEntropy({ ignore: 1 })]
}
