import { familyCodec, table, type Table } from '../../value/family.js'
import type { Codec } from '../../value/codec.js'
import { accuracyKind, topKKind } from './accuracy.js'
import { confusionMatrixKind, f1Kind, precisionKind, recallKind } from './by-class.js'
import type { Metric, MetricKind } from './metric.js'
import { calibrationErrorKind, perplexityKind } from './probability.js'
import { maeKind, r2Kind, rmseKind } from './regression.js'
import { rocAucKind } from './roc.js'

export type MetricTable = Table<MetricKind<Metric>>
/** the metrics that gradfold comes with, by tag; add your own with `{ ...metrics, mine }` */
export const metrics: MetricTable = table<MetricKind<Metric>>(
  accuracyKind,
  topKKind,
  confusionMatrixKind,
  precisionKind,
  recallKind,
  f1Kind,
  rocAucKind,
  perplexityKind,
  calibrationErrorKind,
  maeKind,
  rmseKind,
  r2Kind
)
/** JSON of any metric of the table; unknown tags and fields are refused with their place */
export const metricCodec = (kinds: MetricTable): Codec<Metric> => familyCodec<Metric>('metric', kinds)

export type { Metric, MetricKind, Metrics, MetricValue, Totals } from './metric.js'
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
