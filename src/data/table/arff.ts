/**
 * ARFF, the text format of Weka: a header that declares the columns, then rows, dense or sparse. Source: Weka's description of the format
 * (stable version). The header becomes the schema of a table; settings of columns may be added.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isObject } from '../../value/argument.js'
import { showUnknown } from '../../value/codec.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { defaultLimits } from '../limits.js'
import type { Column, TableSchema } from './schema.js'
import { checked, sinkOf, type DataTable } from './table.js'

export interface ArffOptions extends Pick<TableSchema, 'order' | 'scaling'> {
  /** the attributes to predict; Weka itself takes the last one */
  readonly target: string | readonly string[]
  /** settings of attributes in the place of what the header says: `{ age: { missing: 'median' }, id: 'ignore' }` */
  readonly columns?: Readonly<Record<string, Column>> | undefined
}

interface Attribute {
  readonly name: string
  readonly column: Column
  /** what sparse rows leave out; undefined where there is nothing such */
  readonly absent: string | undefined
}
interface Header {
  readonly attributes: readonly Attribute[]
  /** where the rows begin, and the number of that line */
  readonly at: number
  readonly line: number
}

const fail = (path: readonly string[], expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['arff', ...path], expected, got, hint))
const shown = (text: string): string => JSON.stringify(text.slice(0, 40))

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
const unescaped = (text: string): string => text.replaceAll(/\\(.)/g, (_, c: string) => escapes[c] ?? c)

// scanned by hand: a regular expression takes cubic time for a run of spaces, and the stack for a long value in quotes

/** the first place from `at` on that has none of these characters */
const past = (text: string, at: number, characters: string): number => {
  let i = at
  while (i < text.length && characters.includes(text.charAt(i))) i++
  return i
}
/** the first place from `at` on that has one of these characters, or the end */
const upTo = (text: string, at: number, characters: string): number => {
  let i = at
  while (i < text.length && !characters.includes(text.charAt(i))) i++
  return i
}
/** the place of the quote that ends the text in quotes which begins at `at`; undefined where none does */
const closing = (text: string, at: number): number | undefined => {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === text[at]) return i
  }
  return undefined
}
const isQuote = (c: string | undefined): boolean => c === "'" || c === '"'

interface Token {
  readonly text: string
  readonly quoted: boolean
  /** what ends it: a comma, a tab, or the end of the text */
  readonly end: string
  /** the place after that */
  readonly next: number
}
/** the value at a place: in quotes, with backslashes before what they hide, or without; undefined where there is none */
const tokenAt = (text: string, at: number): Token | undefined => {
  const from = past(text, at, ' \t')
  const quoted = isQuote(text[from])
  const close = quoted ? closing(text, from) : upTo(text, from, ',\t\'"{}%')
  if (close === undefined) return undefined
  const value = quoted
    ? { text: unescaped(text.slice(from + 1, close)), quoted }
    : { text: text.slice(from, close).trim(), quoted }
  const after = quoted ? close + 1 : close
  const comma = past(text, after, ' \t')
  if (text[comma] === ',') return { ...value, end: ',', next: comma + 1 }
  const tab = past(text, after, ' ')
  return text[tab] === '\t'
    ? { ...value, end: '\t', next: tab + 1 }
    : tab === text.length
      ? { ...value, end: '', next: tab }
      : undefined
}
/** the values of a list with commas; undefined where it is none */
const tokensOf = (text: string): readonly Token[] | undefined => {
  const all: Token[] = []
  for (let at = 0; ;) {
    const token = tokenAt(text, at)
    if (token === undefined) return undefined
    all.push(token)
    if (token.end === '') return all
    at = token.next
  }
}

/** the name and the type in `@attribute name type` */
const declared = (line: string): readonly [name: string, type: string] => {
  const text = line.slice('@attribute'.length).trim()
  const close = isQuote(text[0]) ? closing(text, 0) : undefined
  const end = close === undefined ? text.search(/[\s{]|$/) : close + 1
  if (end === 0) return ['', '']
  return [close === undefined ? text.slice(0, end) : unescaped(text.slice(1, close)), text.slice(end).trim()]
}

/** the column that a declared type is */
const typeOf = (type: string): Omit<Attribute, 'name'> | string => {
  const word = type.toLowerCase()
  if (/^(numeric|real|integer)$/.test(word)) return { column: 'number', absent: '0' }
  if (word === 'string') return { column: 'category', absent: undefined }
  if (/^date\b/.test(word)) return 'a date'
  if (/^relational\b/.test(word)) return 'a relation'
  const list = /^\{(.*)\}$/.exec(type)?.[1]
  const words = list === undefined ? undefined : tokensOf(list.trim())?.map(({ text }) => text)
  return words === undefined ? shown(type) : { column: { categories: words }, absent: words[0] }
}

const attributeOf = (line: string, number: number, given: ArffOptions['columns']): E.Either<DecodeError, Attribute> => {
  const [name, type] = declared(line)
  const own = given !== undefined && Object.hasOwn(given, name) ? given[name] : undefined
  const said = typeOf(type)
  if (typeof said !== 'string') return E.right({ name, absent: said.absent, column: own ?? said.column })
  return own !== undefined && name !== '' && said !== shown(type)
    ? E.right({ name, absent: undefined, column: own })
    : fail(
        [`line ${number}`, name],
        'numeric, real, integer, string or {categories}',
        said,
        'say in columns how it is read, or ignore it there'
      )
}

/** the lines from a place on; comments and empty lines are left out */
const linesFrom = function* (text: string, from: number, first: number): Generator<readonly [string, number, number]> {
  for (let at = from, number = first; at < text.length; number++) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const line = text.slice(at, end).trim()
    at = end + 1
    if (line !== '' && !line.startsWith('%')) yield [line, number, at]
  }
}

const headerOf = (text: string, given: ArffOptions['columns']): E.Either<DecodeError, Header> => {
  const attributes: Attribute[] = []
  for (const [line, number, next] of linesFrom(text, 0, 1)) {
    if (/^@data\s*$/i.test(line))
      return attributes.length === 0
        ? fail([], 'attributes before @data', 'none')
        : E.right({ attributes, at: next, line: number + 1 })
    if (/^@relation\b/i.test(line)) continue
    const attribute = /^@attribute\s/i.test(line)
      ? attributeOf(line, number, given)
      : fail([`line ${number}`], '@relation, @attribute or @data', shown(line))
    if (E.isLeft(attribute)) return attribute
    attributes.push(attribute.right)
  }
  return fail([], 'a line @data after the attributes', 'none', 'is this an ARFF file?')
}

/** a gap is an empty cell; what is in quotes is a value */
const cellOf = ({ text, quoted }: Token): string => (!quoted && text === '?' ? '' : text)

const index = /\s*(\d{1,9})\s+/y
/** the cells of a sparse row: `{0 1.5, 2 y}` */
const sparseCells = (line: string, attributes: readonly Attribute[]): readonly string[] | undefined => {
  if (!line.endsWith('}')) return undefined
  const inner = line.slice(1, -1).trim()
  const cells = attributes.map(({ absent }) => absent ?? '')
  if (inner === '') return cells
  let last = -1
  for (let at = 0; ;) {
    index.lastIndex = at
    const found = index.exec(inner)
    const place = found === null ? NaN : Number(found[1])
    const token = found === null ? undefined : tokenAt(inner, index.lastIndex)
    if (token === undefined || token.end === '\t' || !(place > last) || place >= cells.length) return undefined
    cells[place] = cellOf(token)
    if (token.end === '') return cells
    last = place
    at = token.next
  }
}

/** sparse rows become dense: a short line must not take gigabytes */
const maxCells = defaultLimits.bytes / 8
const tooDense = (text: string, { attributes, at, line }: Header): DecodeError | undefined => {
  let rows = 0
  for (const _ of linesFrom(text, at, line)) rows++
  return rows * attributes.length <= maxCells
    ? undefined
    : decodeError(
        ['arff'],
        `at most ${maxCells} values when sparse rows are filled up`,
        `${rows} rows of ${attributes.length}`
      )
}

const rowsInto = (text: string, header: Header, sink: ReturnType<typeof sinkOf>['sink']): DecodeError | undefined => {
  const { attributes, at, line: first } = header
  const put = (cells: readonly string[], line: number): DecodeError | undefined => {
    for (const cell of cells) sink.cell(cell, 0, cell.length, line)
    return sink.row(line)
  }
  const headed = put(
    attributes.map(({ name }) => name),
    0
  )
  if (headed !== undefined) return headed
  let sparse = false
  for (const [line, number] of linesFrom(text, at, first)) {
    if (!sparse && line.startsWith('{')) {
      sparse = true
      const dense = tooDense(text, header)
      if (dense !== undefined) return dense
    }
    const cells = line.startsWith('{') ? sparseCells(line, attributes) : tokensOf(line)?.map(cellOf)
    const wrong =
      cells === undefined
        ? decodeError(
            ['arff', `line ${number}`],
            'values with commas between them, or {index value, ...} with rising indexes',
            shown(line),
            'weights of rows are not read; put a value that holds a comma in quotes'
          )
        : put(cells, number)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/**
 * Reads an ARFF file as a table: numeric attributes are numbers, nominal ones categories in their order, text a category that is learned.
 * Rows may be dense or sparse (what is left out is 0, or the first category). `?` is a gap; `missing` of a column says what is done about
 * it, by default it is refused. Keywords may be in any case.
 *
 * @example decodeArff('@relation r\n@attribute w numeric\n@attribute kind {a, b}\n@data\n1.5, b\n', { target: 'kind' })
 * @returns Left, naming the line or the row and the column, for a value that is not what the header says; for dates and relations without
 * an entry in `columns`, weights of rows, targets that are no attributes. Never throws.
 */
export const decodeArff = (text: string, options: ArffOptions): E.Either<DecodeError, DataTable> => {
  if (typeof text !== 'string') return fail([], 'text', showUnknown(text))
  if (typeof (options as ArffOptions | undefined | null) !== 'object' || options === null)
    return fail(['options'], 'a record with the target', showUnknown(options))
  const { target, columns, order, scaling } = options
  if (columns !== undefined && !isObject(columns)) return fail(['columns'], 'columns by name', showUnknown(columns))
  return pipe(
    headerOf(text, columns),
    E.bindTo('header'),
    E.bind('schema', ({ header: { attributes } }) =>
      checked<TableSchema>({
        columns: { ...Object.fromEntries(attributes.map(({ name, column }) => [name, column])), ...columns },
        target,
        ...(order === undefined ? {} : { order }),
        ...(scaling === undefined ? {} : { scaling })
      })
    ),
    E.chain(({ header, schema }) => {
      const { sink, done } = sinkOf(schema, { targets: true, keepBad: false })
      const wrong = rowsInto(text, header, sink)
      return wrong === undefined ? done() : E.left(wrong)
    }),
    E.map(({ table }) => table)
  )
}
