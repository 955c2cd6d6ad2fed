/** Studies by the command that are refused before anything runs; search.process.spec.ts has those that run. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { irisStudy } from '../search/helpers.js'
import { gradfold } from './helpers.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-search-refused-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const at = (name: string): string => join(folder, name)
const file = (name: string, study: object): string => {
  writeFileSync(at(name), JSON.stringify(study))
  return at(name)
}
const search = async (...args: readonly string[]) => {
  const { code, out, err } = await gradfold(['search', ...args])
  return { status: code, stdout: out, stderr: err }
}

/** a folder with the run.json of a run */
const ran = at('ran')
mkdirSync(ran)
writeFileSync(join(ran, 'run.json'), JSON.stringify(irisStudy.run))
const zoomed = file('study.json', { ...irisStudy, budget: 9, zoom: { rounds: 3, keep: 2 } })

describe('one line with the place, and 2', () => {
  const { space, run } = irisStudy
  const rate = (dimension: object): object => ({ ...irisStudy, space: { ...space, rate: dimension } })
  test.each([
    ['an empty choice', { ...irisStudy, space: { ...space, units: { tag: 'choice', of: [] } } }, '$/space/units/of'],
    ['lower above upper', rate({ tag: 'uniform', lower: 1, upper: 0.1 }), '$/space/rate/lower'],
    ['the logarithm of 0', rate({ tag: 'logUniform', lower: 0, upper: 1 }), '$/space/rate/lower'],
    ['the logarithm of -1', rate({ tag: 'logUniform', lower: -1, upper: 1 }), '$/space/rate/lower'],
    ['an unknown metric', { ...irisStudy, metric: { name: 'speed', goal: 'max' } }, '$/metric/name'],
    ['a budget of nothing', { ...irisStudy, budget: 0 }, '$/budget'],
    ['a hole for nothing', { ...irisStudy, run: { ...run, batchSize: { $: 'batch' } } }, '$/run/batchSize'],
    ['data that are not there', { ...irisStudy, run: { ...run, data: { tag: 'csv' } } }, '$/run/data']
  ])('%s', async (name, study, path) => {
    const { status, stdout, stderr } = await search(file('bad.json', study), '--record', at(name))
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^gradfold: [^\n]*\n$/)
    expect(stderr).toContain(`bad.json: ${path}`)
    expect(existsSync(at(name))).toBe(false)
  })
  test.each([
    ['no such file', ['none.json']],
    ['no worker', ['S', '--workers', '0']],
    ['workers that are no number', ['S', '--workers', 'x']],
    ['an unknown backend', ['S', '--backend', 'gpu']],
    ['nothing to go on with', ['S', '--record', 'none', '--resume']],
    ['no folder', ['S', '--record', '']],
    ['no file for the best run', ['S', '--best', '']],
    ['no file for the report', ['S', '--report', '']],
    ['the folder of a run', ['S', '--record', 'N']],
    ['--resume without a folder', ['S', '--resume']]
  ])('%s', async (_, args) => {
    const named: Readonly<Record<string, string>> = { S: zoomed, N: ran }
    const { status, stdout, stderr } = await search(...args.map(a => named[a] ?? a))
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^gradfold: [^\n]*\n$/)
  })
})

describe('training many times is refused, in one line, with 2', () => {
  const path = file('run.json', {
    ...irisStudy.run,
    model: { input: [4], layers: [{ tag: 'dense', units: 3 }] },
    optimizer: 'adam'
  })
  test.each([
    [['--seeds', '1'], 'run.json: seeds: expected a whole number from 2 to 1000, got 1'],
    [['--folds', 'x'], 'run.json: folds: expected a whole number from 2 to 1000, got NaN'],
    [
      ['--seeds', '3', '--out', 'x'],
      'out: expected a run that is trained once, got one with --seeds or --folds; --record keeps'
    ],
    [['--seeds', '3', '--every', '5'], 'every: expected a '],
    [['--seeds', '3', '--record', 'x', '--serve'], 'serve: expected a run that is trained once'],
    [['--folds', '3', '--record', 'x', '--watch', '5'], 'watch: expected a run that is trained once'],
    [
      ['--workers', '2'],
      'workers: expected a run that is trained many times, got one; it goes with --seeds or --folds'
    ],
    [['--seeds', '3', '--workers', '0'], 'workers: expected a whole number from 1 to 256, got 0']
  ])('%j', async (args, told) => {
    const { code, out, err } = await gradfold(['train', path, ...args])
    expect([code, out, err.split('\n').length]).toEqual([2, '', 2])
    expect(err).toContain(told)
  })
})
