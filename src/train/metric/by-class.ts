/** Metrics that count class by class: the confusion matrix, precision, recall, F1. */
import { matmul, mul, reshape, sum, transposed } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { oneOf, withDefault } from '../../value/codec.js'
import type { Scale } from '../loss/loss.js'
import { plus, share, type MetricDefinition, type Totals } from './metric.js'
import { classColumns, classCount, classList, predictedClass } from './outputs.js'

/** macro: the mean over the classes that occur; micro: all classes counted as one; perClass: a list */
export type Average = 'macro' | 'micro' | 'perClass'
export interface ConfusionMatrix {
  readonly tag: 'confusionMatrix'
}
export interface Precision {
  readonly tag: 'precision'
  readonly average: Average
}
export interface Recall {
  readonly tag: 'recall'
  readonly average: Average
}
export interface F1 {
  readonly tag: 'f1'
  readonly average: Average
}
/** the name and the value of an average, by its kind */
type Averaged<N extends string, M> = M extends { readonly average: infer A }
  ? A extends 'perClass'
    ? readonly [`${N}PerClass`, readonly number[]]
    : readonly [A extends 'micro' ? `${N}Micro` : N, number]
  : never
declare module './open.js' {
  interface BuiltInMetrics {
    readonly confusionMatrix: ConfusionMatrix
    readonly precision: Precision
    readonly recall: Recall
    readonly f1: F1
  }
  interface MetricRules<M> {
    readonly confusionMatrix: readonly ['confusionMatrix', readonly (readonly number[])[]]
    readonly precision: Averaged<'precision', M>
    readonly recall: Averaged<'recall', M>
    readonly f1: Averaged<'f1', M>
  }
}

/** how many examples of each class (rows) were taken for each class (columns) */
export const confusionMatrix: ConfusionMatrix = Object.freeze({ tag: 'confusionMatrix' })

/**
 * Of what was taken for a class, the share that was of it: hits / predicted, 0 where nothing was. `macro` leaves out classes that
 * neither occur nor were predicted; `micro` is the accuracy.
 */
export const precision = <const A extends Average = 'macro'>(
  average: A = 'macro' as A
): Precision & { readonly average: NoInfer<A> } => Object.freeze({ tag: 'precision', average })
/** of the examples of a class, the share that was found: hits / actual; averaged as `precision` */
export const recall = <const A extends Average = 'macro'>(
  average: A = 'macro' as A
): Recall & { readonly average: NoInfer<A> } => Object.freeze({ tag: 'recall', average })
/** the harmonic mean of precision and recall of a class, 2 hits / (predicted + actual); `macro` is the mean of these */
export const f1 = <const A extends Average = 'macro'>(
  average: A = 'macro' as A
): F1 & { readonly average: NoInfer<A> } => Object.freeze({ tag: 'f1', average })

interface Columns {
  readonly predicted: Expr
  readonly actual: Expr
}
/** ones and zeros [n, C]: which class each was taken for, and which it is */
const columns = (y: Expr, t: Expr, scale: Scale): Columns => {
  const classes = classCount(y.shape.slice(1))
  return {
    predicted: classColumns(predictedClass(y, scale), classes),
    actual: classColumns(classList(t), classes)
  }
}

export const confusionMatrixKind: MetricDefinition<ConfusionMatrix> = {
  tag: 'confusionMatrix',
  fields: () => ({}),
  targets: 'classes',
  sums: (_, y, t, scale) => {
    const { predicted, actual } = columns(y, t, scale)
    return { counts: matmul(transposed(actual), predicted) }
  },
  value: (_, { counts = [] }, _examples, output) => {
    const classes = classCount(output)
    return Array.from({ length: classes }, (_row, i) => counts.slice(i * classes, (i + 1) * classes))
  },
  samples: [confusionMatrix]
}

/** of one class, or of all together */
interface Counts {
  readonly hits: number
  readonly predicted: number
  readonly actual: number
}
const sumOf = (xs: readonly number[]): number => xs.reduce(plus, 0)

const averaged = (
  of: (c: Counts) => number,
  average: Average,
  { hits = [], predicted = [], actual = [] }: Totals
): number | readonly number[] => {
  const classes = hits.map((h, i): Counts => ({ hits: h, predicted: predicted[i] ?? 0, actual: actual[i] ?? 0 }))
  if (average === 'perClass') return classes.map(of)
  if (average === 'micro') return of({ hits: sumOf(hits), predicted: sumOf(predicted), actual: sumOf(actual) })
  const there = classes.filter(c => c.predicted + c.actual > 0)
  return share(sumOf(there.map(of)), there.length)
}

const kindOf = <K extends 'precision' | 'recall' | 'f1'>(
  tag: K,
  of: (c: Counts) => number
): MetricDefinition<{ readonly tag: K; readonly average: Average }> => ({
  tag,
  fields: () => ({ average: withDefault(oneOf<Average>('macro', 'micro', 'perClass'), 'macro') }),
  label: ({ average }) => (average === 'macro' ? tag : average === 'micro' ? `${tag}Micro` : `${tag}PerClass`),
  targets: 'classes',
  sums: (_, y, t, scale) => {
    const { predicted, actual } = columns(y, t, scale)
    const overRows = (x: Expr): Expr => reshape(sum(x, [0]), x.shape.slice(1))
    return { hits: overRows(mul(predicted, actual)), predicted: overRows(predicted), actual: overRows(actual) }
  },
  value: ({ average }, totals) => averaged(of, average, totals),
  samples: [
    { tag, average: 'macro' },
    { tag, average: 'micro' },
    { tag, average: 'perClass' }
  ]
})
export const precisionKind: MetricDefinition<Precision> = kindOf('precision', c => share(c.hits, c.predicted))
export const recallKind: MetricDefinition<Recall> = kindOf('recall', c => share(c.hits, c.actual))
export const f1Kind: MetricDefinition<F1> = kindOf('f1', c => share(2 * c.hits, c.predicted + c.actual))
