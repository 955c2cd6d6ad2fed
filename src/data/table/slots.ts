/** The numbers that a value of a column becomes, before they are scaled: itself, or a 1 among 0s. */
import { slotsOf, type FittedColumn } from './fitted.js'
import type { ResolvedColumn } from './schema.js'

/** what is wrong with a value: what was expected, what came, what to do */
export interface Wrong {
  readonly expected: string
  readonly got: string
  readonly hint: string
}
export interface Slots {
  readonly count: number
  /** writes the numbers of a value, gaps filled; or says what is wrong with it */
  readonly write: (value: number | string | undefined, out: Float64Array) => Wrong | undefined
}

/** a gap where gaps are refused */
export const gap: Wrong = {
  expected: 'a value',
  got: 'a missing value',
  hint: 'say what fills gaps with the setting missing of this column, or leave such rows out'
}

/** classes by word; where unknown words are a class, -1 names it */
const some = (words: readonly string[]): string =>
  words.length <= 20 ? words.join(', ') : `${words.slice(0, 20).join(', ')}, ... (${words.length})`

/** the class of a word: its place among the categories, or what is wrong */
export const classWriter = (
  c: ResolvedColumn,
  { categories = [] }: FittedColumn
): ((word: string) => number | Wrong) => {
  const places = new Map(categories.map((word, i) => [word, i]))
  const other = c.unknown === 'other' ? categories.length : undefined
  return word =>
    places.get(word) ??
    other ?? {
      expected: `one of ${some(categories)}`,
      got: JSON.stringify(word.slice(0, 40)),
      hint: "is it misspelt? unknown: 'other' in the schema gives unknown words a category"
    }
}

export const slotWriter = (c: ResolvedColumn, f: FittedColumn): Slots => {
  const count = slotsOf(c, f)
  const { fill } = f
  const plain = c.scale === 1 && c.shift === 0
  const classOf = classWriter(c, f)
  return {
    count,
    write: (value, out) => {
      const v = value === undefined || Number.isNaN(value) ? fill : value
      if (v === undefined) return gap
      if (typeof v === 'number') {
        out[0] = plain ? v : c.scale * v + c.shift
        return undefined
      }
      const found = classOf(v)
      if (typeof found === 'object') return found
      out.fill(0)
      out[found] = 1
      return undefined
    }
  }
}
