import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { input, square, total } from '../../src/expr/build.js'
import { gradients } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import { activations } from '../../src/layer/activation-table.js'
import { allocate, numbersOf, tensorView, type FloatType } from '../../src/value/tensor.js'
import { uniform } from '../support/random.js'

type F = (x: readonly number[]) => readonly number[]
const each =
  (f: (x: number) => number): F =>
  xs =>
    xs.map(f)
const log1pExp = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))
/** Abramowitz and Stegun 7.1.5 and 7.1.14: the series near 0, the continued fraction far out */
const erf = (x: number): number => {
  if (Math.abs(x) < 3) {
    let term = x
    let sum = x
    for (let n = 1; n < 120; n++) {
      term *= -(x * x) / n
      sum += term / (2 * n + 1)
    }
    return (2 / Math.sqrt(Math.PI)) * sum
  }
  let f = 0
  for (let k = 100; k > 0; k--) f = k / 2 / (Math.abs(x) + f)
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + f))
}
const shifted: F = xs => xs.map(x => x - Math.max(...xs))
const logSumExp = (xs: readonly number[]): number => Math.log(xs.reduce((a, x) => a + Math.exp(x), 0))

/** the textbook's definitions, by the host's functions */
const definitions: Readonly<Record<string, F>> = {
  identity: each(x => x),
  sigmoid: each(logistic),
  relu: each(x => Math.max(x, 0)),
  tanh: each(Math.tanh),
  softmax: xs => shifted(xs).map(x => Math.exp(x - logSumExp(shifted(xs)))),
  logSoftmax: xs => shifted(xs).map(x => x - logSumExp(shifted(xs))),
  leakyRelu: each(x => (x > 0 ? x : 0.01 * x)),
  elu: each(x => (x > 0 ? x : Math.expm1(x))),
  selu: each(x => 1.0507009873554804934193349852946 * (x > 0 ? x : 1.6732632423543772848170429916717 * Math.expm1(x))),
  gelu: each(x => (x / 2) * (1 + erf(x / Math.SQRT2))),
  geluTanh: each(x => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  silu: each(x => x * logistic(x)),
  softplus: each(log1pExp),
  softsign: each(x => x / (1 + Math.abs(x))),
  mish: each(x => x * Math.tanh(log1pExp(x))),
  hardSigmoid: each(x => Math.min(1, Math.max(0, x / 6 + 0.5))),
  relu6: each(x => Math.min(6, Math.max(0, x)))
}

const run = (f: (x: Expr) => Expr, xs: readonly number[], dtype: FloatType) => {
  const x = input('x', dtype, [1, xs.length])
  const y = f(x)
  const [slope] = gradients(total(y), [x])
  const result = evaluate(reference)(
    { y, slope: slope as Expr },
    { x: tensorView(dtype, [1, xs.length], allocate(dtype, xs)) }
  )
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return { y: Array.from(numbersOf(result.right.y)), slope: Array.from(numbersOf(result.right.slope)) }
}
const names = Object.keys(activations)
const formulaOf = (name: string): ((x: Expr) => Expr) => activations[name]?.formula ?? (x => x)
const along = (name: string): string => activations[name]?.along ?? ''
const pointwise = names.filter(n => along(n) === 'each')
const numbers = fc.array(uniform(-30, 30), { minLength: 1, maxLength: 6 })

describe.each(names)('%s', name => {
  test('is what its definition says', () =>
    fc.assert(
      fc.property(numbers, xs => {
        const wanted = (definitions[name] as F)(xs)
        run(formulaOf(name), xs, 'f64').y.forEach((y, i) =>
          expect(Math.abs(y - (wanted[i] as number))).toBeLessThan(1e-12 * Math.max(1, Math.abs(y)))
        )
      })
    ))

  test('has the slope that differences say, away from its kinks', () => {
    const kinks = activations[name]?.kinks ?? []
    const h = 1e-6
    fc.assert(
      fc.property(fc.array(uniform(-8, 8), { minLength: 1, maxLength: 4 }), raw => {
        const xs = raw.map(x => (kinks.some(k => Math.abs(x - k) < 1e-3) ? x + 0.01 : x))
        // squared, since softmax sums to 1 whatever its input
        const squared = (x: Expr): Expr => square(formulaOf(name)(x))
        const first = (v: readonly number[]): number => run(squared, v, 'f64').y.reduce((a, y) => a + y, 0)
        const slope = run(squared, xs, 'f64').slope
        xs.forEach((_, i) => {
          const at = (d: number): number => first(xs.map((x, j) => (i === j ? x + d : x)))
          const difference = (at(h) - at(-h)) / (2 * h)
          expect(Math.abs((slope[i] as number) - difference)).toBeLessThan(1e-5 * Math.max(1, Math.abs(difference)))
        })
      }),
      { numRuns: 25 }
    )
  })

  test('has a TeX form', () => expect(activations[name]?.tex).toBeTruthy())
})

describe.each(pointwise)('%s', name => {
  const far = [-1e4, -1e3, -100, 100, 1e3, 1e4]
  test('is finite with a finite slope far out, in both precisions', () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const { y, slope } = run(formulaOf(name), far, dtype)
      expect([...y, ...slope].every(Number.isFinite)).toBe(true)
    }
  })
  test('keeps NaN', () => expect(run(formulaOf(name), [NaN], 'f32').y[0]).toBeNaN())
  // the slope of leakyRelu is itself an f32 there
  if (name !== 'leakyRelu')
    test('in f32 is the f64 value rounded once', () =>
      fc.assert(
        fc.property(uniform(-30, 30).map(Math.fround), x => {
          const [y] = run(formulaOf(name), [x], 'f32').y
          expect(y).toBe(Math.fround(run(formulaOf(name), [x], 'f64').y[0] as number))
        })
      ))
})

test.each([
  ['sigmoid', 0.25],
  ['softplus', 0.5],
  ['silu', 0.5],
  ['mish', 0.6],
  ['gelu', 0.5],
  ['geluTanh', 0.5],
  ['softsign', 1],
  ['elu', 1],
  ['tanh', 1],
  ['relu', 0],
  ['relu6', 0],
  ['leakyRelu', 0.01]
] as const)('the slope of %s at 0 is %d', (name, slope) => {
  expect(run(formulaOf(name), [0], 'f64').slope[0]).toBeCloseTo(slope, 14)
})

// what PyTorch gives; selu: 1.0507009873554805 times 1.6732632423543772
test.each([
  ['relu', 0, 0],
  ['relu6', 0, 0],
  ['relu6', 6, 0],
  ['leakyRelu', 0, 0.01],
  ['hardSigmoid', -3, 0],
  ['hardSigmoid', 3, 0],
  ['selu', 0, 1.7580993408473766]
] as const)('%s has at its corner %d the slope %d', (name, x, slope) => {
  expect(run(formulaOf(name), [x], 'f64').slope[0]).toBeCloseTo(slope, 14)
})

test('softmax of large logits', () => {
  const { y } = run(formulaOf('softmax'), [1e4, 1e4, -1e4], 'f32')
  expect(y).toEqual([0.5, 0.5, 0])
  expect(run(formulaOf('logSoftmax'), [1e4, -1e4], 'f32').y).toEqual([0, -2e4])
})
