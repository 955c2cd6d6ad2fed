import { shortCodecsOf } from '../../src/run/shorthand.js'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plan } from '../../src/search/plan.js'
import { boolean, choice, integer, logUniform, uniform, variants } from '../../src/search/dimension/index.js'
import { zoom } from '../../src/search/narrow.js'
import { directions } from '../../src/search/sampler/directions.js'
import {
  gridSearch,
  halving,
  randomSearch,
  samplers,
  sobolSearch,
  tpe,
  type Sampler
} from '../../src/search/sampler/index.js'
import { sobolWord } from '../../src/search/sampler/sobol.js'
import { contains, space, type SettingsOf, type Space } from '../../src/search/space.js'
import { study, type Study } from '../../src/search/study.js'
import type { Job, Trial } from '../../src/search/trial.js'
import { ordered } from '../../src/search/constraint.js'
import { scored } from './helpers.js'
import { right } from '../support/either.js'

const square = space({ x: uniform(0, 1), y: uniform(0, 1) })
const studyOf = <S extends Space>(s: S, sampler: Sampler, budget: number, rounds = 1): Study<S> =>
  study({
    space: s,
    run: () => {
      throw new Error('a plan makes no run')
    },
    budget,
    sampler,
    zoom: zoom(rounds, { keep: 3 }),
    seed: 7
  })

/** runs a whole study on a function, the jobs of a plan finishing in any order; the table it comes to */
const table = <S extends Space>(
  s: Study<S>,
  f: (settings: SettingsOf<S>, epochs: number) => number,
  shuffle: (jobs: readonly Job<SettingsOf<S>>[]) => readonly Job<SettingsOf<S>>[] = jobs => jobs
): readonly Trial<SettingsOf<S>>[] => {
  let trials: readonly Trial<SettingsOf<S>>[] = []
  for (;;) {
    const { jobs } = right(plan(s, trials))
    if (jobs.length === 0) return trials
    const finished = shuffle(jobs).map(job => ({ ...job, outcome: scored(f(job.settings, job.epochs ?? 100)) }))
    trials = [...trials, ...finished.sort((a, b) => a.index - b.index)]
  }
}
const bowl = ({ x, y }: SettingsOf<typeof square>, epochs: number): number =>
  (x - 0.3) * (x - 0.3) + (y - 0.8) * (y - 0.8) + 1 / epochs

describe('every sampler', () => {
  const cases = Object.values(samplers).flatMap(kind => kind.samples.map(s => [JSON.stringify(s), s] as const))
  const s = space(
    { a: integer(0, 5), b: integer(0, 5), on: boolean(), v: variants({ p: { x: uniform(0, 1) }, q: {} }) },
    ordered('a', 'b')
  )
  test.each(cases)('%s proposes settings of the space, comes to an end, and has no memory', (_, sampler) => {
    const of = studyOf(s, sampler, 150, 2)
    const value = ({ a, b, on }: SettingsOf<typeof s>): number => (a * 7 + b * 3 + (on ? 1 : 0)) % 11
    const first = table(of, value)
    expect(first.length).toBeGreaterThan(0)
    const { rounds } = right(plan(of, first))
    for (const t of first) expect(contains(rounds[t.round]?.space as Space, t.settings)).toBe(true)
    expect(first.map(t => t.index)).toEqual(first.map((_, i) => i))
    expect(table(of, value)).toEqual(first)
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), numbers => {
        const byNumber = <A>(jobs: readonly A[]): readonly A[] =>
          jobs
            .map(job => [numbers.next().value as number, job] as const)
            .sort((p, q) => p[0] - q[0])
            .map(([, job]) => job)
        expect(table(of, value, byNumber)).toEqual(first)
      }),
      { numRuns: 5 }
    )
  })
  test.each(cases)('%s goes to JSON and back', (_, sampler) => {
    const codec = shortCodecsOf({ samplers }).sampler
    expect(codec.decode(JSON.parse(JSON.stringify(codec.encode(sampler))))).toEqual(E.right(sampler))
  })
})

describe('random', () => {
  test('a trial is a function of the seed and its index: a larger budget changes no earlier one', () => {
    const few = table(studyOf(square, randomSearch, 5), bowl)
    expect(table(studyOf(square, randomSearch, 9), bowl).slice(0, 5)).toEqual(few)
  })
})

describe('grid', () => {
  test('has every combination', () => {
    const s = space({ x: uniform(0, 1), fn: choice('relu', 'tanh'), v: variants({ p: { n: integer(1, 2) }, q: {} }) })
    const settings = table(studyOf(s, gridSearch(3), 50), () => 0).map(t => t.settings)
    expect(settings.length).toBe(3 * 2 * 3)
    expect(settings[0]).toEqual({ x: 0, fn: 'relu', v: { tag: 'p', n: 1 } })
    expect(settings[17]).toEqual({ x: 1, fn: 'tanh', v: { tag: 'q' } })
  })
})

describe('sobol', () => {
  test('the first points are the published ones', () => {
    const point = (i: number): readonly number[] => [0, 1, 2].map(d => sobolWord(i, d) / 2 ** 32)
    expect([0, 1, 2, 3, 4].map(point)).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.25, 0.75, 0.75],
      [0.75, 0.25, 0.25],
      [0.125, 0.625, 0.375]
    ])
  })
  test.each(directions.map((_, d) => d))('coordinate %i meets each of 256 stretches once in 256 points', d => {
    const stretches = Array.from({ length: 256 }, (_, i) => sobolWord(i + 512, d) >>> 24)
    expect(new Set(stretches).size).toBe(256)
  })
  test('16 points meet each of 4 x 4 squares once, wherever the round shifts them', () => {
    const done = table(studyOf(square, sobolSearch, 16), bowl)
    expect(new Set(done.map(({ settings: { x, y } }) => `${Math.floor(4 * x)} ${Math.floor(4 * y)}`)).size).toBe(16)
  })
})

describe('halving', () => {
  const done = table(studyOf(square, halving([1, 3], { keep: 0.5 }), 8), bowl)
  test('trains all for the first rung, the better half for the next, the better half of those to the end', () => {
    expect(done.map(t => t.epochs)).toEqual([
      ...Array<number>(8).fill(1),
      ...Array<number>(4).fill(3),
      undefined,
      undefined
    ])
  })
  test('goes on with settings and seeds', () => {
    for (const t of done.slice(8)) {
      const { settings, seed } = done[t.origin] as Trial
      expect([t.settings, t.seed]).toEqual([settings, seed])
    }
  })
  test('goes on with the best, in the order of their indexes', () => {
    const best = [...done.slice(0, 8)].sort((a, b) => bowl(a.settings, 1) - bowl(b.settings, 1)).slice(0, 4)
    expect(done.slice(8, 12).map(t => t.origin)).toEqual(best.map(t => t.index).sort((a, b) => a - b))
  })
  test.each([1, 2, 3])('tries as many settings as the budget says, in %d rounds', rounds => {
    for (const budget of [6, 7, 20]) {
      const all = table(studyOf(square, halving([1, 3], { keep: 0.5 }), budget, rounds), bowl)
      expect(new Set(all.map(t => t.origin)).size).toBe(budget)
      expect(all.length).toBeGreaterThan(budget)
    }
  })
  test('equally good ones go on by their indexes', () => {
    const even = table(studyOf(square, halving([1]), 9), () => 1)
    expect(even.slice(9).map(t => t.origin)).toEqual([0, 1, 2])
  })
})

describe('rounds', () => {
  const of = studyOf(square, randomSearch, 30, 3)
  test('share the budget', () => {
    expect(table(of, bowl).map(t => t.round)).toEqual([0, 1, 2].flatMap(r => Array<number>(10).fill(r)))
  })
  test('search what the ones before narrowed', () => {
    const done = table(of, bowl)
    const { rounds } = right(plan(of, done))
    expect(rounds.length).toBe(3)
    for (const t of done) expect(contains(rounds[t.round]?.space as Space, t.settings)).toBe(true)
    const width = (s: Space | undefined): number => {
      const x = s?.dimensions['x']
      return x?.tag === 'uniform' ? x.upper - x.lower : NaN
    }
    expect(width(rounds[2]?.space)).toBeLessThan(width(rounds[0]?.space))
    expect(rounds[1]?.rationale.map(r => r.path)).toEqual(['x', 'y'])
  })
})

describe('the Parzen estimator', () => {
  const wide = space({ rate: logUniform(1e-6, 10), decay: logUniform(1e-6, 10), fn: choice('relu', 'tanh', 'gelu') })
  /** best near a rate of 0.05, with any decay below 1e-3, and relu */
  const loss = ({ rate, decay, fn }: SettingsOf<typeof wide>): number => {
    const off = Math.log10(rate / 0.05)
    return off * off + Math.max(0, Math.log10(decay / 1e-3)) + (fn === 'relu' ? 0 : 0.5)
  }
  const seeds = Array.from({ length: 20 }, (_, seed) => seed)
  const best = (sampler: Sampler): readonly number[] =>
    seeds.map(seed => Math.min(...table({ ...studyOf(wide, sampler, 50), seed }, loss).map(t => loss(t.settings))))
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

  test('begins as random search does, and then finds better settings than it', () => {
    const at = studyOf(wide, tpe(), 50)
    expect(table(at, loss).slice(0, 10)).toEqual(table(studyOf(wide, randomSearch, 10), loss))
    const [drawn, learnt] = [best(randomSearch), best(tpe())]
    expect(mean(learnt)).toBeLessThan(mean(drawn) / 2)
    expect(seeds.filter(s => (learnt[s] as number) < (drawn[s] as number)).length).toBeGreaterThan(13)
  })
  test('learns from trials without a value what is bad', () => {
    let trials: readonly Trial<SettingsOf<typeof wide>>[] = []
    const s = studyOf(wide, tpe(), 60)
    for (;;) {
      const { jobs } = right(plan(s, trials))
      if (jobs.length === 0) break
      // everything above 0.1 diverges
      trials = [
        ...trials,
        ...jobs.map(job => ({
          ...job,
          outcome:
            job.settings.rate > 0.1 ? ({ tag: 'diverged', step: 1, message: '' } as const) : scored(loss(job.settings))
        }))
      ]
    }
    const diverged = (from: number, to: number): number =>
      trials.slice(from, to).filter(t => t.outcome.tag === 'diverged').length / (to - from)
    expect(diverged(30, 60)).toBeLessThan(diverged(0, 10) + 0.05)
    expect(trials.filter(t => t.outcome.tag === 'scored').length).toBeGreaterThan(40)
  })
})
