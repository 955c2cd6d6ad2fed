import type { Family } from '../../registry/definition.js'
import { accuracyKind, topKKind } from './accuracy.js'
import { confusionMatrixKind, f1Kind, precisionKind, recallKind } from './by-class.js'
import type { BuiltInMetrics, Metric, MetricDefinition } from './metric.js'
import { calibrationErrorKind, perplexityKind } from './probability.js'
import {
  binaryAccuracyKind,
  labelF1Kind,
  labelPrecisionKind,
  labelRecallKind,
  labelRocAucKind,
  subsetAccuracyKind
} from './labels.js'
import { maeKind, r2Kind, rmseKind } from './regression.js'
import { rocAucKind } from './roc.js'
import { exactMatchKind, positionAccuracyKind, positionPerplexityKind } from './sequence.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './open.js' {
  interface Metrics {}
  interface MetricRules<M> {}
}

const table = {
  accuracy: accuracyKind,
  topK: topKKind,
  confusionMatrix: confusionMatrixKind,
  precision: precisionKind,
  recall: recallKind,
  f1: f1Kind,
  rocAuc: rocAucKind,
  binaryAccuracy: binaryAccuracyKind,
  subsetAccuracy: subsetAccuracyKind,
  labelPrecision: labelPrecisionKind,
  labelRecall: labelRecallKind,
  labelF1: labelF1Kind,
  labelRocAuc: labelRocAucKind,
  perplexity: perplexityKind,
  calibrationError: calibrationErrorKind,
  mae: maeKind,
  rmse: rmseKind,
  r2: r2Kind,
  positionAccuracy: positionAccuracyKind,
  positionPerplexity: positionPerplexityKind,
  exactMatch: exactMatchKind
} satisfies { readonly [K in keyof BuiltInMetrics]: MetricDefinition<BuiltInMetrics[K]> }

export type MetricTable = Family<MetricDefinition<Metric>>
/** the metrics that gradfold comes with, by tag */
export const metrics: MetricTable = Object.freeze<MetricTable>(table)

export type { Metric, MetricDefinition, Metrics, MetricValue, Totals } from './metric.js'
export type { MetricRules } from './open.js'
export type { MetricValues } from './values.js'
export { customMetric, type CustomMetric, type CustomMetricDefinition, type CustomMetricOptions } from './custom.js'
export { accuracy, topK, type Accuracy, type TopK } from './accuracy.js'
export {
  confusionMatrix,
  f1,
  precision,
  recall,
  type Average,
  type ConfusionMatrix,
  type F1,
  type Precision,
  type Recall
} from './by-class.js'
export { calibrationError, perplexity, type CalibrationError, type Perplexity } from './probability.js'
export { mae, r2, rmse, type Mae, type R2, type Rmse } from './regression.js'
export { areaUnderRoc, rocAuc, type RocAuc } from './roc.js'
export {
  binaryAccuracy,
  labelF1,
  labelPrecision,
  labelRecall,
  labelRocAuc,
  subsetAccuracy,
  type BinaryAccuracy,
  type LabelAverage,
  type LabelF1,
  type LabelPrecision,
  type LabelRecall,
  type LabelRocAuc,
  type SubsetAccuracy
} from './labels.js'
