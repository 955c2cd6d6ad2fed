/** What differs first: rows by bisection, numbers of tensors, the one number that a fingerprint gives away, run files. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstDifferent } from '../../../src/run/record/bisect.js'
import { changes } from '../../../src/run/record/changes.js'
import { fingerprintOf } from '../../../src/value/fingerprint.js'
import { singleDifference, tensorDifference, ulps } from '../../../src/run/record/values.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { tensorView, type Tensor } from '../../../src/value/tensor.js'
import { runFiles, xor } from '../helpers.js'
import { right } from '../../support/either.js'

describe('bisection', () => {
  test('finds the first place, and asks about few', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), fc.nat(), (count, at) => {
        const first = at % (count + 1)
        let asked = 0
        const found = firstDifferent(count, i => (asked++, i < first))
        expect(found).toBe(first)
        expect(asked).toBeLessThanOrEqual(Math.ceil(Math.log2(count + 1)) + 1)
      })
    ))
})

const f32 = (...xs: readonly number[]): Tensor => tensorView('f32', [xs.length], Float32Array.from(xs))
/** the float whose bits are the next ones */
const next = (x: number, by = 1): number => {
  const [f, u] = [new Float32Array([x]), new Uint32Array(1)]
  u.set(new Uint32Array(f.buffer))
  return new Float32Array(Uint32Array.of((u[0] as number) + by).buffer)[0] as number
}

describe('ulps', () => {
  test('count the steps from one number to the next', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: 0, max: 2 ** 100 }), fc.integer({ min: 0, max: 1000 }), (x, n) => {
        expect(ulps('f32', x, next(x, n))).toBe(n)
        expect(ulps('f32', -x, -next(x, n))).toBe(n)
      })
    )
    expect(ulps('f64', 1, 1 + Number.EPSILON)).toBe(1)
    expect(ulps('f64', -1, 1 - Number.EPSILON)).toBeGreaterThan(2 ** 62)
    for (const dtype of ['f32', 'f64'] as const) {
      expect(ulps(dtype, -0, 0)).toBe(1)
      expect(ulps(dtype, 0, 0)).toBe(0)
    }
  })
})

describe('tensors', () => {
  test('are compared number by number', () => {
    expect(tensorDifference(f32(1, NaN, -0), f32(1, NaN, -0))).toBeUndefined()
    const a = tensorView('f32', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 0))
    const b = tensorView('f32', [2, 3], Float32Array.of(1, 2, next(3), next(4, 5), 5, -0))
    expect(tensorDifference(a, b)).toEqual({
      count: 3,
      of: 6,
      first: { index: [0, 2], a: 3, b: next(3), ulps: 1 },
      largest: { index: [1, 0], a: 4, b: next(4, 5), ulps: 5 }
    })
  })
})

const change = (t: Tensor, i: number, word: number): Tensor => {
  const data = (t.data as Float32Array).slice()
  new Uint32Array(data.buffer)[i] = word
  return { ...t, data }
}

describe('a fingerprint', () => {
  const numbers = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 3000 })
  test('gives away one number that is a few ulps off', () => {
    fc.assert(
      fc.property(numbers, fc.nat(), fc.integer({ min: 1, max: 50 }), (xs, at, by) => {
        const b = f32(...xs)
        const i = at % xs.length
        const word = (new Uint32Array((b.data as Float32Array).buffer)[i] as number) + by
        fc.pre(word <= 0xffffffff)
        const a = change(b, i, word)
        fc.pre(!Number.isNaN(a.data[i]))
        expect(singleDifference(b, fingerprintOf(b), fingerprintOf(a))).toEqual(tensorDifference(a, b)?.first)
      }),
      { numRuns: 30 }
    )
  })
  test('gives away one number of f64', () => {
    const b = tensorView('f64', [2, 2], Float64Array.of(1, 2, 3, 4))
    const a = tensorView('f64', [2, 2], Float64Array.of(1, 2, 3 + 4 * Number.EPSILON, 4))
    expect(singleDifference(b, fingerprintOf(b), fingerprintOf(a))).toEqual(tensorDifference(a, b)?.first)
  })
  test('says so when more than one number differs', () => {
    const b = f32(...Array.from({ length: 500 }, (_, i) => Math.sqrt(i)))
    const a = f32(...Array.from({ length: 500 }, (_, i) => Math.sqrt(i) + (i % 2)))
    expect(singleDifference(b, fingerprintOf(b), fingerprintOf(a))).toBeUndefined()
  })
})

describe('run files', () => {
  test('that are the same have no changes', () => {
    fc.assert(
      fc.property(runFiles, run => {
        expect(changes(run as never, structuredClone(run) as never)).toEqual([])
      })
    )
  })
  test('are compared path by path', () => {
    const read = (fields: object) => right(parseRunFile(JSON.stringify({ ...xor, ...fields })))
    expect(
      changes(read({}), read({ seed: 7, optimizer: { tag: 'sgd', rate: 0.05 }, normalise: 'unit', metrics: ['mae'] }))
    ).toEqual(
      expect.arrayContaining([
        { path: ['seed'], a: 0, b: 7 },
        { path: ['optimizer', 'tag'], a: 'adam', b: 'sgd' },
        { path: ['normalise'], b: { tag: 'unit', per: 'column' } },
        { path: ['metrics', '0'], b: { tag: 'mae' } }
      ])
    )
  })
})
