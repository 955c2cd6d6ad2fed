/**
 * Which process holds a lock, and whether it still lives. A door to processes (Node). Three ways to tell, the surest first:
 *
 * - of the same kernel (boot id) and process namespace: the process with this number and start time is there, or it is not;
 * - of the same kernel but another namespace, as in another container: a socket beside the lock, which the kernel closes with its owner;
 * - of another machine, or after a restart: the owner writes its lock again every few seconds. A lock that is older than the lease, by the
 *   clock of the file system, is that of a dead owner. On a network file system this is all there is: an owner whose event loop stands
 *   still for longer than the lease can lose its lock there.
 *
 * Names of machines decide nothing where the kernel is known: containers share them, and change them.
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
  /** boot id and start time, where the system tells: numbers of processes are used again */
  readonly began?: string | undefined
  /** the namespace that `pid` is a number in (Linux) */
  readonly namespace?: string | undefined
  /** the name of a socket beside the lock that is open while the owner lives */
  readonly socket?: string | undefined
  /** the lock is written again at least as often, in seconds; a lock of an earlier release is not */
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

/** seconds: how old a lock of a living owner elsewhere can be, and how often it is renewed */
export const lease = 120
export const renewal = 10

const readOr = (path: string): Promise<string | undefined> => fs.readFile(path, 'utf8').catch(() => undefined)
/** the name of a process, in brackets, may hold anything; the start is the 20th field after it */
const startIn = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
/** on Linux: which start of the system, and how many ticks after it; `/proc` may be that of another namespace, which tells nothing */
const beganAt = async (pid: number): Promise<string | undefined> => {
  const [boot, self, stat] = await Promise.all(
    ['/proc/sys/kernel/random/boot_id', '/proc/self/stat', `/proc/${pid}/stat`].map(readOr)
  )
  return boot === undefined || stat === undefined || self?.startsWith(`${process.pid} `) !== true
    ? undefined
    : `${boot.trim()} ${startIn(stat)}`
}
const bootOf = (began: string | undefined): string | undefined => began?.split(' ')[0]

/** the owner that this process is */
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
    // a process of another user may not be signalled
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

/** addresses of sockets are short: a longer path is reached by way of its open folder (Linux) */
const longestAddress = 90
const withAddress = async <A>(folder: string, name: string, use: (address: string) => Promise<A>): Promise<A> => {
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= longestAddress || process.platform !== 'linux') return use(path)
  const open = await fs.open(folder, 'r')
  return use(`/proc/self/fd/${open.fd}/${name}`).finally(() => open.close())
}

/** whether somebody listens; a queue that is full is somebody's too */
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

/** Opens a socket that tells others that this process lives. Undefined where there can be none: then the lease alone tells. */
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

/** what is known of a lock besides what it says */
export interface Seen {
  /** the folder that it is in */
  readonly folder: string
  /** seconds since it was written, by the clock of its file system */
  readonly age: number
}

/** Whether the owner of a lock lives, as seen from the process `here`. */
export const isAlive = async (o: Owner, here: Owner, { folder, age }: Seen): Promise<boolean> => {
  const [theirs, ours] = [bootOf(o.began), bootOf(here.began)]
  const sameKernel = theirs !== undefined && theirs === ours
  // an owner of an earlier release does not say its namespace, and does not renew its lock
  const known = o.namespace !== undefined && here.namespace !== undefined
  if (sameKernel && (known ? o.namespace === here.namespace : o.host === here.host)) return isRunning(o)
  if (sameKernel && o.socket !== undefined) return answers(folder, o.socket)
  if (theirs === undefined && ours === undefined && o.host === here.host) return isRunning(o)
  if (o.lease !== undefined) return age <= o.lease
  return o.host !== here.host || isRunning(o)
}
