/** The program of README and of the guide: from a CSV file to predictions of new rows in a second process. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'gradfold-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})
mkdirSync(join(dir, 'node_modules'))
symlinkSync(process.cwd(), join(dir, 'node_modules/gradfold'), 'junction')
symlinkSync(join(process.cwd(), 'node_modules/fp-ts'), join(dir, 'node_modules/fp-ts'), 'junction')
writeFileSync(
  join(dir, 'houses.csv'),
  `area;town;price\n${Array.from({ length: 120 }, (_, i) => {
    const [area, town] = [40 + ((i * 37) % 80), i % 3 === 0 ? 'Ulm' : 'Bonn']
    return `${i % 11 === 0 ? '' : `${area},5`};${i % 13 === 0 ? '' : town};${(area + 0.5) * (town === 'Ulm' ? 2000 : 3000)}\n`
  }).join('')}`
)

/** the two programs of a page, which trains and which predicts */
const programs = (page: string): readonly string[] =>
  [...readFileSync(page, 'utf8').matchAll(/```ts\n(.*?)```/gs)]
    .map(([, code = '']) => code)
    .filter(code => code.includes('houses.gradfold'))
const run = (code: string) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: dir, encoding: 'utf8' })

describe.each(['README.md', 'docs/guide/data.md'])('the program of %s', page => {
  const [train = '', predict = ''] = programs(page)
  test('has at most 25 lines', () => {
    const lines = `${train}${predict}`.split('\n').filter(line => line.trim() !== '')
    expect(programs(page)).toHaveLength(2)
    expect(lines.length).toBeLessThanOrEqual(25)
  })
  test('predicts in the units of the data, in a second process', () => {
    expect(run(train)).toMatchObject({ status: 0, stderr: '' })
    const { stdout, stderr } = run(predict)
    expect(stderr).toBe('')
    const [bonn = NaN, ulm = NaN] = JSON.parse(stdout) as readonly number[]
    expect(Math.abs(bonn / (80.5 * 3000) - 1)).toBeLessThan(0.1)
    expect(ulm).toBeGreaterThan(100_000)
  })
})
