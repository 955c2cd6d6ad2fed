import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { optional } from '../../value/codec.js'
import type { CsvSchema } from '../csv-schema.js'
import { decodeCsv } from '../csv.js'
import { readText, type NamedDatasets, type LoadError } from '../files.js'
import { tableSchemaCodec } from '../table/codec.js'
import { plainTable } from '../table/fitted.js'
import { isPlain, type TableSchema } from '../table/schema.js'
import { rowNumbers } from '../table/split.js'
import { decodeTable } from '../table/table.js'
import { loadParts, path } from './parts.js'
import type { Reader } from './reader.js'

export interface CsvFiles {
  readonly train: string
  readonly test?: string | undefined
  /** of both files; `inferSchema` proposes one */
  readonly schema: TableSchema
}
/** tables in files; see `decodeTable` */
export interface CsvSource extends CsvFiles {
  readonly tag: 'csv'
}
declare module './reader.js' {
  interface BuiltInSources {
    csv: CsvSource
  }
}

/**
 * Tables in files as the source of a run or study; see `decodeTable`. What a schema leaves to fit is fitted on the training part.
 *
 * @example csv({ train: 'flowers.csv', schema: { columns: { w: 'number', kind: { categories: ['a', 'b'] } }, target: 'kind' } })
 */
export const csv = (files: CsvFiles): CsvSource => ({ tag: 'csv', ...files })

/** tables of which nothing is to be fitted: numbers go from the text straight into the storage of the dataset */
const loadPlain = ({ train, test }: CsvFiles, schema: CsvSchema): TE.TaskEither<LoadError, NamedDatasets> =>
  pipe(
    loadParts((file: string) =>
      pipe(
        readText(file),
        TE.chainEitherKW(text => decodeCsv(text, schema))
      )
    )(train, test),
    TE.map(parts => {
      const fitted = plainTable(schema)
      return fitted === undefined ? parts : { ...parts, named: { tag: 'fitted', fitted } }
    })
  )
/** tables of which something is fitted, once the parts of the run are known */
const loadTables = ({ train, test, schema }: CsvFiles): TE.TaskEither<LoadError, NamedDatasets> =>
  pipe(
    loadParts((file: string) =>
      pipe(
        readText(file),
        TE.chainEitherKW(text => decodeTable(text, schema))
      )
    )(train, test),
    TE.map(tables => ({
      train: rowNumbers(tables.train),
      ...(tables.test === undefined ? {} : { test: rowNumbers(tables.test) }),
      named: { tag: 'tables', ...tables }
    }))
  )

export const csvReader: Reader<CsvSource> = {
  tag: 'csv',
  fields: () => ({ train: path, test: optional(path), schema: tableSchemaCodec }),
  load: source => (isPlain(source.schema) ? loadPlain(source, source.schema) : loadTables(source)),
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
    }),
    csv({
      train: 'train.csv',
      schema: {
        columns: {
          id: 'id',
          area: { type: 'number', missing: 'median', indicator: true },
          built: 'date',
          town: { type: 'category', unknown: 'other', atLeast: 5, missing: { value: 'Bonn' } },
          price: { scaling: 'standardise' }
        },
        target: 'price',
        delimiter: ';',
        decimal: ',',
        thousands: '.',
        missingWords: ['NA'],
        scaling: 'standardise'
      }
    })
  ]
}
