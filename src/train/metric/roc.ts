/** The area under the receiver operating characteristic: a function of lists, and a metric. */
import * as E from 'fp-ts/lib/Either.js'
import { floor, less, matmul, max, min, mul, reshape, slice, sub, cast } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { optional, size } from '../../value/codec.js'
import { wrongArgument } from '../../value/argument.js'
import { dataError, type DataError } from '../../value/error.js'
import { perExample } from '../../infer/totals.js'
import type { MetricDefinition } from './metric.js'
import { classColumns, classList, classRows, invalid, probabilityRows } from './outputs.js'

export interface RocAuc {
  readonly tag: 'rocAuc'
  /** the number of bins for probabilities; exact if absent */
  readonly bins?: number
}
declare module './open.js' {
  interface BuiltInMetrics {
    readonly rocAuc: RocAuc
  }
  interface MetricRules<M> {
    readonly rocAuc: readonly ['rocAuc', number]
  }
}

/**
 * The probability that an example of class 1 has a larger score than one of class 0, where ties count half; for models
 * of two classes (one or two outputs). Exact: the score of every example is kept until the end of the epoch, 16 bytes
 * each. A score is the output, or the second of two outputs minus the first, which keeps the scores of rare classes and
 * large logits distinct. NaN if a class does not occur, or an output is NaN.
 *
 * @param bins for data too large for that: the number of bins of equal width for probabilities; scores in one bin count
 * as ties. The error is at most half the share of the pairs (class 1, class 0) in one bin: large for rare classes,
 * whose probabilities are all near 0.
 */
export const rocAuc = (bins?: number): RocAuc =>
  Object.freeze({ tag: 'rocAuc', ...(bins === undefined ? {} : { bins }) })

interface Level {
  readonly positives: number
  readonly negatives: number
}
/** the share of pairs in the right order, where ties count half, from counts at ascending scores */
const area = (levels: readonly Level[]): number => {
  const end = levels.reduce(
    (sofar, { positives, negatives }) => ({
      below: sofar.below + negatives,
      positives: sofar.positives + positives,
      // twice the number of pairs, a whole number
      twice: sofar.twice + positives * (2 * sofar.below + negatives)
    }),
    { below: 0, positives: 0, twice: 0 }
  )
  return end.twice / (2 * end.positives * end.below)
}

/** the scores of examples in f64, where the difference of two outputs keeps their order */
const scoresOf = (rows: Expr, n: number, single: boolean): Expr => {
  const column = (j: number): Expr => reshape(cast(slice(rows, [0, j], [n, 1]), 'f64'), [n])
  return single ? column(1) : sub(column(1), column(0))
}
const inBins = (bins: number, probability: Expr, positive: Expr): Readonly<Record<string, Expr>> => {
  const inBin = classColumns(max(min(floor(mul(probability, bins)), bins - 1), 0), bins)
  const row = reshape(positive, [1, ...positive.shape])
  const counts = (which: Expr): Expr => reshape(matmul(which, inBin), [bins])
  return { positives: counts(row), negatives: counts(sub(1, row)) }
}
const [scoreName, positiveName] = [perExample('score'), perExample('positive')]

export const rocAucKind: MetricDefinition<RocAuc> = {
  tag: 'rocAuc',
  fields: () => ({ bins: optional(size) }),
  targets: 'classes',
  sums: ({ bins }, y, t, scale) => {
    const rows = classRows(y, scale)
    const [n = 1, classes = 1] = rows.shape
    if (rows.op !== 'invalid' && classes !== 2)
      return { positives: invalid('one or two outputs, for rocAuc', `${classes}`) }
    const positive = cast(less(0.5, classList(t)), rows.dtype)
    if (bins === undefined) return { [scoreName]: scoresOf(rows, n, y.shape.at(-1) === 1), [positiveName]: positive }
    return inBins(bins, reshape(slice(probabilityRows(y, scale), [0, 1], [n, 1]), [n]), positive)
  },
  value: ({ bins }, totals) =>
    bins === undefined
      ? E.getOrElse(() => NaN)(areaUnderRoc(totals[scoreName] ?? [], totals[positiveName] ?? []))
      : area((totals['positives'] ?? []).map((p, b) => ({ positives: p, negatives: totals['negatives']?.[b] ?? 0 }))),
  samples: [rocAuc(), rocAuc(16)]
}

/**
 * The exact area under the receiver operating characteristic: the share of pairs (positive, negative) in which the
 * positive has the larger score; ties count half.
 *
 * @example areaUnderRoc([0.1, 0.4, 0.35, 0.8], [false, false, true, true]) // Right 0.75
 * @returns Left for lists of different lengths, a score that is NaN, or only positives or only negatives
 */
export const areaUnderRoc = (
  scores: ArrayLike<number>,
  positive: ArrayLike<boolean | number>
): E.Either<DataError, number> => {
  const isList = (u: unknown): boolean => Array.isArray(u) || ArrayBuffer.isView(u)
  const unfit = wrongArgument(dataError, [
    { path: ['scores'], value: scores, expected: 'a list of numbers', is: isList },
    { path: ['positive'], value: positive, expected: 'a list of booleans', is: isList }
  ])
  if (unfit !== undefined) return E.left(unfit)
  if (scores.length !== positive.length)
    return E.left(dataError(['positive'], `${scores.length} of them, one for each score`, `${positive.length}`))
  const all = Array.from(scores, (score, i) => ({ score, positive: Boolean(positive[i]) }))
  const bad = all.findIndex(({ score }) => Number.isNaN(score))
  if (bad >= 0) return E.left(dataError(['scores', `${bad}`], 'a number', 'NaN'))
  const positives = all.filter(x => x.positive).length
  if (positives === 0 || positives === all.length)
    return E.left(
      dataError(['positive'], 'both positives and negatives', positives === 0 ? 'no positives' : 'no negatives')
    )
  const sorted = [...all].sort((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : 0))
  const starts = sorted.flatMap((x, i) => (i === 0 || x.score !== sorted[i - 1]?.score ? [i] : []))
  return E.right(
    area(
      starts.map((start, k): Level => {
        const tied = sorted.slice(start, starts[k + 1] ?? sorted.length)
        const p = tied.filter(x => x.positive).length
        return { positives: p, negatives: tied.length - p }
      })
    )
  )
}
