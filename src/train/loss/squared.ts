/** Errors of numbers: squared, absolute, and Huber's between the two. */
import { abs, lessEqual, mul, select, square, sub } from '../../expr/build.js'
import { positive, withDefault } from '../../value/codec.js'
import { exampleMean, exampleSum, type LossDefinition } from './loss.js'

export interface HalfSquaredError {
  readonly tag: 'halfSquaredError'
}
export interface MeanSquaredError {
  readonly tag: 'meanSquaredError'
}
export interface MeanAbsoluteError {
  readonly tag: 'meanAbsoluteError'
}
export interface Huber {
  readonly tag: 'huber'
  readonly delta: number
}
declare module './open.js' {
  interface BuiltInLosses {
    readonly halfSquaredError: HalfSquaredError
    readonly meanSquaredError: MeanSquaredError
    readonly meanAbsoluteError: MeanAbsoluteError
    readonly huber: Huber
  }
}

/** 1/(2K) sum_k sum_j (y - t)^2 over K examples: the textbook's error, whose derivative by y is (y - t) / K */
export const halfSquaredError: HalfSquaredError = Object.freeze({ tag: 'halfSquaredError' })
/** the mean of (y - t)^2 over all elements */
export const meanSquaredError: MeanSquaredError = Object.freeze({ tag: 'meanSquaredError' })
/** the mean of |y - t| over all elements; its derivative at y = t is 0 */
export const meanAbsoluteError: MeanAbsoluteError = Object.freeze({ tag: 'meanAbsoluteError' })
/**
 * The mean over all elements of e^2 / 2 where |e| <= delta, and of delta (|e| - delta / 2) beyond, with e = y - t
 * (Huber 1964): squared near 0, absolute far out.
 *
 * @param delta above 0
 */
export const huber = (delta = 1): Huber => Object.freeze({ tag: 'huber', delta })

/** what losses of any real numbers have in common */
const ofValues = { expects: 'values', classIndexes: false } as const

export const halfSquaredErrorKind: LossDefinition<HalfSquaredError> = {
  ...ofValues,
  tag: 'halfSquaredError',
  fields: () => ({}),
  formula: (_, y, t) => mul(exampleSum(square(sub(y, t))), 0.5),
  tex: '\\frac{1}{2K} \\sum_{k=1}^{K} \\sum_j (y_{kj} - t_{kj})^2',
  samples: [halfSquaredError]
}
export const meanSquaredErrorKind: LossDefinition<MeanSquaredError> = {
  ...ofValues,
  tag: 'meanSquaredError',
  fields: () => ({}),
  formula: (_, y, t) => exampleMean(square(sub(y, t))),
  tex: '\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} (y_{kj} - t_{kj})^2',
  samples: [meanSquaredError]
}
export const meanAbsoluteErrorKind: LossDefinition<MeanAbsoluteError> = {
  ...ofValues,
  tag: 'meanAbsoluteError',
  fields: () => ({}),
  formula: (_, y, t) => exampleMean(abs(sub(y, t))),
  tex: '\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} |y_{kj} - t_{kj}|',
  samples: [meanAbsoluteError]
}
export const huberKind: LossDefinition<Huber> = {
  ...ofValues,
  tag: 'huber',
  fields: () => ({ delta: withDefault(positive, 1) }),
  formula: ({ delta }, y, t) => {
    const e = sub(y, t)
    const size = abs(e)
    return exampleMean(select(lessEqual(size, delta), mul(square(e), 0.5), mul(sub(size, delta / 2), delta)))
  },
  tex: '\\frac{1}{KJ} \\sum_{k=1}^{K} \\sum_{j=1}^{J} \\begin{cases} \\frac{1}{2} e_{kj}^2 & \\text{if } |e_{kj}| \\le \\delta \\\\ \\delta (|e_{kj}| - \\frac{\\delta}{2}) & \\text{otherwise} \\end{cases}, \\; e = y - t',
  samples: [huber(), huber(0.25)]
}
