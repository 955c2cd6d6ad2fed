import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { exact, finite, list, oneOf, optional, recordOf, type Codec } from '../../value/codec.js'
import { declaredInputs, isScaled, type CsvColumn, type CsvSchema } from '../csv-schema.js'
import { decodeCsv } from '../csv.js'
import { readText } from '../files.js'
import { loadParts, path } from './parts.js'
import type { Reader } from './reader.js'

export interface CsvFiles {
  readonly train: string
  readonly test?: string | undefined
  /** of both files */
  readonly schema: CsvSchema
}
/** tables in files; see `decodeCsv` */
export interface CsvSource extends CsvFiles {
  readonly tag: 'csv'
}
declare module './reader.js' {
  interface BuiltInSources {
    csv: CsvSource
  }
}

/**
 * Tables in files as the source of a run or study; see `decodeCsv`.
 *
 * @example csv({ train: 'flowers.csv', schema: { columns: { w: 'number', kind: { categories: ['a', 'b'] } }, target: 'kind' } })
 */
export const csv = (files: CsvFiles): CsvSource => ({ tag: 'csv', ...files })

const word = oneOf('number', 'ignore')
const categories = exact('categories', { categories: list(t.string) })
const scaled = exact('a scaled number', { scale: optional(finite), shift: optional(finite) })
const column: Codec<CsvColumn> = new t.Type<CsvColumn, unknown, unknown>(
  'a column: "number", "ignore", { categories } or { scale, shift }',
  (u): u is CsvColumn => word.is(u) || categories.is(u) || (isScaled(u) && scaled.is(u)),
  (u, c) =>
    typeof u !== 'object' || u === null
      ? word.validate(u, c)
      : isScaled(u)
        ? scaled.validate(u, c)
        : categories.validate(u, c),
  a => a
)

const columns: Codec<Readonly<Record<string, CsvColumn>>> = recordOf('columns', column)

const fields = exact('{ columns, target, delimiter, order }', {
  columns,
  target: t.string,
  delimiter: optional(oneOf(',', ';', '\t', '|')),
  order: optional(list(t.string))
})

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i])
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * In canonical JSON, which names and records a run, the names of a record are sorted: an order of the inputs that sorting would change
 * is written out, any other is left out, so that one order has one text.
 */
const withOrder = (schema: CsvSchema): CsvSchema => {
  const { order = declaredInputs(schema), ...rest } = schema
  return sameNames(order, [...declaredInputs(schema)].sort(byCode)) ? rest : { ...rest, order }
}
const schema: Codec<CsvSchema> = new t.Type<CsvSchema, unknown, unknown>(
  fields.name,
  (u): u is CsvSchema => fields.is(u),
  (u, c) => fields.validate(u, c),
  a => fields.encode(withOrder(a) as t.TypeOf<typeof fields>)
)

export const csvReader: Reader<CsvSource> = {
  tag: 'csv',
  fields: () => ({ train: path, test: optional(path), schema }),
  load: ({ train, test, schema }) =>
    loadParts((file: string) =>
      pipe(
        readText(file),
        TE.chainEitherKW(text => decodeCsv(text, schema))
      )
    )(train, test),
  samples: [
    csv({
      train: 'train.csv',
      test: 'test.csv.gz',
      schema: {
        columns: { id: 'ignore', w: 'number', kind: { categories: ['a', 'b'] } },
        target: 'kind',
        delimiter: ';'
      }
    }),
    csv({
      train: 'train.csv',
      schema: {
        columns: { w: 'number', at: { scale: 0.5, shift: -1 }, price: 'number' },
        target: 'price',
        order: ['w', 'at']
      }
    })
  ]
}
