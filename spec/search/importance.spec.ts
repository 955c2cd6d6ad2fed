/** Importance: measures with known values, and dimensions whose part in a metric is known. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldIn, rootKey } from '../../src/random/index.js'
import { choice, logUniform, uniform, variants } from '../../src/search/dimension/index.js'
import { importances, quantiles, rankCorrelation, ranks, sharedVariance } from '../../src/search/importance.js'
import { draw, space, type Settings, type Space } from '../../src/search/space.js'
import { trials } from './helpers.js'

describe('the measures', () => {
  test('ranks share a place where numbers are equal', () => expect(ranks([3, 1, 3, 2, 3])).toEqual([3, 0, 3, 1, 3]))
  test("Spearman's correlation of a known table", () => {
    const iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    const hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    expect(rankCorrelation(iq, hours)).toBeCloseTo(-29 / 165, 12)
  })
  test('it is 1 for what rises, -1 for what falls, 0 for what stays', () => {
    const xs = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2 })
    fc.assert(
      fc.property(xs, numbers => {
        expect(
          rankCorrelation(
            numbers,
            numbers.map(x => x * x * x)
          )
        ).toBeCloseTo(1, 12)
        expect(
          rankCorrelation(
            numbers,
            numbers.map(x => -x)
          )
        ).toBeCloseTo(-1, 12)
        expect(
          rankCorrelation(
            numbers,
            numbers.map(() => 7)
          )
        ).toBe(0)
      })
    )
  })
  test('epsilon squared of a table done by hand', () => {
    // ranks 0 .. 5; eta squared 1 - (0.5 + 0.5 + 0.5) / 17.5
    expect(sharedVariance(['a', 'a', 'b', 'b', 'c', 'c'], [1, 2, 3, 4, 5, 6])).toBeCloseTo(
      1 - (1.5 / 17.5) * (5 / 3),
      12
    )
    expect(sharedVariance(['a', 'b', 'a', 'b'], [1, 2, 4, 3])).toBe(0)
    expect(sharedVariance(['a', 'b'], [1, 2])).toBe(0)
    expect(sharedVariance([], [])).toBe(0)
  })
  test('numbers are put into ranges of about as many, equal ones into the same', () => {
    expect(quantiles([5, 1, 2, 4, 3, 9, 8, 7, 6])).toEqual([1, 0, 0, 1, 0, 2, 2, 2, 1])
    expect(new Set(quantiles([4, 4, 4, 4])).size).toBe(1)
  })
})

describe('importance', () => {
  /** settings drawn at random, with a metric that is known */
  const tried = <S extends Space>(s: S, n: number, value: (settings: Settings, i: number) => number) =>
    trials(
      ...Array.from({ length: n }, (_, i) => {
        const drawn = draw(s, foldIn(rootKey(5), i))
        if (E.isLeft(drawn)) throw new Error(drawn.left.expected)
        return [drawn.right, value(drawn.right, i)] as const
      })
    )
  const s = space({ rate: logUniform(1e-4, 1), decay: logUniform(1e-6, 1), fn: choice('relu', 'tanh', 'gelu') })
  const of = (all: ReturnType<typeof importances>, path: string) => all.find(i => i.path === path)

  test('is near 1 for what decides alone, and near 0 for the rest', () => {
    const all = importances(
      s,
      tried(s, 60, ({ rate }) => Number(rate)),
      'min'
    )
    expect(all[0]).toMatchObject({ path: 'rate', trials: 60 })
    expect(all[0]?.importance).toBeGreaterThan(0.9)
    expect(of(all, 'rate')?.trend).toBeCloseTo(-1, 12)
    expect(of(all, 'decay')?.importance).toBeLessThan(0.2)
    expect(of(all, 'fn')?.importance).toBeLessThan(0.2)
    expect(
      of(
        importances(
          s,
          tried(s, 60, ({ rate }) => Number(rate)),
          'max'
        ),
        'rate'
      )?.trend
    ).toBeCloseTo(1, 12)
  })
  test('sees a dimension whose middle is best', () => {
    const all = importances(
      s,
      tried(s, 60, ({ rate }) => Math.abs(Math.log10(Number(rate)) + 2)),
      'min'
    )
    expect(all[0]?.path).toBe('rate')
    expect(all[0]?.importance).toBeGreaterThan(0.7)
    expect(Math.abs(of(all, 'rate')?.trend ?? 1)).toBeLessThan(0.4)
  })
  test('sees a choice that decides', () => {
    const all = importances(
      s,
      tried(s, 60, ({ fn }, i) => (fn === 'relu' ? 0 : 1) + i / 1000),
      'min'
    )
    expect(all[0]?.path).toBe('fn')
    expect(all[0]?.trend).toBeUndefined()
  })
  test('uses the trials alone that have the dimension and gave a value', () => {
    const o = space({ o: variants({ sgd: { rate: uniform(0, 1) }, none: {} }) })
    const rows = tried(o, 40, (_, i) => (i % 4 === 0 ? NaN : i))
    const all = importances(o, rows, 'min')
    expect(of(all, 'o')?.trials).toBe(30)
    const there = rows.filter((t, i) => i % 4 !== 0 && JSON.stringify(t.settings).includes('sgd')).length
    expect(of(all, 'o/sgd/rate')?.trials).toBe(there)
    expect(importances(o, [], 'min').map(i => i.importance)).toEqual([0, 0])
  })
})
