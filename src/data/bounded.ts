/**
 * The door for input of unknown length: bytes are counted while they are read, and reading ends at the limit. A device or a pipe may
 * never end, or make its reader wait for ever, and `stat` says 0 for both, so a path must be that of a regular file.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dataError, type DataError } from '../value/error.js'
import { errorCode } from '../value/text.js'
import { counted } from './counted.js'

type FileHandle = import('node:fs/promises').FileHandle
type Stats = import('node:fs').Stats

const tooLong = (path: string, maxBytes: number, got: string): DataError =>
  dataError([path], `at most ${maxBytes} bytes`, got, 'raise limits.bytes')

const kindOf = (stats: Stats): string =>
  stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : stats.isDirectory() ? 'EISDIR' : 'a device'

/** Left for anything but a regular file, and for a file that is too long */
const checkFile = (path: string, maxBytes: number, stats: Stats): E.Either<DataError, number> =>
  !stats.isFile()
    ? E.left(dataError([path], 'a regular file', kindOf(stats), 'pipes and devices are read from standard input only'))
    : stats.size > maxBytes
      ? E.left(tooLong(path, maxBytes, `${stats.size}`))
      : E.right(stats.size)

/** what one system call may read */
const largestRead = 0x4000_0000

const readAll = (file: FileHandle, size: number, maxBytes: number): Promise<Uint8Array | undefined> => {
  // the file may grow while it is read, and files of /proc say that they are empty
  let expected = size
  return counted(async () => {
    const piece = new Uint8Array(Math.min(Math.max(expected, 0x1_0000), largestRead))
    const { bytesRead } = await file.read(piece, 0, piece.length, null)
    expected -= bytesRead
    return piece.subarray(0, bytesRead)
  }, maxBytes)
}

const readOpen = async (path: string, maxBytes: number, file: FileHandle): Promise<E.Either<DataError, Uint8Array>> => {
  const size = checkFile(path, maxBytes, await file.stat())
  if (E.isLeft(size)) return size
  const bytes = await readAll(file, size.right, maxBytes)
  return bytes === undefined ? E.left(tooLong(path, maxBytes, 'more')) : E.right(bytes)
}

/** opens a regular file, which never waits for the other end of a pipe; the path may name another file by then */
const opened = async (path: string, maxBytes: number): Promise<E.Either<DataError, FileHandle>> => {
  const fs = process.getBuiltinModule('node:fs/promises')
  const { O_RDONLY, O_NONBLOCK = 0 } = process.getBuiltinModule('node:fs').constants
  const named = checkFile(path, maxBytes, await fs.stat(path))
  return E.isLeft(named) ? named : E.right(await fs.open(path, O_RDONLY | O_NONBLOCK))
}

/**
 * The bytes of a regular file.
 *
 * @param maxBytes how many bytes are read at most; no more memory than this is taken
 * @returns Left where the file cannot be read, is longer (then reading stops), or is a folder ('EISDIR'), pipe or device
 */
export const readBounded = (path: string, maxBytes: number): TE.TaskEither<DataError, Uint8Array> =>
  pipe(
    TE.tryCatch(
      async () => {
        const file = await opened(path, maxBytes)
        return E.isLeft(file) ? file : readOpen(path, maxBytes, file.right).finally(() => file.right.close())
      },
      e => dataError([path], 'a file that can be read', errorCode(e), 'paths are relative to the working directory')
    ),
    TE.chainEitherK(e => e)
  )

/**
 * Some bytes of a regular file, and its size.
 *
 * @param from the first byte; `count` bytes are read, fewer at the end of the file
 */
export const readRange = (
  path: string,
  from: number,
  count: number
): TE.TaskEither<DataError, { readonly bytes: Uint8Array; readonly size: number }> =>
  pipe(
    TE.tryCatch(
      async () => {
        const there = await opened(path, Infinity)
        if (E.isLeft(there)) return there
        const file = there.right
        try {
          const size = checkFile(path, Infinity, await file.stat())
          if (E.isLeft(size)) return size
          const bytes = new Uint8Array(Math.max(0, Math.min(count, size.right - from)))
          let at = 0
          while (at < bytes.length) {
            const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at)
            if (bytesRead === 0) break
            at += bytesRead
          }
          return E.right({ bytes: bytes.subarray(0, at), size: size.right })
        } finally {
          await file.close()
        }
      },
      e => dataError([path], 'a file that can be read', errorCode(e))
    ),
    TE.chainEitherK(e => e)
  )

/**
 * The bytes of a stream, such as standard input.
 *
 * @param maxBytes as in `readBounded`: the stream is destroyed as soon as it has given more
 * @returns Left where the stream fails or gives more
 */
export const readStream = (
  name: string,
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number
): TE.TaskEither<DataError, Uint8Array> =>
  pipe(
    TE.tryCatch(
      async () => {
        const pieces = stream[Symbol.asyncIterator]()
        const read = async (): Promise<Uint8Array | undefined> => {
          const next = await pieces.next()
          // an empty piece is not the end
          return next.done === true ? undefined : next.value.length === 0 ? read() : next.value
        }
        const bytes = await counted(read, maxBytes)
        if (bytes === undefined) await pieces.return?.()
        return bytes
      },
      e => dataError([name], 'bytes', errorCode(e))
    ),
    TE.filterOrElse(
      (bytes): bytes is Uint8Array => bytes !== undefined,
      () => tooLong(name, maxBytes, 'more')
    )
  )
