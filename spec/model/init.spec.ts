import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { relu } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { initializers, type Initializer } from '../../src/layer/initializer.js'
import type { Layer, ParamSpec } from '../../src/layer/definition.js'
import { modelData, type Model, type ModelData } from '../../src/layer/model.js'
import { named } from '../../src/layer/combinator/named.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { noMembers } from '../../src/registry/codecs.js'
import { extend } from '../../src/registry/extend.js'
import { repeat } from '../../src/layer/combinator/repeat.js'
import { residual } from '../../src/layer/combinator/residual.js'
import { layersOf, sequential } from '../../src/layer/combinator/sequential.js'
import { networks } from '../../src/laws/networks.js'
import { countParameters } from '../../src/model/describe.js'
import { init, initFrom, initStateFrom, type InitOptions } from '../../src/model/init.js'
import { build } from '../../src/model/build.js'
import { rootKey } from '../../src/random/index.js'
import { numbersOf, sameBits, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves } from '../../src/value/tree.js'

const some = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const seed = fc.integer({ min: 0, max: 0xffffffff })
const draw = (model: ModelData, s: number, options?: InitOptions): ReadonlyMap<string, Tensor> =>
  new Map(treeLeaves<Tensor>(some(init(model as Model, rootKey(s), options))))
const same = (a: ReadonlyMap<string, Tensor>, b: ReadonlyMap<string, Tensor>): boolean =>
  a.size === b.size && [...a].every(([path, t]) => sameBits(t, b.get(path) as Tensor))

describe('first parameters', () => {
  test('have the places, shapes and element types that the model states', () =>
    fc.assert(
      fc.property(networks(), seed, ({ model }, s) => {
        const specs = treeLeaves<ParamSpec>(some(build(model)).params)
        expect([...draw(model, s)].map(([path, { dtype, shape }]) => ({ path, dtype, shape }))).toEqual(
          specs.map(([path, { dtype, shape }]) => ({ path, dtype, shape }))
        )
      })
    ))
  test('are a function of model and key', () =>
    fc.assert(fc.property(networks(), seed, ({ model }, s) => same(draw(model, s), draw(model, s)))))
  test('in f64 are the same f32 numbers', () =>
    fc.assert(
      fc.property(networks(), seed, ({ model }, s) => {
        const wide = draw(model, s, { dtype: 'f64' })
        for (const [path, t] of draw(model, s)) {
          expect(wide.get(path)?.dtype).toBe('f64')
          expect(Array.from(numbersOf(wide.get(path) as Tensor))).toEqual(Array.from(numbersOf(t)))
        }
      })
    ))
  test('stay as they were when a layer comes in between', () =>
    fc.assert(
      fc.property(networks(), seed, fc.nat(), ({ model }, s, at) => {
        const layers = layersOf(model.layer)
        const i = at % (layers.length + 1)
        // keeps shapes, and its own labels collide with none
        const more = named('added')(residual(relu))
        const longer = modelData(model.input, ...layers.slice(0, i), more, ...layers.slice(i))
        expect(same(draw(model, s), draw(longer, s))).toBe(true)
      })
    ))
  test('stay as they were when layers move into a sequence, and differ by label, place and key', () => {
    const plain = modelData([4], dense(4), relu, dense(4), dense(4))
    const grouped = modelData([4], sequential(dense(4), relu), sequential(dense(4), dense(4)))
    expect(same(draw(plain, 1), draw(grouped, 1))).toBe(true)
    const weights = [...draw(plain, 1)]
      .filter(([path]) => path.endsWith('weight'))
      .map(([, t]) => Array.from(numbersOf(t)).join())
    expect(new Set(weights).size).toBe(3)
    expect(same(draw(plain, 1), draw(plain, 2))).toBe(false)
    const [first, second] = [...draw(modelData([4], repeat(2)(dense(4, { bias: false }))), 1).values()]
    expect(sameBits(first as Tensor, second as Tensor)).toBe(false)
  })
  test('are counted before any is drawn', () => {
    fc.assert(
      fc.property(networks(), ({ model }) => {
        const drawn = [...draw(model, 0).values()].reduce((n, t) => n + numbersOf(t).length, 0)
        expect(countParameters(model)).toEqual(E.right(drawn))
      })
    )
    const huge = modelData([100_000], dense(100_000)) as unknown as Model
    expect(init(huge, rootKey(0))).toMatchObject({ left: { _tag: 'ShapeError', path: ['dense', 'weight'] } })
  })
})

describe('initializers', () => {
  const sample = (
    initializer: Initializer,
    layer = (i: Initializer): Layer => dense(200, { initializer: i })
  ): Float32Array =>
    numbersOf(draw(modelData([300], layer(initializer)), 7).get('dense/weight') as Tensor) as Float32Array
  const mean = (xs: Float32Array): number => xs.reduce((a, x) => a + x, 0) / xs.length
  const deviation = (xs: Float32Array): number => {
    const m = mean(xs)
    return Math.sqrt(xs.reduce((a, x) => a + (x - m) ** 2, 0) / xs.length)
  }

  // in 300, out 200: 60,000 numbers, so a deviation is known to about 0.3 %
  test.each<[Initializer, number]>([
    ['xavierNormal', Math.sqrt(1 / 300)],
    ['glorotNormal', Math.sqrt(2 / 500)],
    ['glorotUniform', Math.sqrt(2 / 500)],
    ['heNormal', Math.sqrt(2 / 300)],
    ['heUniform', Math.sqrt(2 / 300)],
    ['leCunNormal', Math.sqrt(1 / 300)],
    ['leCunUniform', Math.sqrt(1 / 300)],
    // a normal cut at two deviations has 0.8796 of its deviation left
    [{ tag: 'truncatedNormal', std: 0.5 }, 0.5 * 0.8796]
  ])('%j has its deviation and mean 0', (initializer, wanted) => {
    const xs = sample(initializer)
    expect(Math.abs(deviation(xs) / wanted - 1)).toBeLessThan(0.015)
    expect(Math.abs(mean(xs))).toBeLessThan(0.02 * wanted)
  })
  test.each<[Initializer, number]>([
    ['glorotUniform', Math.fround(Math.sqrt(6 / 500))],
    ['heUniform', Math.fround(Math.sqrt(6 / 300))],
    ['leCunUniform', Math.fround(Math.sqrt(3 / 300))],
    [{ tag: 'truncatedNormal', std: 0.5 }, 1]
  ])('%j keeps its limit', (initializer, limit) => {
    const xs = sample(initializer)
    expect(xs.reduce((m, x) => Math.max(m, Math.abs(x)), 0)).toBeLessThanOrEqual(limit)
    expect(xs.some(x => x > 0.95 * limit) && xs.some(x => x < -0.95 * limit)).toBe(true)
  })
  test('of one number', () => {
    expect(new Set(sample('zeros'))).toEqual(new Set([0]))
    expect(new Set(sample('ones'))).toEqual(new Set([1]))
    expect(new Set(sample({ tag: 'constant', value: 0.1 }))).toEqual(new Set([Math.fround(0.1)]))
  })
  test.each([
    [5, 5],
    [7, 3],
    [3, 7],
    [1, 4],
    [4, 1]
  ])('orthogonal: a [%d, %d] matrix times its transpose is the identity', (rows, columns) => {
    const m = modelData([rows], dense(columns, { initializer: 'orthogonal' }))
    const q = numbersOf(draw(m, 3).get('dense/weight') as Tensor)
    const at = (i: number, j: number): number => q[i * columns + j] as number
    const n = Math.min(rows, columns)
    const long = Math.max(rows, columns)
    const dot = (a: number, b: number): number =>
      Array.from({ length: long }, (_, k) => (rows >= columns ? at(k, a) * at(k, b) : at(a, k) * at(b, k))).reduce(
        (x, y) => x + y,
        0
      )
    for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) expect(dot(a, b)).toBeCloseTo(a === b ? 1 : 0, 6)
  })
  test('of every name are drawn, and all numbers are finite', () => {
    for (const [name, definition] of Object.entries(initializers)) {
      const others: Readonly<Record<string, unknown>> = { values: [0.5], fan: 'in' }
      const settings = Object.keys(definition.fields(noMembers)).map(k => [k, others[k] ?? 0.5])
      const initializer = (settings.length === 0 ? name : { tag: name, ...Object.fromEntries(settings) }) as Initializer
      const m = modelData([6], dense(5, { initializer }))
      expect([...draw(m, 1).values()].every(t => numbersOf(t).every(Number.isFinite))).toBe(true)
    }
  })
  test('of a user are found in the registry, and refused without it', () => {
    const registry = extend(builtInLayers, {
      initializers: {
        sevens: {
          tag: 'sevens',
          fields: () => ({}),
          draw: ({ shape }) => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(7)
        }
      }
    })
    const m = modelData([2], dense(2, { initializer: 'sevens' as 'zeros' }))
    expect(Array.from(numbersOf(draw(m, 0, { registry }).get('dense/weight') as Tensor))).toEqual([7, 7, 7, 7])
    expect(E.isLeft(init(m as unknown as Model, rootKey(0)))).toBe(true)
    // placed with one table and drawn with another: nothing is made up
    expect(treeLeaves<Tensor>(initFrom(some(build(m, registry)), rootKey(0)))[0]?.[1].data[0]).toBeNaN()
  })
})

test('a model without running statistics has no state', () =>
  expect(initStateFrom(some(build(modelData([3], dense(3), relu))))).toEqual({}))
