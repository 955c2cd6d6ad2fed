/** Squared errors. */
import { div, mean, reshape, square, sub, total } from '../../expr/build.js'
import type { LossKind } from './loss.js'

export interface HalfSquaredError {
  readonly tag: 'halfSquaredError'
}
export interface MeanSquaredError {
  readonly tag: 'meanSquaredError'
}
declare module './loss.js' {
  interface Losses {
    readonly halfSquaredError: HalfSquaredError
    readonly meanSquaredError: MeanSquaredError
  }
}

/** 1/(2K) sum_k sum_j (y - t)^2 over K examples: the textbook's error, whose derivative by z is y - t. */
export const halfSquaredError: HalfSquaredError = Object.freeze({ tag: 'halfSquaredError' })
/** the mean of (y - t)^2 over all elements */
export const meanSquaredError: MeanSquaredError = Object.freeze({ tag: 'meanSquaredError' })

export const halfSquaredErrorKind: LossKind<HalfSquaredError> = {
  tag: 'halfSquaredError',
  fields: () => ({}),
  expects: 'values',
  classIndexes: false,
  formula: (_, y, t) => div(total(square(sub(y, t))), 2 * (y.shape[0] ?? 1)),
  tex: '\\frac{1}{2K} \\sum_{k=1}^{K} \\sum_j (y_{kj} - t_{kj})^2',
  samples: [halfSquaredError]
}
export const meanSquaredErrorKind: LossKind<MeanSquaredError> = {
  tag: 'meanSquaredError',
  fields: () => ({}),
  expects: 'values',
  classIndexes: false,
  formula: (_, y, t) => reshape(mean(square(sub(y, t))), []),
  tex: '\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} (y_{kj} - t_{kj})^2',
  samples: [meanSquaredError]
}
