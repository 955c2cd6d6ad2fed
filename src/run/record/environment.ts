/** Where a record was computed, as `environment.jsonl` says it: for readers alone, no result depends on it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { FileError } from '../../value/error.js'
import { parseJson, recordOf, type Codec } from '../../value/codec.js'
import type { Folder } from '../folder.js'
import { readWhole } from '../replace.js'

/** a text or a number for each thing that is known */
export type EnvironmentRow = Readonly<Record<string, string | number>>
const row: Codec<EnvironmentRow> = recordOf(
  'environment',
  t.union([t.string, t.number]) as unknown as Codec<string | number>
)
const most = 0x10_0000

/** a row each time the run was begun or resumed; none where the file is not there, and without lines that are damaged */
export const environmentOf = (folder: Folder): TE.TaskEither<FileError, readonly EnvironmentRow[]> =>
  pipe(
    readWhole(folder, 'environment.jsonl', most),
    TE.orElse(() => TE.right<FileError, Uint8Array>(new Uint8Array())),
    TE.map(bytes =>
      new TextDecoder()
        .decode(bytes)
        .split('\n')
        .flatMap(line => {
          const read = parseJson(row)(line)
          return E.isRight(read) ? [read.right] : []
        })
    )
  )
