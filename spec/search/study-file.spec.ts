/** Studies that are wrong: each is a Left whose message names the place. The messages are API. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { filled, parseStudyFile, showStudyFile, studyOf } from '../../src/search/study-file.js'
import { runOf, trialSeed } from '../../src/search/study.js'
import { irisStudy } from './helpers.js'
import { left, right } from '../support/either.js'

const edit = (fields: object): string => JSON.stringify({ ...irisStudy, ...fields })
const rate = (dimension: object): string => edit({ space: { ...irisStudy.space, rate: dimension } })
const units = (...of: readonly unknown[]): string =>
  edit({ space: { ...irisStudy.space, units: { tag: 'choice', of } } })
const run = (fields: object): string => edit({ run: { ...irisStudy.run, ...fields } })

const texts: Readonly<Record<string, string>> = {
  'no record': '[]',
  'an unknown field': edit({ trials: 3 }),
  'an empty space': edit({ space: {} }),
  'an unknown dimension': rate({ tag: 'normal', mean: 0 }),
  'an empty choice': units(),
  'a choice of the same': units(4, 4),
  'no variants': edit({ space: { ...irisStudy.space, units: { tag: 'variants', of: {} } } }),
  'a lower bound above the upper': rate({ tag: 'logUniform', lower: 1, upper: 0.1 }),
  'a bound that is no number': rate({ tag: 'uniform', lower: 'a', upper: 1 }),
  'the logarithm of 0': rate({ tag: 'logUniform', lower: 0, upper: 1 }),
  'the logarithm of a negative number': rate({ tag: 'logUniform', lower: -1, upper: 1 }),
  'a limit inside the range': rate({ tag: 'uniform', lower: 0.1, upper: 1, most: 0.5 }),
  'a bound that is not whole': rate({ tag: 'integer', lower: 0.5, upper: 1 }),
  'a name that is no label': edit({ space: { ...irisStudy.space, 'a/b': { tag: 'boolean' } } }),
  'the name of an inherited field': edit({ space: { ...irisStudy.space, toString: { tag: 'boolean' } } }),
  'a constraint on what is not there': edit({ constraints: [{ tag: 'ordered', names: ['rate', 'width'] }] }),
  'a constraint on nothing': edit({ constraints: [{ tag: 'ordered', names: [] }] }),
  'an unknown metric': edit({ metric: { name: 'f1', goal: 'max' } }),
  'a metric of no direction': edit({ metric: 'accuracy' }),
  'a metric of a part that the run has not': edit({
    run: Object.fromEntries(Object.entries(irisStudy.run).filter(([k]) => k !== 'validation'))
  }),
  'a budget of nothing': edit({ budget: 0 }),
  'half a budget': edit({ budget: 1.5 }),
  'fewer trials than rounds': edit({ budget: 2, zoom: { rounds: 3 } }),
  'no round': edit({ zoom: { rounds: 0 } }),
  'nothing kept': edit({ zoom: { rounds: 2, keep: 0 } }),
  'a margin of everything': edit({ zoom: { rounds: 2, margin: 1 } }),
  'a seed beyond 32 bits': edit({ seed: 2 ** 32 }),
  'an unknown sampler': edit({ sampler: 'grids' }),
  'a grid beyond the budget': edit({ sampler: { tag: 'grid', points: 3 } }),
  'rungs that fall': edit({ sampler: { tag: 'halving', rungs: [3, 1] } }),
  'a grid in halving beyond the budget': edit({
    sampler: { tag: 'halving', rungs: [1], of: { tag: 'grid', points: 5 } }
  }),
  'a time-out of no time': edit({ timeout: 0 }),
  'a hole without a dimension': run({ batchSize: { $: 'batch' } }),
  'a hole with something else in it': run({ batchSize: { $: 'units', size: 3 } }),
  'a hole that is no name': run({ batchSize: { $: 3 } }),
  'a dimension without a hole': run({ optimizer: 'adam' }),
  'a run that is no record': edit({ run: ['iris'] }),
  'a run with an unknown field': run({ epochs: 3 }),
  'a run with an unknown optimizer': run({ optimizer: { tag: 'adm', rate: { $: 'rate' } } }),
  'a value that the run refuses': units(4, 'wide'),
  'an end of a range that the run refuses': rate({ tag: 'uniform', lower: -1, upper: 1 }),
  'shapes that do not fit': run({
    model: { input: [4], layers: [{ tag: 'reshape', shape: [{ $: 'units' }] }] }
  })
}

describe('a bad study', () => {
  test.each(Object.entries(texts))('%s', (_, text) => {
    const shown = left(parseStudyFile(text))
    expect(shown).toMatch(/^\$/)
    // the names of members grow
    expect(shown.replace(/(?<=one of )[\w, ]+(?=, got)/, '...')).toMatchSnapshot()
  })
})

describe('a study file', () => {
  const file = right(parseStudyFile(JSON.stringify(irisStudy)))
  test('says what was left out', () => {
    expect(file).toMatchObject({
      metric: { name: 'loss', part: 'validation', epoch: 'last', goal: 'min' },
      sampler: { tag: 'random' },
      zoom: { rounds: 1 },
      constraints: []
    })
  })
  test('is written and read', () => expect(right(parseStudyFile(showStudyFile(file)))).toEqual(file))
  test('fills its holes, wherever they are', () => {
    const hole = { $: 'rate' }
    expect(filled([{ a: hole, b: [hole, 1] }, 'x', null], { rate: { tag: 'deep', of: [1] } })).toEqual([
      { a: { tag: 'deep', of: [1] }, b: [{ tag: 'deep', of: [1] }, 1] },
      'x',
      null
    ])
  })
  test('makes runs that are complete in themselves: their own seed, the parts of the data by the seed of the study', () => {
    const job = { index: 3, round: 0, origin: 3, settings: { rate: 0.1, units: 8 }, seed: trialSeed(1, 3) }
    const made = runOf(studyOf(file), { ...job, epochs: 2 })
    expect(E.isRight(made) && made.right).toMatchObject({
      seed: trialSeed(1, 3),
      validation: { tag: 'stratified', seed: 5 },
      optimizer: { tag: 'adam', rate: 0.1 },
      stop: { tag: 'anyOf', rules: [{ count: 3 }, { count: 2 }] }
    })
  })
  test('seeds of trials are all different, and another study has others', () => {
    const seeds = [0, 1].flatMap(s => Array.from({ length: 1000 }, (_, i) => trialSeed(s, i)))
    expect(new Set(seeds).size).toBe(2000)
  })
})
