/**
 * Values and derivatives of the smooth functions over the whole range, tails included, against numbers of high precision
 * (spec/expr/functions.json, computed with mpmath).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expm1, input, total } from '../../src/expr/build.js'
import * as functions from '../../src/expr/functions.js'
import { gradients } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import type { FloatType } from '../../src/value/tensor.js'
import { numbers } from './helpers.js'
import { tensorOf } from '../support/tensors.js'

type Row = readonly [x: number, value: number, slope: number, bend: number]
const { about, ...tables } = JSON.parse(readFileSync(join(import.meta.dirname, 'functions.json'), 'utf8')) as {
  readonly about: string
} & Readonly<Record<string, readonly Row[]>>
const formulas = functions as unknown as Readonly<Record<string, (x: Expr) => Expr>>

const at = (f: (x: Expr) => Expr, dtype: FloatType, xs: readonly number[]) => {
  const x = input('x', dtype, [xs.length])
  const given = { x: tensorOf(dtype, [xs.length], xs) }
  const y = f(x)
  return { values: numbers(y, given), slopes: numbers(gradients(total(y), [x])[0] as Expr, given) }
}
/** the gap to the next f32 */
const ulp32 = (x: number): number => {
  const a = Math.abs(Math.fround(x))
  return a < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(a)) - 23)
}
/** in f64, left of 0 and before the tail, these subtract numbers near 1 from each other: their error is one of that size */
const subtracts: Readonly<Record<string, number>> = { gelu: -4, geluTanh: -4, elu: -4, selu: -4 }

describe.each(Object.keys(tables))('%s, against mpmath', name => {
  const rows = tables[name] as readonly Row[]
  const f = formulas[name] as (x: Expr) => Expr
  const xs = rows.map(([x]) => x)
  test('f32: value and derivative are the exact ones, rounded once', () => {
    const { values, slopes } = at(f, 'f32', xs)
    rows.forEach(([x, value, slope], i) => {
      const where = `${name} at ${x}`
      expect(Math.abs((values[i] as number) - value), where).toBeLessThanOrEqual(0.53 * ulp32(value))
      expect(Math.abs((slopes[i] as number) - slope), `slope of ${where}`).toBeLessThanOrEqual(0.53 * ulp32(slope))
    })
  })
  test('f64: value and derivative are within a few ulp of the exact ones at an x within a few ulp', () => {
    const { values, slopes } = at(f, 'f64', xs)
    rows.forEach(([x, value, slope, bend], i) => {
      const where = `${name} at ${x}`
      const coarse = x < 0 && x >= (subtracts[name] ?? 0)
      // moving x by an ulp moves the value by |x slope| ulp, and the slope by |x bend| ulp
      const few = 8 * 2 ** -52
      const size = (y: number, change: number): number =>
        few * (coarse ? Math.max(1, Math.abs(x)) : Math.abs(y) + Math.abs(x * change)) + 1e-307
      expect(Math.abs((values[i] as number) - value), where).toBeLessThanOrEqual(size(value, slope))
      expect(Math.abs((slopes[i] as number) - slope), `slope of ${where}`).toBeLessThanOrEqual(size(slope, bend))
    })
  })
})

test('the table names its source', () => expect(about).toMatch(/mpmath/))

test.each(['f32', 'f64'] as const)('the derivative of expm1 in %s is exp(x) far left of 0', dtype => {
  const xs = [-1, -16, -30, -60, -80]
  // exp by mpmath 1.3.0
  const wanted = [
    0.36787944117144233, 1.1253517471925912e-7, 9.357622968840175e-14, 8.75651076269652e-27, 1.8048513878454153e-35
  ]
  at(expm1, dtype, xs).slopes.forEach((s, i) =>
    expect(Math.abs(s / (wanted[i] as number) - 1)).toBeLessThan(dtype === 'f32' ? 2 ** -23 : 1e-14)
  )
})

test.each(['f32', 'f64'] as const)('values and derivatives in %s are finite at the ends of the range', dtype => {
  const end = dtype === 'f32' ? 3e38 : 1.7e308
  for (const name of Object.keys(tables)) {
    const { values, slopes } = at(formulas[name] as (x: Expr) => Expr, dtype, [-end, -1e30, 1e30, end])
    expect([...values, ...slopes].filter(Number.isNaN), name).toEqual([])
    expect(slopes.every(Number.isFinite), name).toBe(true)
  }
})
