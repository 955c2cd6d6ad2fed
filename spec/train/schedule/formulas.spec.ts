/** What each schedule gives: its formula against one written with the host's functions, its bounds, its joins. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cosineDecay,
  exponentialDecay,
  joinSchedules,
  oneCycle,
  polynomialDecay,
  reduceOnPlateau,
  restarts,
  stepDecay,
  warmUp,
  type Setting
} from '../../../src/train/schedule/index.js'
import { epochs, steps } from '../../../src/train/stop/index.js'
import { course, valueAt } from './helpers.js'
import { uniform } from '../../support/random.js'

const size = fc.integer({ min: 1, max: 50 })
const level = uniform(0, 10)
const factor = uniform(0.01, 0.99)
const at = (s: Setting, ...ts: readonly number[]): readonly number[] => ts.map(t => valueAt(s, t))
const near = (a: number, b: number): void => {
  expect(Math.abs(a - b)).toBeLessThan(1e-12 * Math.max(1, Math.abs(b)))
}

describe('formulas', () => {
  const time = fc.nat({ max: 120 })
  test('a number is constant', () => expect(at(0.3, 0, 1, 1e9)).toEqual([0.3, 0.3, 0.3]))
  test('stepDecay', () => {
    fc.assert(
      fc.property(level, factor, size, time, (a, f, n, t) =>
        near(valueAt(stepDecay(a, f, steps(n)), t), a * f ** Math.floor(t / n))
      )
    )
    expect(at(stepDecay(1, 0.5, epochs(10)), 0, 9, 10, 19, 20)).toEqual([1, 1, 0.5, 0.5, 0.25])
  })
  test('exponentialDecay', () => {
    fc.assert(fc.property(level, factor, time, (a, f, t) => near(valueAt(exponentialDecay(a, f), t), a * f ** t)))
  })
  test('polynomialDecay', () => {
    fc.assert(
      fc.property(level, level, size, fc.constantFrom(0.5, 1, 2, 3.5), time, (a, b, n, power, t) =>
        near(
          valueAt(polynomialDecay(a, steps(n), { final: b, power }), t),
          b + (a - b) * Math.max(0, 1 - t / n) ** power
        )
      )
    )
    expect(at(polynomialDecay(0.8, steps(4)), 0, 1, 2, 3, 4, 5)).toEqual([0.8, 0.8 * 0.75, 0.4, 0.2, 0, 0])
  })
  test('cosineDecay', () => {
    fc.assert(
      fc.property(level, level, size, time, (a, b, n, t) =>
        near(
          valueAt(cosineDecay(a, steps(n), b), t),
          b + ((a - b) * (1 + Math.cos((Math.PI * Math.min(t, n)) / n))) / 2
        )
      )
    )
    const c = cosineDecay(1, epochs(4))
    expect(at(c, 0, 2, 4, 5)).toEqual([1, 0.5, 0, 0])
    near(valueAt(c, 1), (1 + Math.SQRT1_2) / 2)
  })
  test('oneCycle', () => {
    const s = oneCycle(0.1, steps(100))
    expect(at(s, 0, 30, 100, 200)).toEqual([0.1 / 25, 0.1, 0.1 / 250_000, 0.1 / 250_000])
    near(valueAt(s, 15), (0.1 / 25 + 0.1) / 2)
    near(valueAt(s, 65), (0.1 + 0.1 / 250_000) / 2)
    expect(at(oneCycle(1, steps(10), { rise: 0, final: 0 }), 0, 5, 10)).toEqual([1, 0.5, 0])
  })
  test('warmUp: a line to where the other begins, then that', () => {
    const inner = cosineDecay(0.4, steps(10))
    const s = warmUp(steps(4), inner)
    ;[0, 0.1, 0.2, 0.3].forEach((v, t) => near(valueAt(s, t), v))
    fc.assert(
      fc.property(time, t => {
        expect(valueAt(s, 4 + t)).toBe(valueAt(inner, t))
      })
    )
    expect(at(warmUp(epochs(2), 0.5, 0.1), 0, 2, 3)).toEqual([0.1, 0.5, 0.5])
  })
  test('restarts: the same again', () => {
    const inner = cosineDecay(0.1, steps(7))
    fc.assert(
      fc.property(time, t => {
        expect(valueAt(restarts(inner, steps(7)), t)).toBe(valueAt(inner, t % 7))
      })
    )
  })
  test('restarts: rounds that grow, stretched', () => {
    const inner = polynomialDecay(1, epochs(2))
    expect(at(restarts(inner, epochs(2), 2), ...Array(14).keys())).toEqual([
      1,
      0.5,
      1,
      0.75,
      0.5,
      0.25,
      ...[1, 2, 3, 4, 5, 6, 7, 8].map(i => 1 - (i - 1) / 8)
    ])
    expect(valueAt(restarts(inner, epochs(2), 3), 2 ** 40)).toBeGreaterThan(0)
  })
  test('joined: each part on a clock of its own', () => {
    const s = joinSchedules(0.5, [steps(10), exponentialDecay(0.4, 0.5, 'step')], [steps(12), 0.01])
    expect(at(s, 0, 9, 10, 11, 12, 100)).toEqual([0.5, 0.5, 0.4, 0.2, 0.01, 0.01])
  })
})

describe('bounds', () => {
  test('values stay between the ends', () => {
    fc.assert(
      fc.property(level, level, size, factor, fc.nat({ max: 300 }), (a, b, n, f, t) => {
        const within = (s: Setting, ...ends: readonly number[]): void => {
          const slack = 1e-12 * Math.max(...ends)
          expect(valueAt(s, t)).toBeGreaterThanOrEqual(Math.min(...ends) - slack)
          expect(valueAt(s, t)).toBeLessThanOrEqual(Math.max(...ends) + slack)
        }
        within(stepDecay(a, f, steps(n)), 0, a)
        within(exponentialDecay(a, f), 0, a)
        within(polynomialDecay(a, steps(n), { final: b, power: 2 }), a, b)
        within(cosineDecay(a, steps(n), b), a, b)
        within(oneCycle(a + 1, steps(n), { initial: b, final: 0 }), 0, a + 1, b)
        within(warmUp(steps(n), cosineDecay(a, steps(n), b)), 0, a, b)
        within(restarts(cosineDecay(a, steps(n), b), steps(n), 2), a, b)
        within(joinSchedules(a, [steps(n), cosineDecay(a, steps(n), b)]), a, b)
      })
    )
  })
  test('what falls never rises', () => {
    fc.assert(
      fc.property(level, size, factor, fc.nat({ max: 200 }), (a, n, f, t) => {
        for (const s of [
          stepDecay(a, f, steps(n)),
          exponentialDecay(a, f, 'step'),
          polynomialDecay(a, steps(n)),
          cosineDecay(a, steps(n))
        ])
          expect(valueAt(s, t + 1)).toBeLessThanOrEqual(valueAt(s, t))
      })
    )
  })
})

describe('joins', () => {
  test('no step is higher than the steepest place of the curve', () => {
    fc.assert(
      fc.property(level, level, fc.integer({ min: 2, max: 50 }), fc.nat({ max: 120 }), (a, b, n, t) => {
        const steepest = (Math.PI / 2) * (Math.max(a, b) + 1)
        const jump = (s: Setting): number => Math.abs(valueAt(s, t + 1) - valueAt(s, t))
        expect(jump(cosineDecay(a, steps(n), b))).toBeLessThanOrEqual(steepest / n)
        expect(jump(warmUp(steps(n), cosineDecay(a, steps(n), b)))).toBeLessThanOrEqual(steepest / n)
        expect(jump(warmUp(steps(n), a, b))).toBeLessThanOrEqual(steepest / n)
        expect(jump(oneCycle(a + 1, steps(n), { initial: b, rise: 0.5 }))).toBeLessThanOrEqual((2 * steepest) / n)
        expect(jump(joinSchedules(cosineDecay(a, steps(n), b), [steps(n), b]))).toBeLessThanOrEqual(steepest / n)
      })
    )
  })
})

describe('reduceOnPlateau', () => {
  const epochLosses = (s: Setting, ...losses: readonly number[]): readonly number[] =>
    course(s, losses, 1).map(m => m.value)
  test('falls after so many epochs without improvement, and starts to count anew', () => {
    const s = reduceOnPlateau(1, { factor: 0.5, patience: 2, of: 'loss' })
    expect(epochLosses(s, 9, 8, 8, 8, 8, 8, 7, 7, 7)).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125])
  })
  test('an improvement must be more than minDelta', () => {
    const s = reduceOnPlateau(1, { patience: 1, minDelta: 0.5, factor: 0.5, of: 'loss' })
    expect(epochLosses(s, 9, 8.6, 8.4, 8.3)).toEqual([1, 1, 0.5, 0.5, 0.25])
  })
  test('never falls below the minimum', () => {
    const s = reduceOnPlateau(1, { patience: 1, minimum: 0.2, of: 'loss' })
    expect(epochLosses(s, 1, 1, 1, 1)).toEqual([1, 1, 0.2, 0.2, 0.2])
  })
  test('looks only where an epoch ends', () => {
    const s = reduceOnPlateau(1, { patience: 1, factor: 0.5, of: 'loss' })
    expect(course(s, [5, 6, 7, 8, 9, 7, 9, 9, 9], 3).map(m => m.value)).toEqual([1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25])
  })
  test('inside a warm-up it begins to look when that is over', () => {
    const s = warmUp(epochs(3), reduceOnPlateau(1, { patience: 1, factor: 0.5, of: 'loss' }))
    expect(epochLosses(s, 1, 1, 1, 1, 1)).toEqual([0, 1 / 3, 2 / 3, 1, 1, 0.5])
  })
  test('inside joined each part remembers for itself', () => {
    const part = reduceOnPlateau(1, { patience: 1, factor: 0.5, of: 'loss' })
    const s = joinSchedules(part, [epochs(3), part])
    expect(epochLosses(s, 1, 1, 1, 1, 1, 1)).toEqual([1, 1, 0.5, 1, 1, 0.5, 0.25])
  })
})
