/** Laws that every optimizer obeys, run over the samples of the family. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { add, constant, cos, input, mul, sin } from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import { tex } from '../../../src/expr/tex.js'
import {
  chain,
  momentum,
  OptimizerMonoid,
  optimizers,
  type ByPath,
  type Optimizer
} from '../../../src/train/optimizer/index.js'
import { decode } from '../../../src/value/codec.js'
import { sameBits, toTypedArray, type Tensor } from '../../../src/value/tensor.js'
import {
  allSamples,
  apart,
  bowl,
  codec,
  nameOf,
  numbersAt,
  self,
  states,
  trajectory,
  type Gradient,
  type Params
} from './helpers.js'
import { right } from '../../support/either.js'
import { randomFrom } from '../../support/random.js'
import { tensorOf } from '../../support/tensors.js'

/** paths that the samples' selectors know */
const paths = ['dense/weight', 'dense/bias', 'dense2/weight', 'norm/gamma']
const paramsFrom = (seed: number, size = 1): Params => {
  const next = randomFrom(seed)
  return Object.fromEntries(paths.map((p, i) => [p, Array.from({ length: i + 1 }, () => (next() * 2 - 1) * size)]))
}
/** gradients that change from step to step and depend on the parameters */
const restless: Gradient = (w, path, step) => {
  const phase = paths.indexOf(path) + 1
  return add(sin(mul(w, 3)), mul(cos(add(mul(step, phase), w)), 0.5))
}
const seeds = fc.integer({ min: 0, max: 0x7fffffff })
const every = allSamples.map(o => [nameOf(o), o] as const)

describe.each(every)('%s', (_, o) => {
  test('is its JSON', () => {
    const text = JSON.stringify(codec.encode(o))
    const again = right(decode(codec)(JSON.parse(text)))
    expect(again).toEqual(o)
    expect(JSON.stringify(codec.encode(again))).toBe(text)
  })
  test('is pure: earlier states stay as they are, and the same state gives the same bits', () => {
    const params = paramsFrom(1)
    const all = states(o, params, restless, { steps: 7 })
    const copies = all.map(s =>
      Object.entries(s).map(([name, t]): readonly [string, Tensor] => [
        name,
        tensorOf(t.dtype, t.shape, toTypedArray(t))
      ])
    )
    const again = states(o, params, restless, { steps: 7 })
    copies.forEach((copy, i) =>
      copy.forEach(([name, t]) => {
        expect(sameBits(t, all[i]?.[name] as Tensor)).toBe(true)
        expect(sameBits(t, again[i]?.[name] as Tensor)).toBe(true)
      })
    )
  })
  test('the compiled engine gives the same bits, in f32 and f64', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom('f32' as const, 'f64' as const), (seed, dtype) => {
        const [a, b] = [{}, { backend: wasm }].map(
          more => states(o, paramsFrom(seed), restless, { dtype, steps: 6, ...more }).at(-1) ?? {}
        )
        expect(Object.keys(a ?? {})).toEqual(Object.keys(b ?? {}))
        for (const [name, t] of Object.entries(a ?? {})) expect(sameBits(t, (b ?? {})[name] as Tensor), name).toBe(true)
      }),
      { numRuns: 2 }
    )
  })
  test('treats each parameter alike, in whatever order they come', () => {
    fc.assert(
      fc.property(seeds, fc.shuffledSubarray(paths, { minLength: paths.length }), (seed, order) => {
        const params = paramsFrom(seed)
        const permuted = Object.fromEntries(order.map(p => [p, params[p] as readonly number[]]))
        expect(
          apart(trajectory(o, params, restless, { steps: 5 }), trajectory(o, permuted, restless, { steps: 5 }))
        ).toBeLessThan(1e-12)
      }),
      { numRuns: 5 }
    )
  })
  test('leaves parameters where they are while gradients are 0, but for weight decay', () => {
    const decays = nameOf(o).toLowerCase().includes('decay')
    const params = decays
      ? Object.fromEntries(paths.map((p, i) => [p, Array.from({ length: i + 1 }, () => 0)]))
      : paramsFrom(2)
    const still = trajectory(o, params, w => mul(w, 0), { steps: 5 })
    still.forEach(p => {
      expect(p).toEqual(params)
    })
    if (decays)
      expect(
        apart(
          trajectory(o, paramsFrom(2), w => mul(w, 0), { steps: 1 }),
          [paramsFrom(2)]
        )
      ).toBeGreaterThan(0)
  })
  test('goes downhill on a bowl, where it is no transformation', () => {
    const params = paramsFrom(3)
    const settings = Object.keys(self.settings(o, ''))
    if (!settings.some(s => s.endsWith('rate')) || o.tag === 'decoupledWeightDecay' || o.tag === 'masked') return
    const curvatures = Object.fromEntries(Object.entries(params).map(([p, w]) => [p, w.map(() => 1)]))
    const height = (p: Params): number =>
      Object.values(p)
        .flat()
        .reduce((s, w) => s + w * w, 0)
    const last = trajectory(o, params, bowl(curvatures), { steps: 60 }).at(-1) as Params
    expect(height(last)).toBeLessThan(height(params))
  })
  test('alone in a chain is itself; beside the empty chain it does the same', () => {
    expect(chain(o)).toEqual(chain(chain(o)))
    expect(chain(chain(), o, chain())).toEqual(chain(o))
    const wrapped: Optimizer = { tag: 'chain', optimizers: [chain(), o] }
    expect(
      apart(
        trajectory(wrapped, paramsFrom(4), restless, { steps: 5 }),
        trajectory(o, paramsFrom(4), restless, { steps: 5 })
      )
    ).toBe(0)
  })
  test('its update has a TeX of its own', () => {
    const like = (prefix: string): ByPath => new Map([['w', input(prefix, 'f64', [3])]])
    const given = {
      gradients: like('g'),
      params: like('w'),
      slots: like,
      scalar: (name: string): Expr => input(name, 'f64', []),
      setting: (name: string): Expr => input(name, 'f64', [])
    }
    const { updates } = self.update(o, '', given)
    expect(tex(updates.get('w') as Expr, 'Delta')).not.toBe('')
    expect(optimizers[o.tag]?.tex).not.toBe('')
  })
})

describe('chain', () => {
  const any = fc.constantFrom(...allSamples)
  const three = fc.tuple(any, any, any)
  test('is associative, with chain() as its identity, as equality of data', () => {
    fc.assert(
      fc.property(three, ([a, b, c]) => {
        const { concat, empty } = OptimizerMonoid
        expect(concat(concat(a, b), c)).toEqual(concat(a, concat(b, c)))
        expect(concat(a, empty)).toEqual(chain(a))
        expect(concat(empty, a)).toEqual(chain(a))
      })
    )
  })
  test('and as equal ways, to the bit', () => {
    fc.assert(
      fc.property(three, seeds, ([a, b, c], seed) => {
        const nested = (...parts: readonly Optimizer[]): Optimizer => ({ tag: 'chain', optimizers: parts })
        const way = (o: Optimizer): readonly Params[] => trajectory(o, paramsFrom(seed), restless, { steps: 4 })
        const flat = way(chain(a, b, c))
        expect(apart(way(nested(nested(a, b), c)), flat)).toBe(0)
        expect(apart(way(nested(a, nested(b, c))), flat)).toBe(0)
      }),
      { numRuns: 25 }
    )
  })
  test('of parts is what they do one after the other', () => {
    const steep: Gradient = w => mul(w, 100)
    const [clip, sgd] = [
      { tag: 'clipByValue', limit: 1 },
      { tag: 'sgd', rate: 0.5 }
    ] as const
    const w = { 'dense/weight': [3, -0.001] }
    expect(trajectory(chain(clip, sgd), w, steep, { steps: 1 })).toEqual([{ 'dense/weight': [2.5, 0.049] }])
    expect(trajectory(chain(sgd, clip), w, steep, { steps: 1 })).toEqual([{ 'dense/weight': [2, 0.049] }])
    expect(trajectory(chain(), w, steep, { steps: 1 })).toEqual([{ 'dense/weight': [-297, 0.099] }])
  })
  test('gives each part a label, so that two of a kind don’t meet', () => {
    const one = momentum(0.25)
    const both: Optimizer = { tag: 'chain', optimizers: [one, one, { tag: 'chain', optimizers: [one] }] }
    expect(Object.keys(self.slots(both, ''))).toEqual(['momentum.v', 'momentum2.v', 'chain.momentum.v'])
    expect(self.settings(both, '')['momentum2.rate']).toBe(0.25)
  })
})

test('slots hold what formulas say', () => {
  const last =
    states({ tag: 'momentum', rate: 0.5, momentum: 0.5 }, { w: [1] }, () => constant(tensorOf('f64', [1], [2])), {
      steps: 3
    }).at(-1) ?? {}
  expect(numbersAt(last, 'optimizer/v/w')).toEqual([1 + 0.5 + 0.25])
})
test('JSON that is no optimizer is refused with its place', () => {
  const refused = (u: unknown): boolean => E.isLeft(decode(codec)(u))
  expect(refused({ tag: 'adamm' })).toBe(true)
  expect(refused({ tag: 'chain', optimizers: [{ tag: 'sgd', rate: 'fast' }] })).toBe(true)
  expect(refused({ tag: 'chain', optimizers: {} })).toBe(true)
  expect(refused({ tag: 'masked', selector: { only: ['bias'] }, optimizer: { tag: 'sgd' } })).toBe(true)
})
