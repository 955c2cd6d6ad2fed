/** Callers without a compiler: functions of runs and files give Left for anything at all; nothing throws, rejects, or is written. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, describe, expect, test } from 'vitest'
import * as codec from '../../src/codec.js'
import * as files from '../../src/files.js'
import { relu, wasm } from '../../src/index.js'
import * as searching from '../../src/search.js'
import { inProcess, space, study, uniform } from '../../src/search.js'
import type { RunOptions } from '../../src/search/study.js'

type Untyped = (...args: readonly unknown[]) => unknown

const work = mkdtempSync(join(tmpdir(), 'gradfold-untyped-'))
afterAll(() => {
  rmSync(work, { recursive: true })
})
const path = join(work, 'absent')

const anything: readonly unknown[] = [undefined, null, {}, 3, '', [], true, E.right({}), { tag: 'iris' }, Symbol('x')]
const runs = [
  ...anything,
  { data: { tag: 'iris' } },
  { data: { tag: 'iris' }, model: { tag: 'model', input: [4], layer: relu } },
  { data: {}, model: {}, loss: {}, optimizer: {}, stop: {} },
  { data: { tag: 'iris' }, model: {}, loss: {}, optimizer: {}, stop: {} }
]
const options = [...anything, { backend: wasm }, { backend: {} }, { backend: wasm, registry: {} }]

/** each with the arguments that it is tried with; nothing of it can succeed */
const calls: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  recordRun: [...runs.map(r => [path, r, { backend: wasm }]), ...options.map(o => [path, runs.at(-1), o])],
  storeRun: [...runs.map(r => [path, r, { backend: wasm }]), ...options.map(o => [path, runs.at(-1), o])],
  resumeRun: [...anything.map(f => [f, { backend: wasm }]), ...options.map(o => [path, o])],
  verifyRecord: [...anything.map(f => [f, { backend: wasm }]), ...options.map(o => [path, o])],
  stateAt: [...anything.map(f => [f, 1, { backend: wasm }]), ...options.map(o => [path, 1, o])],
  readRecord: anything.map(f => [f]),
  readRun: anything.map(f => [f]),
  diffRecords: anything.map(f => [f, f]),
  readFile: anything.map(f => [f]),
  readIdx: anything.map(f => [f]),
  readNpy: anything.map(f => [f]),
  readText: anything.map(f => [f]),
  openRun: runs.map(r => [r]),
  loadSource: [undefined, null, {}, 3, '', [], true, { tag: 'none' }, { tag: 'csv' }].map(s => [s])
}

describe.each(Object.entries(calls))('%s', (name, lists) => {
  const f = ({ ...codec, ...files } as unknown as Readonly<Record<string, Untyped>>)[name] as Untyped
  test('gives Left for what is not its arguments', async () => {
    for (const args of lists) {
      const task = f(...args) as () => Promise<E.Either<unknown, unknown>>
      expect((await task())._tag).toBe('Left')
    }
    expect(readdirSync(work)).toEqual([])
  })
})

describe('studies', () => {
  const s = space({ x: uniform(0, 1) })
  const made = study({ space: s, run: () => runs.at(-1) as RunOptions, budget: 1 })
  test.each(anything)('%s in place of one, of its runner or of its space gives Left', async u => {
    const { search, checkStudy, checkSpace } = searching as unknown as Readonly<Record<string, Untyped>>
    const run = search as (...args: readonly unknown[]) => () => Promise<E.Either<unknown, unknown>>
    for (const args of [[u, { runner: inProcess(wasm) }], [made, u], [made, { runner: u }], [made]])
      expect((await run(...args)())._tag).toBe('Left')
    for (const r of [
      checkStudy?.(u),
      checkSpace?.(u),
      checkSpace?.({ dimensions: u }),
      checkStudy?.({ ...made, space: u })
    ])
      expect((r as E.Either<unknown, unknown>)._tag).toBe('Left')
  })
})
