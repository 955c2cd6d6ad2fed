/**
 * The door to the folders that runs are kept in. All writing uses the operations of `Folder`, so that tests can let
 * each of them fail. Node's modules are loaded when a file is used, not imported: bundles for browsers contain codecs
 * that import this file.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { isObject, type Argument } from '../value/argument.js'
import { fileError, type FileError } from '../value/error.js'
import { errorCode } from '../value/text.js'

/** a file that is being written, at its end */
export interface Output {
  /** writes the first bytes and gives their number, which may be fewer than all */
  readonly write: (bytes: Uint8Array) => TE.TaskEither<FileError, number>
  /** once done, what was written survives a power failure */
  readonly sync: TE.TaskEither<FileError, void>
  readonly close: TE.TaskEither<FileError, void>
}

/** Operations on a folder. Names are those of files directly in it: a name that could lead elsewhere is refused. */
export interface Folder {
  /** for messages */
  readonly path: string
  /** makes the folder and its parents, if they are missing */
  readonly make: TE.TaskEither<FileError, void>
  /** the names in it; empty if the folder is missing */
  readonly names: TE.TaskEither<FileError, readonly string[]>
  /** bytes of a file; Left for anything but a regular file */
  readonly size: (name: string) => TE.TaskEither<FileError, number>
  /** `length` bytes of a file, or fewer if it ends before */
  readonly read: (name: string, from: number, length: number) => TE.TaskEither<FileError, Uint8Array>
  /** a new file; Left if the name exists */
  readonly create: (name: string) => TE.TaskEither<FileError, Output>
  /** opens a file for appending after its first `keep` bytes; removes the bytes after them, and makes a missing file */
  readonly extend: (name: string, keep: number) => TE.TaskEither<FileError, Output>
  /** renames a file, and replaces one that has the name */
  readonly rename: (from: string, to: string) => TE.TaskEither<FileError, void>
  /** removes a file, if it exists */
  readonly remove: (name: string) => TE.TaskEither<FileError, void>
  /** once done, the list of files and their names survive a power failure */
  readonly sync: TE.TaskEither<FileError, void>
  /** a text that is unique among all calls and processes: for names of temporary files */
  readonly unique: () => string
  /** a folder inside this one; the name must be valid */
  readonly within: (name: string) => Folder
}

/** a folder, of an untyped caller */
export const folderArgument = (value: unknown): Argument => ({
  path: ['folder'],
  value,
  expected: 'a folder',
  is: u => isObject(u) && typeof u['path'] === 'string' && ['read', 'create', 'unique'].every(f => isFunction(u[f])),
  hint: 'folderAt(path) makes one'
})
const isFunction = (u: unknown): boolean => typeof u === 'function'

/** whether the error means that the file is missing */
export const isMissing = ({ got }: FileError): boolean => got === missingCode
const missingCode = 'ENOENT'

/** whether a text names a file in a folder, and never one elsewhere */
export const isFileName = (name: string): boolean => !/^\.{0,2}$|[/\\:\p{Cc}]/u.test(name)

interface Node {
  readonly fs: typeof import('node:fs/promises')
  readonly paths: typeof import('node:path')
}
const node = (): Node => ({
  fs: process.getBuiltinModule('node:fs/promises'),
  paths: process.getBuiltinModule('node:path')
})

/**
 * the error for an empty path: joined with a name, it would mean the root of the file system or the working directory
 */
export const emptyPath: FileError = fileError([], 'the path of a folder', '""')

/** an effect at a path; if nothing is there, the result is `missing`, if it is given */
const attempt = <A>(
  place: readonly string[],
  expected: string,
  effect: (n: Node) => Promise<A>,
  missing?: A
): TE.TaskEither<FileError, A> =>
  pipe(
    TE.tryCatch(async () => effect(node()), errorCode),
    TE.orElse(code =>
      code === missingCode && missing !== undefined ? TE.right(missing) : TE.left(fileError(place, expected, code))
    )
  )

/** Windows persists file names by itself, and can't open folders */
const syncFolder = async ({ fs }: Node, path: string): Promise<void> => {
  if (process.platform === 'win32') return
  const folder = await fs.open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

/** makes a folder, and syncs its parents so that they list it after a power failure */
const makeFolder = async (n: Node, path: string): Promise<void> => {
  const first = await n.fs.mkdir(path, { recursive: true })
  const above = (folder: string): Promise<void> =>
    syncFolder(n, n.paths.dirname(folder)).then(() => (folder === first ? undefined : above(n.paths.dirname(folder))))
  if (first !== undefined) await above(path)
}

/** reads until all bytes are there or the file ends */
const readPart = async ({ fs }: Node, path: string, from: number, length: number): Promise<Uint8Array> => {
  const file = await fs.open(path, 'r')
  const bytes = new Uint8Array(length)
  const fill = async (at: number): Promise<number> => {
    const { bytesRead } = await file.read(bytes, at, length - at, from + at)
    return bytesRead === 0 || at + bytesRead === length ? at + bytesRead : fill(at + bytesRead)
  }
  return bytes.subarray(0, await (length === 0 ? Promise.resolve(0) : fill(0)).finally(() => file.close()))
}

type FileHandle = import('node:fs/promises').FileHandle

/** a folder with an empty path: every operation is refused */
const nowhere: Folder = {
  path: '',
  make: TE.left(emptyPath),
  names: TE.left(emptyPath),
  size: () => TE.left(emptyPath),
  read: () => TE.left(emptyPath),
  create: () => TE.left(emptyPath),
  extend: () => TE.left(emptyPath),
  rename: () => TE.left(emptyPath),
  remove: () => TE.left(emptyPath),
  sync: TE.left(emptyPath),
  unique: () => '',
  within: () => nowhere
}

const [readable, writable] = ['a file that can be read', 'a file that can be written']

/** an effect on a file of a folder */
const onFile = <A>(
  path: string,
  name: string,
  expected: string,
  effect: (n: Node, file: string) => Promise<A>
): TE.TaskEither<FileError, A> =>
  isFileName(name)
    ? attempt([path, name], expected, n => effect(n, n.paths.join(path, name)))
    : TE.left(fileError([path], 'the name of a file in the folder', JSON.stringify(name), 'names are not paths'))

const outputOf = (place: readonly string[], handle: FileHandle): Output => ({
  write: bytes => attempt(place, writable, async () => (await handle.write(bytes)).bytesWritten),
  sync: attempt(place, writable, () => handle.sync()),
  close: attempt(place, writable, () => handle.close())
})

/** an open file as an output after its first `keep` bytes; closes the file if it cannot be truncated */
const truncated = (place: readonly string[], handle: FileHandle, keep: number): TE.TaskEither<FileError, Output> => {
  const out = outputOf(place, handle)
  return pipe(
    attempt(place, writable, () => handle.truncate(keep)),
    TE.orElse((e): TE.TaskEither<FileError, void> =>
      pipe(
        out.close,
        T.map(() => E.left(e))
      )
    ),
    TE.map(() => out)
  )
}

/**
 * The folder at a path (Node). A relative path starts at the working directory. For an empty path every operation is
 * Left.
 */
export const folderAt = (path: string): Folder => {
  if (path === '') return nowhere
  const file = <A>(name: string, expected: string, effect: (n: Node, file: string) => Promise<A>) =>
    onFile(path, name, expected, effect)
  return Object.freeze<Folder>({
    path,
    make: attempt([path], 'a folder that can be made', n => makeFolder(n, n.paths.resolve(path))),
    names: attempt<readonly string[]>([path], 'a folder that can be read', ({ fs }) => fs.readdir(path), []),
    size: name =>
      pipe(
        file(name, readable, ({ fs }, p) => fs.stat(p)),
        // opening a pipe would wait for a writer
        TE.filterOrElse(
          found => found.isFile(),
          () => fileError([path, name], 'a file', 'something else', 'folders, pipes and devices are not read')
        ),
        TE.map(({ size }) => size)
      ),
    read: (name, from, length) => file(name, readable, (n, p) => readPart(n, p, from, length)),
    create: name =>
      pipe(
        file(name, 'a file that can be made', ({ fs }, p) => fs.open(p, 'wx')),
        TE.map(handle => outputOf([path, name], handle))
      ),
    extend: (name, keep) =>
      pipe(
        file(name, writable, ({ fs }, p) => fs.open(p, 'a')),
        TE.chain(handle => truncated([path, name], handle, keep))
      ),
    rename: (from, to) =>
      pipe(
        file(to, writable, (_, p) => Promise.resolve(p)),
        TE.chain(target => file(from, writable, ({ fs }, p) => fs.rename(p, target)))
      ),
    remove: name => file(name, writable, ({ fs }, p) => fs.rm(p, { force: true })),
    sync: attempt([path], 'a folder that can be written', n => syncFolder(n, path)),
    unique: () => process.getBuiltinModule('node:crypto').randomUUID(),
    within: name => folderAt(`${path}/${name}`)
  })
}

/** splits the path of a file into its folder and its name */
export const placeOf = (path: string): TE.TaskEither<FileError, readonly [folder: Folder, name: string]> =>
  /(^|[/\\])\.{0,2}$/.test(path)
    ? TE.left(fileError([path], 'the path of a file', path === '' ? '""' : 'that of a folder'))
    : attempt([path], 'the path of a file', ({ paths }) =>
        Promise.resolve([folderAt(paths.dirname(path)), paths.basename(path)] as const)
      )
