/** The schema of a CSV file: what each column holds, which is the target, and in which order a model sees the others. */
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../value/error.js'

/** how the numbers of a column are read: `scale * x + shift`, computed in f64; default 1 and 0 */
export interface ScaledColumn {
  readonly scale?: number | undefined
  readonly shift?: number | undefined
}

/** a number; one of the categories; or a column that is there but not used */
export type CsvColumn = 'number' | 'ignore' | { readonly categories: readonly string[] } | ScaledColumn

export interface CsvSchema {
  /** every column of the file by its name in the header; a file may have them in any order */
  readonly columns: Readonly<Record<string, CsvColumn>>
  readonly target: string
  /** one character between cells; default `,` */
  readonly delimiter?: string | undefined
  /** the columns of the inputs as a model sees them, each once; default: the order of `columns` */
  readonly order?: readonly string[] | undefined
}

/** a schema that is checked, and what its numbers say about the table */
export interface Table {
  readonly schema: CsvSchema
  /** name -> where the column's numbers begin in a row of inputs; the target and ignored columns have none */
  readonly places: ReadonlyMap<string, number>
  /** numbers in a row of inputs */
  readonly width: number
}

export const isCategories = (c: CsvColumn | undefined): c is { readonly categories: readonly string[] } =>
  typeof c === 'object' && 'categories' in c

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)
export const isScaled = (u: unknown): u is ScaledColumn => isRecord(u) && ('scale' in u || 'shift' in u)
const isColumn = (u: unknown): u is CsvColumn =>
  u === 'number' ||
  u === 'ignore' ||
  (isRecord(u) && Array.isArray(u['categories']) && u['categories'].every(c => typeof c === 'string')) ||
  (isScaled(u) && [u.scale, u.shift].every(n => n === undefined || Number.isFinite(n)))

export const fail = (path: readonly string[], expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['csv', ...path], expected, got, hint))

/** the names of the inputs, in the order in which they are declared */
export const declaredInputs = ({ columns, target }: CsvSchema): readonly string[] =>
  Object.keys(columns).filter(name => name !== target && columns[name] !== 'ignore')

/** a few of many names, for messages */
const some = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')}, ... (${names.length})`

/** whether the schema has its fields, whatever a caller without a compiler hands over */
const checkForm = (schema: CsvSchema): E.Either<DecodeError, CsvSchema> => {
  if (!isRecord(schema) || !isRecord(schema.columns))
    return fail(['schema'], 'a record with columns and target', 'something else')
  const bad = Object.keys(schema.columns).find(name => !isColumn(schema.columns[name]))
  if (bad !== undefined)
    return fail(['schema', bad], "'number', 'ignore', categories, or a finite scale and shift", 'something else')
  const { delimiter = ',', order } = schema
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    return fail(['schema', 'delimiter'], 'one character other than a quote or a line break', JSON.stringify(delimiter))
  if (order !== undefined && !(Array.isArray(order) && order.every(name => typeof name === 'string')))
    return fail(['schema', 'order'], 'the names of the inputs', 'something else')
  return E.right(schema)
}

/** the inputs in the order a model sees them, if it names each of them once */
const ordered = (schema: CsvSchema): E.Either<DecodeError, readonly string[]> => {
  const inputs = declaredInputs(schema)
  const { order } = schema
  if (order === undefined) return E.right(inputs)
  const named = new Set(order)
  const missing = inputs.find(name => !named.has(name))
  const known = new Set(inputs)
  const unknown = order.find(name => !known.has(name))
  return missing !== undefined
    ? fail(['schema', 'order'], 'every input once', `no ${JSON.stringify(missing)}`)
    : unknown !== undefined
      ? fail(['schema', 'order'], 'names of inputs', JSON.stringify(unknown), `inputs are ${some(inputs)}`)
      : order.length !== inputs.length
        ? fail(['schema', 'order'], 'every input once', 'a name twice')
        : E.right(order)
}

/** how many numbers of the inputs a column becomes */
const widthOf = (c: CsvColumn | undefined): number => (isCategories(c) ? c.categories.length : 1)

/** The schema, checked, with the place of every column. */
export const tableOf = (given: CsvSchema): E.Either<DecodeError, Table> => {
  const form = checkForm(given)
  if (E.isLeft(form)) return form
  const { columns, target } = given
  const declared = Object.keys(columns)
  if (!Object.hasOwn(columns, target) || columns[target] === 'ignore')
    return fail(
      ['schema', 'target'],
      'a declared column that is not ignored',
      JSON.stringify(target) ?? 'nothing',
      `declared are ${some(declared)}`
    )
  const empty = declared.find(name => {
    const c = columns[name]
    return isCategories(c) && (c.categories.length === 0 || new Set(c.categories).size !== c.categories.length)
  })
  if (empty !== undefined) return fail(['schema', empty], 'categories, each once', 'none or one twice')
  const inputs = ordered(given)
  if (E.isLeft(inputs)) return inputs
  if (inputs.right.length === 0) return fail(['schema'], 'a column besides the target', 'none')
  const places = new Map<string, number>()
  let width = 0
  for (const name of inputs.right) {
    places.set(name, width)
    width += widthOf(columns[name])
  }
  return E.right({ schema: given, places, width })
}

/** header and schema must name the same columns, each once */
export const checkHeader = (header: readonly string[], { columns }: CsvSchema): DecodeError | undefined => {
  const declared = Object.keys(columns)
  const names = new Set<string>()
  const twice = header.find(name => names.size === names.add(name).size)
  const unknown = header.find(name => !Object.hasOwn(columns, name))
  const missing = declared.find(name => !names.has(name))
  return twice !== undefined
    ? decodeError(['csv', 'header', twice], 'every column once', 'the name twice')
    : unknown !== undefined
      ? decodeError(
          ['csv', 'header', unknown],
          `the columns ${some(declared)}`,
          'a column that is not declared',
          "declare it as 'ignore' to leave it out"
        )
      : missing !== undefined
        ? decodeError(['csv', 'header', missing], `the columns ${some(declared)}`, 'none of this name')
        : undefined
}
