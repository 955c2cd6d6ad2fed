/**
 * CSV (RFC 4180) with a declared schema: what is not declared is an error, and nothing is guessed from the data. csv-parse splits the
 * text into cells; its browser build runs in Node too and needs neither Node's Buffer nor eval.
 */
import { parse } from 'csv-parse/browser/esm/sync'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeError, type DataError, type DecodeError } from '../value/error.js'
import { view } from '../value/tensor.js'
import { errorText } from '../value/text.js'
import { dataset, type Dataset } from './dataset.js'

/** a number; one of the categories; or a column that is there but not used */
export type CsvColumn = 'number' | 'ignore' | { readonly categories: readonly string[] }

export interface CsvSchema {
  /** every column of the file by its name in the header; the order here means nothing */
  readonly columns: Readonly<Record<string, CsvColumn>>
  readonly target: string
  /** between cells; `,` unless given */
  readonly delimiter?: string | undefined
}

interface Line {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

const fail = (path: readonly string[], expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['csv', ...path], expected, got, hint))

const numeric = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** a cell as numbers, or what was expected */
const cellOf = (column: CsvColumn, cell: string, isTarget: boolean): readonly number[] | string => {
  if (column === 'ignore') return []
  if (column === 'number') {
    const x = numeric.test(cell) ? Number(cell) : NaN
    return Number.isFinite(Math.fround(x)) ? [x] : 'a number in the range of f32'
  }
  const at = column.categories.indexOf(cell)
  if (at < 0) return `one of ${column.categories.join(', ')}`
  return isTarget ? [at] : column.categories.map((_, i) => (i === at ? 1 : 0))
}

const split = (text: string, delimiter: string): E.Either<DecodeError, readonly Line[]> =>
  E.tryCatch(
    // with `info` every record comes as { record, info }, which csv-parse's types don't say
    () =>
      parse(text, {
        delimiter,
        bom: true,
        trim: true,
        skip_empty_lines: true,
        // whichever ends a line, also where they are mixed
        record_delimiter: ['\r\n', '\n', '\r'],
        info: true
      }) as unknown as readonly Line[],
    e =>
      decodeError(
        e instanceof Error && 'lines' in e ? ['csv', `line ${String(e.lines)}`] : ['csv'],
        'rows of equally many cells, separated and quoted as CSV is',
        errorText(e)
      )
  )

/** header and schema must name the same columns, each once */
const checkHeader = (
  header: readonly string[],
  { columns, target }: CsvSchema
): E.Either<DecodeError, readonly CsvColumn[]> => {
  const declared = Object.keys(columns)
  const list = declared.join(', ')
  const twice = header.find((name, i) => header.indexOf(name) !== i)
  const unknown = header.find(name => !Object.hasOwn(columns, name))
  const missing = declared.find(name => !header.includes(name))
  const empty = declared.find(name => {
    const c = columns[name]
    return typeof c === 'object' && (c.categories.length === 0 || new Set(c.categories).size !== c.categories.length)
  })
  const inputs = declared.filter(name => name !== target && columns[name] !== 'ignore')
  return !Object.hasOwn(columns, target) || columns[target] === 'ignore'
    ? fail(
        ['schema', 'target'],
        'a declared column that is not ignored',
        JSON.stringify(target),
        `declared are ${list}`
      )
    : empty !== undefined
      ? fail(['schema', empty], 'categories, each once', 'none or one twice')
      : inputs.length === 0
        ? fail(['schema'], 'a column besides the target', 'none')
        : twice !== undefined
          ? fail(['header', twice], 'every column once', 'the name twice')
          : unknown !== undefined
            ? fail(
                ['header', unknown],
                `the columns ${list}`,
                'a column that is not declared',
                "declare it as 'ignore' to leave it out"
              )
            : missing !== undefined
              ? fail(['header', missing], `the columns ${list}`, 'none of this name')
              : E.right(header.map(name => columns[name] as CsvColumn))
}

interface Cells {
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/** all cells as numbers, row by row: the inputs' and the target's */
const numbersOf = (
  rows: readonly Line[],
  names: readonly string[],
  columns: readonly CsvColumn[],
  target: string
): E.Either<DecodeError, Cells> => {
  const x: number[] = []
  const y: number[] = []
  for (const [r, { record, info }] of rows.entries())
    for (const [c, column] of columns.entries()) {
      const name = names[c] as string
      const cell = record[c] as string
      const numbers = cellOf(column, cell, name === target)
      if (typeof numbers === 'string')
        return fail(
          [`row ${r} (line ${info.lines})`, name],
          numbers,
          cell === '' ? 'a missing value' : JSON.stringify(cell.slice(0, 40)),
          cell === '' ? 'leave such rows out or fill the gap' : ''
        )
      const to = name === target ? y : x
      for (const number of numbers) to.push(number)
    }
  return E.right({ x, y })
}

/**
 * Reads CSV text whose first line names the columns. Inputs are f32 [rows, width], in the order of the file's columns: a number is one
 * column, categories are one column each (1 for the one that holds). The target becomes class numbers u32 [rows] for categories, in
 * the order declared, and f32 [rows, 1] for a number. Spaces around cells don't count, empty lines neither.
 *
 * @example decodeCsv('w,kind\n1.5,a\n2,b\n', { columns: { w: 'number', kind: { categories: ['a', 'b'] } }, target: 'kind' })
 * @returns Left, naming row (counted from 0, with the line of the file) and column, for a missing value, a cell that is no number or
 * no declared category; and for columns that are unknown, missing or named twice, rows of different lengths, open quotes, no rows
 */
export const decodeCsv = (text: string, schema: CsvSchema): E.Either<DecodeError | DataError, Dataset> =>
  pipe(
    split(text, schema.delimiter ?? ','),
    E.chain(([header, ...rows]) =>
      header === undefined || rows.length === 0
        ? fail([], 'a header line and at least one row', header === undefined ? 'nothing' : 'the header only')
        : pipe(
            checkHeader(header.record, schema),
            E.chain(columns => numbersOf(rows, header.record, columns, schema.target)),
            E.map(cells => ({ ...cells, n: rows.length }))
          )
    ),
    E.chainW(({ x, y, n }) => {
      const target = schema.columns[schema.target]
      const inputs = view('f64', [n, x.length / n], Float64Array.from(x))
      return typeof target === 'object'
        ? dataset({ x: inputs, y: view('u32', [n], Uint32Array.from(y)), classes: target.categories.length })
        : dataset({ x: inputs, y: view('f64', [n, 1], Float64Array.from(y)) })
    })
  )
