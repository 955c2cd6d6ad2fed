/** The functions of src/expr against values and gradients made elsewhere in f64 (spec/golden/golden.json). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as b from '../../src/expr/build.js'
import * as functions from '../../src/expr/functions.js'
import { grad } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import type { FloatType } from '../../src/value/tensor.js'
import { numbers } from './helpers.js'
import { tensorOf } from '../support/tensors.js'

interface Golden {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Activations {
  readonly x: Golden
  readonly c: Golden
  readonly cases: Readonly<Record<string, { readonly y: Golden; readonly dx: Golden }>>
}
const file = join(import.meta.dirname, '../golden/golden.json')
const { activations } = JSON.parse(readFileSync(file, 'utf8')) as { readonly activations: Activations }
const formulas: Readonly<Record<string, functions.Elementwise>> = { ...functions, tanh: b.tanh }

/** the largest error, in parts of max(floor, |expected|) */
const worst = (got: readonly number[], expected: readonly number[], floor: number): number => {
  expect(got.length).toBe(expected.length)
  return got.reduce((w, x, i) => {
    const y = expected[i] as number
    return x === y ? w : Math.max(w, Math.abs(x - y) / Math.max(floor, Math.abs(y)))
  }, 0)
}
const errors = (name: string, dtype: FloatType, floor: number): readonly [value: number, gradient: number] => {
  const f = formulas[name] as (x: Expr) => Expr
  const { x, c, cases } = activations
  const given = { x: tensorOf(dtype, x.shape, x.data) }
  const at = b.input('x', dtype, x.shape)
  const weighed = (u: Expr): Expr => b.total(b.mul(f(u), b.constant(tensorOf(dtype, c.shape, c.data))))
  const { y, dx } = cases[name] as Activations['cases'][string]
  return [worst(numbers(f(at), given), y.data, floor), worst(numbers(grad(weighed)(at), given), dx.data, floor)]
}

test('every golden activation has a formula', () => {
  expect(Object.keys(activations.cases).length).toBeGreaterThan(10)
  expect(Object.keys(activations.cases).filter(name => formulas[name] === undefined)).toEqual([])
})
test('the golden slope of hardSigmoid is that of f32', () => {
  const { dx } = activations.cases['hardSigmoid'] as Activations['cases'][string]
  const slopes = dx.data.map((d, i) => d / (activations.c.data[i] as number))
  // 3e-8 off 1/6, as wide as the bound for it below
  for (const s of slopes) if (s !== 0) expect(Math.abs(s - Math.fround(1 / 6))).toBeLessThan(1e-15)
})

describe.each(Object.keys(activations.cases))('%s', name => {
  // where a gradient is a small difference of numbers near 1 (far out in geluTanh) the golden ones are no better either:
  // errors are counted in parts of 0.01 at least
  test('in f64: 1e-12', () => {
    const [value, gradient] = errors(name, 'f64', 1e-2)
    expect(value).toBeLessThan(1e-12)
    expect(gradient).toBeLessThan(name === 'hardSigmoid' ? 3e-8 : 1e-12)
  })
  // the numbers x, up to 10.5, are rounded to f32 on the way in: 2^-24 of 10.5, times a slope of at most 2
  test('in f32: 1e-6', () => {
    const [value, gradient] = errors(name, 'f32', 1)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-6)
  })
})
