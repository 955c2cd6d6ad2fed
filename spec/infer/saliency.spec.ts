/** Saliency and Grad-CAM on models whose answer is known by hand. */
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { gradCam, saliency } from '../../src/infer/saliency.js'
import { predict } from '../../src/infer/predict.js'
import { relu, softmax } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { flatten } from '../../src/layer/flatten.js'
import { fanOut } from '../../src/layer/combinator/branches.js'
import { mergeAdd } from '../../src/layer/combinator/merge.js'
import { input, inputs, model } from '../../src/layer/model.js'
import { parallel } from '../../src/layer/combinator/branches.js'
import { conv2d } from '../../src/layer/spatial/conv2d.js'
import { globalAveragePool } from '../../src/layer/spatial/global-average-pool.js'
import { maxPool } from '../../src/layer/spatial/max-pool.js'
import { init } from '../../src/model/init.js'
import { rootKey } from '../../src/random/index.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import type { ParamsOf } from '../../src/model/params.js'
import { left, right } from '../support/either.js'
import { numbers, tensorOf } from '../support/tensors.js'

const list = (x: Tensor): readonly number[] => Array.from(numbersOf(x))

describe('saliency', () => {
  const linear = model(input(3), dense(2))
  // columns are outputs
  const params = {
    dense: { weight: tensorOf('f64', [3, 2], [1, -2, -3, 4, 5, -6]), bias: tensorOf('f64', [2], [0, 0]) }
  } as unknown as ParamsOf<typeof linear>
  const x = tensorOf('f64', [2, 3], [1, 0, 0, 0, 1, 0])
  test('of a linear model is the size of its weights, of the output that is asked for', () => {
    const of = (target: number) => list(right(saliency(linear, params, { backend: wasm, target })(x)))
    expect(of(0)).toEqual([1, 3, 5, 1, 3, 5])
    expect(of(1)).toEqual([2, 4, 6, 2, 4, 6])
  })
  test('explains the largest output of each example by default, and the first of equal ones', () => {
    expect(list(right(saliency(linear, params, { backend: reference })(x)))).toEqual([1, 3, 5, 2, 4, 6])
    const none = tensorOf('f64', [1, 3], [0, 0, 0])
    expect(list(right(saliency(linear, params, { backend: wasm })(none)))).toEqual([1, 3, 5])
  })
  test('is the slope that differences of predictions show', () => {
    const net = model(input(3, 3, 1), conv2d(2, 2), relu, maxPool(2), flatten, dense(3), softmax)
    const given = right(init(net, rootKey(4), { dtype: 'f64' }))
    const at = numbers('f64', [1, 3, 3, 1], 3)
    const slopes = list(right(saliency(net, given, { backend: reference, target: 1 })(at)))
    const y = (k: number, h: number): number => {
      const moved = list(at).map((v, i) => (i === k ? v + h : v))
      return list(right(predict(net, given, { backend: reference })(tensorOf('f64', [1, 3, 3, 1], moved))))[1] as number
    }
    slopes.forEach((s, k) => expect(s).toBeCloseTo(Math.abs((y(k, 1e-5) - y(k, -1e-5)) / 2e-5), 7))
    expect(Math.max(...slopes)).toBeGreaterThan(0.01)
  })
  test('has the form of several inputs', () => {
    const two = model(inputs(input(1), input(1)), parallel(dense(2), dense(2)), mergeAdd)
    const weight = (a: number, b: number) => tensorOf('f64', [1, 2], [a, b])
    const bias = tensorOf('f64', [2], [0, 0])
    const given = {
      parallel: { dense: { weight: weight(2, 3), bias }, dense2: { weight: weight(-5, 7), bias } }
    } as unknown as ParamsOf<typeof two>
    const one = tensorOf('f64', [1, 1], [1])
    const all = right(saliency(two, given, { backend: wasm, target: 0 })([one, one])) as readonly Tensor[]
    expect(all.map(list)).toEqual([[2], [5]])
  })
  test('refuses an output that is not there', () => {
    expect(left(saliency(linear, params, { backend: wasm, target: 2 })(x))).toBe(
      "target: expected 'largest', or an index from 0 to 1, got 2"
    )
    const image = model(input(2, 2, 1), conv2d(1, 1))
    const given = right(init(image, rootKey(1)))
    expect(left(saliency(image, given, { backend: wasm })(numbers('f32', [1, 2, 2, 1], 1)))).toBe(
      'model: expected a model with a flat output [n], got [2, 2, 1]; explain a model that ends in one vector of scores'
    )
    const branches = model(input(2), fanOut(dense(1), relu))
    const others = right(init(branches, rootKey(1)))
    expect(left(saliency(branches, others, { backend: wasm })(numbers('f32', [1, 2], 1)))).toMatch(/got 2 outputs/)
  })
})

describe('Grad-CAM', () => {
  // two channels: the number itself, and its double; outputs weigh them by 3 and 1, and by -1 and 0
  const net = model(input(2, 2, 1), conv2d(2, 1, { bias: false }), globalAveragePool, dense(2))
  const params = {
    conv2d: { weight: tensorOf('f64', [1, 1, 1, 2], [1, 2]) },
    dense: { weight: tensorOf('f64', [2, 2], [3, -1, 1, 0]), bias: tensorOf('f64', [2], [0, 0]) }
  } as unknown as ParamsOf<typeof net>
  const x = tensorOf('f64', [1, 2, 2, 1], [4, 8, -4, 0])
  test('with a global average pool is the class activation map over the number of places', () => {
    const of = (target: number, layer?: string) =>
      right(gradCam(net, params, { backend: wasm, target, ...(layer === undefined ? {} : { layer }) })(x))
    // (3 x + 1 (2 x)) / 4, and -x / 4, where above 0
    expect(list(of(0))).toEqual([5, 10, 0, 0])
    expect(list(of(1))).toEqual([0, 0, 1, 0])
    expect(of(0, 'conv2d')).toEqual(of(0))
    expect(of(0).shape).toEqual([1, 2, 2])
  })
  test('explains each example of a batch by itself', () => {
    const both = tensorOf('f64', [2, 2, 2, 1], [4, 8, -4, 0, -4, -8, 4, 0])
    // the mean of the second example is below 0, so its second output is the largest: x / -4
    expect(list(right(gradCam(net, params, { backend: reference })(both)))).toEqual([5, 10, 0, 0, 1, 2, 0, 0])
  })
  test('names the layers that have places', () => {
    const said = (layer: string) => left(gradCam(net, params, { backend: wasm, layer })(x))
    expect(said('conv')).toBe('layer: expected one of conv2d, got conv')
    const flat = model(input(3), dense(2))
    const given = right(init(flat, rootKey(1)))
    expect(left(gradCam(flat, given, { backend: wasm })(numbers('f32', [1, 3], 1)))).toBe(
      'model: expected a layer whose value has spatial axes, got none'
    )
  })
})
