/** Learning with a validation set: scores in reports and progress, early stopping, the best state kept whatever ends the run. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { dataset, type Dataset } from '../../src/data/dataset.js'
import { sigmoid, tanh } from '../../src/layer/activation.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { input, model } from '../../src/layer/model.js'
import { score } from '../../src/train/score.js'
import { halfSquaredError, meanSquaredError, softmaxCrossEntropy } from '../../src/train/loss/index.js'
import {
  accuracy,
  confusionMatrix,
  f1,
  mae,
  precision,
  rocAuc,
  topK,
  type MetricValue
} from '../../src/train/metric/index.js'
import { adam, sgd } from '../../src/train/optimizer/index.js'
import { tensorsOf, type TrainState } from '../../src/train/state.js'
import { anyOf, earlyStopping, epochs, steps } from '../../src/train/stop/index.js'
import type { TrainEvent } from '../../src/train/events.js'
import { train } from '../../src/train/train.js'
import type { TrainingOptions } from '../../src/train/training.js'
import { sameBits, tensor, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { numbers, tensorOf } from '../support/tensors.js'

const net = model(input(3), dense(12), batchNorm(), tanh, dropout(0.3), dense(4))
const classes = (n: number): Tensor =>
  right(
    tensor(
      'u32',
      [n],
      Array.from({ length: n }, (_, i) => (i * 7) % 4)
    )
  )
const made = (n: number, s: number): Dataset =>
  right(dataset({ x: numbers('f32', [n, 3], s), y: classes(n), classes: 4 }))
// labels that have nothing to do with inputs: training gets better, validation soon worse
const [data, validation] = [made(22, 1), made(13, 2)]
const options: TrainingOptions<typeof net> = {
  model: net,
  loss: softmaxCrossEntropy,
  optimizer: adam(0.05),
  batchSize: 8,
  stop: epochs(12),
  metrics: [accuracy],
  seed: 5
}
const same = (a: TrainState, b: TrainState): boolean =>
  Object.entries(tensorsOf(a)).every(([name, t]) => sameBits(t, tensorsOf(b)[name] as Tensor))
const losses = (history: readonly { readonly validation?: { readonly loss: number } }[]): readonly number[] =>
  history.map(e => e.validation?.loss as number)

describe('with a validation set', () => {
  const run = right(train(options, { backend: wasm, validation, keepBest: true })(data))
  test('its scores are those of the parameters after the epoch, in inference', () => {
    for (const epoch of [1, 5, 12]) {
      const part = right(train({ ...options, stop: epochs(epoch) }, { backend: wasm })(data))
      expect(run.history[epoch - 1]?.validation).toEqual(
        right(score(part.training, part.state, validation, { backend: wasm }))
      )
    }
  })
  test('it changes nothing in what is learned', () => {
    const without = right(train(options, { backend: wasm })(data))
    expect(same(run.state, without.state)).toBe(true)
    expect(without.best).toBeUndefined()
    expect(without.history.every(e => e.validation === undefined)).toBe(true)
  })
  test('rules and observers see the scores at the end of an epoch, and only there', () => {
    expect(run.state.progress.validation).toEqual(run.history.at(-1)?.validation)
    const middle = right(train({ ...options, stop: steps(4) }, { backend: wasm, validation })(data))
    expect(middle.state.progress.validation).toBeUndefined()
  })
  test('events come in the order step, epoch', () => {
    const events: TrainEvent[] = []
    right(train({ ...options, stop: epochs(1) }, { backend: wasm, validation, observe: e => events.push(e) })(data))
    expect(events.map(e => e.tag)).toEqual(['step', 'step', 'step', 'epoch', 'done'])
  })

  test('the best state is the one after the epoch with the smallest validation loss', () => {
    const all = losses(run.history)
    const epoch = all.indexOf(Math.min(...all)) + 1
    expect(epoch).toBeLessThan(12)
    expect(run.best?.epoch).toBe(epoch)
    expect(run.best?.scores).toEqual(run.history[epoch - 1]?.validation)
    const upTo = right(train({ ...options, stop: epochs(epoch) }, { backend: wasm })(data))
    expect(same(run.best?.state as TrainState, upTo.state)).toBe(true)
  })
  test('early stopping ends the run `patience` epochs after it', () => {
    const stop = anyOf(epochs(100), earlyStopping({ patience: 3 }))
    const early = right(train({ ...options, stop }, { backend: wasm, validation, keepBest: true })(data))
    expect(early.reason).toBe('no better validation loss in 3 epochs')
    expect(early.state.progress.epoch).toBe(early.best?.epoch + 3)
    const again = right(train({ ...options, stop }, { backend: reference, validation, keepBest: true })(data))
    expect(again.state.progress).toEqual(early.state.progress)
    expect(again.best?.scores).toEqual(early.best?.scores)
  })
  test('stopped and resumed the run ends the same, with the same best state', () => {
    const stop = anyOf(epochs(100), earlyStopping({ patience: 3 }))
    const whole = right(train({ ...options, stop }, { backend: wasm, validation, keepBest: true })(data))
    for (const at of [2, 5]) {
      const half = right(
        train({ ...options, stop: anyOf(stop, steps(at)) }, { backend: wasm, validation, keepBest: true })(data)
      )
      // the memory of the rule stands one level deeper while it is part of another
      const memory = Object.fromEntries(Object.entries(half.state.stop).map(([k, v]) => [k.replace(/^0\./, ''), v]))
      const from = { ...half.state, stop: memory }
      const rest = right(
        train({ ...options, stop }, { backend: wasm, validation, keepBest: half.best ?? true, from })(data)
      )
      expect(rest.state).toEqual(whole.state)
      expect(rest.best?.epoch).toBe(whole.best?.epoch)
      expect(rest.best?.scores).toEqual(whole.best?.scores)
    }
  })
})

test('without a validation set the best state goes by the loss over the epoch', () => {
  const run = right(train(options, { backend: wasm, keepBest: true })(data))
  const all = run.history.map(e => e.loss)
  expect(run.best?.epoch).toBe(all.indexOf(Math.min(...all)) + 1)
  expect(run.best?.scores).toEqual({
    loss: Math.min(...all),
    metrics: run.history[run.best?.epoch - 1]?.metrics
  })
})

test('a run that diverges hands out the best state too', () => {
  const line = model(input(1), dense(1))
  const x = tensorOf('f32', [4, 1], [1, 2, 3, 4])
  const points = right(dataset({ x, y: tensorOf('f32', [4, 1], [2, 4, 6, 8]) }))
  // too large a rate: every epoch is worse than the one before, until numbers overflow
  const wild: TrainingOptions<typeof line> = {
    model: line,
    loss: meanSquaredError,
    optimizer: sgd(1),
    batchSize: 4,
    stop: epochs(1000)
  }
  const r = train(wild, { backend: wasm, keepBest: true })(points)
  if (E.isRight(r) || r.left._tag !== 'Diverged') throw new Error('expected a divergence')
  const first = right(train({ ...wild, stop: epochs(1) }, { backend: wasm })(points))
  expect(r.left.best?.epoch).toBe(1)
  expect(same(r.left.best?.state as TrainState, first.state)).toBe(true)
  expect(r.left.state.progress.epoch).toBeGreaterThan(5)
  const plain = train(wild, { backend: wasm })(points)
  expect(E.isLeft(plain) && 'best' in plain.left).toBe(false)
})

describe('refused before the first step', () => {
  const said = (o: Partial<TrainingOptions<typeof net>>, v?: Dataset): string =>
    left(train({ ...options, ...o }, { backend: wasm, ...(v === undefined ? {} : { validation: v }) })(data))
  const wide = right(dataset({ x: numbers('f32', [5, 2], 1), y: classes(5), classes: 4 }))
  const fifth = right(
    dataset({ x: numbers('f32', [5, 3], 1), y: right(tensor('u32', [5], [0, 1, 2, 3, 4])), classes: 5 })
  )
  test.each<[string, string]>([
    [
      said({ stop: anyOf(epochs(3), earlyStopping()) }),
      'stop: expected a validation set, which the stop rule looks at, got none; pass one as the option validation'
    ],
    [
      said({ stop: earlyStopping({ patience: 0, of: 'loss' }) }),
      'stop rule/patience: expected a positive whole number, got 0'
    ],
    [
      said({}, wide),
      'validation/inputs: expected tensors of shape [3] for each example, got shape [2]; reshape the data, or change the input of the model'
    ],
    [
      said({}, fifth),
      'validation/targets/example 4: expected a class index below 4, got 4; the last layer has one output per class'
    ]
  ])('%s', (got, wanted) => expect(got).toBe(wanted))
})

describe('metrics in reports', () => {
  const metrics = [
    accuracy,
    topK(2),
    topK(3),
    confusionMatrix,
    f1('perClass'),
    precision(),
    precision('micro'),
    precision()
  ] as const
  const run = right(train({ ...options, stop: epochs(2), metrics }, { backend: wasm, validation })(data))
  const reported: Readonly<Record<string, MetricValue>> | undefined = run.history[1]?.validation?.metrics
  const of = (name: string): MetricValue => reported?.[name] as MetricValue
  test('have names, each once', () =>
    expect(Object.keys(run.history[0]?.metrics ?? {})).toEqual([
      'accuracy',
      'top2',
      'top3',
      'confusionMatrix',
      'f1PerClass',
      'precision',
      'precisionMicro',
      'precision2'
    ]))
  test('may be lists and tables; they count every example of the short last batch once', () => {
    const table = of('confusionMatrix') as readonly (readonly number[])[]
    expect(table.flat().reduce((a, b) => a + b, 0)).toBe(13)
    expect(table.reduce((s, row, i) => s + (row[i] as number), 0) / 13).toBe(of('accuracy'))
    expect(run.history[1]?.metrics.confusionMatrix.flat().reduce((a, b) => a + b, 0)).toBe(22)
    expect(of('f1PerClass')).toHaveLength(4)
    expect(of('precision2')).toBe(of('precision'))
  })
  test('are the same on both backends', () =>
    expect(
      right(train({ ...options, stop: epochs(2), metrics }, { backend: reference, validation })(data)).history
    ).toEqual(run.history))
  test('read one-hot targets as class numbers', () => {
    const oneHot = Float32Array.from({ length: 13 * 4 }, (_, i) => ((Math.floor(i / 4) * 7) % 4 === i % 4 ? 1 : 0))
    const asRows: Dataset = right(dataset({ x: validation.x.tensor, y: tensorOf('f32', [13, 4], oneHot) }))
    const t = { ...run.training, metrics }
    expect(right(score(t, run.state, asRows, { backend: wasm })).metrics).toEqual(
      right(score(t, run.state, validation, { backend: wasm })).metrics
    )
  })
  test('of one output take 0 and 1 as classes', () => {
    const xor = model(input(2), dense(4), tanh, dense(1), sigmoid)
    const points = right(
      dataset({ x: tensorOf('f32', [4, 2], [0, 0, 0, 1, 1, 0, 1, 1]), y: tensorOf('f32', [4, 1], [0, 1, 1, 0]) })
    )
    const learned = right(
      train(
        {
          model: xor,
          loss: halfSquaredError,
          optimizer: adam(0.1),
          batchSize: 4,
          stop: epochs(200),
          metrics: [accuracy, rocAuc(), mae]
        },
        { backend: wasm }
      )(points)
    )
    const { loss, metrics } = right(score(learned.training, learned.state, points, { backend: wasm }))
    expect(metrics).toMatchObject({ accuracy: 1, rocAuc: 1 })
    expect(metrics['mae']).toBeLessThan(0.1)
    expect(loss).toBeLessThan(0.01)
  })
  test('of classes need an output with an axis for them', () => {
    const feature = (seed: number): Dataset['x'] => ({
      tensor: numbers('f32', [4], seed) as Dataset['x']['tensor'],
      scale: 1,
      shift: 0
    })
    const scalars: Dataset = { x: feature(1), y: feature(2) }
    const one = model(input(), tanh)
    const r = train(
      { model: one, loss: meanSquaredError, optimizer: sgd(0.1), batchSize: 2, stop: epochs(1), metrics: [accuracy] },
      { backend: wasm }
    )(scalars)
    expect(left(r)).toBe('metrics: expected outputs with a last axis, one number for each class, got []')
  })
})
