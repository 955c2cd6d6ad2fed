/** How much each dimension has to do with the metric: a number from 0 to 1 from the ranks of the trials. */
import { pipe } from 'fp-ts/lib/function.js'
import * as N from 'fp-ts/lib/number.js'
import * as Ord from 'fp-ts/lib/Ord.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { placed, spaceTables, valuesOf, type Space, type SpaceTables } from './space.js'
import { cost, isWhole, type Goal, type Trial } from './trial.js'

export interface Importance {
  readonly path: string
  /** from 0, nothing to do with the metric, to 1 */
  readonly importance: number
  /** of numbers, which way: 'up' when larger values came with better results */
  readonly better?: 'up' | 'down'
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

/** the share of the variance of the ranks that lies between the groups, square-rooted to be on the scale of a correlation */
export const groupCorrelation = (groups: readonly string[], ys: readonly number[]): number => {
  const q = ranks(ys)
  const all = squares(q)
  const between = sum(
    [...new Set(groups)].map(g => {
      const mine = q.filter((_, i) => groups[i] === g)
      const off = mean(mine) - mean(q)
      return mine.length * off * off
    })
  )
  return all === 0 ? 0 : Math.sqrt(between / all)
}

/**
 * The dimensions from the most important to the least. Of numbers it is |Spearman's rank correlation| with the metric over the trials that
 * gave a value, of categories the correlation ratio of the ranks. Both see one dimension at a time and trends that rise or fall: a
 * dimension whose middle is best, or that matters only together with another, looks less important than it is.
 */
export const importances = (
  s: Space,
  trials: readonly Trial[],
  goal: Goal,
  known: SpaceTables = spaceTables
): readonly Importance[] => {
  const scored = trials.filter(t => isWhole(t) && t.outcome.tag === 'scored')
  const all = placed(s, known).map(({ path, dimension, kind }): Importance => {
    const mine = scored.flatMap(t => {
      const value = valuesOf(s, t.settings, known)[path]
      return value === undefined ? [] : [{ value, cost: cost(goal, t) }]
    })
    const costs = mine.map(m => m.cost)
    if (mine.length < 2) return { path, importance: 0, trials: mine.length }
    if (kind.axis === 'categories') {
      const groups = mine.map(m => JSON.stringify(m.value))
      return { path, importance: groupCorrelation(groups, costs), trials: mine.length }
    }
    const r = rankCorrelation(
      mine.map(m => kind.place(dimension, m.value)),
      costs
    )
    return { path, importance: Math.abs(r), trials: mine.length, ...(r === 0 ? {} : { better: r < 0 ? 'up' : 'down' }) }
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
