/** A study by its trials, each a process: the folder has the bytes of one search. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { irisStudy } from '../search/helpers.js'

const main = join(import.meta.dirname, '../../dist/node/main.js')
const folder = mkdtempSync(join(tmpdir(), 'gradfold-trials-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const at = (name: string): string => join(folder, name)
const gradfold = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env }
  })
  return { status, stdout, stderr }
}
const filesOf = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(at(name))
      .filter(f => f !== 'lock')
      .map(f => [f, readFileSync(join(at(name), f), 'utf8')])
  )

test('trial by trial in any order, with a trial that was changed, the folder is that of search', () => {
  const study = at('study.json')
  writeFileSync(study, JSON.stringify({ ...irisStudy, budget: 4, zoom: { rounds: 2, keep: 1 } }))
  expect(gradfold(['search', study, '--record', at('one'), '--quiet']).status).toBe(0)
  const trial = (index: number) =>
    gradfold(['trial', study, '--out', at('many')], { SLURM_ARRAY_TASK_ID: `${index}`, SLURM_CPUS_ON_NODE: '1' })
  const done = trial(1)
  expect([done.status, done.stderr]).toEqual([0, ''])
  // a task that is started twice gives the same answer
  expect(trial(1)).toEqual(done)
  expect(trial(0).status).toBe(0)
  expect(gradfold(['collect', at('many'), '--array']).stdout).toBe('2-3\n')
  const [name] = readdirSync(at('many')).filter(f => f.startsWith('trial-'))
  const path = join(at('many'), name ?? '')
  const whole = readFileSync(path, 'utf8')
  writeFileSync(path, whole.replace(/"value":[\d.]+/, '"value":0.5'))
  expect(trial(2)).toMatchObject({ status: 2, stdout: '' })
  expect(gradfold(['collect', at('many'), '--array']).stdout).toBe('0\n')
  expect(trial(0).status).toBe(0)
  expect(readFileSync(path, 'utf8')).toBe(whole)
  expect([trial(3).status, trial(2).status]).toEqual([0, 0])
  const ended = gradfold(['collect', at('many')])
  expect(ended.status).toBe(0)
  expect(filesOf('many')).toEqual(filesOf('one'))
  expect(gradfold(['collect', at('many')])).toEqual(ended)
  expect(gradfold(['collect', at('many'), '--array'])).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(trial(0)).toMatchObject({ status: 2, stdout: '' })
})
