/** Studies over a queue, with a real server and workers in processes of their own: the folder has the bytes of a study in one process. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith, programOf } from '../support/components.js'
import { irisStudy } from './helpers.js'

const main = join(import.meta.dirname, '../../dist/node/main.js')
const folder = mkdtempSync(join(tmpdir(), 'gradfold-queue-'))
const at = (name: string): string => join(folder, name)
const study = at('study.json')
const { run } = irisStudy
writeFileSync(
  study,
  JSON.stringify({
    ...irisStudy,
    run: { ...run, stop: { tag: 'epochs', count: 2 } },
    budget: 12,
    zoom: { rounds: 3, keep: 2 }
  })
)

const running = new Set<ChildProcess>()
const start = (command: string, args: readonly string[], options: object = {}): ChildProcess => {
  const child = spawn(command, args, { stdio: 'ignore', ...options })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}
const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise(resolve => child.once('exit', resolve))
const gradfold = (...args: readonly string[]): ChildProcess => start(process.execPath, [main, ...args])
const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** one digest over the files of a study's folder */
const digestOf = (name: string): string => {
  const hash = createHash('sha256')
  for (const file of readdirSync(at(name))
    .filter(f => f !== 'lock')
    .sort())
    hash.update(file).update(readFileSync(join(at(name), file)))
  return hash.digest('hex')
}
const alone: { digest: string } = { digest: '' }
beforeAll(() => {
  const { status, stderr } = spawnSync(process.execPath, [main, 'search', study, '--record', at('alone'), '--quiet'], {
    encoding: 'utf8'
  })
  expect([status, stderr]).toEqual([0, ''])
  alone.digest = digestOf('alone')
})
afterAll(async () => {
  const all = [...running]
  for (const child of all) child.kill('SIGKILL')
  await Promise.all(all.map(ended))
  rmSync(folder, { recursive: true, force: true })
})

const search = (name: string, address: string): ChildProcess =>
  gradfold('search', study, '--record', at(name), '--queue', address, '--quiet')
const worker = (address: string): ChildProcess => gradfold('work', address, '--workers', '1', '--lock', '2', '--quiet')

describeWith('redis')('over Redis', () => {
  const server: { address: string; port: number; child?: ChildProcess } = { address: '', port: 0 }
  const startServer = (): void => {
    const { port } = server
    server.child = start(programOf('redis') ?? 'redis-server', [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always']
    ])
  }
  beforeAll(async () => {
    server.port = await freePort()
    server.address = `redis://127.0.0.1:${server.port}`
    startServer()
  })

  test('two workers give the bytes of one process', async () => {
    const workers = [worker(server.address), worker(server.address)]
    expect(await ended(search('two', server.address))).toBe(0)
    expect(digestOf('two')).toBe(alone.digest)
    for (const w of workers) w.kill('SIGTERM')
    expect(await Promise.all(workers.map(ended))).toEqual([143, 143])
  })

  test('workers, the coordinator and the server are killed, and the bytes are the same', async () => {
    spawnSync('redis-cli', ['-p', `${server.port}`, 'flushall'])
    const first = worker(server.address)
    const coordinator = search('killed', server.address)
    await pause(1500)
    first.kill('SIGKILL')
    const second = worker(server.address)
    await pause(700)
    coordinator.kill('SIGKILL')
    await ended(coordinator)
    server.child?.kill('SIGKILL')
    await pause(300)
    startServer()
    expect(await ended(search('killed', server.address))).toBe(0)
    expect(digestOf('killed')).toBe(alone.digest)
    second.kill('SIGTERM')
    expect(await ended(second)).toBe(143)
  })

  test('a server that loses its memory is given the trials again', async () => {
    const coordinator = search('emptied', server.address)
    await pause(1500)
    spawnSync('redis-cli', ['-p', `${server.port}`, 'flushall'])
    const w = worker(server.address)
    expect(await ended(coordinator)).toBe(0)
    expect(digestOf('emptied')).toBe(alone.digest)
    w.kill('SIGTERM')
    await ended(w)
  })

  test('a worker of another release refuses its trials', async () => {
    spawnSync('redis-cli', ['-p', `${server.port}`, 'flushall'])
    const { Queue } = await import('bullmq')
    const queue = new Queue('gradfold', { connection: { url: server.address } })
    const metric = { name: 'loss', part: 'validation', epoch: 'last', goal: 'min' }
    await queue.add('trial', JSON.stringify({ version: '0.0.1', contract: 1, run: {}, metric }), { jobId: 'other' })
    const { status, stderr } = spawnSync(process.execPath, [main, 'work', server.address, '--quiet'], {
      encoding: 'utf8'
    })
    expect(stderr).toMatch(
      /^gradfold: queue: expected trials of gradfold \S+, contract 1, got one of gradfold 0.0.1, contract 1; /
    )
    expect(status).toBe(2)
    // it is there for a worker of its release
    expect(await queue.getWaitingCount()).toBe(1)
    await queue.close()
  })
})

describeWith('postgresql')('over PostgreSQL', () => {
  test('two workers give the bytes of one process', async () => {
    const port = await freePort()
    const postgres = programOf('postgresql') ?? 'postgres'
    const data = at('postgres')
    const asUser = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    // the server refuses to run as root, and its user must reach its folder
    chmodSync(folder, 0o755)
    mkdirSync(data)
    if (process.getuid?.() === 0) chownSync(data, 65534, 65534)
    const made = spawnSync(
      join(dirname(postgres), 'initdb'),
      ['-D', data, '-U', 'gradfold', '-A', 'trust', '-N'],
      asUser
    )
    expect(made.status).toBe(0)
    start(
      postgres,
      ['-D', data, '-p', `${port}`, '-k', data, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
      asUser
    )
    await pause(1500)
    const address = `postgres://gradfold@127.0.0.1:${port}/postgres`
    const workers = [worker(address), worker(address)]
    expect(await ended(search('tables', address))).toBe(0)
    expect(digestOf('tables')).toBe(alone.digest)
    for (const w of workers) w.kill('SIGTERM')
    expect(await Promise.all(workers.map(ended))).toEqual([143, 143])
  })
})
