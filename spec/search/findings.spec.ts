/** Studies that cannot be carried out are Left, and those that can are: nothing throws, hangs or goes on with nonsense. */
import { describe, expect, it } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { iris } from '../../src/data/reader/iris.js'
import { dense } from '../../src/layer/dense.js'
import { input, modelData } from '../../src/layer/model.js'
import {
  checkStudy,
  choice,
  gridSearch,
  halving,
  inProcess,
  inThreads,
  ordered,
  search,
  sobolSearch,
  space,
  study,
  studyMetric,
  studyTablesText,
  sumAtMost,
  uniform,
  variants,
  zoom,
  type RunOptions
} from '../../src/search.js'
import { accuracy } from '../../src/train/metric/index.js'
import { softmaxCrossEntropy } from '../../src/train/loss/index.js'
import { sgd } from '../../src/train/optimizer/index.js'
import { epochs, steps } from '../../src/train/stop/index.js'
import { left, right } from '../support/either.js'

const run = (more: Partial<RunOptions> = {}): RunOptions => ({
  data: iris(),
  validation: { tag: 'stratified', fraction: 0.7 },
  model: modelData(input(4), dense(3)),
  loss: softmaxCrossEntropy,
  optimizer: sgd(0.1),
  stop: epochs(1),
  ...more
})
const plain = { space: space({ a: uniform(0, 1) }), run: () => run(), budget: 2 }
const square = (bound: number) => space({ a: uniform(0, 1), b: uniform(0, 1) }, sumAtMost(bound, 'a', 'b'))
const runner = inProcess(wasm)

describe('sobol', () => {
  it.each([4, 8, 16, 30])('passes over points that break a constraint (%d trials)', async budget => {
    const found = right(
      await search(study({ ...plain, space: square(0.5), sampler: sobolSearch, budget }), { runner })()
    )
    const settings = found.trials.map(t => t.settings)
    expect(settings).toHaveLength(budget)
    expect(settings.every(({ a, b }) => a + b <= 0.5)).toBe(true)
    expect(new Set(settings.map(s => JSON.stringify(s))).size).toBe(budget)
  })
})

describe('is refused', () => {
  const refused: readonly (readonly [string, Parameters<typeof study>[0], string | RegExp])[] = [
    [
      'halving of halving',
      { ...plain, sampler: halving([1], { of: halving([1]) }) },
      'sampler/of: expected a sampler that proposes settings, got halving'
    ],
    [
      'a grid without a point that meets the constraints',
      {
        ...plain,
        space: space({ a: uniform(0.5, 1), b: uniform(0.5, 1) }, sumAtMost(0.5, 'a', 'b')),
        sampler: gridSearch(2),
        budget: 8
      },
      /^sampler\/constraints: expected constraints that a point of the grid meets, got none/
    ],
    [
      'a grid of more points than anybody has time for',
      { ...plain, sampler: gridSearch(1e10) },
      /points: expected a whole number from 1 to 10000/
    ],
    [
      'a budget without end',
      { ...plain, budget: 1e15 },
      'budget: expected at most 1000000 trials, got 1000000000000000'
    ],
    [
      'a metric that is not the loss, without a goal',
      { ...plain, run: () => run({ metrics: [accuracy] }), metric: studyMetric('accuracy', {} as never) },
      'metric/goal: expected one of min, max: which values are better, got nothing'
    ],
    [
      'a goal that is none',
      { ...plain, metric: studyMetric('loss', { goal: 'minimum' as never }) },
      /^metric\/goal: expected /
    ],
    [
      'a wrong run, whatever the constraints leave of the middle and the ends',
      {
        ...plain,
        space: space({ a: uniform(0.1, 1), b: uniform(0, 0.9) }, ordered('a', 'b')),
        run: () => run({ optimizer: sgd(-1) })
      },
      'run/optimizer/rate: expected a number above 0, got -1'
    ]
  ]
  it.each(refused)('%s', (_, options, told) => {
    const said = left(checkStudy(study(options)))
    if (typeof told === 'string') expect(said).toBe(told)
    else expect(said).toMatch(told)
  })
  it.each([NaN, 0, -1, 1.5, Infinity, 1000])('%d workers', async workers => {
    const told = `workers: expected a whole number from 1 to 256, got ${workers}`
    expect(left(await search(study(plain), { runner, workers })())).toBe(told)
    const crew = inThreads(workers)
    expect(left(await search(study(plain), { runner: crew.runner })())).toBe(told)
    await crew.close()
  })
})

describe('goes on', () => {
  it('with options that are undefined', () => {
    expect(study({ ...plain, metric: undefined as never, zoom: undefined as never }).metric.name).toBe('loss')
  })
  it('when the run of a trial throws', async () => {
    const wild = study({
      ...plain,
      budget: 12,
      run: ({ a }) => {
        if (a > 0.6 && a < 0.98) throw new Error('mine')
        return run()
      }
    })
    const { trials } = right(await search(wild, { runner })())
    const failed = trials.filter(t => t.outcome.tag === 'failed')
    expect(failed.length).toBeGreaterThan(0)
    expect(trials.length - failed.length).toBeGreaterThan(0)
    expect(failed.every(t => 'message' in t.outcome && t.outcome.message.includes('mine'))).toBe(true)
  })
  it('and says what a run without a whole epoch lacks', async () => {
    const { trials } = right(await search(study({ ...plain, run: () => run({ stop: steps(2) }) }), { runner })())
    expect(trials[0]?.outcome).toEqual({
      tag: 'failed',
      message: 'loss: expected a whole epoch, got 2 steps; stop later'
    })
  })
})

describe('tables', () => {
  it('name variants, quote what could be another thing, and stay on their lines', async () => {
    const s = study({
      ...plain,
      space: space({ opt: variants({ one: {}, two: { rate: uniform(0, 1) } }), word: choice(1, '1', 'x\ny') }),
      zoom: zoom(1)
    })
    const text = studyTablesText(right(await search(s, { runner })()))
    const [, , first] = text.split('\n')
    expect(first).toContain('one, two')
    expect(first).toContain('1, "1", x y')
  })
})
