/** The importance of each dimension for the metric: a number from 0 to 1 from the ranks of the trials. */
import { pipe } from 'fp-ts/lib/function.js'
import * as N from 'fp-ts/lib/number.js'
import * as Ord from 'fp-ts/lib/Ord.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { placed, builtInSpace, settingValues, type Space, type SpaceRegistry } from './space.js'
import { cost, isWhole, type Goal, type Trial } from './trial.js'

export interface Importance {
  readonly path: string
  /** the share of the variance of the metric's ranks that the dimension explains: 0 for none, 1 for all */
  readonly importance: number
  /** for numbers, from -1 to 1: positive if larger values gave better results, negative if smaller ones did */
  readonly trend?: number
  /** number of trials that have a value of it */
  readonly trials: number
}

/** ranks from 0; equal numbers share their mean rank */
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

/** Spearman's rank correlation: the correlation of the ranks; 0 if one list is constant */
export const rankCorrelation = (xs: readonly number[], ys: readonly number[]): number => {
  const [p, q] = [ranks(xs), ranks(ys)]
  const [mp, mq] = [mean(p), mean(q)]
  const spread = squares(p) * squares(q)
  return spread === 0 ? 0 : sum(p.map((x, i) => (x - mp) * ((q[i] as number) - mq))) / Math.sqrt(spread)
}

/**
 * The share of the variance of the ranks between groups, corrected for chance: epsilon squared, 1 - (1 - eta^2) (n - 1)
 * / (n - k) for n numbers in k groups, where eta^2 is the uncorrected share. From 0 to 1; 0 if it is undefined.
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

/** groups numbers by size, with about as many groups as numbers in a group; equal numbers share a group */
export const quantiles = (xs: readonly number[]): readonly number[] => {
  const groups = Math.max(2, Math.floor(Math.sqrt(xs.length)))
  return ranks(xs).map(rank => Math.floor(((rank + 0.5) * groups) / xs.length))
}

/**
 * The dimensions from the most to the least important, by the trials that have a value, each dimension independently.
 * The ranks of the metric are compared between the values of a choice, or between ranges with equal numbers of trials.
 * So a dimension whose best values are in the middle counts as much as one whose best values are at an end. The
 * importance is too low for dimensions that matter only together with another one, and for ranges that narrowing left
 * no width.
 *
 * @example importances(s.space, trials, s.metric.goal) // [{ path: 'rate', importance: 0.8, trend: 0.55, trials: 30 },
 * ...]
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
      // low costs are good; `0 -` avoids -0
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
