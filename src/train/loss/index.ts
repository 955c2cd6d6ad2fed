import { table, type Table } from '../../value/family.js'
import { crossEntropyKind, softmaxCrossEntropyKind } from './cross-entropy.js'
import type { Loss, LossKind } from './loss.js'
import { halfSquaredErrorKind, meanSquaredErrorKind } from './squared.js'

export type LossTable = Table<LossKind<Loss>>
export const losses: LossTable = table<LossKind<Loss>>(
  halfSquaredErrorKind,
  meanSquaredErrorKind,
  crossEntropyKind,
  softmaxCrossEntropyKind
)

export type { Loss, LossKind, Losses, Scale } from './loss.js'
export { crossEntropy, softmaxCrossEntropy, type CrossEntropy, type SoftmaxCrossEntropy } from './cross-entropy.js'
export { halfSquaredError, meanSquaredError, type HalfSquaredError, type MeanSquaredError } from './squared.js'
