/** Studies carried out: the same table however many workers there are, in whatever order they finish, and however often it was broken off. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { openRun } from '../../src/run/open.js'
import { folderAt } from '../../src/run/folder.js'
import { openStudyFolder } from '../../src/search/folder.js'
import { studyHtml } from '../../src/search/page.js'
import { studyPlots, studyTablesText } from '../../src/search/report.js'
import { inProcess } from '../../src/search/runner/in-process.js'
import type { Runner } from '../../src/search/runner/runner.js'
import type { SearchResult } from '../../src/search/result.js'
import { search, type SearchOptions } from '../../src/search/search.js'
import { parseStudyFile, studyOf, type StudyFile } from '../../src/search/study-file.js'
import { inThreads } from '../../src/search/runner/threads.js'
import { ranked, type TrialOutcome, type Trial } from '../../src/search/trial.js'
import { train } from '../../src/train/train.js'
import { backendError, showError, type Problem } from '../../src/value/error.js'
import { irisStudy } from './helpers.js'
import { right } from '../support/either.js'

const root = mkdtempSync(join(tmpdir(), 'gradfold-search-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
let made = 0
const fresh = (): string => join(root, String(made++))
const ok = async <A>(t: TaskEither<Problem<string>, A>): Promise<A> => right(await t())

const fileOf = (more: object = {}): StudyFile => right(parseStudyFile(JSON.stringify({ ...irisStudy, ...more })))
const zoomed = fileOf({ budget: 9, zoom: { rounds: 3, keep: 2 } })
const halved = fileOf({ budget: 6, sampler: { tag: 'halving', rungs: [1, 2], keep: 0.5 } })
const found = (file: StudyFile, o: Partial<SearchOptions> = {}): Promise<SearchResult> =>
  ok(search(studyOf(file), { runner: inProcess(wasm), ...o }))
const table = ({ trials, rounds, best }: SearchResult): unknown => ({ trials, rounds, best })

/** gives its results in an order that has nothing to do with the order of the trials */
const shuffling = (runner: Runner): Runner => {
  let n = 0
  return (run, study) => async () => {
    const wait = (Math.imul(++n, 0x9e3779b9) >>> 28) % 7
    for (let i = 0; i < wait; i++) await new Promise(resolve => setTimeout(resolve, 1))
    return runner(run, study)()
  }
}
const built = pathToFileURL(join(import.meta.dirname, '../../dist/node/worker.js')).href

describe('a study', () => {
  for (const [name, file] of [
    ['with narrowing', zoomed],
    ['by halving', halved]
  ] as const)
    test(
      `${name} gives one table, to the bit, with 1, 2 and 4 workers and on threads`,
      { timeout: 120_000 },
      async () => {
        const one = table(await found(file))
        expect(table(await found(file, { runner: inProcess(reference) }))).toEqual(one)
        for (const workers of [2, 4])
          expect(table(await found(file, { workers, runner: shuffling(inProcess(wasm)) }))).toEqual(one)
        for (const backend of ['wasm', 'reference'] as const) {
          const crew = inThreads(2, { backend, file: built })
          expect(table(await found(file, { workers: 2, runner: crew.runner }))).toEqual(one)
          await crew.close()
        }
      }
    )

  test('broken off after any trial and gone on with gives the same table, and repeats nothing', async () => {
    const whole = table(await found(zoomed))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), async breaks => {
        const folder = fresh()
        let ran = 0
        const counting: Runner = (run, study) => {
          ran++
          return inProcess(wasm)(run, study)
        }
        for (const n of [...breaks, Infinity]) {
          let left = n
          const kept = await ok(openStudyFolder(folderAt(folder), zoomed))
          // a crash: what was finished is kept, nothing else happens
          const crashing: Runner = (run, study) =>
            left-- > 0
              ? counting(run, study)
              : () =>
                  Promise.resolve(
                    E.left({
                      _tag: 'FileError',
                      code: 'unusable-file',
                      path: [],
                      expected: '',
                      got: 'a crash',
                      hint: ''
                    })
                  )
          const r = await search(studyOf(zoomed), { runner: crashing, ...kept })()
          if (E.isRight(r)) expect(table(r.right)).toEqual(whole)
          else expect(n).not.toBe(Infinity)
        }
        expect(ran).toBe(zoomed.budget)
      }),
      { numRuns: 6 }
    )
  })
  test('runs a trial again whose file is damaged, and refuses the folder of another study', async () => {
    const folder = fresh()
    const kept = await ok(openStudyFolder(folderAt(folder), zoomed))
    const whole = table(await found(zoomed, kept))
    writeFileSync(join(folder, 'trial-000003.json'), '{"index":3')
    const again = await ok(openStudyFolder(folderAt(folder), zoomed))
    expect(table(await found(zoomed, again))).toEqual(whole)
    expect(readFileSync(join(folder, 'trial-000003.json'), 'utf8')).toMatch(/"outcome"/)
    const other = await openStudyFolder(folderAt(folder), fileOf({ seed: 2 }))()
    expect(E.isLeft(other) ? showError(other.left) : '').toMatch(/expected the folder of this study/)
    expect(readdirSync(folder).filter(f => f.endsWith('.part'))).toEqual([])
  })
  test('chooses a run that gives the very numbers of its trial when it is trained alone', async () => {
    const { best, study } = await found(zoomed)
    if (best === undefined) throw new Error('there should be a best trial')
    const { training, datasets } = await ok(openRun(best.run))
    const trained = right(
      train(training, {
        backend: reference,
        ...(datasets.validation === undefined ? {} : { validation: datasets.validation })
      })(datasets.train)
    )
    expect(study.metric).toMatchObject({ name: 'loss', part: 'validation', epoch: 'last' })
    expect(best.trial.outcome).toMatchObject({ value: trained.history.at(-1)?.validation?.loss })
  })
  test('keeps trials that fail or diverge as results', async () => {
    const file = fileOf({
      space: { ...irisStudy.space, rate: { tag: 'logUniform', lower: 1e-3, upper: 1e30 } },
      run: { ...irisStudy.run, optimizer: { tag: 'sgd', rate: { $: 'rate' } } },
      sampler: 'sobol',
      budget: 12
    })
    const { trials, best } = await found(file)
    const tags = trials.map(t => t.outcome.tag)
    expect(tags).toContain('diverged')
    expect(tags).toContain('scored')
    expect(best?.trial.outcome.tag).toBe('scored')
    expect(ranked('min', trials).at(-1)?.outcome.tag).not.toBe('scored')
    // in plots they are crosses
    const [plot = ''] = Object.values(studyPlots(await found(file)))
    expect(plot.match(/m-3 -3l6 6/g)).toHaveLength(tags.filter(tag => tag !== 'scored').length)
    expect(plot.match(/<circle [^>]*fill-opacity/g)).toHaveLength(tags.filter(tag => tag === 'scored').length)
  })
  test('keeps as a result that the data are not those of its run', async () => {
    const { trials, best } = await found(fileOf({ run: { ...irisStudy.run, dataDigest: '0'.repeat(64) } }))
    expect(best).toBeUndefined()
    for (const { outcome } of trials)
      expect(outcome.tag === 'failed' ? outcome.message : '').toMatch(/^dataDigest: expected data with/)
  })
  test('keeps nothing of a trial that the backend cannot compute here: another machine might', async () => {
    const unable = backendError(['wasm'], 'room', 'none')
    const broken: Backend = { name: 'none', compile: () => E.left(unable), loop: () => E.left(unable) }
    const kept: Trial[] = []
    const keep = (t: Trial): TaskEither<never, void> => {
      kept.push(t)
      return () => Promise.resolve(E.right(undefined))
    }
    const r = await search(studyOf(zoomed), { runner: inProcess(broken), keep })()
    expect(E.isLeft(r) ? showError(r.left) : '').toBe('trial 0/wasm: expected room, got none')
    expect(kept).toEqual([])
  })
  test('begins no trial after one that could not be carried out', async () => {
    let ran = 0
    const dying: Runner = () => async () => {
      await new Promise(resolve => setTimeout(resolve, 5 * ++ran))
      return E.left({ _tag: 'FileError', code: 'unusable-file', path: [], expected: '', got: 'a crash', hint: '' })
    }
    expect(E.isLeft(await search(studyOf(zoomed), { runner: dying, workers: 2 })())).toBe(true)
    expect(ran).toBe(2)
  })
  test('is broken off with an error where threads cannot be had', async () => {
    const crew = inThreads(1, { file: pathToFileURL(join(root, 'none.js')).href })
    const r = await search(studyOf(zoomed), { runner: crew.runner })()
    expect(E.isLeft(r) ? showError(r.left) : '').toMatch(
      /^trial 0\/search: expected a worker that runs the trial, got .*none\.js/
    )
    await crew.close()
  })
  test('does not count the wait for a thread as time taken', { timeout: 120_000 }, async () => {
    // two trials for one thread: the first never ends, the second waits until it is given up
    const file = fileOf({
      space: { count: { tag: 'choice', of: [100_000_000, 3] }, units: { tag: 'choice', of: [4] } },
      run: { ...irisStudy.run, optimizer: 'adam', stop: { tag: 'epochs', count: { $: 'count' } } },
      sampler: { tag: 'grid', points: 2 },
      timeout: 3
    })
    const crew = inThreads(1, { file: built })
    const { trials } = await found(file, { workers: 2, runner: crew.runner })
    await crew.close()
    expect(trials.map(t => t.outcome.tag)).toEqual(['timedOut', 'scored'])
  })
  test('gives up a trial that takes too long, and keeps that', { timeout: 120_000 }, async () => {
    const slow = fileOf({
      run: { ...irisStudy.run, stop: { tag: 'epochs', count: 100_000_000 } },
      budget: 2,
      timeout: 1
    })
    const folder = fresh()
    const crew = inThreads(2, { file: built })
    const kept = await ok(openStudyFolder(folderAt(folder), slow))
    const { trials } = await found(slow, { workers: 2, runner: crew.runner, ...kept })
    await crew.close()
    const expected: readonly TrialOutcome[] = Array.from({ length: 2 }, () => ({ tag: 'timedOut', seconds: 1 }))
    expect(trials.map(t => t.outcome)).toEqual(expected)
    // gone on with, it is not tried again
    const never: Runner = () => () => Promise.reject(new Error('it was tried again'))
    const again = await ok(openStudyFolder(folderAt(folder), slow))
    expect((await found(slow, { runner: never, ...again })).trials.map(t => t.outcome)).toEqual(expected)
  })
})

describe('what it shows', () => {
  test('tables, a plot for each dimension, and one page that needs nothing else', async () => {
    const f = await found(zoomed)
    const text = studyTablesText(f)
    for (const name of ['rate', 'units', 'importance', 'trial', 'round']) expect(text).toContain(name)
    const plots = studyPlots(f)
    expect(Object.keys(plots)).toEqual(['rate', 'units'])
    for (const svg of Object.values(plots)) {
      expect(svg.match(/<title>/g)).toHaveLength(f.trials.length)
      expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    }
    const html = studyHtml(f, '<script>alert(1)</script>')
    expect(html).not.toContain('<script')
    expect(html).not.toMatch(/src="|href="(?!#)/)
  })
})
