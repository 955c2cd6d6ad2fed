/**
 * Metrics as monoids over batches: each batch gives a few sums (an expression each), sums of batches add up, and the value is worked
 * out from the totals. So a metric of a dataset does not depend on how it was cut into batches.
 */
import type { Expr } from '../../expr/op.js'
import type { Member } from '../../value/family.js'

/** tag -> the data type of that metric; extended by declaration merging */
export interface Metrics {}
export type Metric = Metrics[keyof Metrics]

export interface MetricKind<M extends { readonly tag: string }> extends Member {
  readonly tag: M['tag']
  /** whether it needs class numbers (u32, one per example) or targets of the output's shape */
  readonly targets: 'classes' | 'values'
  /** scalars of a batch that add up, from the model's output [K, ...] and the targets */
  sums(metric: M, output: Expr, target: Expr): Readonly<Record<string, Expr>>
  /** the metric of all batches, from the totals and the number of examples */
  value(metric: M, totals: Readonly<Record<string, number>>, examples: number): number
  readonly samples: readonly M[]
}
