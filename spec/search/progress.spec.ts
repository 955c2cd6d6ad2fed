import * as TE from 'fp-ts/lib/TaskEither.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plan } from '../../src/search/plan.js'
import { arrayText, progressOf } from '../../src/search/result.js'
import { parseStudyFile, studyOf } from '../../src/search/study-file.js'
import type { Job, Trial } from '../../src/search/trial.js'
import { right } from '../support/either.js'
import { irisStudy, scored } from './helpers.js'

const samplers = [
  'random',
  { tag: 'sobol' },
  { tag: 'tpe', batch: 4 },
  { tag: 'halving', rungs: [1], keep: 0.5 }
] as const

describe.each(samplers.map(s => [typeof s === 'string' ? s : s.tag, s] as const))('a study with %s', (_, sampler) => {
  const study = studyOf(
    right(parseStudyFile(JSON.stringify({ ...irisStudy, sampler, budget: 12, zoom: { rounds: 2, keep: 2 } })))
  )
  const finish = (job: Job): Trial => ({ ...job, outcome: scored(Math.abs(Math.sin(1 + job.index))) })
  const progress = async (kept: ReadonlyMap<number, Trial>) =>
    right(await progressOf(study, ({ index }) => TE.right(kept.get(index)))())

  test('any order of its trials leads through the same rounds to the same end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async picks => {
        const kept = new Map<number, Trial>()
        for (;;) {
          const { missing, trials, open } = await progress(kept)
          // what is asked for is what the plan says of the complete rounds
          expect(open).toEqual(right(plan(study, trials)).jobs)
          if (missing.length === 0) break
          const job = missing[picks.next().value % missing.length] as Job
          kept.set(job.index, finish(job))
        }
        const { trials, open } = await progress(kept)
        expect(open).toEqual([])
        expect(trials.map(t => t.index)).toEqual(trials.map((_t, i) => i))
        expect(trials.length).toBe(kept.size)
      }),
      { numRuns: 5 }
    )
  })
  test('a trial of an earlier round that is missing or of other settings opens its round again', async () => {
    const kept = new Map<number, Trial>()
    for (let jobs = (await progress(kept)).missing; jobs.length > 0; jobs = (await progress(kept)).missing)
      for (const job of jobs) kept.set(job.index, finish(job))
    const first = kept.get(1) as Trial
    for (const changed of [undefined, { ...first, seed: first.seed + 1 }]) {
      const without = new Map(kept)
      if (changed === undefined) without.delete(1)
      else without.set(1, changed)
      const { missing, trials } = await progress(without)
      expect(missing.map(j => j.index)).toEqual([1])
      expect(trials).toEqual([])
    }
  })
})

describe('indexes as batch systems write them', () => {
  test.each([
    [[], ''],
    [[4], '4'],
    [[0, 1], '0-1'],
    [[0, 1, 2, 4, 7, 8], '0-2,4,7-8']
  ])('%j', (indexes, text) => expect(arrayText(indexes)).toBe(text))
  test('mean the same indexes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), some => {
        const indexes = [...some].sort((a, b) => a - b)
        const read = arrayText(indexes)
          .split(',')
          .filter(part => part !== '')
          .flatMap(part => {
            const [from, to] = part.split('-').map(Number) as [number, number?]
            return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i)
          })
        expect(read).toEqual(indexes)
      })
    )
  })
})
