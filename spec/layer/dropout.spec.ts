import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { input as inputOf } from '../../src/expr/build.js'
import { dense } from '../../src/layer/dense.js'
import { dropout, type DropoutConvention } from '../../src/layer/dropout.js'
import type { Layer } from '../../src/layer/definition.js'
import { input, model, modelData, type Model } from '../../src/layer/model.js'
import { named } from '../../src/layer/combinator/named.js'
import { repeat } from '../../src/layer/combinator/repeat.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { shared } from '../../src/layer/combinator/shared.js'
import { encodeModel, parseModel } from '../../src/model/codec.js'
import { checkModel } from '../../src/model/model.js'
import { build } from '../../src/model/build.js'
import { foldIn, leafKey, rootKey, uniform, type Key } from '../../src/random/index.js'
import { purposeKey } from '../../src/train/state.js'
import type { Shape } from '../../src/value/shape.js'
import { numbersOf, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { apply } from './one-layer.js'
import { left, right } from '../support/either.js'
import { numbers, seed, tensorOf } from '../support/tensors.js'
import { uniform as within } from '../support/random.js'

const list = (t: Tensor): readonly number[] => Array.from(numbersOf(t))
const conventions = fc.constantFrom<DropoutConvention>('inverted', 'textbook')
const rates = within(0, 1 - 2 ** -53)
const ones = (...shape: readonly number[]): Tensor =>
  tensorOf('f32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1))
const masked = (layer: Layer, key: Key, shape: readonly number[] = [4, 16]): readonly number[] =>
  list(apply(layer, { x: ones(...shape), training: true, key }).y).map(y => (y === 0 ? 0 : 1))

describe('in training', () => {
  test('what is kept is where uniform < f32(1 - p), drawn from the key of the label', () =>
    fc.assert(
      fc.property(rates, conventions, seed, fc.integer({ min: 1, max: 5 }), (rate, convention, s, batch) => {
        const x = numbers('f32', [batch, 3], s)
        const { y } = apply(dropout(rate, convention), { x, training: true, key: rootKey(s) })
        const draws = uniform(leafKey(rootKey(s), 'dropout'), batch * 3)
        const factor = convention === 'inverted' ? Math.fround(1 / (1 - rate)) : 1
        list(x).forEach((v, i) => {
          const kept = (draws[i] as number) < Math.fround(1 - rate)
          expect(list(y)[i]).toBe(kept ? Math.fround(v * factor) : 0)
        })
      })
    ))

  test('what is dropped passes no gradient, what is kept passes it as it passes values', () =>
    fc.assert(
      fc.property(conventions, seed, (convention, s) => {
        const x = ones(3, 5)
        const r = apply(dropout(0.5, convention), { x, training: true, key: rootKey(s) })
        expect(list(r.dx)).toEqual(list(r.y))
      }),
      { numRuns: 20 }
    ))

  test('dropped infinities are gone', () => {
    const x = tensorOf('f32', [1, 64], new Float32Array(64).fill(Infinity))
    expect(new Set(list(apply(dropout(0.5), { x, training: true }).y))).toEqual(new Set([0, Infinity]))
  })
})

test('the mean over many masks is what inference gives, in both conventions', () => {
  const x = numbers('f64', [1, 8], 1)
  const n = 4000
  for (const convention of ['inverted', 'textbook'] as const)
    for (const rate of [0.1, 0.5, 0.8]) {
      const layer = dropout(rate, convention)
      const wide = {
        ...x,
        shape: [n, 8],
        data: Float64Array.from({ length: n * 8 }, (_, i) => list(x)[i % 8] as number)
      }
      const y = list(apply(layer, { x: wide, training: true, key: rootKey(7) }).y)
      const inference = list(apply(layer, { x, training: false }).y)
      list(x).forEach((v, i) => {
        const mean = y.filter((_, j) => j % 8 === i).reduce((a, b) => a + b, 0) / n
        // five deviations of a mean of n draws
        const scale = convention === 'inverted' ? 1 / (1 - rate) : 1
        expect(Math.abs(mean - (inference[i] as number))).toBeLessThan(
          (5 * scale * Math.abs(v) * Math.sqrt(rate * (1 - rate))) / Math.sqrt(n)
        )
      })
    }
})

describe('a mask', () => {
  const key = (s: number, step: number): Key => foldIn(purposeKey(s, 'step'), step)
  const layer = dropout(0.5)
  test('differs by seed, by step and by label', () =>
    fc.assert(
      fc.property(seed, fc.nat({ max: 100000 }), (s, step) => {
        const here = masked(layer, key(s, step))
        expect(masked(layer, key(s, step))).toEqual(here)
        expect(masked(layer, key(s, step + 1))).not.toEqual(here)
        expect(masked(layer, key(s + 1, step))).not.toEqual(here)
        expect(masked(named('other')(layer), key(s, step))).not.toEqual(here)
      }),
      { numRuns: 40 }
    ))
  test('differs between places of one model, also inside repeat and shared', () => {
    const noise = shared('noise')(modelData([64], layer) as unknown as Model)
    const pairs: readonly (readonly [once: Layer, twice: Layer])[] = [
      [layer, sequential(layer, layer)],
      [repeat(1)(layer), repeat(2)(layer)],
      [noise, sequential(noise, noise)]
    ]
    for (const [once, twice] of pairs) {
      const [a, b] = [once, twice].map(l => masked(l, rootKey(1), [1, 64])) as [readonly number[], readonly number[]]
      // the second drops some of what the first keeps
      expect(b.every((k, i) => k <= (a[i] as number))).toBe(true)
      expect(b).not.toEqual(a)
    }
  })
  test('stays when a layer is put in front', () => {
    const at = (...layers: readonly Layer[]): readonly number[] => masked(sequential(...layers), rootKey(4))
    expect(at(named('idle')(sequential()), layer)).toEqual(at(layer))
  })
  test('of the first examples stays when the batch grows', () =>
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 6 }), (s, more) => {
        const small = masked(layer, rootKey(s), [3, 5])
        expect(masked(layer, rootKey(s), [3 + more, 5]).slice(0, 15)).toEqual(small)
      }),
      { numRuns: 30 }
    ))
})

describe('in inference', () => {
  test('inverted dropout changes nothing, the textbook scales by 1 - p', () =>
    fc.assert(
      fc.property(rates, seed, (rate, s) => {
        const x = numbers('f32', [2, 4], s)
        expect(list(apply(dropout(rate), { x, training: false }).y)).toEqual(list(x))
        expect(list(apply(dropout(rate, 'textbook'), { x, training: false }).y)).toEqual(
          list(x).map(v => (rate === 0 ? v : Math.fround(v * Math.fround(1 - rate))))
        )
      })
    ))
  test('sampling draws as training does', () =>
    fc.assert(
      fc.property(rates, conventions, seed, (rate, convention, s) => {
        const x = numbers('f32', [2, 4], s)
        const [a, b] = [{ training: true }, { training: false, sampling: true }].map(mode =>
          apply(dropout(rate, convention), { x, key: rootKey(s), ...mode })
        )
        expect(b).toEqual(a)
      }),
      { numRuns: 30 }
    ))
})

test('a rate of 0 is the identity: the very same expression', () => {
  const x = inputOf('x', 'f32', [2, 3])
  for (const convention of ['inverted', 'textbook'] as const)
    for (const training of [true, false]) {
      const placed = right(build(modelData([3], dropout(0, convention))))
      const key = inputOf('key', 'u32', [2])
      expect(placed.apply({ params: {}, state: {}, shared: {}, training, key, path: '' }, x).value).toBe(x)
    }
})

test('both backends give the same bits', () =>
  fc.assert(
    fc.property(
      rates,
      conventions,
      seed,
      fc.boolean(),
      fc.constantFrom<FloatType>('f32', 'f64'),
      (rate, convention, s, training, dtype) => {
        const x = numbers(dtype, [3, 5], s)
        const layer = sequential(dropout(rate, convention), dense(2), dropout(0.3))
        const [a, b] = [reference, wasm].map(backend =>
          apply(layer, { x, training, key: rootKey(s), c: numbers(dtype, [3, 2], s), backend })
        )
        expect(b).toEqual(a)
      }
    ),
    { numRuns: 40 }
  ))

describe('as data', () => {
  test('JSON keeps it; the convention may be left out', () => {
    const m = model(input(3), dropout(0.25, 'textbook'))
    expect(right(parseModel(JSON.stringify(encodeModel(m))))).toEqual(m)
    expect(right(parseModel('{ "tag": "model", "input": [3], "layer": { "tag": "dropout", "rate": 0.5 } }'))).toEqual(
      model(input(3), dropout(0.5))
    )
  })
  const said = (shape: Shape, layer: Layer): string => left(checkModel(modelData(shape, layer)))
  const rate = 'dropout: expected a number from 0 up to, not including, 1, got'
  test.each<[string, string]>([
    [said([3], dropout(1)), `${rate} 1`],
    [said([3], dropout(1.5)), `${rate} 1.5`],
    [said([3], dropout(-0.5)), `${rate} -0.5`],
    [said([3], dropout(NaN)), `${rate} NaN`],
    [said([[2], [3]], dropout(0.5)), 'dropout: expected one tensor, got [[2], [3]]; merge the branches before it']
  ])('%s', (got, wanted) => expect(got).toBe(wanted))

  test('a rate that is a literal is checked by the compiler, with the same sentence', () => {
    const at = input(3)
    model(at, dropout(0), dropout(0.5), dropout(1e-7), dropout(0.999))
    model(at, dropout(Number('0.5')))
    // @ts-expect-error dropout: expected a number from 0 up to, not including, 1, got 1
    model(at, dropout(1))
    // @ts-expect-error dropout: expected a number from 0 up to, not including, 1, got 1.5
    model(at, dropout(1.5))
    // @ts-expect-error dropout: expected a number from 0 up to, not including, 1, got -0.5
    model(at, dropout(-0.5))
    // @ts-expect-error dropout: expected a number from 0 up to, not including, 1, got -1e-7
    model(at, dropout(-1e-7))
    // @ts-expect-error dropout: expected a number from 0 up to, not including, 1, got 1e+21
    model(at, dropout(1e21))
    // @ts-expect-error no such convention
    model(at, dropout(0.5, 'classic'))
  })
})
