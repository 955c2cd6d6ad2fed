/** Trials one by one, as batch systems run them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, describe, expect, test } from 'vitest'
import { indexOf, threadsOf } from '../../src/cli/trial.js'
import { maxThreads } from '../../src/cli/backend.js'
import { irisStudy } from '../search/helpers.js'
import { gradfold } from './helpers.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-trial-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const at = (name: string): string => join(folder, name)
const study = at('study.json')
writeFileSync(study, JSON.stringify({ ...irisStudy, budget: 4, zoom: { rounds: 2, keep: 1 } }))

describe('which trial, and how many threads', () => {
  test('the option comes before what the batch system says', () => {
    const env = { SLURM_ARRAY_TASK_ID: '7', JOB_COMPLETION_INDEX: '3' }
    expect(indexOf({ index: 2 }, env)).toEqual(E.right(2))
    expect(indexOf({}, env)).toEqual(E.right(7))
    expect(indexOf({ first: 20 }, { JOB_COMPLETION_INDEX: '3' })).toEqual(E.right(23))
    expect(E.isLeft(indexOf({}, {}))).toBe(true)
    expect(E.isLeft(indexOf({}, { SLURM_ARRAY_TASK_ID: '1.5' }))).toBe(true)
  })
  test('a task that was given one processor computes with one thread', () => {
    expect(threadsOf(undefined, { SLURM_CPUS_ON_NODE: '1' })).toBe(1)
    expect(threadsOf(undefined, { SLURM_CPUS_PER_TASK: '2', SLURM_CPUS_ON_NODE: '4' })).toBe(2)
    expect(threadsOf(undefined, { SLURM_CPUS_ON_NODE: '64' })).toBe(maxThreads)
    expect(threadsOf('3', { SLURM_CPUS_ON_NODE: '1' })).toBe(3)
  })
})

describe('nothing is run, and 2', () => {
  const ran = at('ran')
  mkdirSync(ran)
  writeFileSync(join(ran, 'run.json'), '{}')
  test.each([
    ['no index', ['trial', study, '--out', at('a')], 'index: expected the number of a trial, from 0, got none'],
    [
      'an index of a later round',
      ['trial', study, '--out', at('a'), '--index', '2'],
      'a trial of the open round, 0-1, got 2'
    ],
    [
      'an index behind the end',
      ['trial', study, '--out', at('a'), '--index', '99'],
      'a trial of the open round, 0-1, got 99'
    ],
    ['no folder', ['trial', study, '--out', '', '--index', '0'], 'out: expected the path of a folder'],
    ['the folder of a run', ['trial', study, '--out', ran, '--index', '0'], 'one with the run.json of a run'],
    ['a folder without a study', ['collect', at('none')], 'expected the folder of a study, got none'],
    ['another study', ['collect', at('a'), '--study', at('other.json')], 'the folder of this study']
  ])('%s', async (_, args, words) => {
    writeFileSync(at('other.json'), JSON.stringify({ ...irisStudy, seed: 99 }))
    const { code, out, err } = await gradfold(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(words)
    expect(err).toMatch(/^gradfold: [^\n]*\n$/)
  })
  test('collect starts a folder, says what is next, and changes nothing when called again', async () => {
    const first = await gradfold(['collect', at('b'), '--study', study, '--array'])
    expect(first).toEqual({ code: 0, out: '0-1\n', err: '' })
    const bytes = readFileSync(join(at('b'), 'study.json'))
    expect(await gradfold(['collect', at('b'), '--array'])).toEqual(first)
    expect((await gradfold(['collect', at('b'), '--json'])).out).toBe('{"tag":"round","round":0,"trials":"0-1"}\n')
    expect(readdirSync(at('b'))).toEqual(['study.json'])
    expect(readFileSync(join(at('b'), 'study.json'))).toEqual(bytes)
  })
})
