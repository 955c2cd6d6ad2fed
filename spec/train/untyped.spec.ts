/** What untyped code hands in by mistake is Left. A model without parameters works in f64. */
import { expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { columns, dataset, fromArrays } from '../../src/data/index.js'
import { dense, fanOut, input, inputs, mergeConcat, model, tanh } from '../../src/layer/index.js'
import { predict } from '../../src/infer/index.js'
import { meanSquaredError, score, sgd, steps, train } from '../../src/train/index.js'
import { outputLoss, perOutput } from '../../src/train/per-output.js'
import { presets } from '../../src/train/presets/index.js'
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
  const junk = [
    undefined,
    null,
    0.5,
    NaN,
    'x',
    [],
    [null],
    [undefined],
    [3],
    [{}],
    {},
    { tag: null },
    { tag: 'x' },
    () => 1,
    true
  ]
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

/** a table of two columns, each an input, and two targets */
const table = tensorOf('f32', [2, 2], [1, 2, 3, 4])
const target = tensorOf('f32', [2, 1], [1, 0])
const several = right(dataset({ x: [columns(0, 1)(table), columns(1, 1)(table)], y: { a: target, b: target } }))
const both = {
  ...settings,
  model: model(inputs(input(1), input(1)), mergeConcat, fanOut(dense(1), dense(1))),
  loss: perOutput(outputLoss('a', meanSquaredError), outputLoss('b', meanSquaredError))
}
test('a part, columns or weights that are none are Left, in a training and in a score', () => {
  const trained = right(train(both, { backend: wasm })(several))
  const [first, second] = several.x
  const junk: readonly object[] = [
    ...[null, 3, {}, { from: 1, count: 2 }, { from: -1, count: 1 }, { from: 0.5, count: 1 }, { from: 0, count: 0 }].map(
      view => ({ ...several, x: [first, { ...second, columns: view }] })
    ),
    { ...several, weights: 3 },
    { ...several, weights: null },
    { ...several, y: { ...several.y, b: 3 } },
    { ...several, x: [first, null] },
    { ...several, x: [] }
  ]
  for (const data of junk)
    for (const run of [
      train(both, { backend: wasm })(data as never),
      train(both, { backend: wasm, validation: data as never })(several),
      score(trained.training, trained.state, data as never, { backend: wasm })
    ])
      expect(left(run as never)).toMatch(/data: expected a dataset, got an object/)
  const one = { ...right(data), weights: 3 }
  expect(left(train(settings, { backend: wasm })(one as never))).toMatch(/^data: expected a dataset/)
})
test('a loss of several outputs that is none is Left', () => {
  const said = (loss: unknown): string => left(train({ ...both, loss } as never, { backend: wasm })(several))
  for (const loss of [undefined, null, 3, 'x', [], {}, () => 1]) expect(said(loss)).toMatch(/^loss: expected a record/)
  for (const outputs of [undefined, 3, {}, []])
    expect(said({ tag: 'perOutput', outputs })).toMatch(/^loss\/outputs: expected a list of losses/)
  for (const output of [undefined, null, 3, 'x'])
    expect(said({ tag: 'perOutput', outputs: [output] })).toMatch(/^loss\/0/)
})
test('classes beside several targets are Left', () => {
  const fields = { x: [table, table], y: { a: target, b: target }, classes: 2 }
  expect(left(dataset(fields as never))).toBe(
    'classes: expected no classes beside several inputs or targets, got some; give class numbers as u32'
  )
})
test('presets of other libraries take anything, and a training refuses what is not valid', () => {
  const junk = [undefined, null, 0.5, NaN, 'x', [], [null], {}, { betas: 3 }, { alpha: 1n }, () => 1, Symbol('x'), 1n]
  const made = Object.values(presets).flatMap(library =>
    Object.values(library as object).flatMap((preset: (...args: readonly unknown[]) => object) =>
      junk.flatMap(j => [[j], [0.1, j], [0.1, { batchSize: 1 }, j]].map(args => preset(...args)))
    )
  )
  expect(made.length).toBeGreaterThan(500)
  const said = (optimizer: unknown): string =>
    left(train({ ...settings, optimizer } as never, { backend: wasm })(right(data)))
  expect(said(presets.pytorch.adam(0.1, { betas: 3 } as never))).toMatch(/beta1: expected/)
  expect(said(presets.sklearn.sgd(0.1, undefined as never))).toBe(
    'optimizer/optimizers/0/optimizer/decay: expected a number, 0 or more, got NaN'
  )
})
