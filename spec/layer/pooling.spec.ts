import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import type { Layer } from '../../src/layer/definition.js'
import { modelData } from '../../src/layer/model.js'
import { averagePool } from '../../src/layer/spatial/average-pool.js'
import { globalMaxPool } from '../../src/layer/spatial/global-max-pool.js'
import { maxPool } from '../../src/layer/spatial/max-pool.js'
import { checkModel } from '../../src/model/model.js'
import type { Shape } from '../../src/value/shape.js'
import { numbersOf, tensorView, type Tensor } from '../../src/value/tensor.js'
import { left } from '../support/either.js'
import { apply } from './one-layer.js'

/** a sequence of one channel */
const sequence = (...xs: readonly number[]): Tensor => tensorView('f64', [1, xs.length, 1], Float64Array.from(xs))
const ones = (n: number): Tensor => sequence(...Array.from({ length: n }, () => 1))
const list = (t: Tensor): readonly number[] => Array.from(numbersOf(t))

describe.each([
  ['reference', reference],
  ['wasm', wasm]
])('maxima on %s', (_, backend) => {
  const of = (layer: Layer, x: Tensor, outputs: number) => {
    const c = layer.tag === 'globalMaxPool' ? tensorView('f64', [1, 1], Float64Array.of(1)) : ones(outputs)
    const { y, dx } = apply(layer, { x, c, training: true, backend })
    return { y: list(y), dx: list(dx) }
  }
  test('ties go to the first place, with the whole gradient', () => {
    expect(of(maxPool(2), sequence(3, 3, 0, 0), 2)).toEqual({ y: [3, 0], dx: [1, 0, 1, 0] })
    expect(of(maxPool(3, { stride: 1 }), sequence(1, 5, 5, 5), 2)).toEqual({ y: [5, 5], dx: [0, 2, 0, 0] })
    expect(of(globalMaxPool, sequence(2, 7, 1, 7), 1)).toEqual({ y: [7], dx: [0, 1, 0, 0] })
  })
  test('NaN wins, and gets the gradient', () => {
    expect(of(maxPool(2), sequence(NaN, 3, 1, NaN), 2)).toEqual({ y: [NaN, NaN], dx: [1, 0, 0, 1] })
    expect(of(maxPool(2), sequence(Infinity, NaN), 1)).toEqual({ y: [NaN], dx: [0, 1] })
  })
  test('of -Infinity alone it is -Infinity; padding never wins', () => {
    expect(of(maxPool(2), sequence(-Infinity, -Infinity), 1)).toEqual({ y: [-Infinity], dx: [1, 0] })
    expect(of(maxPool(2, { padding: 1 }), sequence(-3, -4), 2)).toEqual({ y: [-3, -4], dx: [1, 1] })
  })
})

test('an average at an edge divides by the numbers inside, or by the window', () => {
  const y = (layer: Layer): readonly number[] =>
    list(apply(layer, { x: sequence(2, 4, 6), c: ones(2), training: false }).y)
  expect(y(averagePool(2, { padding: [[1, 0]] }))).toEqual([2, 5])
  expect(y(averagePool(2, { padding: [[1, 0]], dividing: 'window' }))).toEqual([1, 5])
})

const said = (input: Shape, layer: Layer): string => left(checkModel(modelData(input, layer)))
test.each<[string, string]>([
  [
    said([8], maxPool(2)),
    'maxPool: expected a sequence, an image or a volume [..., channels], got [8]; put reshape before it'
  ],
  [
    said([2, 5, 1], maxPool(3)),
    'maxPool: expected a height of at least 3, padding included, got 2 (0 before, 2, 0 after); use a smaller kernel or more padding'
  ],
  [
    said([8, 8, 1], averagePool(2, { padding: 2 })),
    'averagePool: expected padding smaller than the window of 2, got 2 and 2'
  ],
  [said([8, 8, 1], maxPool(2, { stride: 0 })), 'maxPool: expected a positive whole number, got 0'],
  [said([8, 8, 1], maxPool([2, 2, 2])), 'maxPool: expected settings for 2 spatial axes, got a list of 3']
])('%s', (got, wanted) => expect(got).toBe(wanted))
