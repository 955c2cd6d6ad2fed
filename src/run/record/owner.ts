/**
 * Which process holds a lock, and whether it is alive. A door to processes (Node). There are three ways to find out,
 * the most reliable first:
 *
 * - an owner on the same kernel (boot id) and in the same process namespace: whether a process has its number and start
 *   time;
 * - an owner on the same kernel in another namespace, for example a container: a socket next to the lock, which the
 *   kernel closes when the owner ends;
 * - an owner on another machine, or before a restart: it rewrites its lock regularly. If a lock is older than the
 *   lease, by the clock of the file system, its owner is dead. Network file systems offer nothing better: an owner
 *   whose event loop is blocked for longer than the lease can lose its lock there.
 *
 * Host names are ignored if the kernel is known: containers share and change them.
 */
import * as fs from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { count, exact, optional, refined, type Codec } from '../../value/codec.js'
import { errorCode } from '../../value/text.js'

export interface Owner {
  readonly pid: number
  readonly host: string
  /** boot id and start time, if the system gives them: process numbers are reused */
  readonly began?: string | undefined
  /** the namespace that `pid` is a number in (Linux) */
  readonly namespace?: string | undefined
  /** the name of a socket next to the lock that is open while the owner is alive */
  readonly socket?: string | undefined
  /** seconds between renewals of the lock, at most; absent in locks of earlier releases, which are not renewed */
  readonly lease?: number | undefined
}
const text: Codec<string> = refined('text', (u): u is string => typeof u === 'string')
const fileName: Codec<string> = refined(
  'a name',
  (u): u is string => typeof u === 'string' && /^socket-[\w-]+$/.test(u)
)
export const ownerCodec = exact('lock', {
  pid: count,
  host: text,
  began: optional(text),
  namespace: optional(text),
  socket: optional(fileName),
  lease: optional(count)
}) as Codec<Owner>

/** seconds: the maximum age of the lock of a living owner elsewhere, and the renewal interval */
export const lease = 120
export const renewal = 10

const readOr = (path: string): Promise<string | undefined> => fs.readFile(path, 'utf8').catch(() => undefined)
/** the process name, in brackets, may contain anything; the start time is the 20th field after it */
const startIn = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
/** boot id and start in clock ticks (Linux); undefined if `/proc` belongs to another namespace */
const beganAt = async (pid: number): Promise<string | undefined> => {
  const [boot, self, stat] = await Promise.all(
    ['/proc/sys/kernel/random/boot_id', '/proc/self/stat', `/proc/${pid}/stat`].map(readOr)
  )
  return boot === undefined || stat === undefined || self?.startsWith(`${process.pid} `) !== true
    ? undefined
    : `${boot.trim()} ${startIn(stat)}`
}
const bootOf = (began: string | undefined): string | undefined => began?.split(' ')[0]

/** this process as an owner */
export const thisOwner = async (): Promise<Owner> => {
  const [began, namespace] = await Promise.all([
    beganAt(process.pid),
    fs.readlink('/proc/self/ns/pid').catch(() => undefined)
  ])
  return {
    pid: process.pid,
    host: hostname(),
    ...(began === undefined ? {} : { began }),
    ...(namespace === undefined ? {} : { namespace }),
    lease
  }
}

const isThere = (pid: number): boolean =>
  pipe(
    E.tryCatch(() => process.kill(pid, 0), errorCode),
    // EPERM means that the process exists and belongs to another user
    E.fold(
      code => code === 'EPERM',
      () => true
    )
  )
const isRunning = async ({ pid, began }: Owner): Promise<boolean> => {
  if (!isThere(pid)) return false
  const now = began === undefined ? undefined : await beganAt(pid)
  return now === undefined || now === began
}

/** socket addresses are short: a longer path is addressed through a descriptor of its folder (Linux) */
const longestAddress = 90
const withAddress = async <A>(folder: string, name: string, use: (address: string) => Promise<A>): Promise<A> => {
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= longestAddress || process.platform !== 'linux') return use(path)
  const open = await fs.open(folder, 'r')
  return use(`/proc/self/fd/${open.fd}/${name}`).finally(() => open.close())
}

/** whether a process listens; a full queue also means that one does */
const answers = (folder: string, name: string): Promise<boolean> =>
  withAddress(
    folder,
    name,
    address =>
      new Promise<boolean>(resolve => {
        const socket = connect(address)
        socket.once('connect', () => {
          socket.destroy()
          resolve(true)
        })
        socket.once('error', e => resolve(!['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errorCode(e))))
      })
  )

/**
 * Opens a socket that shows other processes that this one is alive. Undefined if that is impossible: then only the
 * lease counts.
 */
export const openSocket = async (folder: string, name: string): Promise<Server | undefined> => {
  if (process.platform === 'win32') return undefined
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.destroy()
  })
  const opened = await withAddress(
    folder,
    name,
    address =>
      new Promise<boolean>(resolve => {
        server.once('error', () => resolve(false))
        server.listen(address, () => resolve(true))
      })
  ).catch(() => false)
  server.on('error', () => undefined)
  return opened ? server.unref() : undefined
}
export const closeSocket = (server: Server): Promise<void> => new Promise(resolve => server.close(() => resolve()))

/** facts about a lock file besides its content */
export interface Seen {
  /** the folder of the lock */
  readonly folder: string
  /** seconds since the last write, by the clock of its file system */
  readonly age: number
}

/** Whether the owner of a lock is alive, as seen from the process `here`. */
export const isAlive = async (o: Owner, here: Owner, { folder, age }: Seen): Promise<boolean> => {
  const [theirs, ours] = [bootOf(o.began), bootOf(here.began)]
  const sameKernel = theirs !== undefined && theirs === ours
  // an owner of an earlier release records no namespace and does not renew its lock
  const known = o.namespace !== undefined && here.namespace !== undefined
  if (sameKernel && (known ? o.namespace === here.namespace : o.host === here.host)) return isRunning(o)
  if (sameKernel && o.socket !== undefined) return answers(folder, o.socket)
  if (theirs === undefined && ours === undefined && o.host === here.host) return isRunning(o)
  if (o.lease !== undefined) return age <= o.lease
  return o.host !== here.host || isRunning(o)
}
