import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { exact, list, oneOf, optional, recordOf, type Codec } from '../../value/codec.js'
import { decodeCsv, type CsvColumn, type CsvSchema } from '../csv.js'
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
const column: Codec<CsvColumn> = new t.Type<CsvColumn, unknown, unknown>(
  'a column: "number", "ignore" or { categories }',
  (u): u is CsvColumn => word.is(u) || categories.is(u),
  (u, c) => (typeof u === 'object' ? categories.validate(u, c) : word.validate(u, c)),
  a => a
)

const columns: Codec<Readonly<Record<string, CsvColumn>>> = recordOf('columns', column)

const schema = exact('{ columns, target, delimiter }', {
  columns,
  target: t.string,
  delimiter: optional(oneOf(',', ';', '\t', '|'))
})

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
    })
  ]
}
