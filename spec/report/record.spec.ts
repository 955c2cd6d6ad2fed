/** Reports of recorded runs: whole pages from folders. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { reportOf } from '../../src/report/open-record.js'
import { runHtml } from '../../src/report/run-report.js'
import { recordRun } from '../../src/run/record/recorder.js'
import { parseRunFile } from '../../src/run/run-file.js'
import { gradfold } from '../cli/helpers.js'
import { runJson } from '../run/record/run.js'
import { right } from '../support/either.js'
import { hostile } from './hostile.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)

const record = async (name: string, json: object): Promise<string> => {
  const run = right(parseRunFile(JSON.stringify(json)))
  right(await recordRun(at(name), run, { backend: wasm })())
  return at(name)
}
const htmlOf = async (path: string): Promise<string> => runHtml(right(await reportOf(path, { backend: wasm })()))
const sections = (html: string): readonly (string | undefined)[] =>
  [...html.matchAll(/<h2[^>]*>([^<]*)</g)].map(m => m[1])

const rows = Array.from({ length: 30 }, (_, i) => [Math.sin(i), Math.cos(i)])
const classes = {
  seed: 1,
  data: { tag: 'arrays', train: { x: rows, y: rows.map(([x = 0]) => (x > 0.5 ? 2 : x > 0 ? 1 : 0)) }, classes: 3 },
  split: { tag: 'random', fraction: 0.7 },
  model: {
    input: [2],
    layers: [
      { tag: 'named', name: 'first', layer: { tag: 'dense', units: 4 } },
      'relu',
      { tag: 'residual', layer: { tag: 'dense', units: 4 } },
      { tag: 'dense', units: 3 }
    ]
  },
  loss: 'softmaxCrossEntropy',
  optimizer: { tag: 'adam', rate: 0.05 },
  metrics: ['accuracy', 'confusionMatrix'],
  batchSize: 7,
  stop: { tag: 'epochs', count: 3 }
}

describe('the report of a run', () => {
  let values = ''
  let classified = ''
  beforeAll(async () => {
    values = await record('values', runJson(4))
    classified = await record('classes', classes)
  })

  test('of values has curves, settings, residuals, model, formulas, run file and engine', async () => {
    const html = await htmlOf(values)
    expect(sections(html)).toEqual([
      'Overview',
      'Curves',
      'Predictions',
      'Model',
      'Formulas',
      'Run file',
      'Where it ran'
    ])
    for (const part of ['validation loss', 'mae', 'adam/rate', 'Residuals', 'best: epoch', 'finished: epochs 4'])
      expect(html.includes(part) || html.includes(part.replace('adam/', '')), part).toBe(true)
    expect(html.match(/<math/g)?.length).toBeGreaterThan(5)
    expect(html).not.toMatch(/NaN|undefined/)
  })
  test('of classes has a confusion matrix, curves of thresholds and calibration', async () => {
    const html = await htmlOf(classified)
    for (const part of ['Confusion matrix', 'ROC', 'Precision and recall', 'Calibration', 'Scores by class'])
      expect(html.includes(part), part).toBe(true)
    expect(html.includes('first/dense')).toBe(true)
  })
  test('has the same bytes each time, loads nothing, and is small', async () => {
    const html = await htmlOf(classified)
    expect((await htmlOf(classified)) === html).toBe(true)
    expect(/<script|<link|<img|src="|href="(?!#)/.test(html)).toBe(false)
    expect(html.length).toBeLessThan(100_000)
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(m => m[1])
    expect(new Set(ids).size).toBe(ids.length)
  })
  test('without its data says so, and keeps what the record knows', async () => {
    const file = at('data.csv')
    writeFileSync(file, ['<b>x,y', ...rows.map(([x = 0, y = 0]) => `${x},${y}`)].join('\n'))
    const gone = await record('gone', {
      data: { tag: 'csv', train: file, schema: { columns: { '<b>x': 'number', y: 'number' }, target: 'y' } },
      model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
      loss: 'meanSquaredError',
      optimizer: 'sgd',
      batchSize: 10,
      stop: { tag: 'epochs', count: 2 }
    })
    // texts of the run file and of the environment are shown as texts
    appendFileSync(join(gone, 'environment.jsonl'), `${JSON.stringify({ cpu: hostile[0], '<b>os': hostile[1] })}\n`)
    const whole = await htmlOf(gone)
    expect(whole.includes('Residuals')).toBe(true)
    expect(whole.match(/&#60;b&#62;(x|os)/g)?.length).toBeGreaterThanOrEqual(2)
    expect(/<script|<img|<b>/.test(whole)).toBe(false)
    rmSync(file)
    const html = await htmlOf(gone)
    expect(html.includes('What needs predictions is left out')).toBe(true)
    expect(html.includes('Residuals')).toBe(false)
    expect(html.includes('ENOENT')).toBe(true)
  })
  test('calls classes as the schema of the data does', async () => {
    const file = at('named.csv')
    writeFileSync(file, ['x,kind', ...rows.map(([x = 0]) => `${x},${x > 0 ? '<b>yes' : 'no'}`)].join('\n'))
    const schema = { columns: { x: 'number', kind: { categories: ['no', '<b>yes'] } }, target: 'kind' }
    const named = await record('named', {
      data: { tag: 'csv', train: file, schema },
      model: { input: [1], layers: [{ tag: 'dense', units: 2 }] },
      loss: 'softmaxCrossEntropy',
      optimizer: 'sgd',
      batchSize: 10,
      stop: { tag: 'epochs', count: 2 }
    })
    const html = await htmlOf(named)
    expect(html.includes('<th scope="row">&#60;b&#62;yes</th>')).toBe(true)
    expect(html.includes('<b>')).toBe(false)
  })
  test('names what is damaged', async () => {
    const damaged = await record('damaged', runJson(2))
    appendFileSync(join(damaged, 'steps.bin'), 'x')
    expect((await htmlOf(damaged)).includes('The record is damaged')).toBe(true)
  })

  test('is written by the command', async () => {
    const out = at('deep/page.html')
    const { code, out: said } = await gradfold(['report', classified, '--out', out])
    expect([code, said.replace(/\d+ kB/, 'n kB')]).toEqual([0, `report saved as ${out} (n kB)\n`])
    expect(readFileSync(out, 'utf8') === (await htmlOf(classified))).toBe(true)
    await gradfold(['report', classified, '--no-data'])
    expect(readFileSync(join(classified, 'report.html'), 'utf8').includes('they were not asked for')).toBe(true)
  })
  test('is plotted as text by the command, with the same text each time', async () => {
    const plain = await gradfold(['plot', values])
    expect([plain.code, plain.err]).toEqual([0, ''])
    expect(plain.out).toMatch(/^loss[^]*┤[^]*└─+\n.*step\n$/)
    expect(await gradfold(['plot', values])).toEqual(plain)
    expect((await gradfold(['plot', values, '--of', 'validation loss'])).out).toMatch(/^validation loss[^]*epoch\n$/)
    const unknown = await gradfold(['plot', values, '--of', 'nothing'])
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('validation loss') as string])
  })
  test('is refused for what is no record', async () => {
    const { code, err } = await gradfold(['report', folder])
    expect([code, err]).toEqual([2, expect.stringContaining('expected the record of a run') as string])
  })
})
