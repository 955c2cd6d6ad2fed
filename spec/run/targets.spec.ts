/** Runs whose targets are scaled: a regression of prices near 300,000. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { applyScaling, fitScaling, undoScaling } from '../../src/data/normalise.js'
import { featureValues, type Dataset } from '../../src/data/dataset.js'
import { openRun, type OpenRun } from '../../src/run/open.js'
import { recordRun } from '../../src/run/record/recorder.js'
import { stateAt } from '../../src/run/record/replay.js'
import { verifyRecord } from '../../src/run/record/verify.js'
import { parseRunFile, type RunFile } from '../../src/run/run-file.js'
import { stateDigest } from '../../src/run/state.js'
import { score } from '../../src/train/score.js'
import { predict } from '../../src/infer/predict.js'
import { train } from '../../src/train/train.js'
import type { TrainState } from '../../src/train/state.js'
import type { Tensor } from '../../src/value/tensor.js'
import { folders, ok } from './record/folders.js'
import { left, right } from '../support/either.js'

const { fresh } = folders()

/** square metres and years -> a price */
const houses = Array.from({ length: 80 }, (_, i) => [60 + ((i * 37) % 101), (i * 23) % 61] as const)
const price = ([area, age]: readonly [number, number]): number => 120_000 + 2_000 * area - 1_000 * age + 10 * area * age
const prices = {
  seed: 3,
  data: { tag: 'arrays', train: { x: houses, y: houses.map(house => [price(house)]) } },
  split: 'random',
  validation: 'random',
  normalise: 'standardise',
  normaliseTargets: 'standardise',
  model: { input: [2], layers: [{ tag: 'dense', units: 8 }, 'tanh', { tag: 'dense', units: 1 }] },
  loss: 'meanSquaredError',
  optimizer: { tag: 'adam', rate: 0.02 },
  batchSize: 8,
  stop: { tag: 'epochs', count: 60 },
  metrics: ['rmse', 'mae', 'r2']
}
/** of the 80 houses 64 are not for the test, and of these 51 not for validation */
const epochSteps = 7
const read = (fields: object = {}): RunFile => right(parseRunFile(JSON.stringify({ ...prices, ...fields })))
const open = (fields: object = {}): Promise<OpenRun> => ok(openRun(read(fields)))
const unscaled = { normaliseTargets: undefined }

const trained = ({ training, datasets }: OpenRun, backend = wasm): TrainState =>
  right(
    train(training, { backend, ...(datasets.validation === undefined ? {} : { validation: datasets.validation }) })(
      datasets.train
    )
  ).state
const testPart = ({ datasets: { test } }: OpenRun): Dataset => {
  if (test === undefined) throw new Error('no test part')
  return test
}
const scores = (opened: OpenRun, state: TrainState) =>
  right(score(opened.training, state, testPart(opened), { backend: wasm })).metrics as Readonly<Record<string, number>>
/** of a test part in units of the data, whatever the run was trained on */
const errors = (opened: OpenRun, { params }: TrainState, raw: Dataset) => {
  const scaling = opened.datasets.scalings?.targets
  const outputs: Tensor = right(
    pipe(
      predict(opened.training.model, params as never, { backend: wasm })(featureValues(testPart(opened).x)),
      E.map(y => y as Tensor),
      E.chainW(y => (scaling === undefined ? E.right(y) : undoScaling(scaling, y)))
    )
  )
  const each = Array.from(featureValues(raw.y).data, (t, i) => (outputs.data[i] as number) - t)
  const mean = (f: (e: number) => number): number => each.reduce((sum, e) => sum + f(e), 0) / each.length
  return { rmse: Math.sqrt(mean(e => e * e)), mae: mean(Math.abs) }
}

describe('a run with scaled targets', () => {
  test('scales every part by what the training part says, and says what with', async () => {
    const [{ datasets }, { datasets: raw }] = [await open(), await open(unscaled)]
    const targets = right(fitScaling(raw.train, 'standardise', 'column', 'targets'))
    expect(datasets.scalings?.targets).toEqual(targets)
    expect(datasets.scalings).toEqual({ ...raw.scalings, targets })
    expect(datasets).toEqual({
      train: right(applyScaling(targets, raw.train)),
      test: right(applyScaling(targets, raw.test as Dataset)),
      validation: right(applyScaling(targets, raw.validation as Dataset)),
      scalings: datasets.scalings
    })
  })
  test('says nothing of scalings where it asks for none', async () =>
    expect((await open({ normalise: undefined, ...unscaled })).datasets).not.toHaveProperty('scalings'))

  test('comes to a small error where the same run without does not come near in as many epochs', async () => {
    const [scaled, plain] = [await open(), await open(unscaled)]
    const raw = testPart(plain)
    const near = errors(scaled, trained(scaled), raw).rmse
    const far = errors(plain, trained(plain), raw).rmse
    expect(near).toBeLessThan(6_000)
    expect(far).toBeGreaterThan(300_000)
  })

  test('scores in units of the scaled targets: divided by the scale they are errors of the outputs brought back', async () => {
    const opened = await open()
    const state = trained(opened)
    const scale = opened.datasets.scalings?.targets?.scale[0] as number
    const { rmse, mae } = errors(opened, state, testPart(await open(unscaled)))
    const scored = scores(opened, state)
    expect((scored['rmse'] as number) / scale / rmse).toBeCloseTo(1, 3)
    expect((scored['mae'] as number) / scale / mae).toBeCloseTo(1, 3)
  })

  test('repeats to the bit, on either backend, and as a record', async () => {
    const short = { stop: { tag: 'epochs', count: 3 } }
    const opened = await open(short)
    const state = stateDigest(trained(opened))
    expect(stateDigest(trained(await open(short), reference))).toBe(state)
    const folder = fresh()
    await ok(recordRun(folder, read(short), { backend: wasm }))
    expect(await ok(verifyRecord(folder, { backend: reference }))).toMatchObject({ tag: 'identical', epochs: 3 })
    const last = await ok(stateAt(folder, 3 * epochSteps, { backend: wasm }))
    expect(stateDigest(last.state)).toBe(state)
    expect(last.opened.datasets.scalings).toEqual(opened.datasets.scalings)
  })

  test('is refused for classes', async () => {
    const run = right(
      parseRunFile(
        JSON.stringify({
          ...prices,
          data: 'iris',
          model: { input: [4], layers: [{ tag: 'dense', units: 3 }] },
          loss: 'softmaxCrossEntropy',
          metrics: []
        })
      )
    )
    expect(left(await openRun(run)())).toMatch(/^y: expected numbers to scale, got u32, which are indexes/)
  })
})
