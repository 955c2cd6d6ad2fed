/** JSON of schemas. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { pipe } from 'fp-ts/lib/function.js'
import {
  exact,
  finite,
  firstError,
  list,
  oneOf,
  optional,
  recordOf,
  refined,
  size,
  type Codec
} from '../../value/codec.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import type { Column, FixedValue, Missing, TableSchema } from './schema.js'
import { inputsOf } from './schema.js'

const text: Codec<string> = refined('text', (u): u is string => typeof u === 'string')
/** how columns are scaled */
export const scalingWord = oneOf('standardise', 'minMax', 'unit', 'none')
const word = oneOf('number', 'category', 'boolean', 'date', 'id', 'ignore')
const rule = oneOf('refuse', 'mean', 'median', 'mostFrequent', 'drop')
const plainValue: Codec<number | string | boolean> = refined(
  'a number, text, true or false',
  (u): u is number | string | boolean =>
    typeof u === 'string' || typeof u === 'boolean' || (typeof u === 'number' && Number.isFinite(u))
)
const fixed: Codec<FixedValue> = exact('{ value }', { value: plainValue })
const missing: Codec<Missing> = new t.Type<Missing, unknown, unknown>(
  'refuse, mean, median, mostFrequent, drop, a number or { value }',
  (u): u is Missing => rule.is(u) || finite.is(u) || fixed.is(u),
  (u, c) =>
    typeof u === 'number' ? finite.validate(u, c) : typeof u === 'object' ? fixed.validate(u, c) : rule.validate(u, c),
  a => a
)
const settings = exact('a column', {
  type: optional(oneOf('number', 'category', 'boolean', 'date')),
  missing: optional(missing),
  indicator: optional(t.boolean),
  scaling: optional(scalingWord),
  scale: optional(finite),
  shift: optional(finite),
  categories: optional(list(text)),
  unknown: optional(oneOf('refuse', 'other')),
  atLeast: optional(size),
  true: optional(list(text)),
  false: optional(list(text)),
  format: optional(oneOf('iso', 'd.m.y', 'd/m/y', 'm/d/y'))
})
const column: Codec<Column> = new t.Type<Column, unknown, unknown>(
  'a column: one of number, category, boolean, date, id, ignore, or a record of its settings',
  (u): u is Column => word.is(u) || settings.is(u),
  (u, c) => (typeof u === 'object' && u !== null ? settings.validate(u, c) : word.validate(u, c)),
  a => (typeof a === 'string' ? a : settings.encode(a as t.TypeOf<typeof settings>))
)

const isNames = (u: unknown): u is readonly string[] => Array.isArray(u) && u.every(name => typeof name === 'string')
export const targetCodec: Codec<string | readonly string[]> = refined(
  'the name of a column, or a list of names',
  (u): u is string | readonly string[] => typeof u === 'string' || isNames(u)
)
const character: Codec<string> = refined(
  'one character',
  (u): u is string => typeof u === 'string' && u.length === 1 && !/["\r\n]/.test(u)
)

export const words: Codec<readonly string[]> = list(text)
export const columnsCodec: Codec<Readonly<Record<string, Column>>> = recordOf('columns', column)

const fields = exact('{ columns, target, order, delimiter, decimal, thousands, missingWords, scaling }', {
  columns: columnsCodec,
  target: targetCodec,
  order: optional(words),
  delimiter: optional(character),
  decimal: optional(oneOf('.', ',')),
  thousands: optional(oneOf('.', ',', ' ', "'", '_')),
  missingWords: optional(list(text)),
  scaling: optional(scalingWord)
})

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i])
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * In canonical JSON, which names and records a run, the names of a record are sorted: an order of the inputs that sorting would change
 * is written, any other is not, so that one order has one text.
 */
const withOrder = (schema: TableSchema): TableSchema => {
  const { order = inputsOf(schema), ...rest } = schema
  return sameNames(order, [...inputsOf(rest)].sort(byCode)) ? rest : { ...rest, order }
}

/** JSON of a schema whose columns stay in their order, as a file of our own keeps them */
export const orderedSchemaCodec: Codec<TableSchema> = new t.Type<TableSchema, unknown, unknown>(
  fields.name,
  (u): u is TableSchema => fields.is(u),
  (u, c) => fields.validate(u, c),
  a => fields.encode(a as t.TypeOf<typeof fields>)
)

/** JSON of a schema; whether its parts suit each other is not yet checked (`checkSchema`) */
export const tableSchemaCodec: Codec<TableSchema> = new t.Type<TableSchema, unknown, unknown>(
  fields.name,
  (u): u is TableSchema => fields.is(u),
  (u, c) => fields.validate(u, c),
  a => fields.encode(withOrder(a) as t.TypeOf<typeof fields>)
)

/** whether a schema has its fields, whatever a caller without a compiler passes */
export const checkForm = (schema: unknown): E.Either<DecodeError, TableSchema> =>
  pipe(
    tableSchemaCodec.decode(schema),
    E.mapLeft(errors => {
      const [path, expected, got] = firstError(errors)
      return decodeError(['schema', ...path], expected, got)
    })
  )
