/** Atomic writes: a file is complete or absent, even if writing is interrupted. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { wrongArgument } from '../value/argument.js'
import { fileError, type FileError } from '../value/error.js'
import { folderArgument, type Folder, type Output } from './folder.js'

type Effect<A> = TE.TaskEither<FileError, A>

/** the suffix of temporary files; files with this suffix are never read */
const partSuffix = '.part'

/** the final name of a temporary file; earlier releases wrote no unique part */
export const targetOf = (name: string): string | undefined => /^(.+?)(\.[\da-f-]{36})?\.part$/.exec(name)?.[1]

/**
 * Removes temporary files that interrupted saves left for some names. Only for a folder that no other process writes
 * to.
 */
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

/** writes all bytes, even if the file accepts only some at a time */
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

const isParts = (u: unknown): boolean => Array.isArray(u) && u.every(part => part instanceof Uint8Array)

/**
 * Replaces a file atomically: writes the parts of its content to a temporary file, syncs it to disk, and renames it. A reader gets the
 * old content or the new one, even if the write is interrupted. Once this is done, the new content survives a power failure.
 *
 * @returns Left if the disk refuses; then the old content is there (or, if only the last operation failed, the new)
 */
export const replaceFile =
  (folder: Folder) =>
  (name: string, parts: readonly Uint8Array[]): Effect<void> => {
    const wrong = wrongArgument(fileError, [
      folderArgument(folder),
      { path: ['parts'], value: parts, expected: 'a list of Uint8Arrays', is: isParts }
    ])
    if (wrong !== undefined) return TE.left(wrong)
    // a unique temporary name for each save: of concurrent saves the last to rename wins, and none reads a part of another
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

/** The bytes of a file. @returns Left if it cannot be read, or is longer than `most`: then none of it is read */
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
