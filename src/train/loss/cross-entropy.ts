/** Cross-entropies: of probabilities, and of logits (which stays finite where a softmax followed by a logarithm would not). */
import { div, equal, log, mul, neg, select, total } from '../../expr/build.js'
import { logSoftmax } from '../../expr/functions.js'
import type { LossKind } from './loss.js'

export interface CrossEntropy {
  readonly tag: 'crossEntropy'
}
export interface SoftmaxCrossEntropy {
  readonly tag: 'softmaxCrossEntropy'
}
declare module './loss.js' {
  interface Losses {
    readonly crossEntropy: CrossEntropy
    readonly softmaxCrossEntropy: SoftmaxCrossEntropy
  }
}

/** -1/K sum_k sum_j t ln y, for outputs that are probabilities; where t = 0 nothing is added, whatever y is */
export const crossEntropy: CrossEntropy = Object.freeze({ tag: 'crossEntropy' })
/** the same of softmax(z), computed from the logits z: give the model no softmax at its end */
export const softmaxCrossEntropy: SoftmaxCrossEntropy = Object.freeze({ tag: 'softmaxCrossEntropy' })

export const crossEntropyKind: LossKind<CrossEntropy> = {
  tag: 'crossEntropy',
  fields: () => ({}),
  expects: 'probabilities',
  classIndexes: true,
  formula: (_, y, t) => {
    const unused = equal(t, 0)
    return div(neg(total(select(unused, 0, mul(t, log(select(unused, 1, y)))))), y.shape[0] ?? 1)
  },
  tex: '-\\frac{1}{K} \\sum_{k=1}^{K} \\sum_j t_{kj} \\ln y_{kj}',
  samples: [crossEntropy]
}
export const softmaxCrossEntropyKind: LossKind<SoftmaxCrossEntropy> = {
  tag: 'softmaxCrossEntropy',
  fields: () => ({}),
  expects: 'logits',
  classIndexes: true,
  formula: (_, z, t) => div(neg(total(mul(t, logSoftmax(z)))), z.shape[0] ?? 1),
  tex: '-\\frac{1}{K} \\sum_{k=1}^{K} \\sum_j t_{kj} \\ln \\mathrm{softmax}(z_k)_j',
  samples: [softmaxCrossEntropy]
}
