/** The area under the receiver operating characteristic: exact for lists, in bins as a metric. */
import * as E from 'fp-ts/lib/Either.js'
import { floor, less, matmul, max, min, mul, reshape, slice, sub, cast } from '../../expr/build.js'
import { size, withDefault } from '../../value/codec.js'
import { dataError, type DataError } from '../../value/error.js'
import type { MetricKind } from './metric.js'
import { classColumns, classList, invalid, probabilityRows } from './outputs.js'

export interface RocAuc {
  readonly tag: 'rocAuc'
  readonly bins: number
}
declare module './metric.js' {
  interface BuiltInMetrics {
    readonly rocAuc: RocAuc
  }
}

/**
 * The chance that an example of class 1 has a larger probability than one of class 0, ties counting half; for models of two classes
 * (one or two outputs). Batches add up because probabilities are sorted into bins of equal width, and those in one bin count as tied:
 * the metric is off by at most half the share of the pairs (class 1, class 0) that fall into one bin. For the exact number over a
 * list of scores see `areaUnderRoc`. NaN where one of the classes does not occur.
 *
 * @param bins how many; default 1024
 */
export const rocAuc = (bins = 1024): RocAuc => Object.freeze({ tag: 'rocAuc', bins })

interface Level {
  readonly positives: number
  readonly negatives: number
}
/** the share of pairs in the right order, ties counting half, from counts at rising scores */
const area = (levels: readonly Level[]): number => {
  const end = levels.reduce(
    (sofar, { positives, negatives }) => ({
      below: sofar.below + negatives,
      positives: sofar.positives + positives,
      // twice the pairs, which is a whole number
      twice: sofar.twice + positives * (2 * sofar.below + negatives)
    }),
    { below: 0, positives: 0, twice: 0 }
  )
  return end.twice / (2 * end.positives * end.below)
}

export const rocAucKind: MetricKind<RocAuc> = {
  tag: 'rocAuc',
  fields: () => ({ bins: withDefault(size, 1024) }),
  targets: 'classes',
  sums: ({ bins }, y, t, scale) => {
    const rows = probabilityRows(y, scale)
    const [n = 1, classes = 1] = rows.shape
    if (rows.op !== 'invalid' && classes !== 2)
      return { positives: invalid('one or two outputs, for rocAuc', `${classes}`) }
    const score = reshape(slice(rows, [0, 1], [n, 1]), [n])
    const inBin = classColumns(max(min(floor(mul(score, bins)), bins - 1), 0), bins)
    const positive = reshape(cast(less(0.5, classList(t)), rows.dtype), [1, n])
    const counts = (which: typeof positive): typeof positive => reshape(matmul(which, inBin), [bins])
    return { positives: counts(positive), negatives: counts(sub(1, positive)) }
  },
  value: (_, { positives = [], negatives = [] }) =>
    area(positives.map((p, b): Level => ({ positives: p, negatives: negatives[b] ?? 0 }))),
  samples: [rocAuc(16)]
}

/**
 * The exact area under the receiver operating characteristic: the share of pairs (positive, negative) in which the positive has the
 * larger score, ties counting half.
 *
 * @example areaUnderRoc([0.1, 0.4, 0.35, 0.8], [false, false, true, true]) // Right 0.75
 * @returns Left for lists of different lengths, a score that is NaN, or only positives or only negatives
 */
export const areaUnderRoc = (
  scores: ArrayLike<number>,
  positive: ArrayLike<boolean | number>
): E.Either<DataError, number> => {
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
