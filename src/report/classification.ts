/** How well classes were predicted: counts of right and wrong, ROC and precision-recall curves, calibration. */
import type { Point } from './line.js'

/** predictions of examples with one class each */
export interface ClassPredictions {
  readonly kind: 'classes'
  /** of the classes, in their order */
  readonly names: readonly string[]
  /** the class of each example */
  readonly truth: readonly number[]
  /** for each example a number for each class, the largest for the predicted one */
  readonly scores: readonly (readonly number[])[]
  /** whether the scores are probabilities */
  readonly probabilities: boolean
}

/** the first place of the largest number */
export const predictedOf = (scores: readonly number[]): number =>
  scores.reduce((best, s, i) => (s > (scores[best] ?? -Infinity) ? i : best), 0)

/** counts by true class (rows) and predicted class (columns) */
export const confusionOf = ({ names, truth, scores }: ClassPredictions): readonly (readonly number[])[] => {
  const counts = names.map(() => names.map(() => 0))
  truth.forEach((t, i) => {
    const row = counts[t]
    const p = predictedOf(scores[i] ?? [])
    if (row !== undefined) row[p] = (row[p] ?? 0) + 1
  })
  return counts
}

export interface ClassScores {
  readonly name: string
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly examples: number
}
const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)

/** precision, recall and F1 of each class; 0 where there is nothing to divide by */
export const classScores = (names: readonly string[], counts: readonly (readonly number[])[]): readonly ClassScores[] =>
  names.map((name, k) => {
    const right = counts[k]?.[k] ?? 0
    const precision = ratio(right, sum(counts.map(row => row[k] ?? 0)))
    const recall = ratio(right, sum(counts[k] ?? []))
    return {
      name,
      precision,
      recall,
      f1: ratio(2 * precision * recall, precision + recall),
      examples: sum(counts[k] ?? [])
    }
  })

export const accuracyOf = (counts: readonly (readonly number[])[]): number =>
  ratio(sum(counts.map((row, i) => row[i] ?? 0)), sum(counts.flat()))

interface Cut {
  readonly hits: number
  readonly misses: number
}
/** from the highest; NaN is below all */
const descending = (scores: readonly number[]): Float64Array =>
  Float64Array.from(scores, s => (Number.isNaN(s) ? -Infinity : s)).sort((a, b) => (a > b ? -1 : a < b ? 1 : 0))
/** examples that are taken for a class at each threshold, from the highest: those of the class, and others */
const cuts = (scores: readonly number[], isClass: readonly boolean[]): readonly Cut[] => {
  const inClass = descending(scores.filter((_, i) => isClass[i]))
  const others = descending(scores.filter((_, i) => !isClass[i]))
  const found: Cut[] = [{ hits: 0, misses: 0 }]
  let [hits, misses] = [0, 0]
  while (hits + misses < scores.length) {
    const s = Math.max(inClass[hits] ?? -Infinity, others[misses] ?? -Infinity)
    // examples with equal scores are taken together
    while (inClass[hits] === s) hits++
    while (others[misses] === s) misses++
    found.push({ hits, misses })
  }
  return found
}

export interface ThresholdCurve {
  readonly points: readonly Point[]
  /** the area below the ROC curve, or the average precision */
  readonly area: number
}

/** true positives among the class against false positives among the others; the area by trapezoids */
export const rocOf = (scores: readonly number[], isClass: readonly boolean[]): ThresholdCurve | undefined => {
  const all = cuts(scores, isClass)
  const { hits: positives = 0, misses: negatives = 0 } = all.at(-1) ?? {}
  if (positives === 0 || negatives === 0) return undefined
  const points = all.map(({ hits, misses }): Point => [misses / negatives, hits / positives])
  const area = points.reduce((a, [x, y], i) => {
    const [x0, y0] = points[i - 1] ?? [0, 0]
    return a + ((x - x0) * (y + y0)) / 2
  }, 0)
  return { points, area }
}

/** precision against recall; the average precision: the sum of (R_k - R_{k-1}) P_k over the thresholds */
export const precisionRecallOf = (
  scores: readonly number[],
  isClass: readonly boolean[]
): ThresholdCurve | undefined => {
  const all = cuts(scores, isClass)
  const positives = all.at(-1)?.hits ?? 0
  if (positives === 0) return undefined
  const points = all.slice(1).map(({ hits, misses }): Point => [hits / positives, hits / (hits + misses)])
  const area = points.reduce((a, [r, p], i) => a + (r - (points[i - 1]?.[0] ?? 0)) * p, 0)
  return { points: [[0, points[0]?.[1] ?? 1], ...points], area }
}

export interface CalibrationBin {
  /** the mean probability that was predicted */
  readonly confidence: number
  /** the share that was right */
  readonly accuracy: number
  readonly examples: number
}
/** Examples by the probability of their predicted class, in bins that are equally wide; empty bins are left out. */
export const calibrationOf = (
  { truth, scores }: ClassPredictions,
  bins = 10
): { readonly bins: readonly CalibrationBin[]; /** expected calibration error */ readonly error: number } => {
  const all = truth.map((t, i) => {
    const mine = scores[i] ?? []
    const p = predictedOf(mine)
    return { confidence: mine[p] ?? 0, right: p === t }
  })
  const found = Array.from({ length: bins }, (_, b) =>
    all.filter(({ confidence: c }) => Math.min(bins - 1, Math.floor(c * bins)) === b)
  ).flatMap((mine): readonly CalibrationBin[] =>
    mine.length === 0
      ? []
      : [
          {
            confidence: sum(mine.map(m => m.confidence)) / mine.length,
            accuracy: mine.filter(m => m.right).length / mine.length,
            examples: mine.length
          }
        ]
  )
  const error = sum(found.map(b => (b.examples / Math.max(1, all.length)) * Math.abs(b.confidence - b.accuracy)))
  return { bins: found, error }
}
