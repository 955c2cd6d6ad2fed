/** How far predicted values are from their targets. */

/** predictions of numbers */
export interface ValuePredictions {
  readonly kind: 'values'
  /** one for each output: its name, its predicted and its true numbers */
  readonly outputs: readonly ValueOutput[]
}
export interface ValueOutput {
  readonly name: string
  readonly predicted: readonly number[]
  readonly truth: readonly number[]
}

export interface ResidualScores {
  /** sqrt(mean (y - t)^2) */
  readonly rmse: number
  /** mean |y - t| */
  readonly mae: number
  /** 1 - sum (y - t)^2 / sum (t - mean t)^2 */
  readonly r2: number
}
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

/** predicted minus true */
export const residualsOf = ({ predicted, truth }: ValueOutput): readonly number[] =>
  predicted.map((y, i) => y - (truth[i] ?? NaN))

export const residualScores = (o: ValueOutput): ResidualScores => {
  const residuals = residualsOf(o)
  const centre = mean(o.truth)
  const squares = mean(residuals.map(r => r * r))
  return {
    rmse: Math.sqrt(squares),
    mae: mean(residuals.map(r => Math.abs(r))),
    r2: 1 - squares / mean(o.truth.map(t => (t - centre) * (t - centre)))
  }
}

/** numbers in bins that are equally wide from the smallest to the largest */
export const binned = (
  xs: readonly number[],
  [low, high]: readonly [number, number],
  bins: number
): readonly number[] => {
  const counts = Array.from({ length: bins }, () => 0)
  for (const x of xs) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(((x - low) / (high - low)) * bins)))
    if (Number.isFinite(x)) counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts
}
