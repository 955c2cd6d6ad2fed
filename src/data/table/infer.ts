/** A schema proposed from a text: which marks it uses, what its columns hold. To be read, and corrected, before it is used. */
import { optionsOf } from '../../value/argument.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeError, failIf, type DecodeError } from '../../value/error.js'
import { readCells } from '../csv-cells.js'
import { dateOf, numberOf } from './cells.js'
import { checkSchema, targetsOf, type Column, type DateFormat, type TableSchema } from './schema.js'
import { nameTwice } from './table.js'

export interface InferOptions {
  /** what is predicted; default: the last column that is not ignored */
  readonly target?: string | readonly string[] | undefined
}

const delimiters = [',', ';', '\t', '|'] as const
/** words that often mean a gap */
const gapWords = ['NA', 'N/A', 'n/a', 'NaN', 'nan', 'null', 'NULL', 'None', '?', '.', '-']
/** columns with more categories than these are left out */
const maxCategories = 50

interface Cells {
  readonly header: readonly string[]
  /** cells by column */
  readonly columns: readonly (readonly string[])[]
}

const cellsOf = (text: string, delimiter: string): E.Either<DecodeError, Cells> => {
  const rows: string[][] = []
  let row: string[] = []
  const wrong = readCells(text, delimiter.charCodeAt(0), {
    cell: (source, start, end) => {
      row.push(source.slice(start, end))
      return undefined
    },
    row: () => {
      rows.push(row)
      row = []
      return undefined
    }
  })
  const [header = [], ...rest] = rows
  return wrong !== undefined
    ? E.left(wrong)
    : rest.length === 0
      ? E.left(
          decodeError(
            ['table'],
            'a header line and at least one row',
            header.length === 0 ? 'nothing' : 'the header only'
          )
        )
      : E.right({ header, columns: header.map((_, i) => rest.map(cells => cells[i] ?? '')) })
}

/** the delimiter that cuts the first line into the most cells */
const delimiterOf = (text: string): string => {
  const end = /[\r\n]/.exec(text)?.index ?? text.length
  const line = text.slice(0, end).replaceAll(/"[^"]*"/g, '')
  const count = (d: string): number => line.split(d).length
  return delimiters.reduce((best, d) => (count(d) > count(best) ? d : best), ',')
}

type Notation = Pick<TableSchema, 'decimal' | 'thousands'>
const notations: readonly Notation[] = [
  {},
  { decimal: ',' },
  { thousands: ',' },
  { decimal: ',', thousands: '.' },
  { thousands: "'" },
  { thousands: ' ' },
  { decimal: ',', thousands: ' ' }
]

/** the cells of a column that are no gaps, each once */
const wordsOf = (cells: readonly string[]): readonly string[] =>
  [...new Set(cells)].filter(cell => cell !== '' && !gapWords.includes(cell))

const isNumbers = (words: readonly string[], n: Notation): boolean => {
  const schema = { columns: {}, target: '', ...n }
  return words.length > 0 && words.every(word => Number.isFinite(numberOf(word, schema)))
}
/** the notation in which the most columns are numbers; of equally good ones the simplest */
const notationOf = ({ columns }: Cells): Notation => {
  const words = columns.map(wordsOf)
  const count = (n: Notation): number => words.filter(w => isNumbers(w, n)).length
  return notations.reduce((best, n) => (count(n) > count(best) ? n : best))
}

const formats: readonly DateFormat[] = ['iso', 'd.m.y', 'd/m/y', 'm/d/y']
const truths: readonly (readonly [string, string])[] = [
  ['true', 'false'],
  ['yes', 'no']
]
const isTruth = (words: readonly string[]): boolean =>
  words.length > 0 && truths.some(pair => words.every(word => pair.includes(word.toLowerCase())))

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const columnFor = (name: string, cells: readonly string[], notation: Notation): Column => {
  const words = wordsOf(cells)
  const gaps = cells.some(cell => cell === '' || gapWords.includes(cell))
  const isKey = /(^|[^a-z])(id|key|nr|no|uuid)$/i.test(name) && words.length === cells.length
  if (words.length === 0) return 'ignore'
  if (isKey) return 'id'
  if (isNumbers(words, notation)) return gaps ? { type: 'number', missing: 'median' } : 'number'
  if (isTruth(words)) return gaps ? { type: 'boolean', missing: 'mostFrequent' } : 'boolean'
  const format = formats.find(f => words.every(word => Number.isFinite(dateOf(word, f))))
  if (format !== undefined)
    return { type: 'date', ...(format === 'iso' ? {} : { format }), ...(gaps ? { missing: 'median' as const } : {}) }
  return words.length > maxCategories || (words.length > 10 && words.length === cells.length)
    ? 'ignore'
    : { categories: [...words].sort(byCode), ...(gaps ? { missing: 'mostFrequent' as const } : {}) }
}

/** a target with gaps drops rows; one of numbers is scaled */
const asTarget = (c: Column): Column => {
  const given: Exclude<Column, string> = typeof c === 'string' ? ({ type: c } as Exclude<Column, string>) : c
  const { missing, ...rest } = given
  const kind = 'categories' in rest ? 'category' : (rest.type ?? 'number')
  return {
    ...rest,
    ...(missing === undefined ? {} : { missing: 'drop' }),
    ...(kind === 'number' || kind === 'date' ? { scaling: 'standardise' } : {})
  }
}

/**
 * Proposes a schema for CSV text: delimiter, marks of numbers, words for gaps, and what each column holds. Gaps of numbers are filled by the
 * median, other gaps by the most frequent value; a target with gaps drops the row. Inputs that are numbers, and a target that is one, are
 * standardised. Columns of more than 50 different words are ignored.
 *
 * @example inferSchema('area;town;price\n71,5;Bonn;310000\n58;;205000\n')
 * // Right({ columns: { area: 'number', town: { categories: ['Bonn'], missing: 'mostFrequent' }, price: ... }, target: 'price', ... })
 * @returns Left for text that is no table, and for a target that it does not have
 */
export const inferSchema = (text: string, options: InferOptions = {}): E.Either<DecodeError, TableSchema> => {
  const { target } = optionsOf(options)
  if (typeof text !== 'string') return E.left(decodeError(['table'], 'text', typeof text))
  const delimiter = delimiterOf(text)
  return pipe(
    cellsOf(text, delimiter),
    E.chainFirst(({ header }) => failIf(nameTwice(header))),
    E.chain(cells => {
      const notation = notationOf(cells)
      const inferred = cells.header.map((name, i) => [name, columnFor(name, cells.columns[i] ?? [], notation)] as const)
      const last = inferred.filter(([, c]) => c !== 'ignore' && c !== 'id').at(-1)?.[0] ?? ''
      const isTarget = new Set(targetsOf({ target: target ?? last }))
      const used = gapWords.filter(word => cells.columns.some(column => column.includes(word)))
      return checkSchema<TableSchema>({
        columns: Object.fromEntries(
          inferred.map(([name, c]) => [name, isTarget.has(name) && c !== 'ignore' ? asTarget(c) : c])
        ),
        target: target ?? last,
        ...(delimiter === ',' ? {} : { delimiter }),
        ...notation,
        ...(used.length === 0 ? {} : { missingWords: used }),
        scaling: 'standardise'
      })
    })
  )
}
