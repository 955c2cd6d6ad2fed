/** Metrics that are just a formula. */
import type { Expr } from '../../expr/op.js'
import { exampleMean } from '../loss/loss.js'
import { single, type MetricDefinition } from './metric.js'
import { wideTotal } from './outputs.js'

declare const custom: unique symbol
/** the data of a custom metric: its name */
export interface CustomMetric<N extends string = string> {
  readonly tag: N
  readonly [custom]: true
}
type AnyCustomMetric = CustomMetric
declare module './open.js' {
  interface Metrics {
    readonly customMetric: AnyCustomMetric
  }
}
export type CustomMetricOptions = Partial<Pick<MetricDefinition<CustomMetric>, 'targets' | 'reads' | 'inUnits'>>
/** a definition for a registry, with the metric that it defines */
export interface CustomMetricDefinition<N extends string> extends MetricDefinition<CustomMetric<N>> {
  readonly member: CustomMetric<N>
}

/**
 * A metric from its formula: the mean over all examples of a number for each, from the output [K, ...] and the targets. Where the formula
 * gives numbers of the output's shape, the number of an example is their mean.
 *
 * @param options targets: 'values' (default), of the output's shape, or 'classes', a class number for each example; what it reads; `inUnits`, where its value has the
 * unit of the targets
 * @example const close = customMetric('close', (y, t) => expr.cast(expr.less(expr.abs(expr.sub(y, t)), 0.1), 'f32'))
 */
export const customMetric = <const N extends string>(
  name: N,
  formula: (output: Expr, target: Expr) => Expr,
  { targets = 'values', reads, inUnits }: CustomMetricOptions = {}
): CustomMetricDefinition<N> => {
  const member = Object.freeze({ tag: name }) as CustomMetric<N>
  return Object.freeze({
    tag: name,
    fields: () => ({}),
    targets,
    ...(reads === undefined ? {} : { reads }),
    ...(inUnits === undefined ? {} : { inUnits }),
    sums: (_: CustomMetric<N>, y: Expr, t: Expr) => ({ sum: wideTotal(exampleMean(formula(y, t))) }),
    value: (_: CustomMetric<N>, { sum }: Readonly<Record<string, readonly number[]>>, examples: number) =>
      single(sum) / examples,
    samples: [member],
    member
  })
}
