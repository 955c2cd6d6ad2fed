import type { SettingError } from '../../value/error.js'
import { noMembers } from '../../registry/codecs.js'
import type { Family } from '../../registry/definition.js'
import type { FloatType } from '../../value/tensor.js'
import { roundedOutOf } from '../check-rounding.js'
import { classWeightedKind, smoothedKind } from './classes.js'
import { gaussianLossKind, poissonLossKind } from './likelihood.js'
import { quantileLossKind } from './quantile.js'
import { sigmoidFocalLossKind, softmaxFocalLossKind } from './focal.js'
import { weightedSigmoidCrossEntropyKind } from './weighted-sigmoid.js'
import { crossEntropyKind, sigmoidCrossEntropyKind, softmaxCrossEntropyKind } from './cross-entropy.js'
import type { BuiltInLosses, Interpreter, KnownLoss, Loss, LossDefinition } from './loss.js'
import { sequenceCrossEntropyKind } from './sequence.js'
import { halfSquaredErrorKind, huberKind, meanAbsoluteErrorKind, meanSquaredErrorKind } from './squared.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './open.js' {
  interface Losses {}
}

const table = {
  halfSquaredError: halfSquaredErrorKind,
  meanSquaredError: meanSquaredErrorKind,
  meanAbsoluteError: meanAbsoluteErrorKind,
  huber: huberKind,
  quantileLoss: quantileLossKind,
  poissonLoss: poissonLossKind,
  gaussianLoss: gaussianLossKind,
  crossEntropy: crossEntropyKind,
  softmaxCrossEntropy: softmaxCrossEntropyKind,
  sigmoidCrossEntropy: sigmoidCrossEntropyKind,
  weightedSigmoidCrossEntropy: weightedSigmoidCrossEntropyKind,
  sigmoidFocalLoss: sigmoidFocalLossKind,
  softmaxFocalLoss: softmaxFocalLossKind,
  smoothed: smoothedKind,
  classWeighted: classWeightedKind,
  sequenceCrossEntropy: sequenceCrossEntropyKind
} satisfies { readonly [K in keyof BuiltInLosses]: LossDefinition<BuiltInLosses[K]> }

export type LossTable = Family<LossDefinition<Loss>>
/** the losses that gradfold comes with, by tag */
export const losses: LossTable = Object.freeze<LossTable>(table)

/** losses as their table's records say */
export const lossInterpreter = (definitions: LossTable): Interpreter => {
  const kindOf = (l: Loss): LossDefinition<Loss> => definitions[l.tag] as LossDefinition<Loss>
  const self: Interpreter = {
    takes: l => {
      const kind = kindOf(l)
      const ignore = kind.ignored?.(l)
      return 'inner' in kind ? self.takes(kind.inner(l)) : ignore === undefined ? kind : { ...kind, ignore }
    },
    formula: (l, output, target) => kindOf(l).formula(l, output, target, self)
  }
  return self
}

/** a loss with its meaning: what it takes, and its formula */
export const knownLoss = (definitions: LossTable, loss: Loss): KnownLoss => {
  const { takes, formula } = lossInterpreter(definitions)
  const { expects, classIndexes, labels, ignore, target, targetShape, values, ifNotFinite } = takes(loss)
  return {
    tag: loss.tag,
    expects,
    classIndexes,
    ...(labels === undefined ? {} : { labels }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(target === undefined ? {} : { target }),
    ...(targetShape === undefined ? {} : { targetShape }),
    ...(values === undefined ? {} : { values }),
    ...(ifNotFinite === undefined ? {} : { ifNotFinite }),
    formula: (output, target) => formula(loss, output, target)
  }
}

/** the first number of a loss, or of the one it is made of, that leaves its range when it is rounded to the precision */
export const checkLossRounding = (
  definitions: LossTable,
  loss: Loss,
  precision: FloatType
): SettingError | undefined => {
  const kind = definitions[loss.tag] as LossDefinition<Loss>
  const wrong = roundedOutOf(loss, kind.fields(noMembers), precision)
  return wrong ?? ('inner' in kind ? checkLossRounding(definitions, kind.inner(loss), precision) : undefined)
}

export { customLoss, type CustomLoss, type CustomLossDefinition, type CustomLossOptions } from './custom.js'
export { batchLoss, exampleMean, exampleSum } from './loss.js'
export type { KnownLoss, Loss, LossDefinition, Losses, Scale, ScaleRules } from './loss.js'
export { classWeighted, smoothed, type ClassWeighted, type Smoothed } from './classes.js'
export {
  crossEntropy,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  type CrossEntropy,
  type SigmoidCrossEntropy,
  type SoftmaxCrossEntropy
} from './cross-entropy.js'
export {
  halfSquaredError,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  type HalfSquaredError,
  type Huber,
  type MeanAbsoluteError,
  type MeanSquaredError
} from './squared.js'
export {
  sigmoidFocalLoss,
  softmaxFocalLoss,
  type SigmoidFocalLoss,
  type SigmoidFocalLossOptions,
  type SoftmaxFocalLoss
} from './focal.js'
export { gaussianLoss, poissonLoss, type GaussianLoss, type PoissonLoss } from './likelihood.js'
export { quantileLoss, type QuantileLoss } from './quantile.js'
export {
  weightedSigmoidCrossEntropy,
  type WeightedSigmoidCrossEntropy,
  type WeightedSigmoidCrossEntropyOptions
} from './weighted-sigmoid.js'
