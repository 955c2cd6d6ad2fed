/** Transformations: clipping, decay, parts, accumulation. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { add, constant, mul } from '../../../src/expr/build.js'
import { dataset, type Dataset } from '../../../src/data/dataset.js'
import { dense } from '../../../src/layer/dense.js'
import { tanh } from '../../../src/layer/activation.js'
import { input, model } from '../../../src/layer/model.js'
import { named } from '../../../src/layer/combinator/named.js'
import { halfSquaredError } from '../../../src/train/loss/index.js'
import {
  accumulate,
  adadelta,
  adagrad,
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  decoupledWeightDecay,
  exceptBiasAndNorm,
  freeze,
  lion,
  masked,
  momentum,
  rmsprop,
  scaleBy,
  sgd,
  weightDecay,
  type Optimizer,
  type Selector
} from '../../../src/train/optimizer/index.js'
import { isSelected } from '../../../src/train/optimizer/selector.js'
import { startState } from '../../../src/train/start.js'
import { tensorsOf, type TrainState } from '../../../src/train/state.js'
import { stepOf } from '../../../src/train/step.js'
import { steps } from '../../../src/train/stop/index.js'
import { training } from '../../../src/train/training.js'
import { numbersOf, sameBits, type Tensor } from '../../../src/value/tensor.js'
import { apart, numbersAt, states, trajectory, type Gradient, type Params } from './helpers.js'
import { left, right } from '../../support/either.js'
import { randomFrom, uniform } from '../../support/random.js'
import { tensorOf } from '../../support/tensors.js'

const seeds = fc.integer({ min: 0, max: 0x7fffffff })
const norm = (xs: readonly number[]): number => Math.sqrt(xs.reduce((s, x) => s + x * x, 0))

/** what an optimizer makes of gradients in its first step */
const firstUpdate = (o: Optimizer, gradients: Params, dtype: 'f32' | 'f64' = 'f64'): Params => {
  const zero = Object.fromEntries(Object.entries(gradients).map(([p, g]) => [p, g.map(() => 0)]))
  const given: Gradient = (_, path) =>
    constant(tensorOf(dtype, [(gradients[path] as readonly number[]).length], gradients[path] as readonly number[]))
  const [w = {}] = trajectory(o, zero, given, { dtype, steps: 1 })
  return Object.fromEntries(Object.entries(w).map(([p, x]) => [p, x.map(v => 0 - v)]))
}
const drawn = (seed: number, size: number): Params => {
  const next = randomFrom(seed)
  const some = (n: number): readonly number[] => Array.from({ length: n }, () => (next() * 2 - 1) * size)
  return { 'a/weight': some(5), 'a/bias': some(2), 'b/weight': some(3) }
}
const near = (a: readonly number[], b: readonly number[]): void =>
  a.forEach((x, i) => {
    expect(Math.abs(x - (b[i] as number))).toBeLessThan(1e-12 * Math.max(1, Math.abs(x)))
  })

describe('clipping', () => {
  test('by value: every number within the limits, those inside untouched', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const g = drawn(seed, 3)
        const u = firstUpdate(clipByValue(0.7), g)
        for (const [p, xs] of Object.entries(g)) expect(u[p]).toEqual(xs.map(x => Math.max(-0.7, Math.min(0.7, x))))
      }),
      { numRuns: 20 }
    )
  })
  test('by norm: each tensor by itself, its direction kept', () => {
    fc.assert(
      fc.property(seeds, uniform(0.1, 4), (seed, size) => {
        const g = drawn(seed, size)
        const u = firstUpdate(clipByNorm(1.5), g)
        for (const [p, xs] of Object.entries(g)) {
          const factor = norm(xs) > 1.5 ? 1.5 / norm(xs) : 1
          near(
            u[p] as readonly number[],
            xs.map(x => x * factor)
          )
          if (factor === 1) expect(u[p]).toEqual(xs)
        }
      }),
      { numRuns: 30 }
    )
  })
  test('by global norm: all together, their direction kept', () => {
    fc.assert(
      fc.property(seeds, uniform(0.1, 4), (seed, size) => {
        const g = drawn(seed, size)
        const whole = norm(Object.values(g).flat())
        const u = firstUpdate(clipByGlobalNorm(2), g)
        const factor = whole > 2 ? 2 / whole : 1
        for (const [p, xs] of Object.entries(g))
          near(
            u[p] as readonly number[],
            xs.map(x => x * factor)
          )
        if (factor === 1) expect(u).toEqual(g)
        expect(norm(Object.values(u).flat())).toBeLessThanOrEqual(2 + 1e-12)
      }),
      { numRuns: 30 }
    )
  })
  test('holds where the squares of f32 gradients would overflow, or vanish', () => {
    for (const size of [1e30, 1e-30])
      for (const clip of [clipByNorm(1e-31), clipByGlobalNorm(1e-31)]) {
        const u = firstUpdate(clip, { w: [3 * size, 4 * size] }, 'f32')['w'] as readonly number[]
        expect(norm(u) / 1e-31).toBeCloseTo(1, 5)
        expect((u[1] as number) / (u[0] as number)).toBeCloseTo(4 / 3, 5)
      }
  })
})

describe('decay', () => {
  const pull: Gradient = w => add(mul(w, 0), 1)
  test('weightDecay is the gradient of an L2 penalty in the loss', () => {
    const [w = {}] = trajectory(chain(weightDecay(0.1), sgd(0.5)), { w: [2, -4] }, pull, { steps: 1 })
    near(w['w'] as readonly number[], [2 - 0.5 * (1 + 0.1 * 2), -4 - 0.5 * (1 - 0.1 * 4)])
  })
  test('the decoupled one is seen by no moment', () => {
    const o = chain(momentum(0.5, 0.9), decoupledWeightDecay(0.1, 0.5))
    const all = states(o, { w: [2] }, pull, { steps: 2 })
    near(numbersAt(all[2] ?? {}, 'optimizer/momentum.v/w'), [0.9 * 0.5 + 0.5])
    const first = 2 - 0.5 - 0.5 * 0.1 * 2
    near(numbersAt(all[2] ?? {}, 'params/w'), [first - 0.95 - 0.05 * first])
  })
  test('scale is a factor', () => expect(firstUpdate(scaleBy(-2), { w: [1, 2] })).toEqual({ w: [-2, -4] }))
})

describe('parts', () => {
  const g: Params = { 'a/weight': [1, 1], 'a/bias': [1], 'b/dense/weight': [1], 'b/norm/gamma': [1] }
  test.each<readonly [Selector, readonly string[]]>([
    [{}, Object.keys(g)],
    [{ include: ['a'] }, ['a/weight', 'a/bias']],
    [{ include: ['weight'] }, ['a/weight', 'b/dense/weight']],
    [{ include: ['dense/weight'] }, ['b/dense/weight']],
    [{ include: ['b/dense'] }, ['b/dense/weight']],
    [{ include: ['b', 'bias'] }, ['a/bias', 'b/dense/weight', 'b/norm/gamma']],
    [{ include: ['b'], exclude: ['gamma'] }, ['b/dense/weight']],
    [exceptBiasAndNorm, ['a/weight', 'b/dense/weight']],
    [{ include: ['d*'] }, ['b/dense/weight']],
    [{ include: ['*/weight'] }, ['a/weight', 'b/dense/weight']],
    [{ include: ['*a*'] }, ['a/weight', 'a/bias', 'b/norm/gamma']],
    [{ include: ['w*g*t'] }, ['a/weight', 'b/dense/weight']],
    [{ exclude: ['*'] }, []],
    // never beyond the end, never a part of a label
    [{ include: ['weight/*'] }, []],
    [{ include: ['dens'] }, []],
    [{ include: ['a/dense'] }, []]
  ])('%j selects', (selector, wanted) => {
    expect(Object.keys(g).filter(isSelected(selector))).toEqual(wanted)
    const u = firstUpdate(masked(selector, scaleBy(0.5)), g)
    for (const [p, xs] of Object.entries(u)) expect(xs[0]).toBe(wanted.includes(p) ? 0.5 : 1)
  })
  test('a pattern of many stars costs no time', () => {
    expect(isSelected({ include: [`${'a*'.repeat(31)}b`] })('a'.repeat(64))).toBe(false)
  })
  test('two parts, each its own optimizer', () => {
    const o = chain(masked({ include: ['a'] }, momentum(0.1)), masked({ exclude: ['a'] }, sgd(0.5)))
    const pulled = trajectory(o, { 'a/w': [0], 'b/w': [0] }, w => add(mul(w, 0), 1), { steps: 2 })
    near([pulled[1]?.['a/w']?.[0] as number], [-0.1 - 0.19])
    near([pulled[1]?.['b/w']?.[0] as number], [-1])
  })
  test('a frozen part stays, to the bit', () => {
    const o = chain(adam(0.1), freeze({ include: ['bias'] }))
    const w: Params = { 'a/weight': [1], 'a/bias': [-0, 0.3] }
    const last = trajectory(o, w, x => add(x, 1), { steps: 4 }).at(-1)
    expect(last?.['a/bias']).toEqual(w['a/bias'])
    expect(last?.['a/weight']).not.toEqual(w['a/weight'])
  })
})

describe('accumulation', () => {
  test('changes nothing between the steps in which it acts', () => {
    const all = states(accumulate(3, adam(0.1)), { w: [1, 2] }, w => add(w, 1), { steps: 9 })
    all.slice(1).forEach((s, i) => {
      const before = all[i] ?? {}
      const kept = Object.keys(s).filter(k => !k.includes('accumulated'))
      const same = kept.every(k => sameBits(s[k] as Tensor, before[k] as Tensor))
      expect(same).toBe((i + 1) % 3 !== 0)
    })
    expect(numbersAt(all[9] ?? {}, 'optimizer/accumulatedSteps')).toEqual([0])
    expect(numbersAt(all[9] ?? {}, 'optimizer/accumulated/w')).toEqual([0, 0])
  })
  test('acts on the mean of the gradients', () => {
    const counting: Gradient = (w, _, step) => add(mul(w, 0), step)
    const way = trajectory(accumulate(4, sgd(1)), { w: [0] }, counting, { steps: 8 })
    expect(way.map(p => p['w']?.[0])).toEqual([0, 0, 0, -1.5, -1.5, -1.5, -1.5, -7])
  })
  test('is nothing for one step, and may be nested', () => {
    const way = (o: Optimizer): readonly Params[] => trajectory(o, { w: [1, -3] }, w => add(w, 1), { steps: 12 })
    expect(apart(way(accumulate(1, adam(0.1))), way(adam(0.1)))).toBe(0)
    expect(apart(way(accumulate(2, accumulate(3, sgd(0.1)))), way(accumulate(6, sgd(0.1))))).toBeLessThan(1e-14)
  })
  test('of batches of 4 is a training with batches of 12', () => {
    const next = randomFrom(9)
    const some = (n: number): Float32Array => Float32Array.from({ length: n }, () => next() * 2 - 1)
    const data: Dataset = right(
      dataset({ x: tensorOf('f32', [12, 3], some(36)), y: tensorOf('f32', [12, 2], some(24)) })
    )
    const net = model(input(3), dense(4), tanh, dense(2))
    const at = (t: Tensor, from: number, n: number): Tensor =>
      tensorOf(
        'f64',
        [n, t.shape[1] as number],
        numbersOf(t).subarray(from * (t.shape[1] as number), (from + n) * (t.shape[1] as number))
      )
    const fold = (optimizer: Optimizer, size: number): TrainState => {
      const t = training({ model: net, loss: halfSquaredError, optimizer, stop: steps(1), precision: 'f64' })
      const step = right(stepOf(t, { backend: reference }))
      return Array.from({ length: (5 * 12) / size }, (_, i) => (i * size) % 12).reduce(
        (s, from) => right(step(s, { x: at(data.x.tensor, from, size), y: at(data.y.tensor, from, size) })).state,
        right(startState(t))
      )
    }
    for (const o of [sgd(0.5), adam(0.05), chain(clipByGlobalNorm(0.1), momentum(0.3))]) {
      const [whole, parts] = [fold(o, 12), fold(accumulate(3, o), 4)]
      for (const [name, t] of Object.entries(tensorsOf(whole)).filter(([k]) => k.startsWith('params/')))
        near(numbersOf(t) as never, numbersOf(tensorsOf(parts)[name] as Tensor) as never)
    }
  })
})

describe('wrong use is a Left', () => {
  const net = model(input(3), named('encoder')(dense(4)), tanh, dense(2))
  const check = (optimizer: Optimizer) =>
    startState(training({ model: net, loss: halfSquaredError, optimizer, stop: steps(1) }))
  test.each<readonly [Optimizer, string]>([
    [sgd(0), 'optimizer/rate: expected a number above 0, got 0'],
    [sgd(NaN), 'optimizer/rate: expected a number above 0, got NaN'],
    [momentum(0.1, 1), 'optimizer/momentum: expected a number from 0 up to, not including, 1, got 1'],
    [momentum(0.1, -0.1), 'optimizer/momentum: expected a number from 0 up to, not including, 1, got -0.1'],
    [adam(0.1, { beta2: 1 }), 'optimizer/beta2: expected a number from 0 up to, not including, 1, got 1'],
    [adam(0.1, { epsilon: 0 }), 'optimizer/epsilon: expected a number above 0, got 0'],
    [adamw(0.1, { decay: -0.1 }), 'optimizer/decay: expected a number, 0 or more, got -0.1'],
    [weightDecay(-1), 'optimizer/decay: expected a number, 0 or more, got -1'],
    [decoupledWeightDecay(-1), 'optimizer/decay: expected a number, 0 or more, got -1'],
    [rmsprop(0.1, { rho: 2 }), 'optimizer/rho: expected a number from 0 up to, not including, 1, got 2'],
    [adagrad(-1), 'optimizer/rate: expected a number above 0, got -1'],
    [adadelta(1, { rho: -1 }), 'optimizer/rho: expected a number from 0 up to, not including, 1, got -1'],
    [lion(0.1, { beta1: 1.5 }), 'optimizer/beta1: expected a number from 0 up to, not including, 1, got 1.5'],
    [clipByGlobalNorm(0), 'optimizer/limit: expected a number above 0, got 0'],
    [scaleBy(Infinity), 'optimizer/factor: expected a finite number, got Infinity'],
    [accumulate(0, sgd()), 'optimizer/steps: expected a positive whole number, got 0'],
    [accumulate(2, sgd(-1)), 'optimizer/optimizer/rate: expected a number above 0, got -1'],
    [chain(sgd(0.1), clipByValue(-1)), 'optimizer/optimizers/1/limit: expected a number above 0, got -1'],
    [
      masked({ include: ['a b'] }, sgd()),
      'optimizer/selector/include/0: expected a label, or labels joined by /, with * for any characters, got "a b"'
    ],
    [
      chain(masked({ include: ['encodr'] }, sgd()), sgd()),
      'optimizer/masked/include: expected labels of parameters, got encodr; ' +
        'the model has encoder/dense/weight, encoder/dense/bias, dense/weight, dense/bias'
    ],
    [
      accumulate(2, freeze({ exclude: ['weight', 'bias'] })),
      'optimizer/freeze: expected a selector of at least one parameter, got {"exclude":["weight","bias"]}; ' +
        'the model has encoder/dense/weight, encoder/dense/bias, dense/weight, dense/bias'
    ]
  ])('%j', (o, words) => expect(left(check(o))).toBe(words))
  test('and what suits is not', () => {
    for (const o of [
      masked({ include: ['encoder'] }, sgd()),
      chain(),
      masked(exceptBiasAndNorm, weightDecay(0)),
      accumulate(2, sgd())
    ])
      expect(E.isRight(check(o))).toBe(true)
  })
})
