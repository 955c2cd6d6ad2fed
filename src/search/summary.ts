/** What the scores of many trainings of one run come to: mean, spread and a confidence interval of each. */
import { markdownTable } from 'markdown-table'
import { digits } from '../report/number.js'
import { cos, sin } from '../value/elementary.js'
import type { Trial } from './trial.js'

export interface Summary {
  /** the part of the data and the name of a score: `test/accuracy` */
  readonly name: string
  /** how many trials gave a finite number */
  readonly count: number
  readonly mean: number
  /** the standard deviation, of n - 1 degrees of freedom; undefined for fewer than two numbers */
  readonly deviation?: number
  /** the 95 % interval of the mean by Student's t; undefined for fewer than two numbers */
  readonly interval?: readonly [low: number, high: number]
  readonly min: number
  readonly max: number
}

/**
 * The probability that |t| <= sqrt(f) tan(a), with f degrees of freedom: Abramowitz and Stegun, 26.7.3 and 26.7.4, which are finite sums.
 */
const within = (a: number, f: number): number => {
  const [s, c] = [sin(a), cos(a)]
  const odd = f % 2 === 1
  const first = f === 1 ? 0 : odd ? c : 1
  // of terms whose quotients are (k - 1) / k cos^2 a, for every second k below f
  const factors = Array.from({ length: Math.ceil((f - (odd ? 3 : 2)) / 2) }, (_, i) => (odd ? 3 : 2) + 2 * i)
  const [, sum] = factors.reduce(
    ([term, before], k) => {
      const next = term * ((k - 1) / k) * c * c
      return [next, before + next] as const
    },
    [first, first] as const
  )
  return odd ? (2 / Math.PI) * (a + s * sum) : s * sum
}

/** the number that |t| with f degrees of freedom exceeds with probability 1 - p; by halving an interval */
export const studentQuantile = (p: number, f: number): number => {
  const [low] = Array.from({ length: 60 }).reduce<readonly [number, number]>(
    ([from, to]) => {
      const a = (from + to) / 2
      return within(a, f) < p ? [a, to] : [from, a]
    },
    [0, Math.PI / 2]
  )
  return (Math.sqrt(f) * sin(low)) / cos(low)
}

const summaryOf = (name: string, xs: readonly number[]): Summary => {
  const n = xs.length
  const mean = xs.reduce((a, b) => a + b, 0) / n
  const ends = { min: xs.reduce((a, b) => Math.min(a, b)), max: xs.reduce((a, b) => Math.max(a, b)) }
  if (n < 2) return { name, count: n, mean, ...ends }
  const deviation = Math.sqrt(xs.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / (n - 1))
  const half = (studentQuantile(0.95, n - 1) * deviation) / Math.sqrt(n)
  return { name, count: n, mean, deviation, interval: [mean - half, mean + half], ...ends }
}

/** the parts in the order in which people read them; the loss first */
const partOrder = ['train', 'validation', 'test']
const rank = (name: string): string => {
  const [part = '', ...metric] = name.split('/')
  return `${partOrder.indexOf(part)}/${metric.join('/') === 'loss' ? '' : metric.join('/')}`
}

/**
 * Mean, spread and confidence interval of every score of a study whose trials report all of them (`seedsStudy`, `foldsStudy`). Trials
 * without a value are left out; none for a study that compares one metric.
 *
 * @example summaries(found.trials) // [{ name: 'train/loss', count: 20, mean: 0.21, deviation: 0.01, interval: [0.2, 0.22], ... }, ...]
 */
export const summaries = (trials: readonly Trial<unknown>[]): readonly Summary[] => {
  const scores = trials.flatMap(t => (t.outcome.tag === 'scored' && t.outcome.scores ? [t.outcome.scores] : []))
  const names = [...new Set(scores.flatMap(s => Object.keys(s)))]
  const byRank = (a: string, b: string): number => (rank(a) < rank(b) ? -1 : 1)
  return [...names].sort(byRank).map(name =>
    summaryOf(
      name,
      scores.flatMap(s => (s[name] === undefined ? [] : [s[name]]))
    )
  )
}

/** The summaries as a table in Markdown. */
export const summaryText = (trials: readonly Trial<unknown>[]): string =>
  markdownTable([
    ['score', 'trials', 'mean', 'spread', '95 % interval of the mean', 'min', 'max'],
    ...summaries(trials).map(s => [
      ...[s.name, String(s.count), digits(s.mean), s.deviation === undefined ? '' : digits(s.deviation)],
      ...[s.interval === undefined ? '' : s.interval.map(digits).join(' .. '), digits(s.min), digits(s.max)]
    ])
  ])
