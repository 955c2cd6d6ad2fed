/** Laws of training: a fold of pure steps, the same bits from the same seed, observers who cannot alter it, errors that lose nothing. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { reference } from '../../src/backend/reference/reference.js'
import { fromArrays } from '../../src/data/arrays.js'
import { batchIndices, epochOrder } from '../../src/data/batch.js'
import { dataset, gatherExamples, type Dataset } from '../../src/data/dataset.js'
import { indices } from '../../src/data/rows.js'
import { dense } from '../../src/layer/dense.js'
import { relu, sigmoid, tanh } from '../../src/layer/activation.js'
import { input, model } from '../../src/layer/model.js'
import type { AnyModel } from '../../src/model/model.js'
import { named } from '../../src/layer/combinator/named.js'
import { showError } from '../../src/value/error.js'
import { sameBits, tensor, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, type Branch } from '../../src/value/tree.js'
import { accuracy } from '../../src/train/metric/index.js'
import { halfSquaredError, meanSquaredError, softmaxCrossEntropy } from '../../src/train/loss/index.js'
import { adam, sgd } from '../../src/train/optimizer/index.js'
import { predict } from '../../src/infer/predict.js'
import { startState } from '../../src/train/start.js'
import { purposeKey, tensorsOf, type TrainState } from '../../src/train/state.js'
import { stepOf } from '../../src/train/step.js'
import { allOf, anyOf, epochs, lossBelow, steps, type StopRule } from '../../src/train/stop/index.js'
import type { TrainEvent } from '../../src/train/events.js'
import { train } from '../../src/train/train.js'
import { training, type TrainingOptions } from '../../src/train/training.js'
import { right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

const net = model(input(3), named('hidden')(dense(5)), tanh, dense(4))
const data: Dataset = right(
  dataset({
    x: numbers('f32', [22, 3], 1),
    y: right(
      tensor(
        'u32',
        [22],
        Array.from({ length: 22 }, (_, i) => i % 4)
      )
    ),
    classes: 4
  })
)
const options: TrainingOptions<typeof net> = {
  model: net,
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 8,
  stop: epochs(3),
  metrics: [accuracy],
  seed: 5
}
const same = (a: TrainState, b: TrainState): boolean =>
  Object.entries(tensorsOf(a)).every(([name, t]) => sameBits(t, tensorsOf(b)[name] as Tensor))

describe('train', () => {
  for (const backend of [reference, wasm])
    it(`is the fold of step, to the bit (${backend.name})`, () => {
      const trained = right(train(options, { backend })(data))
      const t = training(options)
      const step = right(stepOf(t, { backend }))
      const all = [0, 1, 2].flatMap(epoch =>
        right(batchIndices(22, 8, epochOrder(purposeKey(5, 'shuffle'), epoch, 22))).map((rows, i, of) => ({
          rows,
          last: i === of.length - 1
        }))
      )
      const folded = all.reduce(
        (s, { rows, last }) => right(step(s, right(gatherExamples(data, rows)), last)).state,
        right(startState(t))
      )
      expect(same(folded, trained.state)).toBe(true)
      expect(folded.progress).toEqual(trained.state.progress)
      expect(folded.progress.step).toBe(9)
    })

  it('gives the same bits twice and interleaved, and other bits for another seed', () => {
    const step = right(stepOf(training(options), { backend: wasm }))
    const batch = right(gatherExamples(data, indices([0, 1, 2])))
    const first = right(startState(training(options)))
    const go = (s: TrainState): TrainState => right(step(s, batch)).state
    const [a1, b1] = [go(first), go(first)]
    const [a2, b2] = [go(a1), go(b1)]
    expect(same(a2, b2)).toBe(true)
    const runs = [5, 5, 6].map(seed => right(train({ ...options, seed }, { backend: wasm })(data)).state)
    expect(same(runs[0] as TrainState, runs[1] as TrainState)).toBe(true)
    expect(same(runs[0] as TrainState, runs[2] as TrainState)).toBe(false)
  })

  it('never changes what it was given or has handed out', () => {
    const first = right(startState(training(options)))
    const before = JSON.stringify(first)
    const dataBefore = JSON.stringify(data)
    const seen: string[] = []
    const trained = right(train(options, { backend: wasm, from: first })(data))
    const states = [first, trained.state]
    seen.push(JSON.stringify(trained.state))
    right(train({ ...options, stop: epochs(6) }, { backend: wasm, from: trained.state })(data))
    expect(JSON.stringify(states[0])).toBe(before)
    expect(JSON.stringify(states[1])).toBe(seen[0])
    expect(JSON.stringify(data)).toBe(dataBefore)
  })

  it('goes on from any state to the same bits, also from the middle of an epoch', () => {
    const whole = right(train({ ...options, stop: steps(9) }, { backend: wasm })(data))
    for (const k of [1, 3, 4, 7]) {
      const half = right(train({ ...options, stop: steps(k) }, { backend: wasm })(data))
      const rest = right(train({ ...options, stop: steps(9) }, { backend: wasm, from: half.state })(data))
      expect(same(rest.state, whole.state)).toBe(true)
      expect(rest.state).toEqual(whole.state)
      expect(rest.history.at(-1)).toEqual(whole.history.at(-1))
    }
  })

  it('tells observers of every step and epoch, and is not altered by them', () => {
    const events: TrainEvent[] = []
    const told = right(train(options, { backend: wasm, observe: e => void events.push(e) })(data))
    const quiet = right(train(options, { backend: wasm })(data))
    expect(told.state).toEqual(quiet.state)
    expect(events.map(e => e.tag).join(' ')).toBe('step step step epoch step step step epoch step step step epoch done')
    expect(events.flatMap(e => (e.tag === 'step' ? [e.examples] : []))).toEqual([8, 8, 6, 8, 8, 6, 8, 8, 6])
    expect(told.history).toHaveLength(3)
    expect(told.reason).toBe('epochs 3')
  })

  it('is not altered by validation', () => {
    const with_ = right(train(options, { backend: wasm, validation: data })(data))
    expect(same(with_.state, right(train(options, { backend: wasm })(data)).state)).toBe(true)
    expect(with_.history.every(h => h.validation !== undefined && h.validation.metrics['accuracy'] !== undefined)).toBe(
      true
    )
  })

  it('inserting a layer leaves the first values of the others as they were', () => {
    const params = (m: AnyModel): Branch<Tensor> => right(startState(training({ ...options, model: m }))).params
    const [a, b] = [
      params(net),
      params(model(input(3), named('hidden')(dense(5)), tanh, named('more')(dense(5)), relu, dense(4)))
    ]
    for (const [path, t] of treeLeaves<Tensor>(a))
      expect(sameBits(t, new Map(treeLeaves<Tensor>(b)).get(path) as Tensor)).toBe(true)
  })
})

describe('stop rules', () => {
  const xor = right(
    fromArrays(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1]
      ],
      [[0], [1], [1], [0]]
    )
  )
  const small = {
    model: model(input(2), dense(8), tanh, dense(1), sigmoid),
    loss: meanSquaredError,
    optimizer: adam(0.05),
    batchSize: 4,
    seed: 2
  }

  it('until the error is small enough, in one line', () => {
    const r = right(train({ ...small, stop: lossBelow(0.001) }, { backend: wasm })(xor))
    expect(r.state.progress.epochLoss).toBeLessThan(0.001)
    expect(r.reason).toContain('below 0.001')
    const y = right(pipe(xor.x.tensor as Tensor, predict(r.training.model, r.params, { backend: wasm })))
    expect(Array.from(y.data, p => Math.round(p))).toEqual([0, 1, 1, 0])
  })
  it('combine', () => {
    const after = (stop: StopRule): number =>
      right(train({ ...small, stop }, { backend: wasm })(xor)).state.progress.step
    expect(after(anyOf(steps(5), epochs(9)))).toBe(5)
    expect(after(allOf(steps(5), epochs(9)))).toBe(9)
    expect(after(anyOf(allOf(steps(3), epochs(4)), steps(8)))).toBe(4)
  })
})

describe('what is refused, with words', () => {
  const said = (o: Partial<typeof options>, d: Dataset = data): string => {
    const r = train({ ...options, ...o }, { backend: wasm })(d)
    return E.isLeft(r) ? `${r.left._tag} ${showError(r.left)}` : 'accepted'
  }
  it('settings, shapes and data that do not fit', () => {
    const other = right(dataset({ x: numbers('f32', [22, 4], 1), y: data.y, classes: 4 }))
    const outside: Dataset = {
      ...data,
      y: {
        ...data.y,
        tensor: right(
          tensor(
            'u32',
            [22],
            Array.from({ length: 22 }, (_, i) => (i === 7 ? 9 : 1))
          )
        )
      }
    }
    const flat = right(dataset({ x: data.x, y: right(tensor('f32', [22, 1], new Float32Array(22))) }))
    expect([
      said({ batchSize: 0 }),
      said({ batchSize: 2.5 }),
      said({ batchSize: 23 }),
      said({ seed: -1 }),
      said({ optimizer: sgd(-1) }),
      said({ optimizer: adam(0.1, { beta1: 1 }) }),
      said({ stop: epochs(0) }),
      said({}, other),
      said({}, outside),
      said({ loss: halfSquaredError, metrics: [] }, flat),
      said({ optimizer: { tag: 'nope' } as never })
    ]).toMatchSnapshot()
  })
  for (const [backend, rate, where] of [reference, wasm].flatMap(
    backend =>
      [
        [backend, 1e18, 'loss'],
        [backend, 3e38, 'a tensor']
      ] as const
  ))
    it(`a run that diverges ends with the step, the label (${where}) and the last good state (${backend.name})`, () => {
      const wild = { ...options, loss: halfSquaredError, optimizer: sgd(rate), metrics: [], stop: steps(50) }
      const y = right(dataset({ x: data.x, y: numbers('f32', [22, 4], 3, 20) }))
      const r = train(wild, { backend })(y)
      if (E.isRight(r) || r.left._tag !== 'Diverged') throw new Error('expected a divergence')
      expect(r.left.path[0]).toBe(`step ${r.left.step}`)
      const label = r.left.path.slice(1).join('/')
      if (where === 'loss') expect(label).toBe('loss')
      else expect(treeLeaves<Tensor>(r.left.state.params).map(([name]) => name)).toContain(label)
      const { epoch } = r.left.state.progress
      const batches = right(batchIndices(22, 8, epochOrder(purposeKey(5, 'shuffle'), epoch, 22)))
      const again = right(stepOf(training(wild), { backend }))(
        r.left.state,
        right(gatherExamples(y, batches[r.left.state.position] as (typeof batches)[number]))
      )
      expect(E.isLeft(again) ? again.left.path : undefined).toEqual(r.left.path)
      expect(r.left.state.progress.step).toBe(r.left.step - 1)
      const before =
        r.left.step === 1
          ? right(startState(training(wild)))
          : right(train({ ...wild, stop: steps(r.left.step - 1) }, { backend })(y)).state
      expect(same(r.left.state, before)).toBe(true)
      expect(treeLeaves<Tensor>(r.left.state.params).every(([, t]) => Array.from(t.data).every(Number.isFinite))).toBe(
        true
      )
    })
})
