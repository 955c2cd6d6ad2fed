import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import type { Dataset } from '../../src/data/dataset.js'
import { relu } from '../../src/layer/activation.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { dense } from '../../src/layer/dense.js'
import type { Layer } from '../../src/layer/definition.js'
import { input, model, modelData } from '../../src/layer/model.js'
import { residual } from '../../src/layer/combinator/residual.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { encodeModel, parseModel } from '../../src/model/codec.js'
import { checkModel } from '../../src/model/model.js'
import type { ParamsOf } from '../../src/model/params.js'
import { score } from '../../src/train/score.js'
import { meanSquaredError } from '../../src/train/loss/index.js'
import { sgd } from '../../src/train/optimizer/index.js'
import { predict } from '../../src/infer/predict.js'
import { steps } from '../../src/train/stop/index.js'
import { train } from '../../src/train/train.js'
import type { Shape } from '../../src/value/shape.js'
import { numbersOf, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { apply, fromGolden, golden, worst, type Golden, type Result } from './one-layer.js'
import { left, right } from '../support/either.js'
import { numbers, seed } from '../support/tensors.js'
import { uniform } from '../support/random.js'

const list = (t: Tensor | undefined): readonly number[] => Array.from(numbersOf(t as Tensor))
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
const variance = (xs: readonly number[]): number => mean(xs.map(x => (x - mean(xs)) ** 2))
/** the numbers of each channel */
const channels = (t: Tensor): readonly (readonly number[])[] => {
  const n = t.shape.at(-1) as number
  return Array.from({ length: n }, (_, c) => list(t).filter((_, i) => i % n === c))
}

const shapes = fc.constantFrom<readonly number[]>([1], [3], [2, 2], [2, 3, 4])
const batches = fc.integer({ min: 2, max: 6 })

describe('the golden numbers', () => {
  interface Case {
    readonly x: Golden
    readonly gamma: Golden
    readonly beta: Golden
    readonly epsilon: number
    readonly c: Golden
    readonly y: Golden
    readonly batchMean: Golden
    readonly batchVarianceBiased: Golden
    readonly dx: Golden
    readonly dgamma: Golden
    readonly dbeta: Golden
  }
  const g = golden('batchNorm') as Case
  const at = (dtype: FloatType): Result =>
    apply(batchNorm({ epsilon: g.epsilon, momentum: 0 }), {
      x: fromGolden(g.x, dtype),
      c: fromGolden(g.c, dtype),
      params: { 'batchNorm/gamma': fromGolden(g.gamma, dtype), 'batchNorm/beta': fromGolden(g.beta, dtype) },
      training: true
    })
  const errors = (r: Result): readonly number[] => [
    worst(r.y, g.y),
    worst(r.dx, g.dx),
    worst(r.params['batchNorm/gamma'] as Tensor, g.dgamma),
    worst(r.params['batchNorm/beta'] as Tensor, g.dbeta),
    // with momentum 0 the running statistics are those of the batch
    worst(r.state['batchNorm/mean'] as Tensor, g.batchMean),
    worst(r.state['batchNorm/variance'] as Tensor, g.batchVarianceBiased)
  ]
  test('value, gradients and statistics to 1e-12 in f64', () =>
    expect(Math.max(...errors(at('f64')))).toBeLessThan(1e-12))
  test('and to 1e-5 in f32', () => expect(Math.max(...errors(at('f32')))).toBeLessThan(1e-5))
})

describe('in training', () => {
  test('every channel of a batch comes out with mean 0 and variance v / (v + epsilon)', () =>
    fc.assert(
      fc.property(shapes, batches, seed, (shape, batch, s) => {
        const x = numbers('f64', [batch, ...shape], s)
        const { y } = apply(batchNorm({ epsilon: 1e-3 }), { x, training: true })
        channels(x).forEach((xs, c) => {
          const ys = channels(y)[c] as readonly number[]
          expect(Math.abs(mean(ys))).toBeLessThan(1e-12)
          expect(variance(ys)).toBeCloseTo(variance(xs) / (variance(xs) + 1e-3), 10)
        })
      })
    ))

  test('what is added to a channel changes nothing', () =>
    fc.assert(
      fc.property(shapes, batches, seed, uniform(-50, 50), (shape, batch, s, by) => {
        const x = numbers('f64', [batch, ...shape], s)
        const moved = { ...x, data: Float64Array.from(numbersOf(x), v => v + by) }
        const [a, b] = [x, moved].map(x => list(apply(batchNorm(), { x, training: true }).y))
        a?.forEach((v, i) => expect(b?.[i]).toBeCloseTo(v, 8))
      })
    ))

  test('running statistics go on by momentum', () =>
    fc.assert(
      fc.property(shapes, batches, seed, uniform(0, 0.999), (shape, batch, s, momentum) => {
        const x = numbers('f64', [batch, ...shape], s)
        const n = shape.at(-1) as number
        const before = {
          'batchNorm/mean': numbers('f64', [n], s + 1),
          'batchNorm/variance': numbers('f64', [n], s + 2)
        }
        const { state } = apply(batchNorm({ momentum }), { x, state: before, training: true })
        const next = (name: 'mean' | 'variance', of: (xs: readonly number[]) => number): void =>
          channels(x).forEach((xs, c) => {
            const was = list(before[`batchNorm/${name}`])[c] as number
            expect(list(state[`batchNorm/${name}`])[c]).toBeCloseTo(momentum * was + (1 - momentum) * of(xs), 12)
          })
        next('mean', mean)
        next('variance', variance)
      })
    ))
  test('and begin at 0 and 1', () => {
    const x = numbers('f64', [4, 2], 3)
    const { state } = apply(batchNorm(), { x, training: true })
    channels(x).forEach((xs, c) => {
      expect(list(state['batchNorm/mean'])[c]).toBeCloseTo(0.1 * mean(xs), 14)
      expect(list(state['batchNorm/variance'])[c]).toBeCloseTo(0.9 + 0.1 * variance(xs), 14)
    })
  })
})

describe('in inference', () => {
  test('the running statistics are used, and stay as they are', () =>
    fc.assert(
      fc.property(shapes, batches, seed, (shape, batch, s) => {
        const n = shape.at(-1) as number
        const x = numbers('f64', [batch, ...shape], s)
        const state = { 'batchNorm/mean': numbers('f64', [n], s + 1), 'batchNorm/variance': numbers('f64', [n], s + 2) }
        const positive = {
          ...state['batchNorm/variance'],
          data: Float64Array.from(numbersOf(state['batchNorm/variance']), Math.abs)
        }
        const before = { ...state, 'batchNorm/variance': positive }
        const r = apply(batchNorm({ epsilon: 0.01 }), { x, state: before, training: false })
        list(r.y).forEach((y, i) => {
          const [m, v] = ['mean', 'variance'].map(
            k => list(before[`batchNorm/${k}` as keyof typeof before])[i % n] as number
          )
          expect(y).toBeCloseTo(((list(x)[i] as number) - (m as number)) / Math.sqrt((v as number) + 0.01), 12)
        })
        expect(r.state).toEqual(before)
      })
    ))

  test('an example does not depend on those beside it, to the bit', () =>
    fc.assert(
      fc.property(shapes, batches, seed, (shape, batch, s) => {
        const x = numbers('f32', [batch, ...shape], s)
        const all = list(apply(batchNorm(), { x, training: false }).y)
        const size = all.length / batch
        const first = { ...x, shape: [1, ...shape], data: numbersOf(x).slice(0, size) }
        expect(list(apply(batchNorm(), { x: first, training: false }).y)).toEqual(all.slice(0, size))
      })
    ))
})

test('both backends give the same bits: value, gradients, statistics', () =>
  fc.assert(
    fc.property(
      shapes,
      batches,
      seed,
      fc.boolean(),
      fc.constantFrom<FloatType>('f32', 'f64'),
      (shape, batch, s, training, dtype) => {
        const x = numbers(dtype, [batch, ...shape], s)
        const c = numbers(dtype, [batch, ...shape], s + 1)
        const [a, b] = [reference, wasm].map(backend => apply(batchNorm(), { x, c, training, backend }))
        expect(b).toEqual(a)
      }
    ),
    { numRuns: 40 }
  ))

describe('in a training', () => {
  const net = model(
    input(3),
    dense(4),
    batchNorm(),
    relu,
    residual(sequential(dense(4), batchNorm({ momentum: 0.5 }))),
    dense(2)
  )
  const data: Dataset = {
    x: { tensor: numbers('f32', [20, 3], 5) as Dataset['x']['tensor'], scale: 1, shift: 0 },
    y: { tensor: numbers('f32', [20, 2], 6) as Dataset['y']['tensor'], scale: 1, shift: 0 }
  }
  const options = {
    model: net,
    loss: meanSquaredError,
    optimizer: sgd(0.05),
    batchSize: 8,
    stop: steps(7),
    seed: 3
  } as const
  const done = right(train(options, { backend: wasm })(data))

  test('the statistics travel in the state, by label', () => {
    expect(Object.keys(done.state.layers)).toEqual(['batchNorm', 'residual'])
    expect(done.state.layers).toMatchObject({
      batchNorm: { mean: { shape: [4] }, variance: { shape: [4] } },
      residual: { batchNorm: { mean: { shape: [4] }, variance: { shape: [4] } } }
    })
    expect(done.state.params).not.toHaveProperty('batchNorm.mean')
  })
  test('stopped and resumed it gives the same bits', () => {
    const half = right(train({ ...options, stop: steps(4) }, { backend: wasm })(data))
    const rest = right(train(options, { backend: reference, from: half.state })(data))
    expect(rest.state).toEqual(done.state)
  })
  test('scores do not depend on examples being scored together', () => {
    const loss = (n: number, from: number): number => {
      const part = (f: Dataset['x']): Dataset['x'] => {
        const width = f.tensor.shape[1] as number
        const rows = numbersOf(f.tensor).slice(from * width, (from + n) * width)
        return { ...f, tensor: { ...f.tensor, shape: [n, width], data: rows } }
      }
      const d = { x: part(data.x), y: part(data.y) } as Dataset
      return right(score(done.training, done.state, d, { backend: wasm })).loss
    }
    expect((loss(7, 0) * 7 + loss(13, 7) * 13) / 20).toBeCloseTo(loss(20, 0), 6)
  })
  test('prediction asks for them', () => {
    const run = predict(net, done.params, { backend: wasm, layers: done.state.layers })
    expect(E.isRight(run(data.x.tensor))).toBe(true)
    expect(left(predict(net, done.params, { backend: wasm })(data.x.tensor))).toMatch(
      /^layers\/batchNorm\/mean: expected a running statistic f32\[4\], got none; pass state\.layers as the option layers$/
    )
  })
})

describe('as data', () => {
  test('JSON keeps it; what is left out is filled in', () => {
    const m = model(input(3), batchNorm({ momentum: 0.5 }))
    expect(right(parseModel(JSON.stringify(encodeModel(m))))).toEqual(m)
    expect(right(parseModel('{ "tag": "model", "input": [3], "layer": { "tag": "batchNorm" } }'))).toEqual(
      model(input(3), batchNorm())
    )
  })
  const said = (shape: Shape, layer: Layer): string => left(checkModel(modelData(shape, layer)))
  test.each<[string, string]>([
    [said([], batchNorm()), 'batchNorm: expected one tensor with a last axis, got []'],
    [said([[2], [3]], batchNorm()), 'batchNorm: expected one tensor with a last axis, got [[2], [3]]'],
    [
      said([3], batchNorm({ momentum: 1 })),
      'batchNorm/momentum: expected a number from 0 up to, not including, 1, got 1'
    ],
    [
      said([3], batchNorm({ momentum: -0.1 })),
      'batchNorm/momentum: expected a number from 0 up to, not including, 1, got -0.1'
    ],
    [said([3], batchNorm({ epsilon: 0 })), 'batchNorm/epsilon: expected a number above 0, got 0'],
    [said([3], batchNorm({ epsilon: NaN })), 'batchNorm/epsilon: expected a number above 0, got NaN']
  ])('%s', (got, wanted) => expect(got).toBe(wanted))
  test('the compiler knows its shapes and parameters', () => {
    const m = model(input(2, 5), batchNorm())
    type P = ParamsOf<typeof m>
    expectTypeOf<P['batchNorm']['gamma']>().toEqualTypeOf<Tensor<[5], FloatType>>()
    expectTypeOf<P['batchNorm']['beta']>().toEqualTypeOf<Tensor<[5], FloatType>>()
    // @ts-expect-error expected one tensor with a last axis, got []
    model(input(), batchNorm())
  })
})
