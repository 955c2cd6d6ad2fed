/** What `watch` records of a training, and that it changes no bit of it. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { reportOf } from '../../../src/report/open-record.js'
import { runHtml } from '../../../src/report/run-report.js'
import { folderAt } from '../../../src/run/folder.js'
import { watchedOfRecord } from '../../../src/run/record/watched.js'
import { recordRun } from '../../../src/run/record/recorder.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { distributionOf, type Watched } from '../../../src/train/watched.js'
import { gradfold } from '../../cli/helpers.js'
import { right } from '../../support/either.js'
import { runJson } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-watched-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)
type Options = Partial<Parameters<typeof recordRun>[2]>
const record = async (name: string, json: object, options: Options = {}): Promise<string> => {
  const run = right(parseRunFile(JSON.stringify(json)))
  right(await recordRun(at(name), run, { backend: wasm, ...options })())
  return at(name)
}
const rowsOf = async (path: string): Promise<readonly Watched[]> =>
  right(await watchedOfRecord(folderAt(path))()).flatMap(r => ('absent' in r ? [] : [r]))
const files = (path: string): readonly string[] =>
  ['run.json', 'steps.bin', 'epochs.jsonl', 'result.json'].map(name => readFileSync(join(path, name), 'latin1'))

/** units whose bias keeps them below 0 are dead: the first one is, the others are not */
const dying = {
  seed: 0,
  data: { tag: 'arrays', train: { x: [[1], [2], [3], [4]], y: [[1], [2], [3], [4]] } },
  model: { input: [1], layers: [{ tag: 'dense', units: 8 }, 'relu', { tag: 'dense', units: 1 }] },
  loss: 'meanSquaredError',
  optimizer: { tag: 'sgd', rate: 0.001 },
  batchSize: 4,
  stop: { tag: 'steps', count: 4 }
}

describe('what is watched', () => {
  test('changes no byte of the record, wherever turns end', async () => {
    const plain = await record('plain', runJson(2))
    for (const watch of [4, 100])
      expect(files(await record(`watched-${watch}`, runJson(2), { watch }))).toEqual(files(plain))
    expect(existsSync(join(plain, 'watched.jsonl'))).toBe(false)
  })
  test('is a row before the first step and one every so many steps, with each parameter and each layer', async () => {
    const rows = await rowsOf(await record('rows', runJson(3), { watch: 5 }))
    expect(rows.map(r => r.step)).toEqual([0, 5, 10, 15])
    for (const { params, layers } of rows) {
      expect(Object.keys(params)).toEqual([
        'dense/weight',
        'dense/bias',
        'batchNorm/gamma',
        'batchNorm/beta',
        'dense2/weight',
        'dense2/bias'
      ])
      expect(Object.keys(layers)).toEqual(['dense', 'batchNorm', 'tanh', 'dropout', 'dense2'])
      expect(params['dense/weight']?.value.numbers).toBe(18)
      expect(layers['tanh']?.value.quantiles.every(x => Math.abs(x) <= 1)).toBe(true)
      expect(layers['dropout']?.units).toBe(6)
    }
  })
  test('counts units that are 0 for every example as dead', async () => {
    const rows = await rowsOf(await record('dying', dying, { watch: 2 }))
    const relu = rows[0]?.layers['relu']
    // inputs are positive and biases 0: a unit is dead where its weight is negative
    const weight = rows[0]?.params['dense/weight']?.value
    expect(relu?.units).toBe(8)
    expect(relu?.dead).toBeGreaterThan(0)
    expect(relu?.dead).toBeLessThan(8)
    expect(weight?.quantiles[0]).toBeLessThan(0)
    expect(rows[0]?.layers['dense']?.dead).toBe(0)
  })
  test('is the same when a run is interrupted and resumed', async () => {
    const whole = await rowsOf(await record('whole', runJson(2), { watch: 5 }))
    let turns = 0
    const run = { watch: 5, every: 4, stop: () => ++turns === 3 }
    const path = await record('parts', runJson(2), run)
    expect((await rowsOf(path)).length).toBeLessThan(whole.length)
    await record('parts', runJson(2), { watch: 5 })
    expect(await rowsOf(path)).toEqual(whole)
    await record('parts', runJson(2), { again: true })
    expect(await rowsOf(path)).toEqual([])
  })
  test('is the same when a line was not written to its end', async () => {
    const rows = await rowsOf(at('whole'))
    const path = await record('cut', runJson(2), { watch: 5, every: 4, stop: () => true })
    appendFileSync(join(path, 'watched.jsonl'), '{"step":5,"loss":')
    await record('cut', runJson(2), { watch: 5 })
    expect(await rowsOf(path)).toEqual(rows)
  })
  test('is shown in the report, without lines that are damaged, with the same bytes each time', async () => {
    const path = await record('report', dying, { watch: 2 })
    const html = async () => runHtml(right(await reportOf(path, { backend: wasm })()))
    const page = await html()
    for (const part of ['Layers over time', 'dense/weight: gradient', 'relu: output', 'relu: delta', 'Dead units'])
      expect(page.includes(part), part).toBe(true)
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
    appendFileSync(
      join(path, 'watched.jsonl'),
      '{"step":3}\nno JSON\n{"step":1,"loss":1,"params":{},"layers":{"<b>":1}}\n'
    )
    expect((await html()) === page).toBe(true)
  })
  test('of a training that cannot be watched says why, as text', async () => {
    const path = await record('absent', dying)
    appendFileSync(join(path, 'watched.jsonl'), `${JSON.stringify({ step: 0, absent: '<img src=x>' })}\n`)
    const page = runHtml(right(await reportOf(path)()))
    expect(page.includes('could not be watched: &#60;img src=x&#62;')).toBe(true)
  })
  test('is asked for on the command line, of a record alone', async () => {
    const file = at('run.json')
    writeFileSync(file, JSON.stringify(runJson(1)))
    expect((await gradfold(['train', file, '--record', at('cli'), '--watch', '3', '--quiet'])).code).toBe(0)
    expect((await rowsOf(at('cli'))).map(r => r.step)).toEqual([0, 3, 6])
    expect((await gradfold(['train', file, '--watch', '3'])).err).toContain('it goes with --record or --store')
    const zero = await gradfold(['train', file, '--record', at('zero'), '--watch', '0'])
    expect([zero.code, zero.err]).toEqual([2, expect.stringContaining('a whole number, 1 or more') as string])
  })
})

describe('a distribution', () => {
  test('has the quantiles of the sorted numbers, their mean and their deviation', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -999, max: 999 }), { minLength: 1, maxLength: 60 }), xs => {
        const d = distributionOf(xs)
        const sorted = [...xs].sort((a, b) => a - b)
        const place = (p: number): number => sorted[Math.floor(p * (xs.length - 1))] as number
        expect(d.quantiles).toEqual([0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map(place))
        const mean = xs.reduce((a, b) => a + b, 0) / xs.length
        expect(d.mean).toBeCloseTo(mean, 2)
        expect(d.deviation).toBeCloseTo(Math.sqrt(xs.reduce((s, x) => s + (x - mean) ** 2, 0) / xs.length), 2)
      })
    )
  })
  test('of many numbers is that of a part of them, also of numbers that are stored in columns', () => {
    const d = distributionOf(Array.from({ length: 128 * 1000 }, (_, i) => i % 128))
    for (const [i, p] of [0.05, 0.25, 0.5, 0.75, 0.95].entries())
      expect(Math.abs((d.quantiles[i + 1] as number) - 127 * p)).toBeLessThan(2)
    expect([d.quantiles[0], d.quantiles[6]]).toEqual([0, 127])
  })
  test('leaves out and counts what is not finite', () => {
    expect(distributionOf([NaN, 1, Infinity])).toMatchObject({ numbers: 3, nonFinite: 2, mean: 1, deviation: 0 })
    expect(distributionOf([NaN])).toMatchObject({ numbers: 1, nonFinite: 1, quantiles: [] })
  })
})
