import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { total } from '../../src/expr/build.js'
import { gradients } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import { identity, relu } from '../../src/layer/activation.js'
import { activations, type ActivationName } from '../../src/layer/activation-table.js'
import { fanOut, parallel } from '../../src/layer/combinator/branches.js'
import { dense } from '../../src/layer/dense.js'
import { flatten } from '../../src/layer/flatten.js'
import type { Layer } from '../../src/layer/definition.js'
import { mergeAdd, mergeConcat, mergeMean, mergeMultiply } from '../../src/layer/combinator/merge.js'
import { modelData, type Model, type ModelData } from '../../src/layer/model.js'
import { repeat } from '../../src/layer/combinator/repeat.js'
import { reshape } from '../../src/layer/reshape.js'
import { residual } from '../../src/layer/combinator/residual.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { shared } from '../../src/layer/combinator/shared.js'
import { networks } from '../../src/laws/networks.js'
import { initFrom, initStateFrom } from '../../src/model/init.js'
import { toExpr } from '../../src/model/to-expr.js'
import { build } from '../../src/model/build.js'
import { drawKey, normal, rootKey } from '../../src/random/index.js'
import { sizeOf, type Dims, type Shape } from '../../src/value/shape.js'
import { allocate, numbersOf, tensorView, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves } from '../../src/value/tree.js'

const some = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const f64 = (shape: Dims, numbers: ArrayLike<number>): Tensor => tensorView('f64', shape, allocate('f64', numbers))
type Values = Readonly<Record<string, Tensor>>

/** all that a model is given besides x, drawn from a seed; biases too, which begin at 0 */
const given = (model: ModelData, seed: number): Values => {
  const placed = some(build(model, undefined, 'f64'))
  const params = treeLeaves<Tensor>(initFrom(placed, rootKey(seed)), 'params')
  return Object.fromEntries([
    ...params.map(
      ([path, t], i) =>
        [
          path,
          f64(
            t.shape,
            normal(drawKey(rootKey(seed + i)), sizeOf(t.shape)).map(v => v / 2)
          )
        ] as const
    ),
    ...treeLeaves<Tensor>(initStateFrom(placed), 'layers')
  ])
}
const output = (model: ModelData, batch: number, values: Values): readonly number[] => {
  const { value } = some(toExpr(model, { batch, dtype: 'f64' }))
  return Array.from(numbersOf(some(evaluate(reference)({ y: value as Expr }, values)).y))
}

describe('formulas', () => {
  const w = { 'params/dense/weight': f64([2, 2], [1, 2, 3, 4]), 'params/dense/bias': f64([2], [10, 20]) }
  const x = { x: f64([1, 2], [1, -1]) }
  // [1, -1] [[1, 2], [3, 4]] + [10, 20] = [8, 18]
  test.each<[string, Layer, Values, readonly number[]]>([
    ['dense', dense(2), w, [8, 18]],
    ['dense without bias', dense(2, { bias: false }), w, [-2, -2]],
    ['relu', relu, {}, [1, 0]],
    ['residual', residual(relu), {}, [2, -1]],
    ['concat', sequential(fanOut(relu, identity), mergeConcat), {}, [1, 0, 1, -1]],
    ['add', sequential(fanOut(relu, identity), mergeAdd), {}, [2, -1]],
    ['multiply', sequential(fanOut(relu, identity, identity), mergeMultiply), {}, [1, 0]],
    ['mean', sequential(fanOut(relu, identity), mergeMean), {}, [1, -0.5]],
    ['parallel', sequential(fanOut(identity, identity), parallel(relu, identity), mergeAdd), {}, [2, -1]],
    ['repeat', repeat(3)(residual(relu)), {}, [8, -1]]
  ])('%s', (_, layer, params, wanted) => expect(output(modelData([2], layer), 1, { ...x, ...params })).toEqual(wanted))

  test('shared parameters are the same in both places', () => {
    const encoder = shared('e')(modelData([2], dense(2)) as unknown as Model)
    const values = {
      'params/shared/e/dense/weight': w['params/dense/weight'],
      'params/shared/e/dense/bias': w['params/dense/bias']
    }
    // [8, 18] -> [8 + 54 + 10, 16 + 72 + 20]
    expect(output(modelData([2], encoder, encoder), 1, { ...x, ...values })).toEqual([72, 108])
  })
  test('several inputs', () =>
    expect(
      output(modelData([[2], [2]] as Shape, mergeAdd), 1, { 'x/0': f64([1, 2], [1, 2]), 'x/1': f64([1, 2], [10, 20]) })
    ).toEqual([11, 22]))
  test('flatten and reshape keep the order of the numbers', () => {
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    expect(output(modelData([2, 3], flatten, reshape(3, 2)), 2, { x: f64([2, 2, 3], numbers) })).toEqual(numbers)
  })
  test('parameters of another model give an error, not numbers', () => {
    const m = modelData([2], dense(2))
    const { params: _, ...rest } = some(toExpr(m, { batch: 1, dtype: 'f64' }))
    expect(rest.value).not.toMatchObject({ op: 'invalid' })
    const placed = some(build(m))
    const { key, x: input } = { key: rest.value as Expr, x: rest.x }
    const applied = placed.apply({ params: {}, state: {}, shared: {}, training: false, key, path: '' }, input)
    expect(
      pipe(
        evaluate(reference)({ y: applied.value as Expr }, {}),
        E.mapLeft(e => e.path)
      )
    ).toEqual(E.left(['dense']))
  })
})

describe('random networks', () => {
  test('give each example what they give it alone', () =>
    fc.assert(
      fc.property(networks({ depth: 1 }), fc.nat(999), ({ model }, seed) => {
        const values = given(model, seed)
        const shape = model.input as Dims
        const n = sizeOf(shape)
        const xs = Array.from(normal(drawKey(rootKey(seed)), 2 * n))
        const both = output(model, 2, { ...values, x: f64([2, ...shape], xs) })
        const alone = [xs.slice(0, n), xs.slice(n)].flatMap(one =>
          output(model, 1, { ...values, x: f64([1, ...shape], one) })
        )
        expect(both).toEqual(alone)
      }),
      { numRuns: 30 }
    ))

  const smooth = Object.entries(activations).flatMap(([name, { kinks }]) =>
    kinks.length === 0 ? [name as ActivationName] : []
  )
  test('have the slopes that differences say, along a random direction', () =>
    fc.assert(
      fc.property(networks({ activations: smooth, depth: 1 }), fc.nat(999), ({ model }, seed) => {
        const { value, x, params } = some(toExpr(model, { batch: 1, dtype: 'f64' }))
        const exprs = [['x', x as Expr] as const, ...treeLeaves<Expr>(params, 'params')]
        const loss = total(tanhOf(value as Expr))
        const slopes = gradients(
          loss,
          exprs.map(([, e]) => e)
        )
        const at: Values = {
          ...given(model, seed),
          x: f64([1, ...(model.input as Dims)], normal(drawKey(rootKey(seed)), sizeOf(model.input as Dims)))
        }
        const direction = exprs.map(([, e], i) => normal(drawKey(rootKey(seed + 100 + i)), sizeOf(e.shape)))
        const moved = (h: number): Values =>
          Object.fromEntries(
            Object.entries(at).map(([name, t]) => {
              const i = exprs.findIndex(([n]) => n === name)
              return [
                name,
                i < 0
                  ? t
                  : f64(
                      t.shape,
                      Array.from(numbersOf(t), (v, j) => v + h * (direction[i]?.[j] as number))
                    )
              ]
            })
          )
        const lossAt = (h: number): number => numbersOf(some(evaluate(reference)({ loss }, moved(h))).loss)[0] as number
        const named = Object.fromEntries(slopes.map((s, i) => [`${i}`, s]))
        const found = some(evaluate(reference)(named, at))
        const along = direction.reduce((sum, d, i) => {
          const g = numbersOf(found[`${i}`] as Tensor)
          return sum + d.reduce((a, v, j) => a + v * (g[j] as number), 0)
        }, 0)
        const h = 1e-5
        const difference = (lossAt(h) - lossAt(-h)) / (2 * h)
        expect(Math.abs(along - difference)).toBeLessThan(1e-5 * Math.max(1, Math.abs(difference)))
      }),
      { numRuns: 40 }
    ))
})

/** keeps the loss and its derivatives of the order of 1 */
const tanhOf = (y: Expr): Expr => activations['tanh']?.formula(y) ?? y
