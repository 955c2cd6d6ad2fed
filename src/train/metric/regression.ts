/** Metrics of regression: how far outputs are from targets. */
import { abs, cast, reshape, square, sub, sum } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { sizeOf } from '../../value/shape.js'
import { plus, single, times, type MetricDefinition } from './metric.js'
import { wideTotal } from './outputs.js'

export interface Mae {
  readonly tag: 'mae'
}
export interface Rmse {
  readonly tag: 'rmse'
}
export interface R2 {
  readonly tag: 'r2'
}
declare module './open.js' {
  interface BuiltInMetrics {
    readonly mae: Mae
    readonly rmse: Rmse
    readonly r2: R2
  }
  interface MetricRules<M> {
    readonly mae: readonly ['mae', number]
    readonly rmse: readonly ['rmse', number]
    readonly r2: readonly ['r2', number]
  }
}

/**
 * the mean of |y - t| over all numbers. `mae`, `rmse` and `r2` refuse a loss that takes logits, because logits don't
 * estimate the targets.
 */
export const mae: Mae = Object.freeze({ tag: 'mae' })
/** the root of the mean of (y - t)^2 over all numbers; not for losses that take logits */
export const rmse: Rmse = Object.freeze({ tag: 'rmse' })
/**
 * The coefficient of determination, 1 - sum (y - t)^2 / sum (t - mean t)^2, for each number of the output, and the mean
 * of these. For a constant target it is 1 if the output always equals it, else 0. The variation is computed as sum t^2
 * - (sum t)^2 / n in f64, so targets far from 0 lose as many digits as mean^2 / variance has. Not for losses that take
 * logits.
 */
export const r2: R2 = Object.freeze({ tag: 'r2' })

/** y - t in f64 */
const difference = (y: Expr, t: Expr): Expr => sub(cast(y, 'f64'), cast(t, 'f64'))

export const maeKind: MetricDefinition<Mae> = {
  tag: 'mae',
  fields: () => ({}),
  targets: 'values',
  reads: 'values',
  sums: (_, y, t) => ({ absolute: wideTotal(abs(difference(y, t))) }),
  value: (_, { absolute }, examples, output) => single(absolute) / (examples * sizeOf(output)),
  inUnits: (_, value, unit) => times(value, unit),
  samples: [mae]
}
export const rmseKind: MetricDefinition<Rmse> = {
  tag: 'rmse',
  fields: () => ({}),
  targets: 'values',
  reads: 'values',
  sums: (_, y, t) => ({ squared: wideTotal(square(difference(y, t))) }),
  value: (_, { squared }, examples, output) => Math.sqrt(single(squared) / (examples * sizeOf(output))),
  inUnits: (_, value, unit) => times(value, unit),
  samples: [rmse]
}
export const r2Kind: MetricDefinition<R2> = {
  tag: 'r2',
  fields: () => ({}),
  targets: 'values',
  reads: 'values',
  sums: (_, y, t) => {
    const n = t.shape[0] ?? 1
    const width = sizeOf(t.shape) / n
    const overExamples = (x: Expr): Expr => reshape(sum(reshape(x, [n, width]), [0]), [width])
    const wide = cast(t, 'f64')
    return {
      residual: overExamples(square(difference(y, t))),
      sum: overExamples(wide),
      squares: overExamples(square(wide))
    }
  },
  value: (_, { residual = [], sum = [], squares = [] }, examples) => {
    const each = residual.map((r, j) => {
      const s = sum[j] ?? 0
      const square = squares[j] ?? 0
      const variation = square - (s * s) / examples
      // a smaller variation may be the rounding error of sums over constant targets
      return variation > examples * Number.EPSILON * square ? 1 - r / variation : r === 0 ? 1 : 0
    })
    return each.reduce(plus, 0) / each.length
  },
  samples: [r2]
}
