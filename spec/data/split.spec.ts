import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataset, exampleCount, type Dataset } from '../../src/data/dataset.js'
import { kFold, kFoldRows, split, stratifiedKFold, stratifiedSplit, type Split } from '../../src/data/split.js'
import { leafKey, rootKey, type DrawKey } from '../../src/random/index.js'
import { tensorView } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { uniform } from '../support/random.js'

const keyOf = (seed: number): DrawKey => leafKey(rootKey(seed), 'split')

/** row i holds the number i, so that the parts show which rows they got */
const rows = (labels: readonly number[]): Dataset =>
  right(
    dataset({
      x: tensorView(
        'f32',
        [labels.length, 1],
        Float32Array.from(labels, (_, i) => i)
      ),
      y: tensorView('u32', [labels.length], Uint32Array.from(labels))
    })
  )
const ids = (d: Dataset): readonly number[] => Array.from(d.x.tensor.data)
const labelsIn = (d: Dataset): readonly number[] => Array.from(d.y.tensor.data)
const ascending = (xs: readonly number[]): readonly number[] => [...xs].sort((a, b) => a - b)
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const count = (xs: readonly number[], x: number): number => xs.filter(y => y === x).length

const labels = fc.array(fc.nat(4), { minLength: 2, maxLength: 60 })
const seed = fc.integer({ min: 0, max: 0xffffffff })

const isPartition = (d: Dataset, { train, test }: Split): void =>
  expect(ascending([...ids(train), ...ids(test)])).toEqual(upTo(exampleCount(d)))
const keepsRows = (all: readonly number[], d: Dataset): void => expect(labelsIn(d)).toEqual(ids(d).map(i => all[i]))

describe('split', () => {
  it('is a partition of whole rows, of the sizes asked for', () => {
    fc.assert(
      fc.property(labels, uniform(0.01, 0.99), seed, (ys, fraction, s) => {
        const d = rows(ys)
        const n = Math.round(ys.length * fraction)
        fc.pre(n > 0 && n < ys.length)
        const parts = right(split(d, fraction, keyOf(s)))
        isPartition(d, parts)
        expect(exampleCount(parts.train)).toBe(n)
        keepsRows(ys, parts.train)
        keepsRows(ys, parts.test)
      })
    )
  })

  it('takes counts, and leaves the rest out', () => {
    const d = rows(upTo(10))
    const { train, test } = right(split(d, { train: 5, test: 2 }, keyOf(1)))
    expect([exampleCount(train), exampleCount(test), new Set([...ids(train), ...ids(test)]).size]).toEqual([5, 2, 7])
  })

  it('is a function of its key', () => {
    const d = rows(upTo(50))
    expect(split(d, 0.5, keyOf(3))).toEqual(split(d, 0.5, keyOf(3)))
    expect(split(d, 0.5, keyOf(3))).not.toEqual(split(d, 0.5, keyOf(4)))
  })

  it('refuses empty parts and more than there is', () => {
    const d = rows([0, 1, 2])
    for (const bad of [
      0,
      1,
      -1,
      2,
      NaN,
      0.01,
      0.99,
      { train: 0, test: 1 },
      { train: 2, test: 2 },
      { train: 1.5, test: 1 }
    ])
      expect(left(split(d, bad, keyOf(0)))).toMatch(/expected (a number between 0 and 1|two parts)/)
  })
})

describe('k-fold', () => {
  it('tests every row once, in folds of nearly equal size', () => {
    fc.assert(
      fc.property(labels, fc.integer({ min: 2, max: 10 }), seed, fc.boolean(), (ys, k, s, stratified) => {
        fc.pre(k <= ys.length && (!stratified || ys.every(c => count(ys, c) >= k)))
        const d = rows(ys)
        const all = right((stratified ? stratifiedKFold : kFold)(d, k, keyOf(s)))
        expect(all.length).toBe(k)
        all.forEach(fold => isPartition(d, fold))
        expect(ascending(all.flatMap(fold => ids(fold.test)))).toEqual(upTo(ys.length))
        const sizes = all.map(fold => exampleCount(fold.test))
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        all.forEach(fold => keepsRows(ys, fold.train))
        if (stratified)
          for (const c of new Set(ys)) {
            const counts = all.map(fold => count(labelsIn(fold.test), c))
            expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
          }
      })
    )
  })

  it('is a function of its key, and refuses a number of folds that cannot be', () => {
    expect(kFoldRows(20, 4, keyOf(1))).toEqual(kFoldRows(20, 4, keyOf(1)))
    expect(kFoldRows(20, 4, keyOf(1))).not.toEqual(kFoldRows(20, 4, keyOf(2)))
    for (const k of [0, 1, 21, 2.5, NaN])
      expect(left(kFoldRows(20, k, keyOf(0)))).toContain('k: expected a whole number from 2 to 20')
  })
})

describe('stratified split', () => {
  it('has the sizes of split, the share of every class within one example, and each class in both parts', () => {
    fc.assert(
      fc.property(labels, uniform(0.1, 0.9), seed, (ys, fraction, s) => {
        const classes = [...new Set(ys)]
        fc.pre(classes.every(c => count(ys, c) > 1))
        const d = rows(ys)
        const total = Math.floor(ys.length * fraction + 0.5)
        fc.pre(total > 0 && total < ys.length)
        const parts = right(stratifiedSplit(d, fraction, keyOf(s)))
        isPartition(d, parts)
        expect(exampleCount(parts.train)).toBe(total)
        const got = classes.map(c => count(labelsIn(parts.train), c))
        const roomy = Math.min(total, ys.length - total) >= classes.length
        if (roomy) for (const [i, c] of classes.entries()) expect([0, count(ys, c)]).not.toContain(got[i])
        // where rounding each class alone gives the sizes, and leaves no part without a class, that is the answer
        const nearest = classes.map(c => Math.floor(count(ys, c) * fraction + 0.5))
        const right0 = nearest.reduce((a, b) => a + b, 0) === total
        if (right0 && nearest.every((n, i) => n > 0 && n < count(ys, classes[i] as number)))
          expect(got).toEqual(nearest)
        keepsRows(ys, parts.train)
        expect(stratifiedSplit(d, fraction, keyOf(s))).toEqual(E.right(parts))
      })
    )
  })

  it('gives a rare class to both parts, and the remainders to the largest', () => {
    const counts = (sizes: readonly number[], fraction: number): readonly (readonly number[])[] => {
      const { train, test } = right(
        stratifiedSplit(rows(sizes.flatMap((n, c) => upTo(n).map(() => c))), fraction, keyOf(3))
      )
      return sizes.map((_, c) => [count(labelsIn(train), c), count(labelsIn(test), c)])
    }
    expect(counts([95, 5], 0.9)).toEqual([
      [86, 9],
      [4, 1]
    ])
    expect(counts([98, 2], 0.9)).toEqual([
      [89, 9],
      [1, 1]
    ])
    // quotas 4.2, 2.8 and 2.1: 9 in all
    expect(counts([6, 4, 3], 0.7)).toEqual([
      [4, 2],
      [3, 1],
      [2, 1]
    ])
    const sums = (fraction: number): readonly number[] =>
      counts(new Array<number>(10).fill(3), fraction).reduce((a, b) => [
        (a[0] ?? 0) + (b[0] ?? 0),
        (a[1] ?? 0) + (b[1] ?? 0)
      ])
    expect(sums(0.9)).toEqual([27, 3])
    expect(sums(0.75)).toEqual([23, 7])
  })

  it('says which class has too few examples', () => {
    expect(left(stratifiedSplit(rows([0, 0, 0, 1]), 0.5, keyOf(0)))).toBe(
      'y/class 1: expected at least 2 examples of each class, one for each part, got 1; ' +
        'leave the class out, put it together with another, or use split'
    )
    expect(left(stratifiedKFold(rows([0, 0, 0, 1, 1]), 3, keyOf(0)))).toContain(
      'y/class 1: expected at least 3 examples'
    )
  })

  it('refuses what is no key', () => {
    for (const key of [1, undefined, rootKey(1), { kind: 'draw', words: [1] }] as unknown as readonly DrawKey[])
      for (const f of [split, stratifiedSplit] as readonly (typeof stratifiedSplit)[])
        expect(left(f(rows([0, 0, 1, 1]), 0.5, key))).toContain('key: expected a leaf key')
  })

  it('mixes the classes', () => {
    const ys = upTo(100).map(i => Math.floor(i / 50))
    const { train } = right(stratifiedSplit(rows(ys), 0.8, keyOf(7)))
    expect(labelsIn(train)).not.toEqual(ascending(labelsIn(train)))
  })

  it('refuses targets that are no class numbers', () => {
    const d = right(
      dataset({
        x: tensorView('f32', [2, 1], Float32Array.of(1, 2)),
        y: tensorView('f32', [2, 1], Float32Array.of(1, 2))
      })
    )
    expect(left(stratifiedSplit(d, 0.5, keyOf(0)))).toContain('y: expected class numbers')
    expect(left(stratifiedKFold(d, 2, keyOf(0)))).toContain('y: expected class numbers')
    expect(left(stratifiedSplit(rows([0]), 0.5, keyOf(0)))).toContain('two parts')
  })
})
