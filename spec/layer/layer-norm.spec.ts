import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import type { Layer } from '../../src/layer/definition.js'
import { layerNorm } from '../../src/layer/layer-norm.js'
import { input, model, modelData } from '../../src/layer/model.js'
import { encodeModel, parseModel } from '../../src/model/codec.js'
import { checkModel } from '../../src/model/model.js'
import type { ParamsOf } from '../../src/model/params.js'
import type { Shape } from '../../src/value/shape.js'
import { numbersOf, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { apply, fromGolden, golden, worst, type Golden, type Result } from './one-layer.js'
import { left, right } from '../support/either.js'
import { numbers, seed } from '../support/tensors.js'

const list = (t: Tensor): readonly number[] => Array.from(numbersOf(t))
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
const variance = (xs: readonly number[]): number => mean(xs.map(x => (x - mean(xs)) ** 2))
/** the numbers along the last axis, list by list */
const rows = (t: Tensor): readonly (readonly number[])[] => {
  const n = t.shape.at(-1) as number
  return Array.from({ length: list(t).length / n }, (_, r) => list(t).slice(r * n, (r + 1) * n))
}
const shapes = fc.constantFrom<readonly number[]>([1], [4], [2, 3], [2, 2, 5])
const batches = fc.integer({ min: 1, max: 5 })

describe('the golden numbers', () => {
  interface Case {
    readonly x: Golden
    readonly gamma: Golden
    readonly beta: Golden
    readonly epsilon: number
    readonly c: Golden
    readonly y: Golden
    readonly dx: Golden
    readonly dgamma: Golden
    readonly dbeta: Golden
  }
  const g = golden('layerNorm') as Case
  const at = (dtype: FloatType): Result =>
    apply(layerNorm({ epsilon: g.epsilon }), {
      x: fromGolden(g.x, dtype),
      c: fromGolden(g.c, dtype),
      params: { 'layerNorm/gamma': fromGolden(g.gamma, dtype), 'layerNorm/beta': fromGolden(g.beta, dtype) },
      training: true
    })
  const errors = (r: Result): readonly number[] => [
    worst(r.y, g.y),
    worst(r.dx, g.dx),
    worst(r.params['layerNorm/gamma'] as Tensor, g.dgamma),
    worst(r.params['layerNorm/beta'] as Tensor, g.dbeta)
  ]
  test('value and gradients to 1e-12 in f64', () => expect(Math.max(...errors(at('f64')))).toBeLessThan(1e-12))
  test('and to 1e-4 in f32', () => expect(Math.max(...errors(at('f32')))).toBeLessThan(1e-4))
})

test('every example comes out with mean 0 and variance v / (v + epsilon) along the last axis', () =>
  fc.assert(
    fc.property(shapes, batches, seed, (shape, batch, s) => {
      const x = numbers('f64', [batch, ...shape], s)
      const { y } = apply(layerNorm({ epsilon: 1e-3 }), { x, training: true })
      rows(x).forEach((xs, r) => {
        const ys = rows(y)[r] as readonly number[]
        expect(Math.abs(mean(ys))).toBeLessThan(1e-12)
        expect(variance(ys)).toBeCloseTo(variance(xs) / (variance(xs) + 1e-3), 10)
      })
    }),
    { numRuns: 50 }
  ))

test('training and inference are the same, and an example does not depend on those beside it, to the bit', () =>
  fc.assert(
    fc.property(shapes, batches, seed, (shape, batch, s) => {
      const x = numbers('f32', [batch, ...shape], s)
      const all = apply(layerNorm(), { x, training: true })
      expect(apply(layerNorm(), { x, training: false })).toEqual(all)
      const size = list(x).length / batch
      const first = { ...x, shape: [1, ...shape], data: numbersOf(x).slice(0, size) }
      expect(list(apply(layerNorm(), { x: first, training: true }).y)).toEqual(list(all.y).slice(0, size))
    }),
    { numRuns: 50 }
  ))

test('both backends give the same bits', () =>
  fc.assert(
    fc.property(shapes, batches, seed, fc.constantFrom<FloatType>('f32', 'f64'), (shape, batch, s, dtype) => {
      const x = numbers(dtype, [batch, ...shape], s)
      const c = numbers(dtype, [batch, ...shape], s + 1)
      const [a, b] = [reference, wasm].map(backend => apply(layerNorm(), { x, c, training: true, backend }))
      expect(b).toEqual(a)
    }),
    { numRuns: 40 }
  ))

describe('as data', () => {
  test('JSON keeps it; what is left out is filled in', () => {
    const m = model(input(3), layerNorm({ epsilon: 0.5 }))
    expect(right(parseModel(JSON.stringify(encodeModel(m))))).toEqual(m)
    expect(right(parseModel('{ "tag": "model", "input": [3], "layer": { "tag": "layerNorm" } }'))).toEqual(
      model(input(3), layerNorm())
    )
  })
  const said = (shape: Shape, layer: Layer): string => left(checkModel(modelData(shape, layer)))
  test.each<[string, string]>([
    [said([], layerNorm()), 'layerNorm: expected one tensor with a last axis, got []'],
    [said([[2], [3]], layerNorm()), 'layerNorm: expected one tensor with a last axis, got [[2], [3]]'],
    [said([3], layerNorm({ epsilon: -1 })), 'layerNorm/epsilon: expected a number above 0, got -1']
  ])('%s', (got, wanted) => expect(got).toBe(wanted))
  test('the compiler knows its shapes and parameters', () => {
    const m = model(input(2, 5), layerNorm())
    type P = ParamsOf<typeof m>
    expectTypeOf<P['layerNorm']['gamma']>().toEqualTypeOf<Tensor<[5], FloatType>>()
    // @ts-expect-error expected one tensor with a last axis, got []
    model(input(), layerNorm())
  })
})
