import { familyCodec, table, type Table } from '../../value/family.js'
import type { Codec } from '../../value/codec.js'
import { accuracyKind } from './accuracy.js'
import type { Metric, MetricKind } from './metric.js'

export type MetricTable = Table<MetricKind<Metric>>
export const metrics: MetricTable = table<MetricKind<Metric>>(accuracyKind)
export const metricCodec = (kinds: MetricTable): Codec<Metric> => familyCodec<Metric>('metric', kinds)

export type { Metric, MetricKind, Metrics } from './metric.js'
export { accuracy, type Accuracy } from './accuracy.js'
