/** A run with many seeds, and cross-validation, as studies: the same numbers as the runs alone; mean, spread and interval. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { exampleCount, type Dataset } from '../../src/data/dataset.js'
import { trainRun } from '../../src/run/execute.js'
import { openRun } from '../../src/run/open.js'
import { parseRunFile, type RunFile } from '../../src/run/run-file.js'
import { score } from '../../src/train/score.js'
import {
  checkStudyFile,
  foldsStudy,
  inProcess,
  parseStudyFile,
  runOf,
  search,
  seedsStudy,
  showStudyFile,
  studyOf,
  summaries,
  summaryText,
  type StudyFile
} from '../../src/search.js'
import { answerText, messageOf, outcomeOf, receive } from '../../src/search/runner/queue/message.js'
import { studentQuantile } from '../../src/search/summary.js'
import { trialCodec, type Trial } from '../../src/search/trial.js'
import { numbersOf } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { irisStudy } from './helpers.js'

const runWith = (more: object): RunFile =>
  right(
    parseRunFile(
      JSON.stringify({
        ...irisStudy.run,
        split: { tag: 'stratified', fraction: 0.8 },
        model: { input: [4], layers: [{ tag: 'dense', units: 3 }] },
        optimizer: 'adam',
        ...more
      })
    )
  )
const trialsOf = async (file: StudyFile): Promise<readonly Trial[]> =>
  right(await search(studyOf(file), { runner: inProcess(wasm) })()).trials
const scoresOf = (t: Trial | undefined): unknown => (t?.outcome.tag === 'scored' ? t.outcome.scores : t?.outcome)

describe('a run with many seeds', () => {
  test('has seeds that do not wrap: the last one may be the largest of 32 bits', () => {
    const last = 4294967295
    expect(seedsStudy(runWith({ seed: last - 2 }), 3)).toMatchObject({
      right: { space: { seed: { of: [last - 2, last - 1, last] } } }
    })
    expect(left(seedsStudy(runWith({ seed: last - 1 }), 3))).toBe(
      'seed: expected a seed of at most 4294967293, so that 3 seeds follow one another up to 4294967295, got 4294967294; give the run a smaller seed'
    )
  })
  test.each([{}, { keepBest: true, optimizer: { tag: 'adam', rate: 0.9 } }])(
    'has the scores of its runs trained alone, on the same parts of the data (%j)',
    async more => {
      const run = runWith(more)
      const found = await trialsOf(right(seedsStudy(run, 2)))
      expect(found.map(t => [t.settings['seed'], t.seed])).toEqual([5, 6].map(s => [s, s]))
      const opened = right(
        await pipe(
          openRun({
            ...run,
            ...{ seed: 6, split: { tag: 'stratified', fraction: 0.8, seed: 5 } },
            validation: { tag: 'stratified', fraction: 0.8, seed: 5 }
          })
        )()
      )
      const { executed, state } = right(trainRun(opened, { backend: wasm }))
      const kept = executed.best ?? executed
      const validation = right(score(opened.training, state, opened.datasets.validation as Dataset, { backend: wasm }))
      const flat = (part: string, s: { readonly loss: number; readonly metrics: object } | undefined) =>
        Object.fromEntries(
          Object.entries({ loss: s?.loss, ...s?.metrics }).map(([k, v]) => [`${part}/${k}`, v as number])
        )
      expect(scoresOf(found[1])).toEqual({
        ...flat('train', kept.train),
        ...flat('validation', validation),
        ...flat('test', kept.test)
      })
    }
  )
  test('has metrics in the units of the data where targets are scaled, as a single run', async () => {
    const y = [100, 300, 500, 700, 900, 1100]
    const run = right(
      parseRunFile(
        JSON.stringify({
          data: { tag: 'arrays', train: { x: y.map((_, i) => [i / 6]), y: y.map(v => [v]) } },
          normaliseTargets: 'standardise',
          model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
          ...{ loss: 'meanSquaredError', optimizer: { tag: 'sgd', rate: 0.01 }, batchSize: 6 },
          ...{ stop: { tag: 'steps', count: 1 }, metrics: ['rmse', 'r2'] }
        })
      )
    )
    const [, second] = await trialsOf(right(seedsStudy(run, 2)))
    const opened = right(await openRun({ ...run, seed: 1 })())
    const { train } = right(trainRun(opened, { backend: wasm })).executed
    const scale = opened.datasets.scalings?.targets?.scale?.[0] as number
    // the deviation of the targets, 100 sqrt(35 / 3)
    expect(1 / scale).toBeCloseTo(341.565, 3)
    expect(scoresOf(second)).toEqual({
      'train/loss': train.loss,
      'train/rmse': (train.metrics['rmse'] as number) * Math.abs(1 / scale),
      'train/r2': train.metrics['r2']
    })
  })
  test('is a study file that is read and written', () => {
    const file = right(seedsStudy(runWith({ seed: 0xfffffffd }), 3))
    expect(right(parseStudyFile(showStudyFile(file)))).toEqual(file)
    expect(E.isRight(checkStudyFile(file))).toBe(true)
  })
  test('travels over a queue with all its scores', async () => {
    const file = right(seedsStudy(runWith({}), 2))
    const study = studyOf(file)
    const [first] = await trialsOf(file)
    const { id, text } = messageOf(right(runOf(study, first as Trial)), study)
    expect(right(receive(text)).study.metric).toEqual(study.metric)
    const { outcome } = first as Trial
    expect(outcomeOf(id, answerText(id, outcome))).toEqual(outcome)
    expect(right(trialCodec.decode(JSON.parse(JSON.stringify(trialCodec.encode(first as Trial)))) as never)).toEqual(
      first
    )
  })
  test('without a validation part compares the training loss', async () => {
    const { validation: _, ...run } = runWith({})
    const file = right(seedsStudy(run as RunFile, 2))
    expect(file.metric).toMatchObject({ name: 'loss', part: 'train' })
    expect(Object.keys(scoresOf((await trialsOf(file))[0]) as object)).toEqual([
      ...['train/loss', 'train/accuracy'],
      ...['test/loss', 'test/accuracy']
    ])
  })
})

describe('cross-validation', () => {
  const parts = (more: object, k: number) => {
    const study = studyOf(right(foldsStudy(runWith(more), k)))
    return Promise.all(
      Array.from({ length: k }, async (_, fold) => {
        const run = right(runOf(study, { index: fold, round: 0, origin: fold, settings: { fold }, seed: 5 }))
        return right(
          await pipe(
            openRun(run as RunFile),
            TE.map(({ datasets }) => datasets)
          )()
        )
      })
    )
  }
  test('validates on each example once, with equal shares of the classes', async () => {
    const all = await parts({ split: undefined, normalise: undefined }, 5)
    expect(all.map(d => [exampleCount(d.train), exampleCount(d.validation as Dataset)])).toEqual(
      Array.from({ length: 5 }, () => [120, 30])
    )
    for (const { validation } of all) {
      const labels = [...numbersOf((validation as Dataset).y.tensor)]
      expect([0, 1, 2].map(c => labels.filter(l => l === c).length)).toEqual([10, 10, 10])
    }
    const rows = (d: Dataset): readonly string[] => {
      const x = [...numbersOf(d.x.tensor)]
      return Array.from({ length: x.length / 4 }, (_, i) => x.slice(4 * i, 4 * i + 4).join())
    }
    const whole = all[0] as (typeof all)[number]
    expect(all.flatMap(d => rows(d.validation as Dataset)).sort()).toEqual(
      [...rows(whole.train), ...rows(whole.validation as Dataset)].sort()
    )
  })
  test('leaves the test part as it is, and other folds than of equal shares too', async () => {
    const all = await parts({ validation: undefined }, 3)
    const tests = all.map(d => [...numbersOf((d.test as Dataset).x.tensor)].length)
    expect(new Set(tests).size).toBe(1)
    expect(all.map(d => exampleCount(d.validation as Dataset))).toEqual([40, 40, 40])
  })
  test('trains each fold with the seed of the run', async () => {
    const found = await trialsOf(right(foldsStudy(runWith({}), 3)))
    expect(found.map(t => [t.settings['fold'], t.seed])).toEqual([0, 1, 2].map(f => [f, 5]))
    expect(summaries(found).map(s => [s.name, s.count])).toEqual(
      ['train', 'validation', 'test'].flatMap(p => [
        [`${p}/loss`, 3],
        [`${p}/accuracy`, 3]
      ])
    )
  })
})

test.each([1, 0, 1001, 2.5, NaN, Infinity])('%d seeds and folds are refused', n => {
  const told = (name: string): string => `${name}: expected a whole number from 2 to 1000, got ${n}`
  expect(left(seedsStudy(runWith({}), n))).toBe(told('seeds'))
  expect(left(foldsStudy(runWith({}), n))).toBe(told('folds'))
})
test('a fold that does not exist is refused at its place', async () => {
  const run = runWith({ validation: { tag: 'fold', folds: 3, index: 3 } })
  expect(left(await openRun(run)())).toBe('validation/index: expected the number of a fold, from 0 to 2, got 3')
})

describe('summaries', () => {
  const trial = (scores: Readonly<Record<string, number>> | undefined, index = 0): Trial => ({
    ...{ index, round: 0, origin: index, settings: {}, seed: 0 },
    outcome:
      scores === undefined
        ? { tag: 'diverged', step: 1, message: '' }
        : { tag: 'scored', value: 0, epoch: 1, step: 1, reason: '', scores }
  })
  // scipy 1.10.1, scipy.stats.t.ppf(0.975, f), which is right to 11 digits
  test.each([
    [1, 12.706204736432095],
    [2, 4.302652729911275],
    [3, 3.182446305284263],
    [4, 2.7764451051977987],
    [9, 2.2621571627409915],
    [19, 2.093024054408263],
    [30, 2.0422724563012373],
    [99, 1.9842169515086827],
    [999, 1.9623414611334487]
  ])('take the interval of Student with %d degrees of freedom', (f, t) => {
    expect(Math.abs(studentQuantile(0.95, f) / t - 1)).toBeLessThan(1e-10)
  })
  test('whose ends have closed forms with 1 and 2 degrees of freedom', () => {
    expect(studentQuantile(0.95, 1)).toBeCloseTo(12.706204736174705, 12) // tan(0.475 pi)
    expect(studentQuantile(0.95, 2)).toBeCloseTo(0.95 * Math.sqrt(2 / 0.0975), 13)
  })
  test('are mean, standard deviation and interval; trials without a value are left out', () => {
    const found = summaries([...[1, 2, 3, 4].map(x => trial({ 'test/loss': x })), trial(undefined)])
    const half = (3.182446305284263 * Math.sqrt(5 / 3)) / 2
    expect(found).toEqual([
      {
        ...{ name: 'test/loss', count: 4, mean: 2.5, deviation: Math.sqrt(5 / 3), min: 1, max: 4 },
        interval: [expect.closeTo(2.5 - half, 12), expect.closeTo(2.5 + half, 12)]
      }
    ])
    expect(summaryText([trial({ 'test/loss': 1 }), trial({ 'test/loss': 2 }), trial({ 'test/loss': 3 })])).toBe(
      [
        '| score     | trials | mean | spread | 95 % interval of the mean | min | max |',
        '| --------- | ------ | ---- | ------ | ------------------------- | --- | --- |',
        '| test/loss | 3      | 2    | 1      | -0.4841 .. 4.484          | 1   | 3   |'
      ].join('\n')
    )
  })
  test('of one number have no spread, of none are none, in the order of parts', () => {
    expect(summaries([trial({ 'test/a': 1, 'train/b': 2, 'train/loss': 3 })]).map(s => [s.name, s.deviation])).toEqual([
      ['train/loss', undefined],
      ['train/b', undefined],
      ['test/a', undefined]
    ])
    expect(summaries([trial(undefined)])).toEqual([])
  })
})
