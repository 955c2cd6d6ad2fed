/** The file that a command writes, at the path of `--out`. */
import { resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { isMissing, placeOf, type Folder } from '../run/folder.js'
import { replaceFile } from '../run/replace.js'
import { fileError, settingError, type FileError, type Problem } from '../value/error.js'
import { failure, type Failure } from './exit.js'
import { about } from './read.js'

/** a rename replaces whatever has the name: also a device, such as /dev/null, which then is a file for all programs */
const replaceable = (folder: Folder, name: string): TE.TaskEither<FileError, unknown> =>
  pipe(
    folder.size(name),
    TE.orElse((e): TE.TaskEither<FileError, unknown> =>
      isMissing(e)
        ? TE.right(undefined)
        : TE.left(fileError(e.path, 'a new file, or a regular file to replace', e.got, 'say another path'))
    )
  )

/** writes a file of a folder; Left where something that is no regular file has the name */
export const replaceAt = (folder: Folder, name: string, bytes: Uint8Array): TE.TaskEither<Problem<string>, void> =>
  pipe(
    replaceable(folder, name),
    TE.chainW(() => replaceFile(folder)(name, [bytes]))
  )

/** writes a file in the place of one with the name; Left also for `from`, the file that was read */
export const writeOut = (out: string, bytes: Uint8Array, from?: string): TE.TaskEither<Failure, void> =>
  from !== undefined && resolve(from) === resolve(out)
    ? TE.left(failure(settingError(['out'], 'another file than the one that is read', JSON.stringify(out))))
    : pipe(
        placeOf(out),
        TE.mapLeft((e): Problem<string> => e),
        TE.chain(([folder, name]) => replaceAt(folder, name, bytes)),
        TE.mapLeft(about(out))
      )
