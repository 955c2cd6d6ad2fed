/** What untyped code hands in by mistake is Left. A model without parameters works in f64. */
import { expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { fromArrays } from '../../src/data/index.js'
import { dense, input, model, tanh } from '../../src/layer/index.js'
import { predict } from '../../src/infer/index.js'
import { meanSquaredError, sgd, steps, train } from '../../src/train/index.js'
import { numbersOf } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

const settings = {
  model: model(input(1), dense(1)),
  loss: meanSquaredError,
  optimizer: sgd(0.1),
  batchSize: 1,
  stop: steps(1)
}
const data = fromArrays([[1]], [[1]])

test('no backend is Left', () => {
  for (const options of [undefined, {}, { backend: 'wasm' }])
    expect(left(train(settings, options as never)(right(data)))).toMatch(/^backend: expected a backend/)
})
test('an Either or nothing in place of data is Left', () => {
  expect(left(train(settings, { backend: wasm })(data as never))).toMatch(
    /^data: expected a dataset, got an Either \(Right\)/
  )
  expect(left(train(settings, { backend: wasm })(undefined as never))).toMatch(/^data: expected a dataset/)
})
test('no setting of a training throws, whatever it is', () => {
  const said = (setting: object): string => left(train({ ...settings, ...setting }, { backend: wasm })(right(data)))
  const junk = [null, 0.5, NaN, 'x', [], [null], [undefined], [3], [{}], {}, { tag: null }, { tag: 'x' }, () => 1, true]
  for (const name of [...Object.keys(settings), 'metrics', 'seed', 'precision', 'augment', 'shards'])
    for (const value of junk)
      expect(() => train({ ...settings, [name]: value }, { backend: wasm })(right(data))).not.toThrow()
  expect(said({ shards: null })).toBe(
    'shards: expected a whole number of shards from 1 to 64, or { count, statistics: "shard" }, got null'
  )
  expect(said({ augment: 3 })).toBe('augment: expected a list of augmentations, got 3')
  expect(said({ augment: null })).toBe('augment: expected a list of augmentations, got null')
  expect(said({ augment: [null] })).toBe('augment/0: expected one of noise, flip, shift, erase, mixup, got null')
  expect(said({ augment: [{ tag: 'turn' }] })).toMatch(/^augment\/0: expected one of .*, got turn/)
})
test.each([wasm, reference])('a model without parameters takes f64 and f32 on $name', backend => {
  const run = predict(model(input(2), tanh), {}, { backend })
  // tanh by mpmath 1.3.0
  const wanted = [0.46211715726000973, -0.7615941559557649]
  const wide = right(run(tensorOf('f64', [1, 2], [0.5, -1])))
  const narrow = right(run(tensorOf('f32', [1, 2], [0.5, -1])))
  expect([wide.dtype, narrow.dtype]).toEqual(['f64', 'f32'])
  numbersOf(wide).forEach((x, i) => expect(Math.abs(x - (wanted[i] as number))).toBeLessThan(1e-15))
  expect(Array.from(numbersOf(narrow))).toEqual(wanted.map(Math.fround))
})
