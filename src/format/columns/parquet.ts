/** Tables as Parquet, written by hyparquet-writer. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { wrongArgument } from '../../value/argument.js'
import { backendError, settingError, type BackendError, type SettingError } from '../../value/error.js'
import { errorText } from '../../value/text.js'
import { tableArgument, type Column, type ColumnTable } from './columns.js'

const types = { whole: 'INT64', number: 'DOUBLE', text: 'STRING', boolean: 'BOOLEAN' } as const

const valuesOf = ({ kind, values }: Column) => values.map(x => (kind === 'whole' && x !== null ? BigInt(x) : x))

/** a dictionary has one entry for 0 and -0, so a column with both signs is written without one */
const encodingOf = ({ kind, values }: Column): { readonly encoding?: 'PLAIN' } =>
  kind === 'number' && values.some(x => Object.is(x, -0)) ? { encoding: 'PLAIN' } : {}

/**
 * A table as a Parquet file: whole numbers as INT64, numbers as DOUBLE, texts in UTF-8. Needs the package `hyparquet-writer`, which is
 * loaded when the file is written. Equal tables give equal bytes with one version of that package.
 *
 * @example encodeParquet({ name: 'epochs', columns: [{ name: 'epoch', kind: 'whole', values: [1, 2] }] })() // Right(bytes)
 * @returns Left for columns that differ in length, equal names, values that are not of their kind, and if the package is missing
 */
export const encodeParquet = (table: ColumnTable): TE.TaskEither<SettingError | BackendError, Uint8Array> => {
  const wrong = wrongArgument(settingError, [tableArgument(table)])
  if (wrong !== undefined) return TE.left(wrong)
  return pipe(
    TE.tryCatch(
      async () => {
        const { parquetWriteBuffer } = await import('hyparquet-writer')
        return new Uint8Array(
          parquetWriteBuffer({
            columnData: table.columns.map(c => ({
              name: c.name,
              data: valuesOf(c),
              type: types[c.kind],
              nullable: true,
              ...encodingOf(c)
            })),
            createdBy: 'gradfold'
          })
        )
      },
      e => backendError(['parquet'], 'the package hyparquet-writer', errorText(e), 'npm install hyparquet-writer')
    )
  )
}
