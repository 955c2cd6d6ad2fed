/**
 * Metrics as monoids over batches: each batch gives a few sums (an expression each), sums of batches add up, and the value is worked
 * out from the totals. So a metric of a dataset does not depend on how it was cut into batches.
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
  /** what it is reported as, where that is not the tag: `top5` */
  label?(metric: M): string
  /**
   * Whether it needs class numbers, one for each list along the output's last axis (which is there then), or targets of the output's
   * shape.
   */
  readonly targets: 'classes' | 'values'
  /** how many classes there must be for it to say something */
  fewestClasses?(metric: M): number
  /**
   * What it reads outputs as, where not any will do: probabilities, which they must then be, or logits that the loss makes some of; or
   * values that are compared with targets, which logits are not.
   */
  readonly reads?: 'probabilities' | 'values'
  /**
   * Tensors of a batch that add up number by number (or are appended: `perExample`), from the model's output [K, ...] and the targets, both of the training's
   * precision. `scale` is what the loss takes outputs for.
   */
  sums(metric: M, output: Expr, target: Expr, scale: Scale): Readonly<Record<string, Expr>>
  /** the metric of all batches, from the totals, the number of examples and the shape of the output for one of them */
  value(metric: M, totals: Totals, examples: number, output: Dims): MetricValue
  readonly samples: readonly M[]
}

/** the only number of a list that should have one; NaN where there is none */
export const single = (xs: readonly number[] | undefined): number => xs?.[0] ?? NaN
/** a / b, and 0 where b is 0 */
export const share = (a: number, b: number): number => (b === 0 ? 0 : a / b)
export const plus = (a: number, b: number): number => a + b
