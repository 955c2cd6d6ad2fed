/** Callers without a compiler: functions of runs and files give Left for anything at all; nothing throws, rejects, or is written. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, describe, expect, test } from 'vitest'
import * as codec from '../../src/codec.js'
import * as files from '../../src/files.js'
import { relu, wasm } from '../../src/index.js'
import * as report from '../../src/report.js'
import * as searching from '../../src/search.js'
import { inProcess, space, study, uniform } from '../../src/search.js'
import type { RunOptions } from '../../src/search/study.js'
import { silentAmong, thrownBy, type Untyped } from '../support/untyped.js'

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

/** Functions whose types leave no way to fail: they give texts, bytes and values of what their types say, and may throw for anything else. */
const mayThrow: Readonly<Record<string, readonly string[]>> = {
  'name or write a value': [
    ...['canonicalRun', 'dataDigest', 'runId', 'stateDigest', 'encodeCheckpoint', 'encodeState', 'encodeModel'],
    ...['formatOfPath', 'showRunFile', 'showStudyFile', 'stepLimit', 'trainingOf']
  ],
  'make codecs of codecs and registries': [
    ...['codecsOf', 'decode', 'exact', 'extend', 'layerCodec', 'list', 'modelCodec', 'optional'],
    ...['runFileCodec', 'shortCodecsOf', 'shorthand', 'studyFileCodec', 'trainingCodec', 'versioned', 'withDefault']
  ],
  'draw values': [
    ...['barChart', 'compareHtml', 'countTable', 'decisionRegions', 'filters', 'histogram', 'historyHtml', 'historyOf'],
    ...['imageGrid', 'lineChart', 'pictureText', 'runHtml']
  ],
  'read a row that must be there': ['decodeRow'],
  'read trials and studies': [
    ...['arrayText', 'bestOf', 'contains', 'halving', 'importances', 'narrow', 'ranked', 'settingValues'],
    ...['studyHtml', 'studyOf', 'studyPlots', 'studyTablesText', 'summaries', 'summaryText']
  ],
  // runners and folders are given by the caller's own code
  'take a runner': ['inProcess']
}
const listed = new Set(Object.values(mayThrow).flat())
/** one starts threads for a number that is right (spec/untyped-entries.spec.ts calls it), the other reads 55 MB each time */
const started = ['inThreads', 'loadMnist']
const functions = Object.entries<unknown>({ ...codec, ...searching, ...files, ...report }).filter(
  (row): row is [string, Untyped] => typeof row[1] === 'function' && !started.includes(row[0])
)
describe('functions of gradfold/codec, gradfold/files, gradfold/report and gradfold/search', () => {
  test.each(functions.filter(([name]) => !listed.has(name)))('%s never throws', async (_, f) => {
    expect(await thrownBy(f)).toEqual([])
  })
  test('loadMnist never throws before it reads', () => {
    for (const u of anything) expect(typeof files.loadMnist(u as never)).toBe('function')
  })
  test('the list of those that may throw holds none that does not', async () => {
    const all = functions.filter(([name]) => listed.has(name))
    expect(await silentAmong(all)).toEqual([])
    expect(all).toHaveLength(listed.size)
  })
})
