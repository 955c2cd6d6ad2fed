import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import * as b from '../../src/expr/build.js'
import type { Expr } from '../../src/expr/op.js'
import { checkGradient, extrapolatedGradient, numericalGradient } from '../../src/backend/gradient-check.js'
import { left, right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'
import { uniform } from '../support/random.js'

const point = (...xs: readonly number[]) => tensorOf('f64', [xs.length], xs)

describe('numericalGradient', () => {
  const h = 1e-4
  const at = (f: (x: number) => number, x: number, epsilon?: number): number =>
    numericalGradient(([t = 0]) => f(t), [x], epsilon === undefined ? {} : { epsilon })[0] as number
  test('is the central quotient, whatever the size of x', () => {
    for (const x of [0, 0.3, -7, 50, 100, 1e4])
      for (const f of [Math.sin, Math.cos, (t: number) => t * t])
        expect(at(f, x)).toBe((f(x + h) - f(x - h)) / (x + h - (x - h)))
    expect(at(Math.sin, 1, 1e-3)).toBe((Math.sin(1.001) - Math.sin(0.999)) / (1.001 - 0.999))
  })
  test('is the derivative to within h^2, by numbers of mpmath', () => {
    const wanted: readonly (readonly [(x: number) => number, number, number])[] = [
      [Math.sin, 50, 0.9649660284921133],
      [Math.sin, 100, 0.8623188722876839],
      [Math.sin, 1e6, 0.9367521275331447],
      [Math.exp, 30, 10686474581524.463]
    ]
    for (const [f, x, slope] of wanted) expect(Math.abs(at(f, x) / slope - 1)).toBeLessThan(1e-7)
  })
  test('is the mean of both slopes at a kink, and moves every finite x', () => {
    expect(at(Math.abs, 0)).toBe(0)
    expect(at(x => Math.max(x, 0), 0)).toBe(0.5)
    for (const x of [1e13, -1e17, 1e300]) expect(at(t => 2 * t, x)).toBe(2)
  })
})

describe('extrapolatedGradient', () => {
  test('of polynomials, exponentials and sines', () => {
    fc.assert(
      fc.property(fc.array(uniform(-5, 5), { minLength: 3, maxLength: 3 }), at => {
        const [x, y, z] = at as [number, number, number]
        const f = ([u = 0, v = 0, w = 0]: Iterable<number>): number => u ** 3 * v + Math.exp(v / 2) + Math.sin(w) * u
        const expected = [3 * x * x * y + Math.sin(z), x ** 3 + Math.exp(y / 2) / 2, Math.cos(z) * x]
        const got = extrapolatedGradient(f, at)
        expected.forEach((g, i) =>
          expect(Math.abs((got[i] as number) - g)).toBeLessThan(5e-8 * Math.max(1, Math.abs(g)))
        )
      })
    )
  })
  test('of large coordinates, however fast the function changes', () => {
    // sines, cosines and exp by mpmath 1.3.0
    const wanted: readonly (readonly [(x: number) => number, number, number])[] = [
      [Math.sin, 50, 0.9649660284921133],
      [Math.sin, 100, 0.8623188722876839],
      [Math.cos, 1000, -0.8268795405320025],
      [Math.exp, 30, 10686474581524.463]
    ]
    for (const [f, x, slope] of wanted)
      expect(Math.abs((extrapolatedGradient(([t = 0]) => f(t), [x])[0] as number) / slope - 1)).toBeLessThan(1e-6)
  })
  test('of large coordinates that need long steps', () => {
    const [g] = Array.from(extrapolatedGradient(([x = 0]) => x * x, [1e6]))
    expect(Math.abs((g as number) - 2e6)).toBeLessThan(1e-2)
  })
  test('NaN at kinks and jumps, wherever they lie between the steps', () => {
    const kinks = [
      (x: number) => Math.abs(x),
      (x: number) => Math.max(x, 0.001 * x),
      (x: number) => Math.floor(x),
      (x: number) => (x < 0 ? NaN : x)
    ]
    fc.assert(
      fc.property(fc.constantFrom(...kinks), uniform(-0.9, 0.9), (f, t) => {
        expect(extrapolatedGradient(([x = 0]) => f(x), [t * 1e-4])[0]).toBeNaN()
      })
    )
  })
  test('NaN even where the gap between both sides halves with the step, as if there were no kink', () => {
    for (const x of [1e-4 / 3, -1e-4 / 3]) expect(extrapolatedGradient(([u = 0]) => Math.abs(u), [x])[0]).toBeNaN()
  })
  test('NaN where both sides are infinite', () => {
    expect(extrapolatedGradient(([x = 0]) => 1 / Math.abs(x - 5e-5), [0])).toEqual(Float64Array.of(NaN))
  })
  test('a number again when the kink is further away', () => {
    for (const x of [-1.1e-4, 1.1e-4])
      expect(extrapolatedGradient(([u = 0]) => Math.abs(u), [x])[0]).toBeCloseTo(Math.sign(x), 9)
    expect(extrapolatedGradient(([u = 0]) => Math.abs(u), [1e-5], { epsilon: 1e-6 })[0]).toBeCloseTo(1, 6)
  })
  test('NaN where the rounding of the values hides the difference, a number where it does not', () => {
    fc.assert(
      fc.property(uniform(0.5, 1), fc.integer({ min: 0, max: 20 }), (slope, log2) => {
        const [g = 0] = extrapolatedGradient(([x = 0]) => 2 ** log2 + slope * x, [0.3])
        // the tolerance, 1e-6, is 1.5 * 2^-52 |f| / h with h = 1e-4 at |f| = 3.0e5, a little more than 2^18; one-sided quotients doubt sooner
        if (log2 > 18) expect(g).toBeNaN()
        else if (log2 < 15 || !Number.isNaN(g)) expect(Math.abs(g - slope)).toBeLessThan(1e-6)
      })
    )
    expect(extrapolatedGradient(([x = 0]) => 1e9 + 1e-4 * x, [0.3])[0]).toBeNaN()
  })
  test('leaves the point alone', () => {
    const at = Float64Array.of(1, 2)
    extrapolatedGradient(([x = 0, y = 0]) => x * y, at)
    expect(Array.from(at)).toEqual([1, 2])
  })
})

describe('checkGradient', () => {
  test('says how many were compared, and which was worst', () => {
    const r = right(checkGradient(reference, x => b.total(b.exp(x)), point(0, 1, 2)))
    expect(r).toMatchObject({ ok: true, compared: 3, kinks: [] })
    expect(r.worst?.relativeError).toBeLessThan(1e-9)
  })
  test('names the coordinate that is off', () => {
    // y has half the gradient that it should have
    const f = ({ net: { x, y } }: { readonly net: { readonly x: Expr; readonly y: Expr } }): Expr =>
      b.add(b.total(b.square(x)), b.total(b.mul(b.stopGradient(y), y)))
    const r = right(checkGradient(reference, f, { net: { x: point(1, 2), y: point(0, 0.25, -5) } }))
    expect(r.ok).toBe(false)
    expect(r.worst).toMatchObject({ path: 'net/y', index: 2, analytic: -5 })
    expect(r.worst?.numeric).toBeCloseTo(-10, 6)
    expect(r.worst?.relativeError).toBeCloseTo(0.5, 6)
  })
  test('reports kinks and does not compare them', () => {
    const relu = (x: Expr): Expr => b.total(b.max(x, 0))
    const r = right(checkGradient(reference, relu, point(-1, 0, 1e-5, 1)))
    expect(r).toMatchObject({ ok: true, compared: 2 })
    expect(r.kinks).toEqual([
      { path: '', index: 1 },
      { path: '', index: 2 }
    ])
  })
  test('is not content where nothing could be compared', () => {
    const relu = (x: Expr): Expr => b.total(b.max(x, 0))
    expect(right(checkGradient(reference, relu, point(0, 1e-6)))).toMatchObject({ ok: false, compared: 0 })
  })
  test('is not fooled by a gradient that is not finite', () => {
    // x - x, whose root is 0 with an infinite slope; twice that, once against itself, has none at all
    const zero = (x: Expr): Expr => b.sqrt(b.sub(x, b.stopGradient(x)))
    const infinite = (x: Expr): Expr => b.total(b.add(x, zero(x)))
    const none = (x: Expr): Expr => b.total(b.add(x, b.sub(zero(x), zero(x))))
    for (const f of [infinite, none]) {
      const r = right(checkGradient(reference, f, point(1)))
      expect(r).toMatchObject({ ok: false, compared: 1, worst: { relativeError: Infinity } })
    }
  })
  test('looks at no more coordinates than it is told', () => {
    const at = {
      a: tensorOf(
        'f64',
        [10, 10],
        Array.from({ length: 100 }, (_, i) => i / 100)
      ),
      b: point(1, 2)
    }
    const f = (x: { readonly a: Expr; readonly b: Expr }): Expr => b.add(b.total(b.exp(x.a)), b.total(x.b))
    expect(right(checkGradient(reference, f, at, { most: 10 })).compared).toBe(10)
    expect(right(checkGradient(reference, f, at)).compared).toBe(102)
    for (const most of [NaN, 0, -1]) {
      const r = right(checkGradient(reference, f, at, { most }))
      expect(r.compared).toBeGreaterThan(0)
      expect(r.ok).toBe(true)
    }
  })
  test('takes the values of other inputs', () => {
    const f = (x: Expr): Expr => b.total(b.mul(x, b.input('target', 'f64', [2])))
    expect(right(checkGradient(reference, f, point(1, 2), { inputs: { target: point(3, 4) } })).ok).toBe(true)
    expect(left(checkGradient(reference, f, point(1, 2)))).toBe('input/target: expected f64[2], got nothing')
  })
  test('refuses functions to more than one number, and numbers less exact than f64', () => {
    expect(left(checkGradient(reference, (x: Expr) => x, point(1, 2)))).toMatch(
      /^gradient: expected a function whose value is one number/
    )
    expect(left(checkGradient(reference, x => b.total(b.cast(x, 'f32')), point(1, 2)))).toMatchInlineSnapshot(
      `"gradient: expected a function whose value is f64, got f32; differences of less exact numbers tell nothing"`
    )
  })
  test('has nothing to say of nothing', () => {
    const r = right(checkGradient(reference, () => b.constant(1, { dtype: 'f64' }), {}))
    expect(r).toEqual({ ok: true, worst: undefined, compared: 0, kinks: [] })
  })
})
