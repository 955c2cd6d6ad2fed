/** Metrics of labels, of which an example may have several: each output answers a question of its own by yes or no. */
import * as E from 'fp-ts/lib/Either.js'
import { cast, equal, less, mul, reduceMax, reshape, sub, sum, abs } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { perExample } from '../../infer/totals.js'
import { inRange, oneOf, withDefault } from '../../value/codec.js'
import { log } from '../../value/elementary.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import type { Scale } from '../loss/loss.js'
import { plus, share, single, type MetricDefinition, type Totals } from './metric.js'
import { countOf } from './outputs.js'
import { areaUnderRoc } from './roc.js'

/** macro: the mean over all labels; micro: all labels counted as one; perLabel: a list */
export type LabelAverage = 'macro' | 'micro' | 'perLabel'
interface Thresholded {
  /** an output says yes where its probability is above */
  readonly threshold: number
}
interface Averaged extends Thresholded {
  readonly average: LabelAverage
}
export interface BinaryAccuracy extends Thresholded {
  readonly tag: 'binaryAccuracy'
}
export interface SubsetAccuracy extends Thresholded {
  readonly tag: 'subsetAccuracy'
}
export interface LabelPrecision extends Averaged {
  readonly tag: 'labelPrecision'
}
export interface LabelRecall extends Averaged {
  readonly tag: 'labelRecall'
}
export interface LabelF1 extends Averaged {
  readonly tag: 'labelF1'
}
export interface LabelRocAuc {
  readonly tag: 'labelRocAuc'
  readonly average: LabelAverage
}
/** the name and the value of an average, by its kind */
type LabelAveraged<N extends string, M> = M extends { readonly average: infer A }
  ? A extends 'perLabel'
    ? readonly [`${N}PerLabel`, readonly number[]]
    : readonly [A extends 'micro' ? `${N}Micro` : N, number]
  : never
declare module './open.js' {
  interface BuiltInMetrics {
    readonly binaryAccuracy: BinaryAccuracy
    readonly subsetAccuracy: SubsetAccuracy
    readonly labelPrecision: LabelPrecision
    readonly labelRecall: LabelRecall
    readonly labelF1: LabelF1
    readonly labelRocAuc: LabelRocAuc
  }
  interface MetricRules<M> {
    readonly binaryAccuracy: readonly ['binaryAccuracy', number]
    readonly subsetAccuracy: readonly ['subsetAccuracy', number]
    readonly labelPrecision: LabelAveraged<'labelPrecision', M>
    readonly labelRecall: LabelAveraged<'labelRecall', M>
    readonly labelF1: LabelAveraged<'labelF1', M>
    readonly labelRocAuc: LabelAveraged<'labelRocAuc', M>
  }
}

/** the share of all labels, over all examples, that are answered right; an answer is yes where the probability is above the threshold */
export const binaryAccuracy = (threshold = 0.5): BinaryAccuracy => Object.freeze({ tag: 'binaryAccuracy', threshold })
/** the share of examples all of whose labels are answered right */
export const subsetAccuracy = (threshold = 0.5): SubsetAccuracy => Object.freeze({ tag: 'subsetAccuracy', threshold })
/**
 * Of the yes answered for a label, the share that is right, 0 where there are none. `macro` is the mean over all labels, as in
 * scikit-learn with `zero_division=0`.
 */
export const labelPrecision = <const A extends LabelAverage = 'macro'>(
  average: A = 'macro' as A,
  threshold = 0.5
): LabelPrecision & { readonly average: NoInfer<A> } => Object.freeze({ tag: 'labelPrecision', average, threshold })
/** of the examples that have a label, the share that is found; averaged as `labelPrecision` */
export const labelRecall = <const A extends LabelAverage = 'macro'>(
  average: A = 'macro' as A,
  threshold = 0.5
): LabelRecall & { readonly average: NoInfer<A> } => Object.freeze({ tag: 'labelRecall', average, threshold })
/** the harmonic mean of precision and recall of a label; `macro` is the mean of these */
export const labelF1 = <const A extends LabelAverage = 'macro'>(
  average: A = 'macro' as A,
  threshold = 0.5
): LabelF1 & { readonly average: NoInfer<A> } => Object.freeze({ tag: 'labelF1', average, threshold })
/**
 * The exact area under the receiver operating characteristic of each label, see `rocAuc`; `micro` takes all labels of all examples
 * as one list. NaN where a label has only yes or only no. Keeps 16 bytes for each label of each example until the end of an epoch.
 */
export const labelRocAuc = <const A extends LabelAverage = 'macro'>(
  average: A = 'macro' as A
): LabelRocAuc & { readonly average: NoInfer<A> } => Object.freeze({ tag: 'labelRocAuc', average })

/** outputs or targets as rows [K, J] */
const rowsOf = (x: Expr): Expr => {
  const n = x.shape[0] ?? 1
  return reshape(x, [n, sizeOf(x.shape) / n])
}
/** ones and zeros [K, J] */
const answers = (y: Expr, threshold: number, scale: Scale): Expr => {
  const at = scale === 'logits' ? log(threshold / (1 - threshold)) : threshold
  return cast(less(at, rowsOf(y)), y.dtype)
}
const truths = (t: Expr): Expr => cast(less(0.5, rowsOf(t)), t.dtype)
const overExamples = (x: Expr): Expr => reshape(sum(x, [0]), x.shape.slice(1))

const thresholdField = withDefault(
  inRange('a number above 0 and below 1', n => n > 0 && n < 1),
  0.5
)
const averageField = withDefault(oneOf<LabelAverage>('macro', 'micro', 'perLabel'), 'macro')
const endings: Readonly<Record<LabelAverage, string>> = { macro: '', micro: 'Micro', perLabel: 'PerLabel' }

export const binaryAccuracyKind: MetricDefinition<BinaryAccuracy> = {
  tag: 'binaryAccuracy',
  fields: () => ({ threshold: thresholdField }),
  targets: 'values',
  reads: 'labels',
  sums: ({ threshold }, y, t, scale) => ({ right: countOf(equal(answers(y, threshold, scale), truths(t)), y) }),
  value: (_, { right }, examples, output) => single(right) / (examples * sizeOf(output)),
  samples: [binaryAccuracy(), binaryAccuracy(0.3)]
}
export const subsetAccuracyKind: MetricDefinition<SubsetAccuracy> = {
  tag: 'subsetAccuracy',
  fields: () => ({ threshold: thresholdField }),
  targets: 'values',
  reads: 'labels',
  sums: ({ threshold }, y, t, scale) => ({
    right: countOf(equal(reduceMax(abs(sub(answers(y, threshold, scale), truths(t))), [1]), 0), y)
  }),
  value: (_, { right }, examples) => single(right) / examples,
  samples: [subsetAccuracy()]
}

/** of one label, or of all together */
interface Counts {
  readonly hits: number
  readonly answered: number
  readonly actual: number
}
const sumOf = (xs: readonly number[]): number => xs.reduce(plus, 0)
const averaged = (
  of: (c: Counts) => number,
  average: LabelAverage,
  { hits = [], answered = [], actual = [] }: Totals
): number | readonly number[] => {
  const labels = hits.map((h, j) => of({ hits: h, answered: answered[j] ?? 0, actual: actual[j] ?? 0 }))
  if (average === 'perLabel') return labels
  if (average === 'micro') return of({ hits: sumOf(hits), answered: sumOf(answered), actual: sumOf(actual) })
  return share(sumOf(labels), labels.length)
}
const countsKind = <K extends 'labelPrecision' | 'labelRecall' | 'labelF1'>(
  tag: K,
  of: (c: Counts) => number
): MetricDefinition<Averaged & { readonly tag: K }> => ({
  tag,
  fields: () => ({ average: averageField, threshold: thresholdField }),
  label: ({ average }) => `${tag}${endings[average]}`,
  targets: 'values',
  reads: 'labels',
  sums: ({ threshold }, y, t, scale) => {
    const [answered, actual] = [answers(y, threshold, scale), truths(t)]
    return {
      hits: overExamples(mul(answered, actual)),
      answered: overExamples(answered),
      actual: overExamples(actual)
    }
  },
  value: ({ average }, totals) => averaged(of, average, totals),
  samples: (['macro', 'micro', 'perLabel'] as const).map(average => ({ tag, average, threshold: 0.5 }))
})
export const labelPrecisionKind: MetricDefinition<LabelPrecision> = countsKind('labelPrecision', c =>
  share(c.hits, c.answered)
)
export const labelRecallKind: MetricDefinition<LabelRecall> = countsKind('labelRecall', c => share(c.hits, c.actual))
export const labelF1Kind: MetricDefinition<LabelF1> = countsKind('labelF1', c =>
  share(2 * c.hits, c.answered + c.actual)
)

const [scoreName, truthName] = [perExample('score'), perExample('truth')]
const areaOf = (scores: readonly number[], truth: readonly number[]): number =>
  E.getOrElse(() => NaN)(areaUnderRoc(scores, truth))
export const labelRocAucKind: MetricDefinition<LabelRocAuc> = {
  tag: 'labelRocAuc',
  fields: () => ({ average: averageField }),
  label: ({ average }) => `labelRocAuc${endings[average]}`,
  targets: 'values',
  reads: 'labels',
  sums: (_, y, t) => ({ [scoreName]: cast(y, 'f64'), [truthName]: truths(t) }),
  value: ({ average }, totals, _, output: Dims) => {
    const [scores, truth] = [totals[scoreName] ?? [], totals[truthName] ?? []]
    if (average === 'micro') return areaOf(scores, truth)
    const labels = sizeOf(output)
    const areas = Array.from({ length: labels }, (_label, j) => {
      const mine = (_score: number, i: number): boolean => i % labels === j
      return areaOf(scores.filter(mine), truth.filter(mine))
    })
    return average === 'perLabel' ? areas : sumOf(areas) / labels
  },
  samples: (['macro', 'micro', 'perLabel'] as const).map(average => labelRocAuc(average))
}
