/** Metrics of probabilities: perplexity and calibration. */
import { cast, equal, floor, log, matmul, min, mul, reduceMax, reshape, select, transposed } from '../../expr/build.js'
import { logSoftmax } from '../../expr/functions.js'
import { size, withDefault } from '../../value/codec.js'
import { exp } from '../../value/elementary.js'
import { plus, single, type MetricDefinition } from './metric.js'
import {
  classColumns,
  classList,
  classRows,
  firstLargest,
  isClass,
  positions,
  probabilityRows,
  wideTotal
} from './outputs.js'

export interface Perplexity {
  readonly tag: 'perplexity'
}
export interface CalibrationError {
  readonly tag: 'calibrationError'
  readonly bins: number
}
declare module './open.js' {
  interface BuiltInMetrics {
    readonly perplexity: Perplexity
    readonly calibrationError: CalibrationError
  }
  interface MetricRules<M> {
    readonly perplexity: readonly ['perplexity', number]
    readonly calibrationError: readonly ['calibrationError', number]
  }
}

/**
 * exp of the mean of -ln p(target): among how many equally likely classes the model seems to choose. Outputs are logits where the
 * loss takes logits, else probabilities.
 */
export const perplexity: Perplexity = Object.freeze({ tag: 'perplexity' })

/**
 * The expected calibration error (Naeini et al. 2015, Guo et al. 2017): predictions are sorted into bins of equal width by their
 * confidence, the probability of the predicted class; sum over bins of |hits - sum of confidences| / n. Bin b holds confidences from
 * b / bins up to, not including, (b + 1) / bins; the last one holds 1 too.
 */
export const calibrationError = (bins = 10): CalibrationError => Object.freeze({ tag: 'calibrationError', bins })

export const perplexityKind: MetricDefinition<Perplexity> = {
  tag: 'perplexity',
  fields: () => ({}),
  targets: 'classes',
  reads: 'probabilities',
  sums: (_, y, t, scale) => {
    const rows = classRows(y, scale)
    const here = isClass(classList(t), rows.shape[1] ?? 1)
    // log of the numbers that are asked for, since 0 log 0 would be NaN
    const logs = scale === 'logits' ? logSoftmax(rows) : log(select(here, rows, 1))
    return { logLikelihood: wideTotal(select(here, logs, 0)) }
  },
  value: (_, { logLikelihood }, examples, output) => exp(-single(logLikelihood) / (examples * positions(output))),
  samples: [perplexity]
}

export const calibrationErrorKind: MetricDefinition<CalibrationError> = {
  tag: 'calibrationError',
  fields: () => ({ bins: withDefault(size, 10) }),
  targets: 'classes',
  reads: 'probabilities',
  sums: ({ bins }, y, t, scale) => {
    const rows = probabilityRows(y, scale)
    const n = rows.shape[0] ?? 1
    const confidence = reshape(reduceMax(rows, [1]), [n])
    // in f64: in f32 the product may round up into the next bin
    const bin = min(floor(mul(cast(confidence, 'f64'), bins)), bins - 1)
    const hits = cast(equal(firstLargest(rows), classList(t)), rows.dtype)
    const perBin = transposed(classColumns(bin, bins))
    const summed = (x: typeof hits): typeof hits => reshape(matmul(perBin, cast(reshape(x, [n, 1]), 'f64')), [bins])
    return { hits: summed(hits), confidence: summed(confidence) }
  },
  value: (_, { hits = [], confidence = [] }, examples, output) =>
    hits.map((h, b) => Math.abs(h - (confidence[b] ?? 0))).reduce(plus, 0) / (examples * positions(output)),
  samples: [calibrationError(), calibrationError(3)]
}
