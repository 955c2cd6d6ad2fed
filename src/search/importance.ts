/** How much each dimension has to do with the metric: a number from 0 to 1 from the ranks of the trials. */
import { pipe } from 'fp-ts/lib/function.js'
import * as N from 'fp-ts/lib/number.js'
import * as Ord from 'fp-ts/lib/Ord.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { placed, builtInSpace, settingValues, type Space, type SpaceRegistry } from './space.js'
import { cost, isWhole, type Goal, type Trial } from './trial.js'

export interface Importance {
  readonly path: string
  /** from 0, nothing to do with the metric, to 1: the share of the variance of the metric's ranks that it accounts for */
  readonly importance: number
  /** of numbers, from -1 to 1: towards 1 the larger values gave the better results, towards -1 the smaller */
  readonly trend?: number
  /** the trials that have a value of it */
  readonly trials: number
}

/** ranks from 0; equal numbers share the mean of theirs */
export const ranks = (xs: readonly number[]): readonly number[] => {
  const sorted = pipe(xs, RA.sort(N.Ord))
  return xs.map(x => (sorted.indexOf(x) + sorted.lastIndexOf(x)) / 2)
}
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
const mean = (xs: readonly number[]): number => sum(xs) / xs.length
const squares = (xs: readonly number[]): number => {
  const m = mean(xs)
  return sum(xs.map(x => (x - m) * (x - m)))
}

/** Spearman's rank correlation: the correlation of the ranks; 0 where one of them does not vary */
export const rankCorrelation = (xs: readonly number[], ys: readonly number[]): number => {
  const [p, q] = [ranks(xs), ranks(ys)]
  const [mp, mq] = [mean(p), mean(q)]
  const spread = squares(p) * squares(q)
  return spread === 0 ? 0 : sum(p.map((x, i) => (x - mp) * ((q[i] as number) - mq))) / Math.sqrt(spread)
}

/**
 * The share of the variance of the ranks that lies between groups, less what chance alone would give: epsilon squared,
 * 1 - (1 - eta^2) (n - 1) / (n - k) for n numbers in k groups, where eta^2 is the plain share. From 0 to 1; 0 where nothing can be said.
 */
export const sharedVariance = (groups: readonly (string | number)[], ys: readonly number[]): number => {
  const q = ranks(ys)
  const all = squares(q)
  const names = [...new Set(groups)]
  const [n, k] = [ys.length, names.length]
  if (all === 0 || n <= k) return 0
  const within = sum(names.map(g => squares(q.filter((_, i) => groups[i] === g))))
  return Math.max(0, 1 - ((within / all) * (n - 1)) / (n - k))
}

/** numbers in about as many groups, by size, as a group has members; equal numbers share theirs */
export const quantiles = (xs: readonly number[]): readonly number[] => {
  const groups = Math.max(2, Math.floor(Math.sqrt(xs.length)))
  return ranks(xs).map(rank => Math.floor(((rank + 0.5) * groups) / xs.length))
}

/**
 * The dimensions from the most important to the least, judged by the trials that gave a value, each dimension for itself: the metric's
 * ranks are compared between the values of a choice, or between ranges of numbers that hold as many trials each, so a dimension whose
 * middle is best counts as much as one that should be large. What matters only together with another dimension looks less important than it is,
 * and so does a range that narrowing has left no width.
 *
 * @example importances(s.space, trials, s.metric.goal) // [{ path: 'rate', importance: 0.8, trend: 0.55, trials: 30 }, ...]
 */
export const importances = (
  s: Space,
  trials: readonly Trial[],
  goal: Goal,
  registry: SpaceRegistry = builtInSpace
): readonly Importance[] => {
  const scored = trials.filter(t => isWhole(t) && t.outcome.tag === 'scored')
  const all = placed(s, registry).map(({ path, dimension, kind }): Importance => {
    const mine = scored.flatMap(t => {
      const value = settingValues(s, t.settings, registry)[path]
      return value === undefined ? [] : [{ value, cost: cost(goal, t) }]
    })
    const costs = mine.map(m => m.cost)
    if (kind.axis === 'categories') {
      const groups = mine.map(m => JSON.stringify(m.value))
      return { path, importance: sharedVariance(groups, costs), trials: mine.length }
    }
    const places = mine.map(m => kind.place(dimension, m.value))
    return {
      path,
      importance: sharedVariance(quantiles(places), costs),
      // low costs are good; 0 has no sign
      trend: 0 - rankCorrelation(places, costs),
      trials: mine.length
    }
  })
  return pipe(
    all,
    RA.sort(
      pipe(
        Ord.reverse(N.Ord),
        Ord.contramap((i: Importance) => i.importance)
      )
    )
  )
}
