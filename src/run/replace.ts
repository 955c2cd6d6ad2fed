/** Files that are whole or not there at all, whatever happens while they are written. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { fileError, type FileError } from '../value/error.js'
import type { Folder, Output } from './folder.js'

type Effect<A> = TE.TaskEither<FileError, A>

/** what ends the name of a file that is being written; no file with such a name is ever read */
const partSuffix = '.part'

/** the name of the file that a temporary file was to become; releases before gave no unique part */
export const targetOf = (name: string): string | undefined => /^(.+?)(\.[\da-f-]{36})?\.part$/.exec(name)?.[1]

/** Removes temporary files that interrupted saves left of some names. Only in a folder that nobody else writes to. */
export const removeLeftovers = (folder: Folder, isOurs: (name: string) => boolean): Effect<unknown> =>
  pipe(
    folder.names,
    TE.map(names =>
      names.filter(name => {
        const target = targetOf(name)
        return target !== undefined && isOurs(target)
      })
    ),
    TE.chain(TE.traverseSeqArray(folder.remove))
  )

/** all of the bytes, however few the file takes at a time */
export const writeAll = (file: Output, bytes: Uint8Array, place: readonly string[]): Effect<void> =>
  bytes.length === 0
    ? TE.right(undefined)
    : pipe(
        file.write(bytes),
        TE.filterOrElse(
          n => n > 0,
          () => fileError(place, `room for ${bytes.length} more bytes`, 'none', 'is the disk full?')
        ),
        TE.chain(n => writeAll(file, bytes.subarray(n), place))
      )

/** closes the file in any case; the first error counts */
const written = (file: Output, parts: readonly Uint8Array[], place: readonly string[]): Effect<void> =>
  pipe(
    TE.traverseSeqArray((bytes: Uint8Array) => writeAll(file, bytes, place))(parts),
    TE.chain(() => file.sync),
    TE.matchE(
      e =>
        pipe(
          file.close,
          (close): Effect<void> =>
            () =>
              close().then(() => E.left(e))
        ),
      () => file.close
    )
  )

/**
 * Writes a file in place of one of this name: first under another name, to the disk, and only then under its own. Whoever reads the
 * name, and whatever breaks off the writing, gets the old content or the new; once this is done, the new, even after a loss of power.
 *
 * @param parts the content, piece after piece
 * @returns Left where the disk refuses; then the old content is there (or, if only the last operation failed, the new)
 */
export const replaceFile =
  (folder: Folder) =>
  (name: string, parts: readonly Uint8Array[]): Effect<void> => {
    // a name of its own for each save: of several at once the last to rename wins, and none sees a part of another
    const temporary = `${name}.${folder.unique()}${partSuffix}`
    const place = [folder.path, name]
    return pipe(
      folder.create(temporary),
      TE.chain(file => written(file, parts, place)),
      TE.chain(() => folder.rename(temporary, name)),
      TE.orElse(e =>
        pipe(
          folder.remove(temporary),
          (remove): Effect<void> =>
            () =>
              remove().then(() => E.left(e))
        )
      ),
      TE.chain(() => folder.sync)
    )
  }

/** The bytes of a file. @returns Left where it cannot be read, or is longer than `most`: then none of it is read. */
export const readWhole = (
  folder: Folder,
  name: string,
  most: number,
  hint = 'raise limits.bytes'
): Effect<Uint8Array> =>
  pipe(
    folder.size(name),
    TE.filterOrElse(
      size => size <= most,
      size => fileError([folder.path, name], `at most ${most} bytes`, `${size}`, hint)
    ),
    TE.chain(size => folder.read(name, 0, size))
  )
