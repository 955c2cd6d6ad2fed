/**
 * Metrics as monoids over batches: each batch gives a few sums (an expression each), sums of batches are added, and the
 * value is computed from the totals. So a metric of a dataset does not depend on the batch size.
 */
import type { Expr } from '../../expr/op.js'
import type { Totals } from '../../infer/totals.js'
import type { Definition } from '../../registry/definition.js'
import type { Dims } from '../../value/shape.js'
import type { Scale } from '../loss/loss.js'
import type { Metrics } from './open.js'

export type { BuiltInMetrics, Metrics } from './open.js'

export { addTotals, plainTotals, type RunningTotals, type Totals } from '../../infer/totals.js'

export type Metric = Metrics[keyof Metrics]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly metric: Metric
  }
}

/** a number, a list of them (one for each class), or a table (a confusion matrix): what JSON can hold */
export type MetricValue = number | readonly MetricValue[]

export interface MetricDefinition<M extends { readonly tag: string }> extends Definition {
  readonly tag: M['tag']
  /** its name in reports, if that is not the tag: `top5` */
  label?(metric: M): string
  /**
   * Whether it needs class indexes, one for each list along the output's last axis (which must exist), or targets of
   * the output's shape.
   */
  readonly targets: 'classes' | 'values'
  /**
   * Of class indexes: whether a row of zeros, where targets have the output's shape, is a position that does not count. It is passed as
   * the number of classes, which is the index of none. Such rows are refused beside other metrics of classes.
   */
  readonly masks?: boolean
  /** the min number of classes */
  fewestClasses?(metric: M): number
  /**
   * The meaning that outputs must have, if not every one is valid: probabilities (direct, or computed from the logits
   * of the loss); values, which are compared with targets and must not be logits; or labels, each a probability or a logit.
   */
  readonly reads?: 'probabilities' | 'values' | 'labels'
  /**
   * Tensors of a batch that are added number by number (or appended: `perExample`), computed from the model's output
   * [K, ...] and the targets, both in the training's precision. `scale` is the meaning of outputs for the loss.
   */
  sums(metric: M, output: Expr, target: Expr, scale: Scale): Readonly<Record<string, Expr>>
  /** the metric of all batches, from the totals, the number of examples and the output shape of one example */
  value(metric: M, totals: Totals, examples: number, output: Dims): MetricValue
  /** the value where outputs and targets are `unit` times as large, for a metric of values that has their unit; without it, it has none */
  inUnits?(metric: M, value: MetricValue, unit: number): MetricValue
  readonly samples: readonly M[]
}

/** a number in another unit; lists of them number by number */
export const times = (value: MetricValue, unit: number): MetricValue =>
  typeof value === 'number' ? value * unit : value.map(v => times(v, unit))

/** the number in a list of one; NaN if it is empty */
export const single = (xs: readonly number[] | undefined): number => xs?.[0] ?? NaN
/** a / b, and 0 where b is 0 */
export const share = (a: number, b: number): number => (b === 0 ? 0 : a / b)
export const plus = (a: number, b: number): number => a + b
