/** Decisions of yes or no at every threshold: curves as values, and the threshold that is best by a metric. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isObject, wrongArgument, type Argument } from '../../value/argument.js'
import { dataError, type DataError } from '../../value/error.js'
import { isTensor, numbersOf, type Tensor } from '../../value/tensor.js'

/** how many examples are decided which way */
export interface Counts {
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
}
export interface Threshold extends Counts {
  /** yes from here on */
  readonly threshold: number
}
export interface RocPoint {
  readonly threshold: number
  /** FP / (FP + TN) */
  readonly falsePositiveRate: number
  /** TP / (TP + FN) */
  readonly truePositiveRate: number
}
export interface PrecisionRecallPoint {
  readonly threshold: number
  /** TP / (TP + FP), 1 where nothing is decided yes */
  readonly precision: number
  /** TP / (TP + FN) */
  readonly recall: number
}

type Numbers = Tensor | ArrayLike<number>
const listOf = (x: Numbers): readonly number[] => Array.from(isTensor(x) ? numbersOf(x) : x)

const numbersArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a tensor or a list of numbers',
  is: u => isTensor(u) || (isObject(u) && typeof u['length'] === 'number')
})

interface Scored {
  readonly score: number
  readonly positive: boolean
}
const scoredOf = (scores: Numbers, targets: Numbers): E.Either<DataError, readonly Scored[]> => {
  const wrong = wrongArgument(dataError, [
    numbersArgument('probabilities', scores),
    numbersArgument('targets', targets)
  ])
  if (wrong !== undefined) return E.left(wrong)
  const [s, t] = [listOf(scores), listOf(targets)]
  const bad = s.findIndex(x => !Number.isFinite(x))
  const strange = t.findIndex(x => x !== 0 && x !== 1)
  const positives = t.filter(x => x === 1).length
  return s.length !== t.length || s.length === 0
    ? E.left(
        dataError(['targets'], `${s.length} targets, one for each probability, and at least one`, String(t.length))
      )
    : bad >= 0
      ? E.left(dataError(['probabilities', `row ${bad}`], 'a finite number', String(s[bad])))
      : strange >= 0
        ? E.left(dataError(['targets', `row ${strange}`], '0 or 1', String(t[strange])))
        : positives === 0 || positives === t.length
          ? E.left(dataError(['targets'], 'examples of both classes', positives === 0 ? '0 alone' : '1 alone'))
          : E.right(s.map((score, i) => ({ score, positive: t[i] === 1 })))
}

/** from the highest score down; equal scores are decided together */
const levels = (all: readonly Scored[]): readonly Threshold[] => {
  const sorted = [...all].sort((a, b) => b.score - a.score)
  const positives = sorted.filter(s => s.positive).length
  const negatives = sorted.length - positives
  const at = (threshold: number, tp: number, fp: number): Threshold => ({
    threshold,
    truePositives: tp,
    falsePositives: fp,
    trueNegatives: negatives - fp,
    falseNegatives: positives - tp
  })
  const points: Threshold[] = [at(Infinity, 0, 0)]
  let [tp, fp] = [0, 0]
  sorted.forEach(({ score, positive }, i) => {
    if (positive) tp++
    else fp++
    if (sorted[i + 1]?.score !== score) points.push(at(score, tp, fp))
  })
  return points
}

/**
 * The counts of decisions at every threshold that changes one, from the highest down; the first, Infinity, decides no for all.
 *
 * @example thresholds([0.9, 0.2], [1, 0]) // Right: at Infinity, 0.9 and 0.2
 * @returns Left for lists of different lengths, targets other than 0 and 1, and targets of one class alone
 */
export const thresholds = (probabilities: Numbers, targets: Numbers): E.Either<DataError, readonly Threshold[]> =>
  pipe(scoredOf(probabilities, targets), E.map(levels))

/**
 * The receiver operating characteristic: from (0, 0) to (1, 1). The area under it is `areaUnderRoc`.
 *
 * @example rocCurve(probabilities, targets) // Right([{ threshold, falsePositiveRate, truePositiveRate }, ...])
 * @returns Left as `thresholds`
 */
export const rocCurve = (probabilities: Numbers, targets: Numbers): E.Either<DataError, readonly RocPoint[]> =>
  pipe(
    thresholds(probabilities, targets),
    E.map(points =>
      points.map(p => ({
        threshold: p.threshold,
        falsePositiveRate: p.falsePositives / (p.falsePositives + p.trueNegatives),
        truePositiveRate: p.truePositives / (p.truePositives + p.falseNegatives)
      }))
    )
  )

/**
 * Precision against recall, from recall 0 (with precision 1) to recall 1.
 *
 * @example precisionRecallCurve(probabilities, targets) // Right([{ threshold, precision, recall }, ...])
 * @returns Left as `thresholds`
 */
export const precisionRecallCurve = (
  probabilities: Numbers,
  targets: Numbers
): E.Either<DataError, readonly PrecisionRecallPoint[]> =>
  pipe(
    thresholds(probabilities, targets),
    E.map(points =>
      points.map(p => ({
        threshold: p.threshold,
        precision:
          p.truePositives + p.falsePositives === 0 ? 1 : p.truePositives / (p.truePositives + p.falsePositives),
        recall: p.truePositives / (p.truePositives + p.falseNegatives)
      }))
    )
  )

/** a measure of decisions: the larger, the better */
export type DecisionMetric = 'accuracy' | 'balancedAccuracy' | 'f1' | 'youden' | ((counts: Counts) => number)

const measures: Readonly<Record<Extract<DecisionMetric, string>, (c: Counts) => number>> = {
  accuracy: c =>
    (c.truePositives + c.trueNegatives) / (c.truePositives + c.trueNegatives + c.falsePositives + c.falseNegatives),
  balancedAccuracy: c =>
    (c.truePositives / (c.truePositives + c.falseNegatives) + c.trueNegatives / (c.trueNegatives + c.falsePositives)) /
    2,
  f1: c => (2 * c.truePositives) / (2 * c.truePositives + c.falsePositives + c.falseNegatives),
  youden: c =>
    c.truePositives / (c.truePositives + c.falseNegatives) - c.falsePositives / (c.falsePositives + c.trueNegatives)
}

/**
 * The threshold at which decisions are best by a metric; of equally good ones the highest. Give it the validation part: on the training
 * part it would be too sure. `youden` is TPR - FPR; a function of the counts weighs mistakes as you need.
 *
 * @example chooseThreshold('f1')(probabilities, targets) // Right({ threshold: 0.31, value: 0.87, truePositives: ..., ... })
 * @returns Left as `thresholds`, and for a metric that does not exist
 */
export const chooseThreshold =
  (metric: DecisionMetric) =>
  (probabilities: Numbers, targets: Numbers): E.Either<DataError, Threshold & { readonly value: number }> => {
    const measure =
      typeof metric === 'function' ? metric : Object.hasOwn(measures, metric) ? measures[metric] : undefined
    return measure === undefined
      ? E.left(dataError(['metric'], `a function, or one of ${Object.keys(measures).join(', ')}`, String(metric)))
      : pipe(
          thresholds(probabilities, targets),
          E.map(points =>
            points
              .slice(1)
              .map(p => ({ ...p, value: measure(p) }))
              .reduce((best, p) => (p.value > best.value ? p : best))
          )
        )
  }
