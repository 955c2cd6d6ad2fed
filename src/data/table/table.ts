/** Tables in memory: rows that are read and checked, but not yet numbers for a model. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../../value/codec.js'
import { decodeError, type DecodeError, type ErrorCode } from '../../value/error.js'
import { readCells, type CellSink } from '../csv-cells.js'
import { fromField, fromText, type Read, type Value } from './cells.js'
import { checkForm } from './codec.js'
import type { AnyRow, NumberRow, TableRow } from './rows.js'
import { checkSchema, columnOf, inputsOf, targetsOf, type ResolvedColumn, type TableSchema } from './schema.js'

/** numbers with NaN for gaps, or words with undefined for gaps */
export type ColumnValues = Float64Array | readonly (string | undefined)[]

/** rows of a schema: `decodeTable` and `fromRecords` make one */
export interface DataTable<S extends TableSchema = TableSchema> {
  readonly schema: S
  /** how many */
  readonly rows: number
  /** the values of each column that is not ignored, by its name */
  readonly columns: Readonly<Record<string, ColumnValues>>
  /** the line of its file that each row is on, for messages */
  readonly lines?: readonly number[]
}

/** rows that could be read, and what is wrong with the others (by their numbers, counted from 0) */
export interface ReadTable<S extends TableSchema = TableSchema> {
  readonly table: DataTable<S>
  readonly bad: ReadonlyMap<number, DecodeError>
}

/** what a row is called in messages */
export const rowName = (row: number, line?: number): string =>
  line === undefined ? `row ${row}` : `row ${row} (line ${line})`
/** what is wrong with a row, and what to do */
export const rowError = (
  { lines }: Pick<DataTable, 'lines'>,
  row: number,
  column: string,
  expected: string,
  got: string,
  hint: string,
  code: ErrorCode = 'malformed'
): DecodeError => decodeError([rowName(row, lines?.[row]), column], expected, got, hint, code)

const isWords = ({ kind }: ResolvedColumn): boolean => kind === 'category' || kind === 'id'

/** the columns of a schema while rows are added to them */
interface Builder<S extends TableSchema> {
  readonly add: (name: string, value: Value) => void
  readonly table: (rows: number, lines?: readonly number[]) => DataTable<S>
}
const builderOf = <S extends TableSchema>(schema: S, names: readonly string[]): Builder<S> => {
  const numbers = new Map<string, number[]>()
  const words = new Map<string, (string | undefined)[]>()
  for (const name of names)
    if (isWords(columnOf(schema, name))) words.set(name, [])
    else numbers.set(name, [])
  // one text for each word, however often it comes
  const interned = new Map<string, string>()
  return {
    add: (name, value) => {
      const column = numbers.get(name)
      if (column !== undefined) column.push(typeof value === 'number' ? value : NaN)
      else {
        const word = typeof value === 'string' ? (interned.get(value) ?? value) : undefined
        if (word !== undefined) interned.set(word, word)
        words.get(name)?.push(word)
      }
    },
    table: (rows, lines) => ({
      schema,
      rows,
      columns: Object.fromEntries<ColumnValues>([
        ...[...numbers].map(([name, all]) => [name, Float64Array.from(all)] as const),
        ...words
      ]),
      ...(lines === undefined ? {} : { lines })
    })
  }
}

/** the columns that are read: all that are not ignored, of new rows those that are no targets */
const readNames = (schema: TableSchema, targets: boolean): readonly string[] => {
  const leftOut = new Set(targets ? [] : targetsOf(schema))
  return Object.keys(schema.columns).filter(name => columnOf(schema, name).kind !== 'ignore' && !leftOut.has(name))
}

export const checked = <S extends TableSchema>(schema: S): E.Either<DecodeError, S> =>
  pipe(
    checkForm(schema),
    E.chain(() => checkSchema(schema))
  )

// ---- text

/** the error of a header with a name twice; a table may have as many columns as a file has bytes */
export const nameTwice = (header: readonly string[]): DecodeError | undefined => {
  const lastOf = new Map(header.map((name, i) => [name, i]))
  const twice = header.find((name, i) => lastOf.get(name) !== i)
  return twice === undefined
    ? undefined
    : decodeError(['table', 'header', twice], 'every column once', 'the name twice')
}

const wrongHeader = (
  header: readonly string[],
  schema: TableSchema,
  targets: boolean,
  strangers: boolean
): DecodeError | undefined => {
  const needed = [...inputsOf(schema), ...(targets ? targetsOf(schema) : [])]
  const given = new Set(header)
  const twice = nameTwice(header)
  const unknown = strangers ? undefined : header.find(name => !Object.hasOwn(schema.columns, name))
  const missing = needed.find(name => !given.has(name))
  const list = (names: readonly string[]): string =>
    names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')}, ... (${names.length})`
  return twice !== undefined
    ? twice
    : missing !== undefined
      ? decodeError(
          ['table', 'header', missing],
          `the columns ${list(needed)}`,
          `only ${list(header)}`,
          header.length === 1 ? 'is the delimiter of the schema that of the file?' : '',
          'missing-field'
        )
      : unknown !== undefined
        ? decodeError(
            ['table', 'header', unknown],
            `the columns ${list(Object.keys(schema.columns))}`,
            'a column that is not declared',
            "declare it as 'ignore' to leave it out",
            'unknown-field'
          )
        : undefined
}

/** a value, or undefined where there is none; and what is wrong */
const settle = (read: Read, place: (expected: string, hint: string) => DecodeError): Value | DecodeError =>
  'expected' in read ? place(read.expected, read.hint) : read.value
const isProblem = (v: Value | DecodeError): v is DecodeError => typeof v === 'object'

interface Options {
  /** whether targets must be there; they are not read otherwise */
  readonly targets: boolean
  /** whether rows that cannot be read are kept as rows of gaps, with what is wrong */
  readonly keepBad: boolean
  /** whether columns that are not declared are left out, instead of refused */
  readonly strangers?: boolean
}

/** a column that is read, by its place in the file */
type Place = readonly [name: string, column: ResolvedColumn | undefined]

/** adds the cells of a row to the columns; @returns what is wrong with the first that is wrong */
const addRow = (
  schema: TableSchema,
  places: readonly Place[],
  cells: readonly string[],
  add: Builder<TableSchema>['add'],
  row: number,
  line: number
): DecodeError | undefined => {
  const short =
    cells.length === places.length
      ? undefined
      : decodeError(
          [rowName(row, line)],
          `rows of equally many cells, here ${places.length}`,
          `${cells.length}`,
          'put a cell that holds the delimiter in quotes'
        )
  return places.reduce<DecodeError | undefined>((wrong, [name, column], i) => {
    if (column === undefined) return wrong
    const cell = cells[i] ?? ''
    const value =
      short === undefined
        ? settle(fromText(schema, column, cell), (expected, hint) =>
            decodeError([rowName(row, line), name], expected, JSON.stringify(cell.slice(0, 40)), hint)
          )
        : undefined
    add(name, isProblem(value) ? undefined : value)
    return wrong ?? (isProblem(value) ? value : undefined)
  }, short)
}

/** takes the cells of a text: those of the header, then rows */
export const sinkOf = <S extends TableSchema>(schema: S, { targets, keepBad, strangers = !targets }: Options) => {
  const names = readNames(schema, targets)
  const builder = builderOf(schema, names)
  const header: string[] = []
  const lines: number[] = []
  const bad = new Map<number, DecodeError>()
  let places: readonly Place[] | undefined
  let absent: readonly string[] = []
  let cells: string[] = []
  const sink: CellSink = {
    cell: (source, start, end) => {
      const cell = source.slice(start, end)
      if (places === undefined) header.push(cell)
      else cells.push(cell)
      return undefined
    },
    row: line => {
      if (places === undefined) {
        const [wanted, given] = [new Set(names), new Set(header)]
        places = header.map(name => [name, wanted.has(name) ? columnOf(schema, name) : undefined] as const)
        absent = names.filter(name => !given.has(name))
        return wrongHeader(header, schema, targets, strangers)
      }
      const row = lines.length
      const wrong = addRow(schema, places, cells, builder.add, row, line)
      for (const name of absent) builder.add(name, undefined)
      lines.push(line)
      if (wrong !== undefined) bad.set(row, wrong)
      cells = []
      return keepBad ? undefined : wrong
    }
  }
  const got = (): string => (places === undefined ? 'nothing' : 'the header only')
  return {
    sink,
    done: (): E.Either<DecodeError, ReadTable<S>> =>
      lines.length === 0
        ? E.left(decodeError(['table'], 'a header line and at least one row', got()))
        : E.right({ table: builder.table(lines.length, lines), bad })
  }
}

/** the rows of a text, as the options say */
export const readTableText = <S extends TableSchema>(
  text: string,
  schema: S,
  options: Options
): E.Either<DecodeError, ReadTable<S>> => {
  if (typeof text !== 'string') return E.left(decodeError(['table'], 'text', showUnknown(text)))
  const { sink, done } = sinkOf(schema, options)
  const wrong = readCells(text, (schema.delimiter ?? ',').charCodeAt(0), sink)
  return wrong === undefined ? done() : E.left(wrong)
}

/**
 * Reads CSV text whose first line names the columns, as a schema says: marks of numbers, words for gaps, dates. Nothing is fitted and no
 * gap is filled yet. The columns of the text may be in any order.
 *
 * @example decodeTable('area;town;price\n71,5;Bonn;310.000\n', { columns: { area: 'number', town: 'category', price: 'number' },
 *   target: 'price', delimiter: ';', decimal: ',', thousands: '.' })
 * @returns Left, naming row (counted from 0, with the line of the file) and column, for a cell that is not what its column says; and for
 * columns that are unknown, missing or named twice, rows of different lengths, a schema that is not right. Never throws.
 */
export const decodeTable = <const S extends TableSchema>(
  text: string,
  schema: S
): E.Either<DecodeError, DataTable<S>> =>
  pipe(
    checked(schema),
    E.chain(() => readTableText(text, schema, { targets: true, keepBad: false })),
    E.map(({ table }) => table)
  )

// ---- records

const isNumbers = (u: unknown): u is NumberRow =>
  ArrayBuffer.isView(u) && !(u instanceof DataView) && !(u instanceof BigInt64Array) && !(u instanceof BigUint64Array)
/** a typed array as a record: a number for each column of the schema, in its order; undefined for another length */
const numbersRow = (schema: TableSchema, row: NumberRow): AnyRow | undefined => {
  const names = Object.keys(schema.columns)
  return names.length === row.length ? Object.fromEntries(names.map((name, i) => [name, row[i]])) : undefined
}

/** the rows of records, as the options say */
export const readTableRecords = <S extends TableSchema>(
  rows: readonly (AnyRow | NumberRow)[],
  schema: S,
  { targets, keepBad }: Options
): E.Either<DecodeError, ReadTable<S>> => {
  if (!Array.isArray(rows) || rows.length === 0)
    return E.left(decodeError(['table'], 'at least one row', Array.isArray(rows) ? 'none' : showUnknown(rows)))
  const names = readNames(schema, targets)
  const columns = names.map(name => columnOf(schema, name))
  const builder = builderOf(schema, names)
  const bad = new Map<number, DecodeError>()
  for (let row = 0; row < rows.length; row++) {
    const given = rows[row] as unknown
    const record = isNumbers(given) ? numbersRow(schema, given) : given
    const isRecord =
      typeof record === 'object' && record !== null && !Array.isArray(record) && !ArrayBuffer.isView(record)
    let wrong = isRecord
      ? undefined
      : decodeError(
          [rowName(row)],
          isNumbers(given) ? `${Object.keys(schema.columns).length} numbers, one for each column` : 'a record',
          isNumbers(given) ? String(given.length) : showUnknown(record)
        )
    names.forEach((name, i) => {
      const u = isRecord && Object.hasOwn(record, name) ? (record as AnyRow)[name] : undefined
      const value = settle(fromField(columns[i] as ResolvedColumn, u), (expected, hint) =>
        rowError({}, row, name, expected, showUnknown(u), hint)
      )
      if (isProblem(value)) wrong ??= value
      builder.add(name, isProblem(value) ? undefined : value)
    })
    if (wrong !== undefined) {
      if (!keepBad) return E.left(wrong)
      bad.set(row, wrong)
    }
  }
  return E.right({ table: builder.table(rows.length), bad })
}

/**
 * A table of records, such as rows of a database. Their types follow from the schema; null, undefined and NaN are gaps. A row may also be
 * a typed array: a number for each column of the schema, in its order, those that are ignored among them.
 *
 * @example fromRecords([{ area: 71.5, town: 'Bonn', price: 310000 }], tableSchema({ columns: { area: 'number', town: 'category',
 *   price: 'number' }, target: 'price' }))
 * @returns Left, naming row (counted from 0) and column, for a field that is not what its column says; and for a schema that is not right
 */
export const fromRecords = <const S extends TableSchema>(
  rows: readonly (TableRow<S> | NumberRow)[],
  schema: S
): E.Either<DecodeError, DataTable<S>> =>
  pipe(
    checked(schema),
    E.chain(() => readTableRecords(rows as readonly (AnyRow | NumberRow)[], schema, { targets: true, keepBad: false })),
    E.map(({ table }) => table)
  )

// ---- rows of a table

/** the rows named, in that order */
export const pickRows = <S extends TableSchema>(t: DataTable<S>, rows: ArrayLike<number>): DataTable<S> => {
  const at = Array.from(rows)
  return {
    schema: t.schema,
    rows: at.length,
    columns: Object.fromEntries(
      Object.entries(t.columns).map(([name, all]) => [
        name,
        all instanceof Float64Array ? Float64Array.from(at, i => all[i] as number) : at.map(i => all[i])
      ])
    ),
    ...(t.lines === undefined ? {} : { lines: at.map(i => t.lines?.[i] ?? 0) })
  }
}
