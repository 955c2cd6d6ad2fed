/** What was fitted to a recorded run's data, kept beside its states: so that it predicts without the data. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { scalingCodec } from '../../data/normalise.js'
import { fittedTableCodec, type FittedTable } from '../../data/table/fitted.js'
import { exact, optional, parseJson, type Codec } from '../../value/codec.js'
import { decodeError, inside, type DecodeError, type FileError } from '../../value/error.js'
import { utf8 } from '../../value/text.js'
import { isMissing, type Folder } from '../folder.js'
import type { Prepared } from '../prepare.js'
import { readWhole, replaceFile } from '../replace.js'

/** the file of a record */
export const preparedName = 'prepared.json'
const maxBytes = 0x1000_0000

export interface PreparedFile {
  /** the columns of the data, where they have names */
  readonly fitted?: FittedTable | undefined
  readonly scalings: NonNullable<Prepared['scalings']>
}
const codec = exact('prepared', {
  fitted: optional(fittedTableCodec),
  scalings: exact('scalings', { inputs: optional(scalingCodec), targets: optional(scalingCodec) })
}) as Codec<PreparedFile>

/** Writes what was fitted to the data of a run, where something was. */
export const writePrepared = (folder: Folder, { named, scalings }: Prepared): TE.TaskEither<FileError, void> => {
  const fitted = named?.tag === 'fitted' ? named.fitted : undefined
  return fitted === undefined && scalings === undefined
    ? TE.right(undefined)
    : replaceFile(folder)(preparedName, [
        utf8(`${JSON.stringify(codec.encode({ fitted, scalings: scalings ?? {} }), undefined, 2)}\n`)
      ])
}

/** What was fitted to the data of a recorded run; nothing where the record has no such file. */
export const readPrepared = (folder: Folder): TE.TaskEither<FileError | DecodeError, PreparedFile> =>
  pipe(
    readWhole(folder, preparedName, maxBytes, 'is it a record?'),
    TE.chainEitherKW(bytes =>
      pipe(
        E.tryCatch(
          () => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
          () => decodeError([], 'text in UTF-8', 'other bytes', 'the file is damaged')
        ),
        E.chain(parseJson(codec)),
        E.mapLeft(inside(`${folder.path}/${preparedName}`))
      )
    ),
    TE.orElseW(e => (e._tag === 'FileError' && isMissing(e) ? TE.right({ scalings: {} }) : TE.left(e)))
  )
