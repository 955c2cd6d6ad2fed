/** Processes of a study over a queue: servers, workers, coordinators; all that is left running ends with the tests. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { programOf } from '../support/components.js'

export const main = join(import.meta.dirname, '../../dist/node/main.js')
export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
export const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })
/** the exit code of a process, once it has ended */
export const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise(resolve => child.once('exit', resolve))

/** one digest over the files of a study's folder */
export const folderDigest = (path: string): string => {
  const hash = createHash('sha256')
  for (const file of readdirSync(path)
    .filter(f => f !== 'lock')
    .sort())
    hash.update(file).update(readFileSync(join(path, file)))
  return hash.digest('hex')
}

export interface Crew {
  readonly start: (command: string, args: readonly string[], options?: SpawnOptions) => ChildProcess
  readonly gradfold: (...args: readonly string[]) => ChildProcess
  /** a Redis whose append-only file is in the folder */
  readonly redis: (folder: string, port: number) => ChildProcess
  readonly worker: (address: string, ...more: readonly string[]) => ChildProcess
  /** kills what is running, and waits for its end */
  readonly end: () => Promise<void>
}
export const crew = (): Crew => {
  const running = new Set<ChildProcess>()
  const start: Crew['start'] = (command, args, options = {}) => {
    const child = spawn(command, args, { stdio: 'ignore', ...options })
    running.add(child)
    child.once('exit', () => running.delete(child))
    return child
  }
  const gradfold: Crew['gradfold'] = (...args) => start(process.execPath, [main, ...args])
  return {
    start,
    gradfold,
    redis: (folder, port) =>
      start(programOf('redis') ?? 'redis-server', [
        ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
        ...['--appendonly', 'yes', '--appendfsync', 'always']
      ]),
    worker: (address, ...more) => gradfold('work', address, '--workers', '1', '--lock', '2', '--quiet', ...more),
    end: async () => {
      const all = [...running]
      for (const child of all) child.kill('SIGKILL')
      await Promise.all(all.map(ended))
    }
  }
}
