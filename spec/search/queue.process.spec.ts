/** Studies over a queue, with a real server and workers in processes of their own: the folder has the bytes of a study in one process. */
import { spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith, programOf } from '../support/components.js'
import { crew, ended, folderDigest, freePort, main, pause } from './crew.js'
import { irisStudy } from './helpers.js'

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

const { start, gradfold, redis, worker, end } = crew()
const digestOf = (name: string): string => folderDigest(at(name))
const alone: { digest: string } = { digest: '' }
beforeAll(() => {
  const { status, stderr } = spawnSync(process.execPath, [main, 'search', study, '--record', at('alone'), '--quiet'], {
    encoding: 'utf8'
  })
  expect([status, stderr]).toEqual([0, ''])
  alone.digest = digestOf('alone')
})
afterAll(async () => {
  await end()
  rmSync(folder, { recursive: true, force: true })
})

const search = (name: string, address: string): ChildProcess =>
  gradfold('search', study, '--record', at(name), '--queue', address, '--quiet')

describeWith('redis')('over Redis', () => {
  const server: { address: string; port: number; child?: ChildProcess } = { address: '', port: 0 }
  const startServer = (): void => {
    server.child = redis(folder, server.port)
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
