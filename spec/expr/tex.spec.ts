import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as b from '../../src/expr/build.js'
import * as f from '../../src/expr/functions.js'
import { grad } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import { tex } from '../../src/expr/tex.js'
import { ops, samplesOf } from './arbitrary.js'
import { tensorOf } from '../support/tensors.js'

const v = (name: string): Expr => b.input(name, 'f64', [])
const [x, y, z] = [v('x'), v('y'), v('z')]
const m = (name: string): Expr => b.input(name, 'f32', [3, 3])
const [A, B, C] = [m('A'), m('B'), m('C')]

describe('parentheses', () => {
  const rows: readonly (readonly [Expr, string])[] = [
    [b.add(b.add(x, y), z), 'x + y + z'],
    [b.add(x, b.add(y, z)), 'x + \\left(y + z\\right)'],
    [b.sub(x, b.sub(y, z)), 'x - \\left(y - z\\right)'],
    [b.sub(b.sub(x, y), z), 'x - y - z'],
    [b.mul(b.add(x, y), z), '\\left(x + y\\right) \\cdot z'],
    [b.add(b.mul(x, y), z), 'x \\cdot y + z'],
    [b.mul(x, b.mul(y, z)), 'x \\cdot \\left(y \\cdot z\\right)'],
    [b.neg(b.add(x, y)), '-\\left(x + y\\right)'],
    [b.add(x, b.neg(y)), 'x + \\left(-y\\right)'],
    [b.neg(b.neg(x)), '-\\left(-x\\right)'],
    [b.neg(b.mul(x, y)), '-x \\cdot y'],
    [b.mul(b.neg(x), y), '\\left(-x\\right) \\cdot y'],
    [b.mul(x, -2), '\\left(-2\\right) \\cdot x'],
    [b.add(x, -2), 'x + \\left(-2\\right)'],
    [b.div(b.add(x, 1), b.neg(y)), '\\frac{x + 1}{-y}'],
    [b.square(b.div(x, y)), '\\left(\\frac{x}{y}\\right)^{2}'],
    [b.square(b.sub(x, y)), '\\left(x - y\\right)^{2}'],
    [b.pow(b.exp(x), b.add(y, 1)), '\\left(e^{x}\\right)^{y + 1}'],
    [b.pow(x, b.pow(y, z)), 'x^{y^{z}}'],
    [b.pow(b.neg(x), y), '\\left(-x\\right)^{y}'],
    [b.square(b.tanh(x)), '\\left(\\tanh\\left(x\\right)\\right)^{2}'],
    [b.mul(b.expm1(x), y), '\\left(e^{x} - 1\\right) \\cdot y'],
    [b.log1p(b.sub(x, y)), '\\log\\left(1 + \\left(x - y\\right)\\right)'],
    [b.abs(b.sub(x, y)), '\\left|x - y\\right|'],
    [b.sqrt(b.add(x, y)), '\\sqrt{x + y}'],
    [
      b.mul(b.select(b.less(x, y), x, 0), z),
      '\\left(\\begin{cases} x & \\text{if } x < y \\\\ 0 & \\text{otherwise} \\end{cases}\\right) \\cdot z'
    ],
    [b.cast(b.equal(x, y), 'f64'), '\\left[x = y\\right]'],
    [b.max(x, b.min(y, 0)), '\\max\\left(x, \\min\\left(y, 0\\right)\\right)']
  ]
  test.each(rows)('%#', (e, expected) => expect(tex(e)).toBe(expected))
})

describe('tensors', () => {
  const rows: readonly (readonly [Expr, string])[] = [
    [b.matmul(A, b.matmul(B, C)), 'A \\, \\left(B \\, C\\right)'],
    [b.matmul(b.matmul(A, B), C), 'A \\, B \\, C'],
    [b.mul(A, b.matmul(B, C)), 'A \\odot B \\, C'],
    [b.matmul(b.mul(A, B), C), '\\left(A \\odot B\\right) \\, C'],
    [b.matmul(A, b.add(B, C)), 'A \\, \\left(B + C\\right)'],
    [b.matmul(b.transposed(A), b.exp(B)), 'A^{\\top} \\, e^{B}'],
    [b.matmul(A, b.constant(1, { dtype: 'f32', shape: [3, 3] })), 'A \\, 1_{3 \\times 3}'],
    [b.mul(A, 0.1), '0.1 \\cdot A'],
    [b.sum(b.mul(A, B), [1]), '\\sum_{j} A \\odot B'],
    [b.sum(b.add(A, B)), '\\sum_{i, j} \\left(A + B\\right)'],
    [b.mul(b.sum(A), B), '\\left(\\sum_{i, j} A\\right) \\cdot B'],
    [b.sub(A, b.reduceMax(A, [1])), 'A - \\max_{j} A'],
    [b.neg(b.sum(A)), '-\\sum_{i, j} A'],
    [b.mean(A), '\\frac{\\sum_{i, j} A}{9}'],
    [b.total(A), '\\sum_{i, j} A'],
    [b.reshape(A, [9]), '\\operatorname{reshape}_{9}\\left(A\\right)'],
    [b.reshape(A, [3, 1, 3]), 'A'],
    [b.add(A, b.input('b', 'f32', [3])), 'A + b'],
    [b.slice(A, [1, 0], [1, 3]), 'A_{\\left[1{:}2, 0{:}3\\right]}'],
    [b.transpose(b.input('T', 'f32', [2, 3, 4]), [0, 2, 1]), 'T^{\\top}'],
    [b.transpose(b.input('T', 'f32', [2, 3, 4]), [2, 0, 1]), '\\operatorname{transpose}_{k, i, j}\\left(T\\right)']
  ]
  test.each(rows)('%#', (e, expected) => expect(tex(e)).toBe(expected))
})

describe('names and numbers', () => {
  test.each([
    ['x', 'x'],
    ['x1', 'x_{1}'],
    ['w_12', 'w_{12}'],
    ['gamma', '\\gamma'],
    ['beta2', '\\beta_{2}'],
    ['hidden/dense/weight', '\\text{hidden/dense/weight}'],
    ['50% & {a}_b\\^~\n$', '\\text{50\\% \\& \\{a\\}\\_b\\textbackslash{}\\textasciicircum{}\\textasciitilde{} \\$}']
  ])('%s', (name, expected) => expect(tex(b.input(name, 'f32', []))).toBe(expected))

  test.each([
    [0.1, '0.1'],
    [-3, '-3'],
    [1e-7, '10^{-7}'],
    [2.5e-10, '2.5 \\cdot 10^{-10}'],
    [3e38, '3 \\cdot 10^{38}'],
    [-Infinity, '-\\infty'],
    [NaN, '\\text{NaN}'],
    [-0, '-0']
  ])('%d', (value, expected) => expect(tex(b.constant(value))).toBe(expected))

  test('tensors of a few numbers are written out', () => {
    const t = (...shape: readonly number[]): Expr =>
      b.constant(
        tensorOf(
          'f32',
          shape,
          Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => i)
        )
      )
    expect(tex(t(2, 2))).toBe('\\begin{bmatrix} 0 & 1 \\\\ 2 & 3 \\end{bmatrix}')
    expect(tex(t(3))).toBe('\\begin{bmatrix} 0 & 1 & 2 \\end{bmatrix}')
    expect(tex(t(4, 5))).toBe('\\text{constant}_{4 \\times 5}')
  })
})

describe('whole formulas', () => {
  const logits = b.add(b.matmul(b.input('x', 'f32', [4, 3]), b.input('W', 'f32', [3, 2])), b.input('b', 'f32', [2]))

  test('of one line', () => {
    expect(tex(f.softplus(x))).toMatchInlineSnapshot(
      `"\\left(\\begin{cases} x & \\text{if } 0 \\le x \\\\ 0 & \\text{otherwise} \\end{cases}\\right) + \\log\\left(1 + e^{\\begin{cases} -x & \\text{if } 0 \\le x \\\\ x & \\text{otherwise} \\end{cases}}\\right)"`
    )
    expect(tex(f.silu(x), 'y')).toMatchInlineSnapshot(`
      "\\begin{aligned}
      t_{1} &= e^{\\begin{cases} -x & \\text{if } 0 \\le x \\\\ x & \\text{otherwise} \\end{cases}} \\\\
      t_{2} &= 1 + t_{1} \\\\
      y &= x \\cdot \\left(\\begin{cases} \\frac{1}{t_{2}} & \\text{if } 0 \\le x \\\\ \\frac{t_{1}}{t_{2}} & \\text{otherwise} \\end{cases}\\right)
      \\end{aligned}"
    `)
  })
  test('with parts that are used twice', () => {
    expect(tex(f.softmax(logits))).toMatchInlineSnapshot(`
      "\\begin{aligned}
      t_{1} &= x \\, W + b \\\\
      t_{2} &= e^{t_{1} - \\operatorname{sg}\\left(\\max_{j} t_{1}\\right)} \\\\
      & \\frac{t_{2}}{\\sum_{j} t_{2}}
      \\end{aligned}"
    `)
    expect(tex(grad((u: Expr) => b.total(b.mul(b.exp(u), b.sin(u))))(x), 'g')).toMatchInlineSnapshot(`
      "\\begin{aligned}
      t_{1} &= e^{x} \\\\
      g &= t_{1} \\cdot \\cos\\left(x\\right) + \\sin\\left(x\\right) \\cdot t_{1}
      \\end{aligned}"
    `)
  })
  test('name parts with a letter that is free', () => {
    const e = b.exp(v('t_1'))
    expect(tex(b.mul(e, b.sin(e)))).toContain('u_{1} &= e^{t_{1}}')
  })
  test('say what is wrong', () => {
    expect(tex(b.matmul(x, x))).toMatch(/^\\text\{matmul: expected matrices /)
  })
})

describe('graphs', () => {
  test('a formula is no longer than its graph: doubling 500 times', () => {
    for (const twice of [
      (e: Expr) => b.add(e, e),
      (e: Expr) => b.max(e, b.neg(e)),
      (e: Expr) => b.mul(b.exp(e), b.sin(e))
    ]) {
      const e = Array.from({ length: 500 }).reduce<Expr>(twice, x)
      expect(tex(e).length).toBeLessThan(500 * 60)
    }
  })
  test('squares of squares are written once each', () => {
    const e = Array.from({ length: 200 }).reduce<Expr>(u => b.square(b.add(u, 1)), x)
    expect(tex(e).length).toBeLessThan(200 * 60)
  })
  test('20,000 steps deep, in pieces that TeX can read', () => {
    const e = Array.from({ length: 20_000 }).reduce<Expr>(u => b.tanh(u), x)
    const text = tex(e)
    const deepest = Math.max(...text.split('\n').map(line => line.split('\\left(').length))
    expect(deepest).toBeLessThan(20)
  })
  test('20,000 casts and broadcasts are nothing', () => {
    const e = Array.from({ length: 20_000 }).reduce<Expr>(
      (u, _, i) => b.reshape(b.cast(u, i % 2 ? 'f64' : 'f32'), i % 2 ? [] : [1]),
      x
    )
    expect(tex(e)).toBe('x')
  })
  test.each(ops)('%s: braces, environments and \\left match', op => {
    fc.assert(
      fc.property(samplesOf(op, { dtype: 'f32', numbers: 'any' }), ({ node }) => {
        const text = tex(node)
        const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length
        expect(text).not.toBe('')
        expect(text).not.toMatch(/undefined|\[object/)
        expect(count(/(?<!\\)\{/g)).toBe(count(/(?<!\\)\}/g))
        expect(count(/\\left/g)).toBe(count(/\\right/g))
        expect(count(/\\begin/g)).toBe(count(/\\end/g))
      }),
      { numRuns: 10 }
    )
  })
})
