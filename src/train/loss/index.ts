import * as t from 'io-ts'
import type { Codec } from '../../value/codec.js'
import type { SettingError } from '../../value/error.js'
import { table, type Table } from '../../value/family.js'
import type { FloatType } from '../../value/tensor.js'
import { roundedOutOf } from '../rounded.js'
import { classWeightedKind, smoothedKind } from './classes.js'
import { crossEntropyKind, sigmoidCrossEntropyKind, softmaxCrossEntropyKind } from './cross-entropy.js'
import type { Interpreter, KnownLoss, Loss, LossKind } from './loss.js'
import { halfSquaredErrorKind, huberKind, meanAbsoluteErrorKind, meanSquaredErrorKind } from './squared.js'

export type LossTable = Table<LossKind<Loss>>
/** the losses that gradfold comes with, by tag; add your own with `{ ...losses, mine }` */
export const losses: LossTable = table<LossKind<Loss>>(
  halfSquaredErrorKind,
  meanSquaredErrorKind,
  meanAbsoluteErrorKind,
  huberKind,
  crossEntropyKind,
  softmaxCrossEntropyKind,
  sigmoidCrossEntropyKind,
  smoothedKind,
  classWeightedKind
)

/** losses as their table's records say */
export const lossInterpreter = (kinds: LossTable): Interpreter => {
  const kindOf = (l: Loss): LossKind<Loss> => kinds[l.tag] as LossKind<Loss>
  const self: Interpreter = {
    takes: l => {
      const kind = kindOf(l)
      return 'inner' in kind ? self.takes(kind.inner(l)) : kind
    },
    formula: (l, output, target) => kindOf(l).formula(l, output, target, self)
  }
  return self
}

/** a loss with its meaning: what it takes, and its formula */
export const knownLoss = (kinds: LossTable, loss: Loss): KnownLoss => {
  const { takes, formula } = lossInterpreter(kinds)
  const { expects, classIndexes, target, ifNotFinite } = takes(loss)
  return {
    tag: loss.tag,
    expects,
    classIndexes,
    ...(target === undefined ? {} : { target }),
    ...(ifNotFinite === undefined ? {} : { ifNotFinite }),
    formula: (output, target) => formula(loss, output, target)
  }
}

/** the first number of a loss, or of the one it is made of, that leaves its range when it is rounded to the precision */
export const lossRoundedOut = (kinds: LossTable, loss: Loss, precision: FloatType): SettingError | undefined => {
  const kind = kinds[loss.tag] as LossKind<Loss>
  const any = t.unknown as unknown as Codec<unknown>
  const wrong = roundedOutOf(loss, kind.fields(any, any), precision)
  return wrong ?? ('inner' in kind ? lossRoundedOut(kinds, kind.inner(loss), precision) : undefined)
}

export { batchLoss, exampleMean, exampleSum } from './loss.js'
export type { FittingLoss } from './fitting.js'
export type { KnownLoss, Loss, LossKind, Losses, Scale, ScaleRules } from './loss.js'
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
