import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bernoulli,
  bernoulliAt,
  bits32,
  bits32At,
  drawKey,
  foldIn,
  leafKey,
  normal,
  normalAt,
  permutation,
  randint,
  randintAt,
  rootKey,
  splitWords,
  uniform,
  uniformAt,
  type DrawKey
} from '../../src/random/index.js'
import { uniform as within } from '../support/random.js'

const key = (seed: number): DrawKey => drawKey(rootKey(seed))
const leaf: fc.Arbitrary<DrawKey> = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.string())
  .map(([s, l]) => leafKey(rootKey(s), l))
const hex = (xs: ArrayLike<number>): string => Array.from(xs, x => x.toString(16).padStart(8, '0')).join(' ')
const bitsOf = (xs: Float32Array): Uint32Array => new Uint32Array(xs.buffer)
const sha256 = (xs: Uint8Array | Uint32Array | Int32Array | Float32Array): string =>
  createHash('sha256').update(new Uint8Array(xs.buffer)).digest('hex')

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const mean = (xs: ArrayLike<number>, f = (x: number) => x): number =>
  Array.from(xs, f).reduce((a, b) => a + b, 0) / xs.length

/** Pearson's statistic of counts that should be equal, in standard deviations from its mean (Wilson and Hilferty) */
const chiSquare = (counts: readonly number[]): number => {
  const expected = counts.reduce((a, b) => a + b) / counts.length
  const statistic = counts.reduce((a, c) => a + (c - expected) ** 2 / expected, 0)
  const df = counts.length - 1
  return (Math.cbrt(statistic / df) - (1 - 2 / (9 * df))) / Math.sqrt(2 / (9 * df))
}
const histogram = (xs: ArrayLike<number>, bins: number, bin: (x: number) => number): readonly number[] => {
  const counts = new Array<number>(bins).fill(0)
  for (let i = 0; i < xs.length; i++) {
    const b = bin(xs[i] as number)
    counts[b] = (counts[b] as number) + 1
  }
  return counts
}

describe('laws', () => {
  test('any element can be computed alone, and a longer draw starts with the shorter one', () => {
    fc.assert(
      fc.property(leaf, fc.integer({ min: 0, max: 50 }), within(0, 1), (k, n, p) => {
        const at = <A>(f: (i: number) => A): readonly A[] => range(n).map(f)
        expect([...bits32(k, n)]).toEqual(at(i => bits32At(k.words, i)))
        expect([...uniform(k, n)]).toEqual(at(i => uniformAt(k.words, i)))
        expect([...bernoulli(k, p, n)]).toEqual(at(i => bernoulliAt(k.words, p, i)))
        expect([...normal(k, n)]).toEqual(at(i => normalAt(k.words, i)))
        expect([...randint(k, n, -3, 11)]).toEqual(at(i => randintAt(k.words, -3, 11, i)))
        expect(uniform(k, n + 7).subarray(0, n)).toEqual(uniform(k, n))
      })
    )
  })

  test('drawing changes nothing: the same key gives the same numbers', () => {
    fc.assert(fc.property(leaf, k => sha256(normal(k, 20)) === sha256(normal(k, 20))))
  })

  test('uniform numbers are f32 numbers in [0, 1): the words, cast as bits', () => {
    fc.assert(
      fc.property(leaf, k => {
        const cast = new Float32Array(bits32(k, 20).map(b => (b >>> 9) | 0x3f800000).buffer).map(x => x - 1)
        expect(uniform(k, 20)).toEqual(cast)
        expect(cast.every(x => x >= 0 && x < 1)).toBe(true)
      })
    )
  })

  test('bernoulli is never 1 at probability 0 and always 1 at 1', () => {
    fc.assert(
      fc.property(
        leaf,
        k => [...bernoulli(k, 0, 50)].every(b => b === 0) && [...bernoulli(k, 1, 50)].every(b => b === 1)
      )
    )
  })

  test('whole numbers stay in their range, however wide', () => {
    const bound = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(leaf, bound, bound, (k, a, b) => {
        const [lo, hi] = [Math.min(a, b), Math.max(a, b)]
        const xs = [...randint(k, 20, lo, hi)]
        expect(xs.every(x => Number.isInteger(x) && x >= lo && (x < hi || (lo === hi && x === lo)))).toBe(true)
        expect([...randint(k, 3, hi, lo)]).toEqual([hi, hi, hi])
      })
    )
  })

  test('randint is 64 random bits modulo the span, while that is at most 65536', () => {
    fc.assert(
      fc.property(leaf, fc.integer({ min: 1, max: 65536 }), fc.nat(1000), ({ words }, span, i) => {
        const [high, low] = [0, 1].map(half => BigInt(bits32At(splitWords(words, half), i))) as [bigint, bigint]
        expect(randintAt(words, 0, span, i)).toBe(Number(((high << 32n) | low) % BigInt(span)))
      })
    )
  })

  test('a permutation is one', () => {
    fc.assert(
      fc.property(leaf, fc.integer({ min: 0, max: 3000 }), (k, n) => {
        expect([...permutation(k, n)].sort((a, b) => a - b)).toEqual(range(n))
      })
    )
  })
})

describe('distributions, at fixed keys', () => {
  const n = 200_000
  const k = leafKey(rootKey(2024), 'distributions')

  test('bits: each of the 32 is set half of the time', () => {
    const xs = bits32(k, n)
    range(32).forEach(b => expect(Math.abs(mean(xs, x => (x >>> b) & 1) - 0.5) * 2 * Math.sqrt(n)).toBeLessThan(4.5))
  })

  test('uniform: even over bins, in pairs too, and without correlation to the neighbour', () => {
    const xs = uniform(k, n)
    expect(Math.abs(chiSquare(histogram(xs, 1000, x => Math.floor(x * 1000))))).toBeLessThan(4)
    const pairs = range(n / 2).map(
      i => Math.floor((xs[2 * i] as number) * 30) * 30 + Math.floor((xs[2 * i + 1] as number) * 30)
    )
    expect(Math.abs(chiSquare(histogram(pairs, 900, x => x)))).toBeLessThan(4)
    const correlation = mean(range(n - 1), i => ((xs[i] as number) - 0.5) * ((xs[i + 1] as number) - 0.5)) * 12
    expect(Math.abs(correlation) * Math.sqrt(n)).toBeLessThan(4)
  })

  test.each([0.01, 0.2, 0.5, 0.8])('bernoulli(%d): the mean', p => {
    expect(Math.abs(mean(bernoulli(k, p, n)) - p) / Math.sqrt((p * (1 - p)) / n)).toBeLessThan(4)
  })

  test('normal: moments and tails', () => {
    const xs = normal(k, n)
    const moment = (m: number): number => mean(xs, x => x ** m) * Math.sqrt(n)
    const root = Math.sqrt(n)
    expect(Math.abs(moment(1))).toBeLessThan(4)
    expect(Math.abs(moment(2) - root)).toBeLessThan(4 * Math.sqrt(2))
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15))
    expect(Math.abs(moment(4) - 3 * root)).toBeLessThan(4 * Math.sqrt(96))
    expect(Math.abs(mean(xs, x => (Math.abs(x) > 1.959964 ? 1 : 0)) - 0.05) * root).toBeLessThan(4 * 0.22)
  })

  test('normal: the deciles of the standard normal distribution hold a tenth each', () => {
    const cuts = [-1.2815515655446, -0.8416212335729, -0.524400512708, -0.2533471031358, 0]
    const deciles = [
      ...cuts,
      ...cuts
        .slice(0, 4)
        .reverse()
        .map(x => -x)
    ]
    expect(Math.abs(chiSquare(histogram(normal(k, n), 10, x => deciles.filter(c => c < x).length)))).toBeLessThan(4)
  })

  test('randint: even over its range', () => {
    expect(Math.abs(chiSquare(histogram(randint(k, n, -5, 96), 101, x => x + 5)))).toBeLessThan(4)
  })

  test('permutation: every order of four, and every place of the first among many', () => {
    const orders = range(24_000).map(i => [...permutation(drawKey(foldIn(rootKey(5), i)), 4)].join(''))
    const names = [...new Set(orders)]
    expect(names).toHaveLength(24)
    expect(Math.abs(chiSquare(names.map(o => orders.filter(p => p === o).length)))).toBeLessThan(4)
    const places = range(5000).map(i => permutation(drawKey(foldIn(rootKey(6), i)), 50).indexOf(0))
    expect(Math.abs(chiSquare(histogram(places, 50, x => x)))).toBeLessThan(4)
  })

  test('streams of neighbouring keys are unrelated', () => {
    const [a, b] = [uniform(drawKey(foldIn(rootKey(0), 1)), n), uniform(drawKey(foldIn(rootKey(0), 2)), n)]
    const correlation = mean(range(n), i => ((a[i] as number) - 0.5) * ((b[i] as number) - 0.5)) * 12
    expect(Math.abs(correlation) * Math.sqrt(n)).toBeLessThan(4)
  })
})

describe('JAX agrees', () => {
  test.each([
    [0, '3f729a4e 3f7a8436 3eaa221c 3eeff550'],
    [42, '3efa3824 3f2e0730 3f1dc3f8 3f0f9ec0']
  ])('uniform, seed %d', (seed, expected) => expect(hex(bitsOf(uniform(key(seed), 4)))).toBe(expected))

  test.each([
    [0, '0011011001010000'],
    [42, '1000101000100010']
  ])('bernoulli, seed %d', (seed, expected) => expect(bernoulli(key(seed), 0.5, 16).join('')).toBe(expected))

  test.each([
    [0, '0 1 8 5 6 4 3 2 7 9'],
    [42, '7 4 2 5 3 6 8 9 0 1']
  ])('permutation, seed %d', (seed, expected) => expect(permutation(key(seed), 10).join(' ')).toBe(expected))

  test.each([
    [0, '9 0 2 3 1 7 2 3'],
    [42, '4 4 1 9 9 9 7 7']
  ])('randint, seed %d', (seed, expected) => expect(randint(key(seed), 8, 0, 10).join(' ')).toBe(expected))

  test('normal, to six digits', () => {
    const theirs = [1.6226422, 2.0252647, -0.43359444, -0.07861735]
    normal(key(0), 4).forEach((x, i) => expect(Math.abs(x / (theirs[i] as number) - 1)).toBeLessThan(2e-6))
  })

  const k = drawKey(foldIn(foldIn(rootKey(1234), 3), 17))
  test.each([
    ['bits32', bits32(k, 1000), '5cd0804230264f2a452c7d5fc8fbe952803579740b6bdc443582fa92f4bc4475'],
    ['uniform', uniform(k, 1000), 'a232d3829f6153caa321db26238eef3ec1c1b97c0daa8c03e9265785ef7d41c6'],
    ['bernoulli', bernoulli(k, 0.8, 1000), '9ed5f68ff3dd3b414d9d14c5e319f32aa0f41281e0447999c114686ebec83a50'],
    ['randint', randint(k, 1000, 0, 10), 'd40f2636c9cb269d8d6324b5c5797dba213661d3f042811e782026108ce7ed6e'],
    ['permutation', permutation(k, 60000), 'a9128436278b235aa72a26794e71c8f757c20a341dbbd0d5e8e485d1f161ed43']
  ])('the digest of %s', (_, xs, digest) => expect(sha256(xs)).toBe(digest))
})
