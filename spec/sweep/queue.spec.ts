/**
 * Faults of studies over a queue, and what a trial costs there: `npm run sweep:queue`. Not among the ordinary tests. Each part starts
 * nothing new after 5 minutes (`SECONDS_EACH`) and says what it did. What a machine or its user cannot do is skipped, with a title that
 * says what it needs.
 */
import { spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { inQueue, parseStudyFile, search, studyOf } from '../../src/search.js'
import { answerText } from '../../src/search/runner/queue/message.js'
import { moments } from '../cli/killed.js'
import { crew, ended, folderDigest, freePort, main, pause } from '../search/crew.js'
import { irisStudy } from '../search/helpers.js'
import { programOf } from '../support/components.js'
import { right } from '../support/either.js'

const times = Number(process.env['KILLS'] ?? 0)
const seconds = Number(process.env['SECONDS_EACH'] ?? 300)
const minutes = 60_000
/** whether a part that began now may start something new */
const clock = (): (() => boolean) => {
  const began = performance.now()
  return () => performance.now() - began < seconds * 1000
}
const folder = mkdtempSync(join(tmpdir(), 'gradfold-faults-'))
const at = (name: string): string => join(folder, name)
const { start, gradfold, redis, worker, end } = crew()
const server: { port: number; address: string; child?: ChildProcess } = { port: 0, address: '' }
const works = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0
const has = {
  faketime: works('faketime', '--version'),
  netns: works('ip', 'netns', 'list') && process.getuid?.() === 0
}
const mounts = works('unshare', '--mount', 'true')

const study = (name: string, more: object): string => {
  writeFileSync(at(`${name}.json`), JSON.stringify({ ...irisStudy, ...more }))
  return at(`${name}.json`)
}
/** sixty settings in three rounds, by each sampler that learns from finished trials */
const studies = {
  random: { budget: 60, zoom: { rounds: 3, keep: 5 } },
  tpe: { budget: 60, sampler: { tag: 'tpe' }, zoom: { rounds: 3, keep: 5 } },
  halving: { budget: 24, sampler: { tag: 'halving', rungs: [1, 2] }, zoom: { rounds: 3, keep: 5 } }
} as const
const digestOf = (name: string): string => folderDigest(at(name))
const searchOver = (path: string, record: string): ChildProcess =>
  gradfold('search', path, '--record', at(record), '--queue', server.address, '--quiet')
const alone = (name: string, path: string): string => {
  const { status, stderr } = spawnSync(process.execPath, [main, 'search', path, '--record', at(name), '--quiet'])
  expect([status, String(stderr)]).toEqual([0, ''])
  return digestOf(name)
}
const flush = (): void => {
  spawnSync('redis-cli', ['-p', `${server.port}`, 'flushall'])
}

describe.runIf(times > 0 && programOf('redis') !== undefined)('studies over Redis', () => {
  beforeAll(async () => {
    server.port = await freePort()
    server.address = `redis://127.0.0.1:${server.port}`
    server.child = redis(folder, server.port)
    await pause(500)
  })
  afterEach(flush)
  afterAll(async () => {
    await end()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(Object.entries(studies))(
    '%s gives the bytes of one process with 1, 2, 4 and 8 workers',
    { timeout: seconds * 1000 + 10 * minutes },
    async (name, more) => {
      const inTime = clock()
      const path = study(name, more)
      const expected = alone(`${name}-alone`, path)
      const done: number[] = []
      for (const count of [1, 2, 4, 8]) {
        if (!inTime()) break
        flush()
        const workers = Array.from({ length: count }, () => worker(server.address))
        expect(await ended(searchOver(path, `${name}-${count}`))).toBe(0)
        expect(digestOf(`${name}-${count}`)).toBe(expected)
        for (const w of workers) w.kill('SIGTERM')
        await Promise.all(workers.map(ended))
        done.push(count)
      }
      console.log(`${name}: the bytes of one process with ${done.join(', ')} workers`)
      expect(done).not.toEqual([])
    }
  )

  const killsTitle = `up to ${times} kills of workers, coordinators and the server`
  test(killsTitle, { timeout: seconds * 1000 + 10 * minutes }, async () => {
    const inTime = clock()
    const over = (): boolean => killed >= times || !inTime()
    const path = study('killed', studies.random)
    const expected = alone('killed-alone', path)
    const when = moments(1500)
    let [killed, runs] = [0, 0]
    while (!over()) {
      flush()
      const name = `killed-${runs++}`
      let workers = [worker(server.address), worker(server.address)]
      for (let code: number | null | undefined; code !== 0;) {
        const coordinator = searchOver(path, name)
        const coordinated = ended(coordinator)
        for (code = undefined; code === undefined;) {
          const which = killed % 4
          code = await Promise.race([coordinated, pause(when.next().value + 100).then(() => undefined)])
          if (code !== undefined || over()) {
            code ??= await coordinated
            break
          }
          killed++
          if (which < 2) {
            workers[which]?.kill('SIGKILL')
            workers = workers.map((w, i) => (i === which ? worker(server.address) : w))
          } else if (which === 2) coordinator.kill('SIGKILL')
          else {
            server.child?.kill('SIGKILL')
            if (server.child !== undefined) await ended(server.child)
            server.child = redis(folder, server.port)
          }
        }
      }
      expect(digestOf(name)).toBe(expected)
      for (const w of workers) w.kill('SIGKILL')
      await Promise.all(workers.map(ended))
    }
    console.log(`${killed} kills, studies: ${runs}, all with the table of one process`)
    expect(killed).toBeGreaterThan(0)
  })

  test(
    '10,000 simulated trials: what the queue costs for each, and what the coordinator keeps',
    { timeout: 20 * minutes },
    async () => {
      setFlagsFromString('--expose-gc')
      const gc = runInNewContext('gc') as () => void
      const connection = { url: server.address }
      // answers at once, in this process: its time is part of the cost
      const simulated = new Worker(
        'gradfold',
        job => Promise.resolve(answerText(job.id ?? '', { tag: 'scored', value: 1, epoch: 1, step: 1, reason: '' })),
        { connection, concurrency: 4 }
      )
      const { runner, close } = right(await inQueue(server.address)())
      const { run, ...more } = irisStudy
      const file = right(parseStudyFile(JSON.stringify({ ...more, run, budget: 10_000 })))
      const kept: (readonly [done: number, megabytes: number])[] = []
      const began = performance.now()
      const found = right(
        await search(studyOf(file), {
          runner,
          workers: 256,
          observe: (_, done) => {
            if (done % 2000 !== 0) return
            gc()
            kept.push([done, process.memoryUsage().heapUsed / 2 ** 20])
          }
        })()
      )
      const ms = (performance.now() - began) / found.trials.length
      console.log(
        `${ms.toFixed(2)} ms for each trial; heap: ${kept.map(([n, mb]) => `${mb.toFixed(1)} MB at ${n}`).join(', ')}`
      )
      const [first, last] = [kept[0]?.[1] ?? 0, kept.at(-1)?.[1] ?? 0]
      // the table itself grows: less than two kilobytes for each trial
      expect(last - first).toBeLessThan((8000 * 2) / 1024)
      await Promise.all([simulated.close(), close()])
    }
  )

  describe('with a fault at one worker', () => {
    /** a study with a plain worker beside one with the fault, and what is done to that one meanwhile */
    const withFault = async (name: string, faulty: ChildProcess, meanwhile: () => Promise<void> | void) => {
      const path = study(name, studies.random)
      const expected = alone(`${name}-alone`, path)
      const coordinator = searchOver(path, name)
      await pause(1500)
      await meanwhile()
      const plain = worker(server.address)
      expect(await ended(coordinator)).toBe(0)
      expect(digestOf(name)).toBe(expected)
      for (const w of [plain, faulty]) w.kill('SIGKILL')
      await Promise.all([plain, faulty].map(ended))
    }
    test('stopped for longer than its lock, again and again', { timeout: 5 * minutes }, async () => {
      const faulty = worker(server.address)
      await withFault('stopped', faulty, async () => {
        for (const _ of [1, 2, 3]) {
          faulty.kill('SIGSTOP')
          await pause(5000)
          faulty.kill('SIGCONT')
          await pause(500)
        }
      })
    })
    test.runIf(has.faketime)(
      'a clock that is a day ahead and runs twice as fast (needs faketime)',
      { timeout: 5 * minutes },
      async () => {
        const args = [main, 'work', server.address, '--workers', '1', '--lock', '2', '--quiet']
        await withFault('clock', start('faketime', ['-f', '+1d x2', process.execPath, ...args]), () => undefined)
      }
    )
    test.runIf(mounts)('no room left for its files [needs a mount namespace]', { timeout: 5 * minutes }, async () => {
      mkdirSync(at('full'))
      const fill = `mount -t tmpfs -o size=64k none ${at('full')}; dd if=/dev/zero of=${at('full')}/x bs=1k 2>/dev/null`
      const work = `exec ${process.execPath} ${main} work ${server.address} --workers 1 --lock 2 --quiet`
      const command = `${fill}; export TMPDIR=${at('full')}; cd ${at('full')}; ${work}`
      await withFault('full', start('unshare', ['--mount', 'sh', '-c', command]), () => undefined)
    })
  })

  test.runIf(has.netns)(
    'a link between network namespaces that goes down and comes back [needs root and ip netns]',
    { timeout: 5 * minutes },
    async () => {
      const id = process.pid % 1000
      const [space, outside, inside] = [`gradfold${id}`, `gfo${id}`, `gfi${id}`]
      const ip = (...args: readonly string[]): void => {
        expect([args.join(' '), spawnSync('ip', args).status]).toEqual([args.join(' '), 0])
      }
      ip('netns', 'add', space)
      try {
        ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside)
        ip('link', 'set', inside, 'netns', space)
        ip('addr', 'add', `10.213.${id % 250}.1/24`, 'dev', outside)
        ip('link', 'set', outside, 'up')
        ip('-n', space, 'addr', 'add', `10.213.${id % 250}.2/24`, 'dev', inside)
        ip('-n', space, 'link', 'set', inside, 'up')
        const port = await freePort()
        start(programOf('redis') ?? 'redis-server', ['--port', `${port}`, '--protected-mode', 'no', '--save', ''])
        await pause(500)
        const address = `redis://10.213.${id % 250}.1:${port}`
        const path = study('link', studies.random)
        const expected = alone('link-alone', path)
        const far = start('ip', [
          ...['netns', 'exec', space, process.execPath, main, 'work', address],
          ...['--workers', '1', '--lock', '2', '--quiet']
        ])
        const coordinator = gradfold('search', path, '--record', at('link'), '--queue', address, '--quiet')
        await pause(2000)
        ip('link', 'set', outside, 'down')
        await pause(6000)
        ip('link', 'set', outside, 'up')
        expect(await ended(coordinator)).toBe(0)
        expect(digestOf('link')).toBe(expected)
        far.kill('SIGKILL')
        await ended(far)
      } finally {
        spawnSync('ip', ['netns', 'del', space])
      }
    }
  )
})
