/** Members that are one function: they train, travel as JSON by name, and obey the laws of their families. */
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import {
  builtIn,
  dense,
  expr,
  extend,
  fromArrays,
  input,
  toExpr,
  meanAbsoluteError,
  meanSquaredError,
  mae,
  model,
  sgd,
  steps,
  train,
  training,
  wasm
} from 'gradfold'
import { customActivation, customLoss, customMetric } from 'gradfold/extend'
import { activationLaws, lossLaws, metricLaws } from 'gradfold/laws'
import { describe, expect, test } from 'vitest'
import { encodeModel, parseModel } from '../../src/model/codec.js'
import { parseRunFile } from '../../src/run/run-file.js'
import { right } from '../support/either.js'

const squares = customLoss('squares', (y, t) => expr.square(expr.sub(y, t)))
const distance = customMetric('distance', (y, t) => expr.abs(expr.sub(y, t)))
const cube = customActivation('cube', x => expr.mul(x, expr.mul(x, x)))
const registry = extend(builtIn, { losses: [squares], metrics: { distance }, activations: { cube } })
const data = right(fromArrays([[1], [2], [3]], [[2], [3], [5]]))
const line = model(input(1), dense(1))
const common = { model: line, optimizer: sgd(0.05), stop: steps(5), batchSize: 3 }

describe('a custom loss', () => {
  test('gives the bits of the built-in loss with the same formula', () => {
    const custom = right(
      train({ ...common, loss: squares.member, metrics: [distance.member] }, { backend: wasm, registry })(data)
    )
    const builtin = right(train({ ...common, loss: meanSquaredError, metrics: [mae] }, { backend: wasm })(data))
    expect(custom.state.params).toEqual(builtin.state.params)
    expect(custom.history.at(-1)?.loss).toBe(builtin.history.at(-1)?.loss)
    expect(custom.history.at(-1)?.metrics['distance']).toBeCloseTo(builtin.history.at(-1)?.metrics['mae'] as number, 12)
  })
  test('is refused without its registry', () => {
    const refused = train({ ...common, loss: squares.member }, { backend: wasm })(data)
    expect(E.isLeft(refused) && refused.left.hint).toContain('add its definition to the registry you pass')
  })
  test('is read by its name', () => {
    const run = {
      data: 'iris',
      model: { input: [4], layers: [{ tag: 'dense', units: 3 }, 'cube'] },
      loss: 'squares',
      metrics: ['distance'],
      optimizer: 'sgd',
      stop: { tag: 'steps', count: 1 }
    }
    const read = right(parseRunFile(JSON.stringify(run), registry))
    expect([read.loss, read.metrics]).toEqual([squares.member, [distance.member]])
    expect(E.isLeft(parseRunFile(JSON.stringify(run)))).toBe(true)
  })
  test('leaves the losses of the same training alone', () => {
    expect(training({ ...common, loss: meanAbsoluteError }).loss).toBe(meanAbsoluteError)
  })
})

test('a custom activation is a layer of known shapes, and travels as JSON', () => {
  const net = model(input(3), dense(2), cube.layer, dense(1))
  const typed: readonly [3, readonly number[]] = [3, net.input]
  expect(typed[1]).toEqual([3])
  expect(right(parseModel(JSON.stringify(encodeModel(net, registry)), registry))).toEqual(net)
  expect(E.isRight(toExpr(net, { batch: 2, registry }))).toBe(true)
  expect(E.isLeft(toExpr(net, { batch: 2 }))).toBe(true)
})

describe.each([
  ['loss', lossLaws(squares)],
  ['metric', metricLaws(distance)]
])('the %s', (_, laws) => {
  test.each(laws.map(l => [l.name, l.property] as const))('%s', (_, property) => fc.assert(property, { numRuns: 5 }))
})
// the cube of an input of 10,000 does not fit f32
test.each(
  activationLaws(cube)
    .filter(l => !l.name.includes('finite'))
    .map(l => [l.name, l.property] as const)
)('%s', (_, property) => fc.assert(property, { numRuns: 5 }))
