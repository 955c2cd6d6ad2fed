/** A metric by itself over outputs and targets, cut into batches. */
import * as E from 'fp-ts/lib/Either.js'
import type { Backend } from '../../../src/backend/backend.js'
import { evaluate } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { input } from '../../../src/expr/build.js'
import type { Scale } from '../../../src/train/loss/loss.js'
import {
  metrics,
  type Metric,
  type MetricDefinition,
  type MetricValue,
  type Totals
} from '../../../src/train/metric/index.js'
import { addTotals, plainTotals } from '../../../src/train/metric/metric.js'
import { showError, type Problem } from '../../../src/value/error.js'
import type { Dims } from '../../../src/value/shape.js'
import { allocate, numbersOf, tensorView, type FloatType, type Tensor } from '../../../src/value/tensor.js'

export const kindOf = (m: Metric): MetricDefinition<Metric> => metrics[m.tag] as MetricDefinition<Metric>

export interface Examples {
  /** numbers of the outputs, example after example */
  readonly y: readonly number[]
  readonly t: readonly number[]
  /** for one example */
  readonly output: Dims
  readonly target?: Dims
  readonly scale?: Scale
  readonly dtype?: FloatType
  readonly backend?: Backend
}
const sizeOf = (d: Dims): number => d.reduce((a, b) => a * b, 1)

/** the sums of each batch of so many examples, the last one as short as it comes */
export const sumsOf = (m: Metric, e: Examples, batch: number): E.Either<string, readonly Totals[]> => {
  const { y, t, output, target = output.slice(0, -1), scale = 'values', dtype = 'f32', backend = reference } = e
  const n = y.length / sizeOf(output)
  const part = (xs: readonly number[], one: Dims, from: number, k: number): Tensor =>
    tensorView(dtype, [k, ...one], allocate(dtype, xs.slice(from * sizeOf(one), (from + k) * sizeOf(one))))
  return E.traverseArray((from: number): E.Either<string, Totals> => {
    const k = Math.min(batch, n - from)
    const sums = kindOf(m).sums(m, input('y', dtype, [k, ...output]), input('t', dtype, [k, ...target]), scale)
    const r = evaluate(backend)(sums, { y: part(y, output, from, k), t: part(t, target, from, k) })
    return E.bimap(
      (e: Problem<string>) => showError(e),
      (all: Readonly<Record<string, Tensor>>): Totals =>
        Object.fromEntries(Object.entries(all).map(([name, s]) => [name, Array.from(numbersOf(s))]))
    )(r)
  })(Array.from({ length: Math.ceil(n / batch) }, (_, i) => i * batch))
}

/** the metric of all examples, worked out batch by batch */
export const metricOf = (m: Metric, e: Examples, batch = 1 << 20): MetricValue => {
  const sums = sumsOf(m, e, batch)
  if (E.isLeft(sums)) throw new Error(sums.left)
  return kindOf(m).value(m, plainTotals(sums.right.reduce(addTotals, {})), e.y.length / sizeOf(e.output), e.output)
}
