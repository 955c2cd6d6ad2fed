/** Numbers that stop being finite end a training wherever they are: slots of optimizers and running statistics included. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { fromArrays } from '../../src/data/index.js'
import { batchNorm, dense, input, model, named, relu, sequential } from '../../src/layer/index.js'
import {
  adadelta,
  adagrad,
  adam,
  amsgrad,
  chain,
  epochs,
  exceptBiasAndNorm,
  freeze,
  masked,
  meanSquaredError,
  nadam,
  rmsprop,
  sgd,
  startState,
  stepOf,
  steps,
  train,
  training,
  trainIterator,
  weightDecay,
  type Optimizer
} from '../../src/train/index.js'
import { showError } from '../../src/value/error.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

/** gradients are about 1e20, their squares beyond f32 */
const large = right(fromArrays([[1e10], [2e10]], [[1e10], [2e10]]))
const settings = (optimizer: Optimizer) => ({
  model: model(input(1), dense(1)),
  loss: meanSquaredError,
  optimizer,
  batchSize: 2,
  stop: epochs(200)
})

describe.each([adam(0.1), rmsprop(0.1), adagrad(0.1), nadam(0.1), amsgrad(0.1), adadelta()])('$tag', optimizer => {
  test.each([wasm, reference])(
    'a slot that overflows is Left, with its path and the state before, on $name',
    backend => {
      const r = train(settings(optimizer), { backend })(large)
      if (E.isRight(r) || r.left._tag !== 'Diverged') throw new Error('expected Diverged')
      expect(showError(r.left)).toMatch(/^step 1\/optimizer\/[a-z]\/dense\/weight: expected finite numbers/)
      expect(treeLeaves<Tensor>(r.left.state.optimizer).every(([, t]) => numbersOf(t).every(Number.isFinite))).toBe(
        true
      )
    }
  )
  test('a single step says the same', () => {
    const t = training(settings(optimizer))
    const step = right(stepOf(t, { backend: wasm }))
    const xs = tensorOf('f32', [2, 1], [1e10, 2e10])
    expect(left(step(right(startState(t)), { x: xs, y: xs }))).toMatch(/^step 1\/optimizer\/[a-z]\/dense\/weight/)
  })
})

test('a running statistic that overflows is Left, with its path', () => {
  const data = right(fromArrays([[1e20], [-1e20], [3e20], [0]], [[0], [1], [0], [1]]))
  const s = { ...settings(sgd(0.1)), model: model(input(1), batchNorm(), dense(1)), batchSize: 4 }
  expect(left(train(s, { backend: wasm })(data))).toMatch(/^step 1\/layers\/batchNorm\/variance/)
})

describe('roles of parameters, not labels of users', () => {
  const parameters = (optimizer: Optimizer) => {
    const net = model(input(2), named('bias')(dense(4)), named('gamma')(batchNorm()), relu, named('beta')(dense(1)))
    const data = right(
      fromArrays(
        [
          [0, 0],
          [0, 0]
        ],
        [[0], [0]]
      )
    )
    const s = { model: net, loss: meanSquaredError, optimizer, batchSize: 2, stop: steps(1), seed: 1 }
    const before = new Map(treeLeaves<Tensor>(right(startState(training(s))).params))
    const after = treeLeaves<Tensor>(right(train(s, { backend: wasm })(data)).params)
    return after.map(
      ([path, t]) => [path, (numbersOf(t)[0] as number) / (numbersOf(before.get(path) as Tensor)[0] as number)] as const
    )
  }
  test('weight decay takes the weights of parts that are called bias, gamma or beta', () => {
    // all gradients are 0, so decay alone moves weights: by 1 - 0.1 * 0.5
    for (const [path, factor] of parameters(chain(masked(exceptBiasAndNorm, weightDecay(0.5)), sgd(0.1)))) {
      if (path.endsWith('weight')) expect(factor, path).toBeCloseTo(0.95, 6)
      if (path.endsWith('/gamma')) expect(factor, path).toBe(1)
    }
  })
  test('labels still mean labels where they are given', () => {
    const byLabel = chain(masked({ exclude: ['bias', 'gamma', 'beta'] }, weightDecay(0.5)), sgd(0.1))
    expect(
      left(train({ ...settings(byLabel), model: model(input(1), named('beta')(dense(1))) }, { backend: wasm })(large))
    ).toMatch(/a selector of at least one parameter/)
  })
})

describe('frozen parts', () => {
  const net = model(input(1), named('enc')(sequential(dense(3), batchNorm())), relu, dense(1), batchNorm())
  const data = right(fromArrays([[0], [1], [2], [3], [4], [5], [6], [7]], [[0], [1], [2], [3], [4], [5], [6], [7]]))
  const after = (optimizer: Optimizer) => {
    const s = { model: net, loss: meanSquaredError, optimizer, batchSize: 4, stop: epochs(3), seed: 1 }
    const before = new Map(treeLeaves<Tensor>(right(startState(training(s))).layers))
    return treeLeaves<Tensor>(right(train(s, { backend: wasm })(data)).state.layers).map(
      ([path, t]) => [path, numbersOf(t).every((x, i) => x === numbersOf(before.get(path) as Tensor)[i])] as const
    )
  }
  test.each([
    ['freeze', chain(adam(0.1), freeze({ include: ['enc'] }))],
    ['freeze within masked', chain(adam(0.1), masked({ include: ['enc'] }, freeze({ include: ['enc'] })))]
  ])('keep their running statistics: %s', (_, optimizer) => {
    for (const [path, same] of after(optimizer)) expect(same, path).toBe(path.startsWith('enc/'))
  })
  test('a layer of which something is learned moves its statistics', () => {
    const some = chain(adam(0.1), freeze({ include: ['gamma'] }))
    expect(after(some).map(([, same]) => same)).not.toContain(true)
  })
})

describe('batchNorm and batches of one example', () => {
  const data = right(fromArrays([[0], [1], [2], [3], [4]], [[0], [1], [2], [3], [4]]))
  const s = { ...settings(sgd(0.1)), model: model(input(1), dense(2), batchNorm(), dense(1)) }
  test.each([
    ['every batch', 1],
    ['the last one', 2]
  ])('%s is refused before the first step', (_, batchSize) =>
    expect(left(train({ ...s, batchSize }, { backend: wasm })(data))).toMatch(
      /^batchNorm: expected training batches with two or more numbers for each channel, got a batch of shape \[1, 2\]/
    )
  )
  test('others are not', () => expect(E.isRight(train({ ...s, batchSize: 3 }, { backend: wasm })(data))).toBe(true))
})

test('the state of a turn is refused after the next pull', () => {
  const data = right(fromArrays([[1], [2], [3]], [[1], [0], [5]]))
  const s = { ...settings(sgd(0.01)), batchSize: 1, stop: steps(4) }
  const all = [...right(trainIterator(s, { backend: wasm, turnSteps: 1 })(data))]
  expect(all).toHaveLength(4)
  for (const turn of all) expect(() => turn.state()).toThrow('call state() before the next pull')
  const inTime = []
  for (const turn of right(trainIterator(s, { backend: wasm, turnSteps: 1 })(data)))
    inTime.push(turn.state().progress.step)
  expect(inTime).toEqual([1, 2, 3, 4])
})
