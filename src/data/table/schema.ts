/**
 * The schema of a table: what each column holds, what is done about gaps, and which columns are targets. A plain value, as JSON in run
 * files and pipelines. A `CsvSchema` is one too.
 */
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import type { CsvColumn, CsvSchema } from '../csv-schema.js'

/** fills a gap with this */
export interface FixedValue {
  readonly value: number | string | boolean
}
/**
 * What is done about a missing value. `mean`, `median` and `mostFrequent` are those of the training part; `drop` leaves the row out; a
 * number, or `{ value }`, fills the gap.
 */
export type Missing = 'refuse' | 'mean' | 'median' | 'mostFrequent' | 'drop' | number | FixedValue

/** how the numbers of a column are scaled, fitted on the training part; see `fitScaling` */
export type ColumnScaling = 'standardise' | 'minMax' | 'unit' | 'none'

interface Common {
  /** default `refuse` */
  readonly missing?: Missing | undefined
  /** whether one more input says 1 where the value was missing and 0 elsewhere; default false */
  readonly indicator?: boolean | undefined
  /** default: that of the schema for numbers and dates, `none` for categories, booleans and targets */
  readonly scaling?: ColumnScaling | undefined
}
export interface NumberColumn extends Common {
  readonly type?: 'number' | undefined
  /** a number is read as `scale * x + shift`, computed in f64; default 1 and 0 */
  readonly scale?: number | undefined
  readonly shift?: number | undefined
}
export interface CategoryColumn extends Common {
  readonly type?: 'category' | undefined
  /** the categories, in this order; without them, those of the training part in alphabetical order */
  readonly categories?: readonly string[] | undefined
  /** whether other values are refused (default), or are a category of their own */
  readonly unknown?: 'refuse' | 'other' | undefined
  /** of learned categories: those with fewer rows in the training part count as unknown; default 1 */
  readonly atLeast?: number | undefined
}
export interface BooleanColumn extends Common {
  readonly type: 'boolean'
  /** words that mean true and false; default `true`, `yes`, `1` and `false`, `no`, `0`, in any case */
  readonly true?: readonly string[] | undefined
  readonly false?: readonly string[] | undefined
}
export interface DateColumn extends Common {
  readonly type: 'date'
  /** how dates are written; default `iso`: 2024-02-29, or 2024-02-29T12:30:00Z */
  readonly format?: DateFormat | undefined
}
export type DateFormat = 'iso' | 'd.m.y' | 'd/m/y' | 'm/d/y'
/** kinds of columns without settings; an `id` is no input, and is returned with predictions */
export type ColumnWord = 'number' | 'category' | 'boolean' | 'date' | 'id' | 'ignore'
export type Column = ColumnWord | NumberColumn | CategoryColumn | BooleanColumn | DateColumn

export interface TableSchema {
  /** every column by its name; a file may have them in any order */
  readonly columns: Readonly<Record<string, Column>>
  /** what is predicted: a column, or several columns of numbers and booleans */
  readonly target: string | readonly string[]
  /** the columns of the inputs as a model sees them, each once; default: the order of `columns` */
  readonly order?: readonly string[] | undefined
  /** one character between cells of a file; default `,` */
  readonly delimiter?: string | undefined
  /** the decimal mark of numbers in a file; default `.` */
  readonly decimal?: '.' | ',' | undefined
  /** what groups thousands in a file; default nothing */
  readonly thousands?: '.' | ',' | ' ' | "'" | '_' | undefined
  /** cells of a file that mean a missing value, besides empty ones */
  readonly missingWords?: readonly string[] | undefined
  /** how input columns of numbers and dates are scaled that do not say so themselves; default `none` */
  readonly scaling?: ColumnScaling | undefined
}

/** a column with everything filled in */
export interface ResolvedColumn {
  readonly kind: ColumnWord
  readonly missing: Missing
  readonly indicator: boolean
  readonly scaling: ColumnScaling | undefined
  readonly scale: number
  readonly shift: number
  readonly categories: readonly string[] | undefined
  readonly unknown: 'refuse' | 'other'
  readonly atLeast: number
  readonly true: readonly string[]
  readonly false: readonly string[]
  readonly format: DateFormat
}

const defaults: ResolvedColumn = {
  kind: 'number',
  missing: 'refuse',
  indicator: false,
  scaling: undefined,
  scale: 1,
  shift: 0,
  categories: undefined,
  unknown: 'refuse',
  atLeast: 1,
  true: ['true', 'yes', '1'],
  false: ['false', 'no', '0'],
  format: 'iso'
}

export const resolve = (c: Column): ResolvedColumn => {
  if (typeof c === 'string') return { ...defaults, kind: c }
  const given = Object.fromEntries(Object.entries(c).filter(([, v]) => v !== undefined)) as Partial<ResolvedColumn> & {
    readonly type?: ColumnWord
  }
  const { type = given.categories === undefined ? 'number' : 'category', ...settings } = given
  return { ...defaults, ...settings, kind: type }
}

export const targetsOf = ({ target }: Pick<TableSchema, 'target'>): readonly string[] =>
  typeof target === 'string' ? [target] : target

/** the column of that name, everything filled in; one that is not declared is ignored */
export const columnOf = ({ columns }: Pick<TableSchema, 'columns'>, name: string): ResolvedColumn =>
  resolve(Object.hasOwn(columns, name) ? (columns[name] as Column) : 'ignore')

const isInput = (c: ResolvedColumn): boolean => c.kind !== 'ignore' && c.kind !== 'id'

/** the names of the inputs, in the order in which a model sees them */
export const inputsOf = (schema: TableSchema): readonly string[] => {
  const targets = new Set(targetsOf(schema))
  return (
    schema.order ?? Object.keys(schema.columns).filter(name => !targets.has(name) && isInput(columnOf(schema, name)))
  )
}
export const idsOf = (schema: TableSchema): readonly string[] =>
  Object.keys(schema.columns).filter(name => columnOf(schema, name).kind === 'id')

// ---- checks

const problem = (path: readonly string[], expected: string, got: string, hint = ''): DecodeError =>
  decodeError(['schema', ...path], expected, got, hint)

/** settings that a kind of column has; others would silently do nothing */
const settings: Readonly<Record<ColumnWord, readonly string[]>> = {
  number: ['scale', 'shift'],
  category: ['categories', 'unknown', 'atLeast'],
  boolean: ['true', 'false'],
  date: ['format'],
  id: [],
  ignore: []
}
const common = ['type', 'missing', 'indicator', 'scaling']

const isFixed = (m: Missing): m is FixedValue => typeof m === 'object'
/** the value that a setting fills gaps with, if it names one */
export const fixedValue = (m: Missing): number | string | boolean | undefined =>
  typeof m === 'number' ? m : isFixed(m) ? m.value : undefined

const wrongMissing = (name: string, c: ResolvedColumn): DecodeError | undefined => {
  const { kind, missing } = c
  const value = fixedValue(missing)
  const wanted = kind === 'number' ? 'number' : kind === 'boolean' ? 'boolean' : 'string'
  if (value !== undefined && typeof value !== wanted)
    return problem([name, 'missing'], `a ${wanted} as the value of a column of the kind ${kind}`, JSON.stringify(value))
  if ((missing === 'mean' || missing === 'median') && kind !== 'number' && kind !== 'date')
    return problem([name, 'missing'], `mostFrequent or a value for a column of the kind ${kind}`, missing)
  return kind === 'category' &&
    value !== undefined &&
    c.categories !== undefined &&
    c.unknown === 'refuse' &&
    !c.categories.includes(value as string)
    ? problem([name, 'missing'], `one of ${c.categories.join(', ')}`, JSON.stringify(value))
    : undefined
}
const wrongCategories = (
  name: string,
  { kind, categories, unknown, atLeast }: ResolvedColumn
): DecodeError | undefined =>
  kind === 'category' && categories !== undefined
    ? categories.length === 0 || new Set(categories).size !== categories.length
      ? problem([name], 'categories, each once', 'none or one twice')
      : unknown === 'other' && categories.includes('other')
        ? problem([name, 'unknown'], 'categories other than "other"', '"other"', 'the unknown ones are called so')
        : undefined
    : kind === 'category' && atLeast > 1 && unknown === 'refuse'
      ? problem([name, 'atLeast'], "unknown: 'other' beside it", "'refuse'", 'rows of rare categories would be refused')
      : undefined

const wrongColumn = (name: string, given: Column): DecodeError | undefined => {
  const c = resolve(given)
  const strange =
    typeof given === 'string'
      ? undefined
      : Object.keys(given).find(k => !common.includes(k) && !settings[c.kind].includes(k))
  const clash = c.true.find(word => c.false.some(other => other.toLowerCase() === word.toLowerCase()))
  return strange !== undefined
    ? problem(
        [name, strange],
        `the settings ${[...common, ...settings[c.kind]].join(', ')}`,
        `${strange}, in a column of the kind ${c.kind}`
      )
    : clash !== undefined
      ? problem([name], 'different words for true and false', JSON.stringify(clash))
      : c.indicator && (c.missing === 'refuse' || c.missing === 'drop')
        ? problem([name, 'indicator'], 'a column whose gaps are filled', c.missing, 'say with what in missing')
        : (wrongCategories(name, c) ?? wrongMissing(name, c))
}

const wrongTarget = (schema: TableSchema, name: string, several: boolean): DecodeError | undefined => {
  const c = columnOf(schema, name)
  return !Object.hasOwn(schema.columns, name) || !isInput(c)
    ? problem(
        ['target'],
        'a declared column that is not ignored',
        JSON.stringify(name),
        `declared are ${Object.keys(schema.columns).slice(0, 12).join(', ')}`
      )
    : several && c.kind === 'category'
      ? problem(['target'], 'numbers and booleans where there are several targets', `the categories of ${name}`)
      : c.missing !== 'refuse' && c.missing !== 'drop'
        ? problem([name, 'missing'], 'refuse or drop, as for every target', JSON.stringify(c.missing))
        : c.indicator
          ? problem([name, 'indicator'], 'none for a target', 'true')
          : c.unknown === 'other'
            ? problem([name, 'unknown'], 'refuse, as for every target', 'other')
            : c.kind !== 'number' && c.kind !== 'date' && (c.scaling ?? 'none') !== 'none'
              ? problem([name, 'scaling'], 'none for a target of classes', c.scaling ?? '')
              : undefined
}

const wrongOrder = (schema: TableSchema): DecodeError | undefined => {
  if (schema.order === undefined) return undefined
  const { order, ...rest } = schema
  const inputs = inputsOf(rest)
  const [named, known] = [new Set(order), new Set(inputs)]
  const missing = inputs.find(name => !named.has(name))
  const unknown = order.find(name => !known.has(name))
  return missing !== undefined
    ? problem(['order'], 'every input once', `no ${JSON.stringify(missing)}`)
    : unknown !== undefined
      ? problem(['order'], 'names of inputs', JSON.stringify(unknown))
      : order.length !== inputs.length
        ? problem(['order'], 'every input once', 'a name twice')
        : undefined
}

const wrongMarks = ({ delimiter = ',', decimal = '.', thousands }: TableSchema): DecodeError | undefined =>
  delimiter.length !== 1 || /["\r\n]/.test(delimiter)
    ? problem(['delimiter'], 'one character other than a quote or a line break', JSON.stringify(delimiter))
    : thousands === decimal
      ? problem(['thousands'], 'another mark than that of decimals', JSON.stringify(thousands))
      : undefined

/** The schema, if its parts suit each other; its form is known to be right. */
export const checkSchema = <S extends TableSchema>(schema: S): E.Either<DecodeError, S> => {
  const targets = targetsOf(schema)
  const wrong =
    Object.entries(schema.columns)
      .map(([name, c]) => wrongColumn(name, c))
      .find(e => e !== undefined) ??
    (targets.length === 0
      ? problem(['target'], 'at least one', 'none')
      : new Set(targets).size !== targets.length
        ? problem(['target'], 'every target once', 'a name twice')
        : targets.map(name => wrongTarget(schema, name, targets.length > 1)).find(e => e !== undefined)) ??
    wrongOrder(schema) ??
    wrongMarks(schema)
  return wrong !== undefined
    ? E.left(wrong)
    : inputsOf(schema).length === 0
      ? E.left(problem([], 'a column besides the target', 'none'))
      : E.right(schema)
}

const isPlainColumn = (c: Column): c is CsvColumn =>
  typeof c === 'string'
    ? c === 'number' || c === 'ignore'
    : (Object.keys(c).length > 0 && Object.keys(c).every(k => k === 'scale' || k === 'shift')) ||
      (Object.keys(c).every(k => k === 'categories') && Array.isArray((c as CategoryColumn).categories))

/** whether `decodeCsv` takes it: nothing is fitted, and there are no gaps */
export const isPlain = (schema: TableSchema): schema is CsvSchema =>
  typeof schema.target === 'string' &&
  schema.decimal === undefined &&
  schema.thousands === undefined &&
  schema.missingWords === undefined &&
  schema.scaling === undefined &&
  Object.values(schema.columns).every(isPlainColumn)
