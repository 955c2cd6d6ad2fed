/**
 * CSV (RFC 4180) with a declared schema: what is not declared is an error, and nothing is guessed from the data. The numbers go from
 * the text straight into the storage of the dataset.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../value/codec.js'
import { decodeError, type DataError, type DecodeError } from '../value/error.js'
import { tensorView } from '../value/tensor.js'
import { readCells, type CellSink } from './csv-cells.js'
import { numberIn } from './csv-number.js'
import { checkHeader, fail, isCategories, tableOf, type CsvColumn, type CsvSchema, type Table } from './csv-schema.js'
import { dataset, type Dataset } from './dataset.js'
import { confusionHint, confusions, exactInF32 } from './distinct.js'
import { defaultLimits } from './limits.js'

export type { CsvColumn, CsvSchema } from './csv-schema.js'

/** puts a cell's numbers where they belong; @returns what was expected, for a cell that is something else */
type Put = (row: number, source: string, start: number, end: number) => string | undefined

/** what the rows are written to */
interface Storage {
  readonly rows: number
  readonly x: Float32Array
  readonly y: Float32Array | Uint32Array
}

const ignored: Put = () => undefined

/** numbers at `place` of rows that are `width` wide */
const numberPut = (
  { scale = 1, shift = 0 }: { readonly scale?: number | undefined; readonly shift?: number | undefined },
  out: Storage['y'],
  width: number,
  place: number
): Put => {
  const confused = confusions()
  const plain = scale === 1 && shift === 0
  return (row, source, start, end) => {
    const read = numberIn(source, start, end)
    const x = plain ? read : scale * read + shift
    const rounded = Math.fround(x)
    if (!Number.isFinite(rounded)) return 'a number in the range of f32'
    const other = confused(0, x)
    if (other !== undefined) return `whole numbers that stay different in f32 (this and ${other} become equal)`
    out[row * width + place] = rounded
    return undefined
  }
}

/** class numbers, or a 1 among 0s */
const categoryPut = (
  categories: readonly string[],
  out: Storage['y'],
  width: number,
  place: number,
  oneHot: boolean
): Put => {
  const numbers = new Map(categories.map((name, i) => [name, i]))
  return (row, source, start, end) => {
    const c = numbers.get(source.slice(start, end))
    if (c === undefined) return `one of ${categories.slice(0, 20).join(', ')}${categories.length > 20 ? ', ...' : ''}`
    if (oneHot) out[row * width + place + c] = 1
    else out[row] = c
    return undefined
  }
}

const putOf = ({ schema, places, width }: Table, { x, y }: Storage, name: string): Put => {
  const column = schema.columns[name] as CsvColumn
  const isTarget = name === schema.target
  const place = isTarget ? 0 : places.get(name)
  if (place === undefined) return ignored
  const [out, across] = isTarget ? [y, 1] : [x, width]
  return isCategories(column)
    ? categoryPut(column.categories, out, across, place, !isTarget)
    : numberPut(typeof column === 'object' ? column : {}, out, across, place)
}

/** an upper bound on the rows: each takes a line, and each of its cells a character and a separator */
const mostRows = (text: string, columns: number): number => {
  let lines = 1
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines++
  for (let i = text.indexOf('\r'); i >= 0; i = text.indexOf('\r', i + 1)) lines++
  return Math.min(lines, Math.floor((text.length + 1) / columns))
}

const storageFor = (text: string, { schema, width }: Table, columns: number): E.Either<DecodeError, Storage> => {
  const rows = mostRows(text, columns)
  return rows * width * 4 > defaultLimits.bytes
    ? fail([], `inputs of at most ${defaultLimits.bytes} bytes`, `up to ${rows} rows of ${width} numbers`)
    : E.right({
        rows,
        x: new Float32Array(rows * width),
        y: isCategories(schema.columns[schema.target]) ? new Uint32Array(rows) : new Float32Array(rows)
      })
}

const wrongCell = (row: number, line: number, name: string, cell: string, expected: string): DecodeError =>
  decodeError(
    ['csv', `row ${row} (line ${line})`, name],
    expected,
    cell === '' ? 'a missing value' : JSON.stringify(cell.slice(0, 40)),
    cell === ''
      ? 'leave such rows out or fill the gap'
      : expected.startsWith('whole')
        ? `${confusionHint}, as { scale, shift } in the schema`
        : ''
  )

interface Rows extends CellSink {
  /** what has been read, once all is */
  readonly done: () => E.Either<DecodeError, Storage>
}

/** takes the cells of a file: first those of the header, then the rows */
const rowsOf = (text: string, table: Table): Rows => {
  const header: string[] = []
  let puts: readonly Put[] = []
  /** where in a row of inputs a plain number goes, else -1: the common case, without a call per cell */
  let plain = new Int32Array(0)
  let storage: Storage | undefined
  let rows = 0
  let cells = 0
  const wrongCount = (line: number): DecodeError =>
    decodeError(
      ['csv', `line ${line}`],
      `rows of equally many cells, here ${header.length}`,
      cells > header.length ? 'more' : `${cells}`
    )
  return {
    cell: (source, start, end, line) => {
      if (storage === undefined) {
        header.push(source.slice(start, end))
        return undefined
      }
      const place = plain[cells]
      if (place !== undefined && place >= 0) {
        const x = numberIn(source, start, end)
        if (x < exactInF32 && x > -exactInF32) {
          storage.x[rows * table.width + place] = x
          cells++
          return undefined
        }
      }
      const put = puts[cells++]
      if (put === undefined) return wrongCount(line)
      const expected = put(rows, source, start, end)
      return expected === undefined
        ? undefined
        : wrongCell(rows, line, header[cells - 1] as string, source.slice(start, end), expected)
    },
    row: line => {
      if (storage === undefined) {
        const wrong = checkHeader(header, table.schema)
        if (wrong !== undefined) return wrong
        const made = storageFor(text, table, header.length)
        if (E.isLeft(made)) return made.left
        storage = made.right
        puts = header.map(name => putOf(table, made.right, name))
        plain = Int32Array.from(header, name =>
          table.schema.columns[name] === 'number' ? (table.places.get(name) ?? -1) : -1
        )
        return undefined
      }
      if (cells !== header.length) return wrongCount(line)
      cells = 0
      rows++
      return undefined
    },
    done: () =>
      storage === undefined || rows === 0
        ? fail([], 'a header line and at least one row', storage === undefined ? 'nothing' : 'the header only')
        : E.right({ rows, x: storage.x.subarray(0, rows * table.width), y: storage.y.subarray(0, rows) })
  }
}

const read = (text: string, table: Table): E.Either<DecodeError, Storage> => {
  const sink = rowsOf(text, table)
  const wrong = readCells(text, (table.schema.delimiter ?? ',').charCodeAt(0), sink)
  return wrong === undefined ? sink.done() : E.left(wrong)
}

/**
 * Reads CSV text whose first line names the columns. Inputs are f32 [rows, width], in the order of the schema's columns (or of its
 * `order`), whatever the order of the file's: a number is one column, categories are one column each (1 for the one that holds). The
 * target becomes class numbers u32 [rows] for categories, in the order declared, and f32 [rows, 1] for a number. Spaces around cells
 * do not count, nor do empty lines.
 *
 * @example decodeCsv('w,kind\n1.5,a\n2,b\n', { columns: { w: 'number', kind: { categories: ['a', 'b'] } }, target: 'kind' })
 * @returns Left, naming row (counted from 0, with the line of the file) and column, for a missing value, a cell that is no number or
 * no declared category, and for different whole numbers that f32 makes equal; and for columns that are unknown, missing or named twice,
 * rows of different lengths, open quotes, no rows. Never throws.
 */
export const decodeCsv = (text: string, schema: CsvSchema): E.Either<DecodeError | DataError, Dataset> =>
  typeof text !== 'string'
    ? fail([], 'text', showUnknown(text))
    : pipe(
        tableOf(schema),
        E.chain(table =>
          pipe(
            read(text, table),
            E.map(storage => ({ ...storage, width: table.width }))
          )
        ),
        E.chainW(({ rows, width, x, y }) => {
          const target = schema.columns[schema.target]
          const inputs = tensorView('f32', [rows, width], x)
          return isCategories(target)
            ? dataset({ x: inputs, y: tensorView('u32', [rows], y), classes: target.categories.length })
            : dataset({ x: inputs, y: tensorView('f32', [rows, 1], y) })
        })
      )
