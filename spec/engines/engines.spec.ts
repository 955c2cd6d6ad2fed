/**
 * The golden runs on what needs no download: this Node, each backend, one thread and several. `npm run test:engines` runs the same on other
 * engines. A new member of a family is in them by existing, and needs its digest (`node spec/engines/goldens.mjs`).
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtInTraining } from '../../src/train/registry.js'
import { build, without } from '../backend/native/built.js'

type Digests = Readonly<Record<string, string>>
interface Answer {
  readonly digests: Digests
  readonly workers: number
}
const { digests: golden } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/digests.json'), 'utf8')
) as Answer

const run = (...args: readonly string[]): Answer =>
  JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, 'run.mjs'), ...args], { encoding: 'utf8' })
  ) as Answer

// each takes some seconds alone, more beside other tests
const timeout = 240_000

test.each([
  { backend: 'reference', threads: '1', workers: false },
  { backend: 'wasm', threads: '1', workers: false },
  { backend: 'wasm', threads: '2', workers: true }
])('golden runs on $backend, threads: $threads', { timeout }, ({ backend, threads, workers }) => {
  const answer = run(backend, threads)
  expect(answer.digests).toEqual(golden)
  expect(answer.workers > 0).toBe(workers)
})

test.skipIf(without !== '').each([{ threads: '3' }])(
  `golden runs on native, threads: $threads${without}`,
  { timeout },
  ({ threads }) => {
    expect(build()).toBe('')
    const answer = run('native', threads)
    expect(answer.digests).toEqual(golden)
    expect(answer.workers > 0).toBe(threads !== '1')
  }
)

test('every registered member is in them, in both precisions', () => {
  const { layers, activations, initializers, losses, optimizers, schedules } = builtInTraining
  const names = Object.keys(golden)
  const tags = Object.keys({
    ...layers,
    ...activations,
    ...initializers,
    ...losses,
    ...optimizers,
    ...schedules
  })
  const missing = tags.flatMap(tag =>
    ['f32', 'f64'].filter(
      precision => !names.some(n => n.endsWith(` ${precision}`) && (n.includes(`"${tag}"`) || n.includes(`: ${tag} `)))
    )
  )
  expect(missing).toEqual([])
  // equal digests would mean that what a name says had no say
  const networks = names.filter(n => n.startsWith('network')).map(n => golden[n])
  expect(new Set(networks).size).toBe(networks.length)
})
