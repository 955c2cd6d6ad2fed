/**
 * Locks a folder, so that one run at a time writes to it. A door to files (Node).
 *
 * A lock is a file `lock/<n>` that says which process holds it (owner.ts). It is created with its whole content, and
 * only if the name is free (a hard link), so that one of several processes wins. The lock of a dead owner is not
 * removed but superseded by `<n + 1>`: removing it could remove a lock that another process has created meanwhile.
 */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { parseJson } from '../../value/codec.js'
import { fileError, type FileError } from '../../value/error.js'
import { emptyPath } from '../folder.js'
import { closeSocket, isAlive, openSocket, ownerCodec, renewal, thisOwner, type Owner } from './owner.js'
import { errorCode } from '../../value/text.js'
import { largest } from '../../value/largest.js'

interface Lock {
  readonly path: string
  readonly place: number
  readonly owner: Owner
}
const numbered = /^[1-9]\d{0,14}$/

/** the time of the file system's clock in milliseconds: the modification time of a new file */
const clockOf = async (folder: string): Promise<number> => {
  const path = join(folder, `clock-${randomUUID()}`)
  await fs.writeFile(path, '')
  const { mtimeMs } = await fs.stat(path)
  await fs.rm(path, { force: true })
  return mtimeMs
}

/** the locks in a folder whose owners are alive, and the highest number */
const locksIn = async (
  folder: string,
  here: Owner
): Promise<{ readonly held: readonly Lock[]; readonly highest: number }> => {
  const places = (await fs.readdir(folder)).filter(name => numbered.test(name)).map(Number)
  const now = places.length === 0 ? 0 : await clockOf(folder)
  const locks = await Promise.all(
    places.map(async place => {
      const path = join(folder, String(place))
      // an unreadable lock was released meanwhile, or truncated by a power failure
      const owner = parseJson(ownerCodec)(await fs.readFile(path, 'utf8').catch(() => ''))
      const written = await fs.stat(path).then(
        s => s.mtimeMs,
        () => now
      )
      const alive =
        E.isRight(owner) && (await isAlive(owner.right, here, { folder, age: Math.max(0, now - written) / 1000 }))
      return alive ? [{ path, place, owner: owner.right }] : []
    })
  )
  return { held: locks.flat(), highest: largest(places, 0) }
}

const codeIfFailed = (done: Promise<unknown>): Promise<string | undefined> => done.then(() => undefined, errorCode)
/** Creates a file with its whole content if the name is free. Gives the error code: EEXIST if the name exists. */
const putNew = async (path: string, content: string): Promise<string | undefined> => {
  const own = `${path}.${randomUUID()}`
  await fs.writeFile(own, content)
  const failed = await codeIfFailed(fs.link(own, path))
  // some file systems have no hard links
  const code =
    failed === undefined || failed === 'EEXIST'
      ? failed
      : await codeIfFailed(fs.copyFile(own, path, constants.COPYFILE_EXCL))
  await fs.rm(own, { force: true })
  return code
}

/** files of processes that were killed while they took or released a lock */
const isLeftover = (name: string): boolean => /^(\d+\.|clock-|socket-)[\da-f-]{36}$/.test(name)

const refused = (folder: string, { path, owner: { pid, host, lease } }: Lock, here: Owner): FileError =>
  fileError(
    [folder],
    'a folder that no other run is using',
    `one in use by process ${pid}${host === here.host ? '' : ` on ${host}`}`,
    host === here.host
      ? 'wait for it, or stop it'
      : lease === undefined
        ? `if that process is gone, delete ${path}`
        : `wait for it, or stop it; if that process is gone, its lock ends within ${lease} s`
  )

/** releases a lock */
export type Release = () => Promise<void>

/** rewrites a lock regularly, so that others see that its owner is alive */
const renewing = (path: string, content: string): NodeJS.Timeout =>
  setInterval(() => {
    // opens the file without creating it: a lock that was removed must not come back
    const written = fs.open(path, 'r+').then(file => file.write(content, 0).finally(() => file.close()))
    void written.catch(() => undefined)
  }, 1000 * renewal).unref()

/** takes the lock of a folder and keeps it alive */
const hold = async (
  locks: string,
  place: number,
  here: Owner
): Promise<E.Either<string, { readonly path: string; readonly release: Release }>> => {
  const socket = `socket-${randomUUID()}`
  const server = await openSocket(locks, socket)
  const content = JSON.stringify(server === undefined ? here : { ...here, socket })
  const path = join(locks, String(place))
  const closed = async (): Promise<void> => {
    if (server !== undefined) await closeSocket(server)
    await fs.rm(join(locks, socket), { force: true })
  }
  const failed = await putNew(path, content)
  if (failed !== undefined) {
    await closed()
    return E.left(failed)
  }
  const timer = renewing(path, content)
  const release: Release = async () => {
    clearInterval(timer)
    // remove this lock's file last: until then no other process can create one with its number
    const old = (await fs.readdir(locks)).filter(name => numbered.test(name) && Number(name) < place)
    await Promise.all(old.map(name => fs.rm(join(locks, name), { force: true })))
    await fs.rm(path, { force: true })
    await closed()
  }
  return E.right({ path, release })
}

/**
 * removes files that dead processes left; files younger than a renewal stay, because another process may be about to
 * use them
 */
const sweep = async (locks: string, own: string): Promise<void> => {
  const names = (await fs.readdir(locks)).filter(name => isLeftover(name) && !own.includes(name))
  const now = names.length === 0 ? 0 : await clockOf(locks)
  await Promise.all(
    names.map(async name => {
      const path = join(locks, name)
      const { mtimeMs } = await fs.stat(path)
      if (now - mtimeMs > 1000 * renewal) await fs.rm(path, { force: true })
    })
  ).catch(() => undefined)
}

const take = async (folder: string): Promise<E.Either<FileError, Release>> => {
  const locks = join(folder, 'lock')
  await fs.mkdir(locks, { recursive: true })
  const here = await thisOwner()
  const { held, highest } = await locksIn(locks, here)
  if (held[0] !== undefined) return E.left(refused(folder, held[0], here))
  const taken = await hold(locks, highest + 1, here)
  // another process was faster: find out which
  if (E.isLeft(taken))
    return taken.left === 'EEXIST'
      ? take(folder)
      : E.left(fileError([folder], 'a folder that can be locked', taken.left))
  const { path, release } = taken.right
  const other = (await locksIn(locks, here)).held.find(l => l.path !== path)
  if (other !== undefined) {
    await release()
    return E.left(refused(folder, other, here))
  }
  await sweep(locks, await fs.readFile(path, 'utf8').catch(() => ''))
  return E.right(release)
}

/**
 * Takes the lock of a folder; makes the folder if it is missing.
 *
 * @example pipe(lock('runs/xor'), TE.chain(release => TE.fromTask(release)))
 * @returns Left if this or another process holds the lock, or the path is empty
 */
export const lock = (folder: string): TE.TaskEither<FileError, Release> =>
  folder === ''
    ? TE.left(emptyPath)
    : pipe(
        TE.tryCatch(
          () => take(folder),
          e => fileError([folder], 'a folder that can be locked', errorCode(e))
        ),
        TE.chainEitherK(e => e)
      )
