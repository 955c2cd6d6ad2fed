import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { relu } from '../../src/layer/activation.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { fanOut } from '../../src/layer/combinator/branches.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { mergeMean } from '../../src/layer/combinator/merge.js'
import { input, model } from '../../src/layer/model.js'
import { init } from '../../src/model/init.js'
import type { ParamsOf } from '../../src/model/params.js'
import { rootKey } from '../../src/random/index.js'
import { combine, ensemble, meanOf } from '../../src/infer/ensemble.js'
import { predictMonteCarlo } from '../../src/infer/monte-carlo.js'
import type { Examples } from '../../src/infer/examples.js'
import { predict } from '../../src/infer/predict.js'
import { initStateFrom } from '../../src/model/init.js'
import { build } from '../../src/model/build.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { numbers, tensorOf } from '../support/tensors.js'

const list = (x: Examples): readonly number[] => Array.from(numbersOf(x as Tensor))
const x = numbers('f32', [5, 3], 1)

describe('ensemble', () => {
  const [a, b] = [model(input(3), dense(2)), model(input(3), dense(4), relu, dense(2))]
  const [pa, pb] = [right(init(a, rootKey(1))), right(init(b, rootKey(2)))]
  const [fa, fb] = [predict(a, pa, { backend: wasm }), predict(b, pb, { backend: wasm })]
  test('is the average of its members, of whatever kind they are', () => {
    const [ya, yb, y] = [fa, fb, ensemble(fa, fb)].map(f => list(right(f(x)))) as [
      readonly number[],
      readonly number[],
      readonly number[]
    ]
    y.forEach((v, i) => expect(v).toBe(Math.fround(((ya[i] as number) + (yb[i] as number)) / 2)))
  })
  test('of one member is that member, to the bit', () => expect(right(ensemble(fa)(x))).toEqual(right(fa(x))))
  test('of a member several times is that member', () =>
    expect(list(right(ensemble(fa, fa, fa, fa)(x)))).toEqual(list(right(fa(x)))))
  test('is what the layers fanOut and mean say of one model', () => {
    const one = model(input(3), fanOut(a, b), mergeMean)
    const params = { fanOut: { model: pa, model2: pb } } as unknown as ParamsOf<typeof one>
    const [y, wanted] = [ensemble(fa, fb)(x), predict(one, params, { backend: wasm })(x)].map(e => list(right(e)))
    y?.forEach((v, i) => expect(v).toBeCloseTo(wanted?.[i] as number, 6))
  })
  test('takes outputs of one shape', () => {
    const other = predict(model(input(3), dense(3)), right(init(model(input(3), dense(3)), rootKey(1))), {
      backend: reference
    })
    expect(left(ensemble(fa, other)(x))).toBe(
      'predictions: expected at least one, all of one element type and shape, got f32[5, 2] and f32[5, 3]'
    )
    expect(left(combine([], meanOf))).toBe(
      'predictions: expected at least one, all of one element type and shape, got none'
    )
    expect(left(combine([tensorOf('f32', [1], [1]), [tensorOf('f32', [1], [1])]], meanOf))).toMatch(
      /got f32\[1\] and \[f32\[1\]\]$/
    )
  })
  test('averages each of several outputs', () => {
    const two = [tensorOf('f32', [1], [1]), tensorOf('f32', [2], [3, 5])]
    const other = [tensorOf('f32', [1], [2]), tensorOf('f32', [2], [1, 0])]
    expect(right(combine([two, other], meanOf))).toMatchObject([
      { data: Float32Array.of(1.5) },
      { data: Float32Array.of(2, 2.5) }
    ])
  })
  test('gives what a member refuses', () => expect(E.isLeft(ensemble(fa, fb)(numbers('f32', [5, 4], 1)))).toBe(true))
})

describe('Monte-Carlo prediction', () => {
  const net = model(input(3), dense(16), batchNorm(), relu, dropout(0.5), dense(2))
  const params = right(init(net, rootKey(4)))
  const layers = initStateFrom(right(build(net)))
  const options = { backend: wasm, layers, samples: 40, key: rootKey(9) }
  const sampled = right(predictMonteCarlo(net, params, options)(x))

  test('is a function of the key, the same on both backends', () => {
    expect(right(predictMonteCarlo(net, params, { ...options, backend: reference })(x))).toEqual(sampled)
    expect(right(predictMonteCarlo(net, params, { ...options, key: rootKey(10) })(x))).not.toEqual(sampled)
  })
  test('is the ensemble of its samples, with their standard deviation', () => {
    const small = right(predictMonteCarlo(net, params, { ...options, samples: 1 })(x))
    expect(list(small.deviation).every(d => d === 0)).toBe(true)
    const two = right(predictMonteCarlo(net, params, { ...options, samples: 2 })(x))
    // with two samples m and s the deviation is |m - s| / 2, and the first sample stands at the mean plus or minus it
    list(two.mean).forEach((m, i) =>
      expect(Math.abs((list(small.mean)[i] as number) - m)).toBeCloseTo(list(two.deviation)[i] as number, 6)
    )
  })
  test('comes near to inference where the rest is linear', () => {
    const linear = model(input(3), dense(16), dropout(0.5), dense(2))
    const p = right(init(linear, rootKey(4)))
    const many = right(predictMonteCarlo(linear, p, { backend: wasm, samples: 2000, key: rootKey(1) })(x))
    const y = list(right(predict(linear, p, { backend: wasm })(x)))
    list(many.mean).forEach((m, i) => {
      const error = (list(many.deviation)[i] as number) / Math.sqrt(2000)
      expect(Math.abs(m - (y[i] as number))).toBeLessThan(5 * error)
    })
  })
  test('has no spread where nothing is dropped, and is then prediction to the bit', () => {
    const still = model(input(3), dense(4), batchNorm(), dropout(0), dense(2))
    const p = right(init(still, rootKey(4)))
    const s = initStateFrom(right(build(still)))
    const r = right(predictMonteCarlo(still, p, { ...options, layers: s, samples: 7 })(x))
    expect(list(r.deviation).every(d => d === 0)).toBe(true)
    expect(list(r.mean)).toEqual(list(right(predict(still, p, { backend: wasm, layers: s })(x))))
  })
  test('leaves batch normalisation as in inference: an example does not depend on those beside it', () => {
    const first = { ...x, shape: [1, 3], data: numbersOf(x).slice(0, 3) }
    // masks go by element index, so those of the first example stay
    expect(list(right(predictMonteCarlo(net, params, options)(first)).mean)).toEqual(list(sampled.mean).slice(0, 2))
  })
  test.each([0, 1.5, NaN])('refuses %d samples', samples =>
    expect(left(predictMonteCarlo(net, params, { ...options, samples })(x))).toBe(
      `samples: expected a positive whole number, got ${samples}`
    )
  )
})
