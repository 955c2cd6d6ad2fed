/**
 * One run at a time in a folder. A door to files and processes (Node).
 *
 * A lock is a file `lock/<n>` that says which process holds it. It comes into being whole and only where none of that name is (a hard
 * link), so of several that try one wins. A lock whose process is gone is not taken away but outbid by `<n + 1>`: taking it away could
 * take the one that somebody else has put there meanwhile.
 *
 * Locks that are kept alive by a timer are no use here: a training step may keep the event loop waiting for longer than they stay
 * fresh, and after a crash nobody wants to wait until they are stale.
 */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { count, exact, optional, parseJson, refined, type Codec } from '../../value/codec.js'
import { fileError, type FileError } from '../../value/error.js'
import { errorCode } from '../../value/text.js'

interface Owner {
  readonly pid: number
  readonly host: string
  /** when the process began, where the system tells: numbers of processes are used again */
  readonly began?: string | undefined
}
const text: Codec<string> = refined('text', (u): u is string => typeof u === 'string')
const ownerCodec = exact('lock', { pid: count, host: text, began: optional(text) }) as Codec<Owner>

/** on Linux: which start of the system, and how many ticks after it */
const beganAt = (pid: number): Promise<string | undefined> =>
  Promise.all([fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8'), fs.readFile(`/proc/${pid}/stat`, 'utf8')]).then(
    // the name, in brackets, may hold anything; the start is the 20th field after it
    ([boot, stat]) => `${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`,
    () => undefined
  )
const isThere = (pid: number): boolean =>
  pipe(
    E.tryCatch(() => process.kill(pid, 0), errorCode),
    // a process of another user may not be signalled
    E.fold(
      code => code === 'EPERM',
      () => true
    )
  )
/** whether the process that a lock names goes on; of another machine's nothing can be said, so it counts as going on */
const isHeld = async (o: Owner): Promise<boolean> =>
  o.host !== hostname() || (isThere(o.pid) && (o.began === undefined || o.began === (await beganAt(o.pid))))

interface Lock {
  readonly path: string
  readonly place: number
  readonly owner: Owner
}
const numbered = /^[1-9]\d{0,14}$/
/** the locks in a folder whose owners go on, and the highest number there is */
const locksIn = async (folder: string): Promise<{ readonly held: readonly Lock[]; readonly highest: number }> => {
  const places = (await fs.readdir(folder)).filter(name => numbered.test(name)).map(Number)
  const locks = await Promise.all(
    places.map(async place => {
      const path = join(folder, String(place))
      // given back meanwhile, or cut off when the machine lost power
      const owner = parseJson(ownerCodec)(await fs.readFile(path, 'utf8').catch(() => ''))
      return E.isRight(owner) && (await isHeld(owner.right)) ? [{ path, place, owner: owner.right }] : []
    })
  )
  return { held: locks.flat(), highest: Math.max(0, ...places) }
}

const codeIfFailed = (done: Promise<unknown>): Promise<string | undefined> => done.then(() => undefined, errorCode)
/** Puts a whole file where none is. Gives the code of what went wrong: EEXIST where there is one. */
const putNew = async (path: string, content: string): Promise<string | undefined> => {
  const own = `${path}.${randomUUID()}`
  await fs.writeFile(own, content)
  const failed = await codeIfFailed(fs.link(own, path))
  // some file systems have no links
  const code =
    failed === undefined || failed === 'EEXIST'
      ? failed
      : await codeIfFailed(fs.copyFile(own, path, constants.COPYFILE_EXCL))
  await fs.rm(own, { force: true })
  return code
}

const refused = (folder: string, { path, owner: { pid, host } }: Lock): FileError =>
  fileError(
    [folder],
    'a folder that no other run is using',
    `one in use by process ${pid}${host === hostname() ? '' : ` on ${host}`}`,
    host === hostname() ? 'wait for it, or stop it' : `if that process is gone, delete ${path}`
  )

/** what ends a lock */
export type Release = () => Promise<void>

const take = async (folder: string): Promise<E.Either<FileError, Release>> => {
  const locks = join(folder, 'lock')
  await fs.mkdir(locks, { recursive: true })
  const { held, highest } = await locksIn(locks)
  if (held[0] !== undefined) return E.left(refused(folder, held[0]))
  const began = await beganAt(process.pid)
  const owner: Owner = { pid: process.pid, host: hostname(), ...(began === undefined ? {} : { began }) }
  const mine = join(locks, String(highest + 1))
  const failed = await putNew(mine, JSON.stringify(owner))
  // somebody else was faster: look again who
  if (failed === 'EEXIST') return take(folder)
  if (failed !== undefined) return E.left(fileError([folder], 'a folder that can be locked', failed))
  const release: Release = async () => {
    // one's own last: until then no other of this number can come into being
    const old = (await fs.readdir(locks)).filter(name => numbered.test(name) && Number(name) <= highest)
    await Promise.all(old.map(name => fs.rm(join(locks, name), { force: true })))
    await fs.rm(mine, { force: true })
  }
  const other = (await locksIn(locks)).held.find(l => l.path !== mine)
  if (other === undefined) return E.right(release)
  await release()
  return E.left(refused(folder, other))
}

/**
 * Takes the lock of a folder, which is made where it is not there.
 *
 * @example pipe(lock('runs/xor'), TE.chain(release => TE.fromTask(release)))
 * @returns Left while another process, or this one, holds it
 */
export const lock = (folder: string): TE.TaskEither<FileError, Release> =>
  pipe(
    TE.tryCatch(
      () => take(folder),
      e => fileError([folder], 'a folder that can be locked', errorCode(e))
    ),
    TE.chainEitherK(e => e)
  )
