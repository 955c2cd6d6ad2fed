/** The laws of metrics. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { codecsOf } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import { reference } from '../backend/reference/reference.js'
import { input } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { program } from '../expr/program.js'
import { pick } from '../data/rows.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import type { Scale } from '../train/loss/loss.js'
import {
  addTotals,
  plainTotals,
  type Metric,
  type MetricDefinition,
  type MetricValue,
  type Totals
} from '../train/metric/metric.js'
import { showShape, type Dims } from '../value/shape.js'
import { allocate, numbersOf, tensorView, type FloatType, type Tensor } from '../value/tensor.js'
import { jsonLaw } from './json.js'
import { everySample, holds, law, lawsOf, seed, type Law, type Verdict } from './law.js'
import { compute, computationLaws, numbers } from './values.js'

/** output shapes of one example; each metric is tested with those that it takes */
const shapes: readonly Dims[] = [[2], [1], [3], [5], [2, 3], [3, 1]]

interface Drawn {
  readonly choice: number
  readonly scale: Scale
  readonly seed: number
  readonly dtype: FloatType
}
interface Examples {
  readonly output: Tensor
  readonly target: Tensor
}
type Sums = Readonly<Record<string, Expr>>

/** valid outputs and targets of a metric: classes are whole numbers, one for each list along the last axis */
const examplesOf = (
  { targets }: MetricDefinition<Metric>,
  shape: Dims,
  n: number,
  { scale, dtype, seed }: Drawn
): Examples => {
  const whole = numbers('u32', [n, ...shape.slice(0, -1)], seed + 1, [0, Math.max(2, shape.at(-1) ?? 1)])
  return {
    output: numbers(dtype, [n, ...shape], seed, scale === 'probabilities' ? [0.05, 0.95] : [-3, 3]),
    target:
      targets === 'values'
        ? numbers(dtype, [n, ...shape], seed + 1, [-3, 3])
        : tensorView(dtype, whole.shape, allocate(dtype, numbersOf(whole)))
  }
}
const sumsOf = (kind: MetricDefinition<Metric>, sample: Metric, { output, target }: Examples, scale: Scale): Sums =>
  kind.sums(sample, input('output', output.dtype, output.shape), input('target', target.dtype, target.shape), scale)

const someShape = (kind: MetricDefinition<Metric>, sample: Metric, a: Drawn): Verdict<Dims> => {
  const suited = shapes.filter(s => E.isRight(program(sumsOf(kind, sample, examplesOf(kind, s, 2, a), a.scale))))
  const shape = suited[a.choice % Math.max(1, suited.length)]
  return shape === undefined
    ? E.left(`it takes outputs of none of the shapes ${shapes.map(showShape).join(', ')}`)
    : E.right(shape)
}

const totalsOf = (kind: MetricDefinition<Metric>, sample: Metric, e: Examples, a: Drawn): Verdict<Totals> =>
  pipe(
    compute(reference)(sumsOf(kind, sample, e, a.scale), { ...e }),
    E.map(r => Object.fromEntries(Object.entries(r).map(([name, t]) => [name, Array.from(numbersOf(t))])))
  )

/** equal up to the order of f64 additions */
const close = (a: MetricValue | undefined, b: MetricValue | undefined): boolean =>
  typeof a === 'number' && typeof b === 'number'
    ? Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
    : Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((x: MetricValue, i) => close(x, (b as readonly MetricValue[])[i]))

/** batch sizes that sum to n */
const cutInto = (n: number, cuts: readonly number[]): readonly (readonly number[])[] => {
  const at = [...new Set([0, ...cuts.map(c => c % n), n])].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => Array.from({ length: end - (at[i] as number) }, (_, k) => (at[i] as number) + k))
}

interface Cut extends Drawn {
  readonly order: readonly number[]
  readonly cuts: readonly number[]
}
const monoidOf = (kind: MetricDefinition<Metric>, sample: Metric, a: Cut): Verdict =>
  pipe(
    E.Do,
    E.bind('shape', () => someShape(kind, sample, a)),
    E.let('n', () => a.order.length),
    E.let('all', ({ shape, n }) => examplesOf(kind, shape, n, a)),
    E.bind('whole', ({ all }) => totalsOf(kind, sample, all, a)),
    E.bind('parts', ({ all, n }) =>
      E.traverseArray((places: readonly number[]) => {
        const rows = places.map(i => a.order[i] as number)
        return totalsOf(kind, sample, { output: pick(all.output, rows), target: pick(all.target, rows) }, a)
      })(cutInto(n, a.cuts))
    ),
    E.chain(({ shape, n, whole, parts }) => {
      const [one, added] = [whole, plainTotals(parts.reduce(addTotals, {}))].map(t => kind.value(sample, t, n, shape))
      return holds(
        close(one, added),
        () =>
          `${JSON.stringify(one)} for ${n} examples at once, ${JSON.stringify(added)} for them in ${parts.length} batches`
      )
    })
  )

const scaledBy = (t: Tensor, unit: number): Tensor =>
  tensorView(
    t.dtype,
    t.shape,
    allocate(
      t.dtype,
      Float64Array.from(numbersOf(t), x => x * unit)
    )
  )
const unitsOf = (kind: MetricDefinition<Metric>, sample: Metric, a: Drawn & { readonly unit: number }): Verdict =>
  kind.targets === 'classes' || kind.reads !== 'values'
    ? holds(kind.inUnits === undefined, () => 'a metric that does not compare values has no unit')
    : pipe(
        E.Do,
        E.bind('shape', () => someShape(kind, sample, a)),
        E.let('all', ({ shape }) => examplesOf(kind, shape, 7, a)),
        E.bind('one', ({ all }) => totalsOf(kind, sample, all, a)),
        E.bind('larger', ({ all: { output, target } }) =>
          totalsOf(kind, sample, { output: scaledBy(output, a.unit), target: scaledBy(target, a.unit) }, a)
        ),
        E.chain(({ shape, one, larger }) => {
          const [value, wanted] = [one, larger].map(t => kind.value(sample, t, 7, shape)) as [MetricValue, MetricValue]
          const got = kind.inUnits?.(sample, value, a.unit) ?? value
          return holds(close(got, wanted), () => `${JSON.stringify(got)}, computed ${JSON.stringify(wanted)}`)
        })
      )

/**
 * The laws of a metric, for each of its samples, random outputs and targets of the shapes that it takes:
 * - json: it goes to JSON and back; unknown fields are refused
 * - monoid: the value does not depend on the order of examples or the batch size, up to the order of f64 additions
 *   (1e-9 of it)
 * - units: the value of outputs and targets that are u times as large is what `inUnits` makes of the value, or the value itself
 * - purity, backends: the same bits twice, and on the reference and compiled
 *
 * @param registry other definitions that its samples use; the definition itself is added
 * @example for (const { name, property } of metricLaws(biasKind)) test(name, () => fc.assert(property))
 */
export const metricLaws = (
  kind: MetricDefinition<Metric>,
  registry: TrainingRegistry = builtInTraining
): readonly Law[] => {
  const { samples } = kind
  const choices = { choice: fc.nat({ max: 59 }), scale: fc.constantFrom<Scale>('logits', 'probabilities', 'values') }
  const order = fc
    .integer({ min: 1, max: 12 })
    .chain(n => fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }))
  const cut = fc.record({ ...choices, seed, order, cuts: fc.array(fc.nat({ max: 59 }), { maxLength: 4 }) })
  return lawsOf(`metric ${kind.tag}`, [
    jsonLaw(codecsOf(extend(registry, { metrics: [kind] })).metric, samples),
    law('monoid', cut, a => everySample(samples, s => monoidOf(kind, s, { ...a, dtype: 'f64' }))),
    law('units', fc.record({ ...choices, seed, unit: fc.constantFrom(0.125, 3, 1000) }), a =>
      everySample(samples, s => unitsOf(kind, s, { ...a, dtype: 'f64' }))
    ),
    ...computationLaws(samples, fc.record({ ...choices, n: fc.integer({ min: 1, max: 6 }) }), (sample, a) =>
      pipe(
        someShape(kind, sample, a),
        E.map(shape => {
          const e = examplesOf(kind, shape, a.n, a)
          return { outputs: sumsOf(kind, sample, e, a.scale), inputs: { ...e } }
        })
      )
    )
  ])
}
