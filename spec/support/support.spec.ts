/** The helpers of the tests themselves. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { uniform } from './random.js'

/** how many of 1000 numbers fall into each tenth of a range */
const tenths = (arbitrary: fc.Arbitrary<number>, min: number, max: number): readonly number[] => {
  const counts = new Array<number>(10).fill(0)
  for (const x of fc.sample(arbitrary, { numRuns: 1000, seed: 1 })) {
    const i = Math.min(9, Math.floor(((x - min) / (max - min)) * 10))
    counts[i] = (counts[i] as number) + 1
  }
  return counts
}

describe('uniform', () => {
  test.each([
    [-100, 100],
    [0.01, 0.99],
    [-3, 40]
  ])('from %d to %d: every tenth of the range is met', (min, max) => {
    for (const n of tenths(uniform(min, max), min, max)) expect(n).toBeGreaterThan(50)
  })
  test('the count sees a range that is not covered', () =>
    expect(Math.min(...tenths(fc.double({ min: -100, max: 100, noNaN: true }), -100, 100))).toBeLessThan(20))
  test('stays inside the range, also where it is all numbers', () => {
    for (const [min, max] of [
      [0.1, 0.3],
      [-Number.MAX_VALUE, Number.MAX_VALUE]
    ] as const)
      fc.assert(fc.property(uniform(min, max), x => x >= min && x <= max))
  })
})
