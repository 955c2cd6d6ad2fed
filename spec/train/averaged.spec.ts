/** Averages of parameters in a training: what is scored, what the result predicts with; gradients from elsewhere. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { dataset } from '../../src/data/dataset.js'
import { tanh } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { input, model } from '../../src/layer/model.js'
import { averagedParams } from '../../src/train/averaged.js'
import { meanSquaredError } from '../../src/train/loss/index.js'
import {
  adam,
  chain,
  ema,
  freeze,
  lookahead,
  masked,
  momentum,
  partition,
  sam,
  scheduleFree,
  sgd,
  swa,
  type Optimizer
} from '../../src/train/optimizer/index.js'
import { score } from '../../src/train/score.js'
import { tensorsOf, type TrainState } from '../../src/train/state.js'
import { epochs } from '../../src/train/stop/index.js'
import { train } from '../../src/train/train.js'
import { training } from '../../src/train/training.js'
import { sameBits, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, type Branch } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

const net = model(input(3), dense(5), tanh, dropout(0.2), dense(2))
const data = right(dataset({ x: numbers('f32', [20, 3], 1), y: numbers('f32', [20, 2], 2) }))
const validation = right(dataset({ x: numbers('f32', [9, 3], 3), y: numbers('f32', [9, 2], 4) }))
const settingsOf = (optimizer: Optimizer) =>
  training({ model: net, loss: meanSquaredError, optimizer, batchSize: 6, stop: epochs(3) })
const leaves = (t: unknown): readonly (readonly [string, Tensor])[] => treeLeaves<Tensor>(t as Branch<Tensor>)
const same = (a: unknown, b: unknown): boolean => {
  const other = new Map(leaves(b))
  return leaves(a).every(([path, t]) => sameBits(t, other.get(path) as Tensor))
}

describe.each([
  ['ema', ema(adam(0.05), { momentum: 0.8 })],
  ['swa', swa(momentum(0.05), { start: 3, every: 2 })],
  ['scheduleFree', scheduleFree(0.05)],
  ['lookahead', lookahead(adam(0.05), { steps: 5 })],
  ['ema in a chain', chain(ema(adam(0.05), { momentum: 0.8 }), freeze({ include: ['dense2'] }))],
  ['ema of a part', partition({ dense: ema(adam(0.05)), dense2: sgd(0.1) })]
] as const)('%s', (_, optimizer) => {
  const settings = settingsOf(optimizer)
  const trained = right(train(settings, { backend: wasm, validation, keepBest: true })(data))
  test('the result predicts with the average, the state trains on', () => {
    expect(same(trained.params, right(averagedParams(settings, trained.state)))).toBe(true)
    expect(same(trained.params, trained.state.params)).toBe(false)
    const best = trained.best as NonNullable<typeof trained.best>
    expect(same(best.params, right(averagedParams(settings, best.state)))).toBe(true)
  })
  test('scores over the validation set are those of the average', () => {
    const plain: TrainState = { ...trained.state, params: trained.params }
    const withoutAverage = settingsOf(sgd(0.1))
    const known = right(score(withoutAverage, plain, validation, { backend: reference }))
    expect(trained.history.at(-1)?.validation?.loss).toBe(known.loss)
    expect(right(score(settings, trained.state, validation, { backend: reference })).loss).toBe(known.loss)
  })
})

test('ema leaves the training itself as it was, to the bit', () => {
  const [a, b] = [adam(0.05), ema(adam(0.05))].map(o => right(train(settingsOf(o), { backend: wasm })(data)))
  expect(same(a?.params, b?.state.params)).toBe(true)
})
test('averagedParams refuses a state of another training', () => {
  const { state } = right(train(settingsOf(sgd(0.1)), { backend: wasm })(data))
  expect(left(averagedParams(settingsOf(ema(sgd(0.1))), state))).toContain('state')
})
test('partition is a chain of masks, to the bit, and says what it does not cover', () => {
  const parts = partition({ dense: momentum(0.1), dense2: adam(0.02) })
  const masks = chain(masked({ include: ['dense'] }, momentum(0.1)), masked({ include: ['dense2'] }, adam(0.02)))
  const [a, b] = [parts, masks].map(o => right(train(settingsOf(o), { backend: wasm })(data)))
  expect(same(a?.params, b?.params)).toBe(true)
  const wrong = (o: Optimizer): string =>
    pipe(
      train(settingsOf(o), { backend: wasm })(data),
      E.match(
        e => `${e.path.join('.')}: ${e.expected}, ${e.got}`,
        () => 'right'
      )
    )
  expect([
    wrong(partition({ dense: sgd(1) })),
    wrong(partition({ dense: sgd(1), '*': adam(), bias: sgd(1) })),
    wrong(partition({ encoder: sgd(1), '*': adam() })),
    wrong(partition({ dense: sgd(1), '*': freeze({ include: ['encoder'] }) }))
  ]).toMatchInlineSnapshot(`
    [
      "optimizer.partition.parts: a pattern for each parameter, dense2/weight too, dense",
      "optimizer.partition.parts: one pattern for each parameter, dense and bias for dense/bias",
      "optimizer.partition.parts.encoder: a pattern that matches a parameter, encoder",
      "optimizer.freeze.include: labels of parameters, encoder",
    ]
  `)
})
test('sam with a radius near 0 is the optimizer inside; with another it is not; engines agree to the bit', () => {
  const way = (o: Optimizer, backend = wasm) => right(train(settingsOf(o), { backend })(data))
  const [plain, tiny, far, slow] = [
    way(momentum(0.05)),
    way(sam(momentum(0.05), { radius: 1e-20 })),
    way(sam(momentum(0.05), { radius: 0.5 })),
    way(sam(momentum(0.05), { radius: 0.5 }), reference)
  ]
  expect(same(plain.params, tiny.params)).toBe(true)
  expect(same(plain.params, far.params)).toBe(false)
  const other = tensorsOf(slow.state)
  for (const [name, t] of Object.entries(tensorsOf(far.state)))
    expect(sameBits(t, other[name] as Tensor), name).toBe(true)
})
