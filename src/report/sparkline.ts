/** A curve in one line of text: the course of a loss beside the bar of a training. */
import { extentOf, scaleFor } from './number.js'
import { log } from '../value/elementary.js'

const blocks = '▁▂▃▄▅▆▇█'

/**
 * Numbers as blocks of eight heights, the smallest lowest; a wide range of positive numbers is seen by its logarithms. A number that
 * is not finite is a gap.
 *
 * @example sparkline([8, 4, 2, 1]) // '█▄▂▁'
 */
export const sparkline = (xs: readonly number[]): string => {
  const seen = scaleFor(xs) === 'log' ? xs.map(x => log(x)) : xs
  const [low, high] = extentOf(seen) ?? [0, 0]
  const height = (x: number): number => (high === low ? 0 : Math.floor(((x - low) / (high - low)) * 7 + 0.5))
  return seen.map(x => (Number.isFinite(x) ? blocks[height(x)] : ' ')).join('')
}

/** the course of numbers that arrive one by one: means of `each` numbers, at most `columns` of them */
export interface Course {
  readonly columns: number
  readonly each: number
  readonly means: readonly number[]
  /** the mean of the numbers that fill no column yet, and how many they are */
  readonly open: number
  readonly count: number
}
export const courseOf = (columns: number): Course => ({ columns, each: 1, means: [], open: 0, count: 0 })

const pairs = (xs: readonly number[]): readonly number[] =>
  xs.flatMap((x, i) => (i % 2 === 1 ? [] : [(x + (xs[i + 1] ?? x)) / 2]))

/** Takes in a number. Where all columns are full, each two become one, so the memory stays bounded. */
export const courseAfter = (c: Course, x: number): Course => {
  const count = c.count + 1
  const open = c.open + (x - c.open) / count
  if (count < c.each) return { ...c, open, count }
  const means = [...c.means, open]
  return means.length < c.columns
    ? { ...c, means, open: 0, count: 0 }
    : { ...c, each: 2 * c.each, means: pairs(means), open: 0, count: 0 }
}
