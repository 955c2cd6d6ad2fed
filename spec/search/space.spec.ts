import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { childKey, foldIn, rootKey } from '../../src/random/index.js'
import { ordered, productAtMost } from '../../src/search/constraint.js'
import {
  boolean,
  choice,
  integer,
  logInteger,
  logUniform,
  uniform,
  variants,
  type Dimension
} from '../../src/search/dimension/index.js'
import {
  checkSpace,
  contains,
  draw,
  settingsAt,
  space,
  settingValues,
  type SettingsOf
} from '../../src/search/space.js'
import { log } from '../../src/value/elementary.js'
import { left, right } from '../support/either.js'

const key = childKey(rootKey(20260101), 'search')
const drawn = <D extends Dimension>(d: D, n: number): readonly unknown[] => {
  const s = space({ x: d })
  return Array.from({ length: n }, (_, i) => right(draw(s, foldIn(key, i))).x)
}
/** the sum of (seen - expected)^2 / expected over bins that are equally likely */
const chiSquare = (bins: readonly number[], count: number): number => {
  const seen = Array.from({ length: count }, (_, b) => bins.filter(x => x === b).length)
  const expected = bins.length / count
  return seen.reduce((sum, n) => sum + ((n - expected) * (n - expected)) / expected, 0)
}
/** above it with probability 0.001, for 19 degrees of freedom */
const limit = 43.82

describe('random settings', () => {
  test('are log-uniform where asked', () => {
    const places = drawn(logUniform(1e-6, 10), 10_000).map(x => log((x as number) / 1e-6) / log(1e7))
    expect(
      chiSquare(
        places.map(p => Math.floor(p * 20)),
        20
      )
    ).toBeLessThan(limit)
  })
  test('are uniform where asked', () => {
    const places = drawn(uniform(-3, 5), 10_000).map(x => ((x as number) + 3) / 8)
    expect(
      chiSquare(
        places.map(p => Math.floor(p * 20)),
        20
      )
    ).toBeLessThan(limit)
  })
  test('that are uniform fail the test for log-uniform ones', () => {
    const places = drawn(uniform(1e-6, 10), 10_000).map(x => log((x as number) / 1e-6) / log(1e7))
    expect(
      chiSquare(
        places.map(p => Math.floor(p * 20)),
        20
      )
    ).toBeGreaterThan(limit)
  })
  test.each([
    ['integers', integer(1, 20)],
    ['choices', choice(...Array.from({ length: 20 }, (_, i) => i + 1))]
  ])('of %s are equally likely', (_, dimension) => {
    const values = drawn(dimension, 10_000) as readonly number[]
    expect(
      chiSquare(
        values.map(x => x - 1),
        20
      )
    ).toBeLessThan(limit)
  })
  test('of logInteger have each number as often as its stretch of the logarithm says', () => {
    const values = drawn(logInteger(1, 8), 20_000)
    const share = (n: number): number => (log(n + 0.5) - log(n - 0.5)) / (log(8.5) - log(0.5))
    const terms = Array.from({ length: 8 }, (_, i) => {
      const expected = values.length * share(i + 1)
      const seen = values.filter(x => x === i + 1).length
      return ((seen - expected) * (seen - expected)) / expected
    })
    // 7 degrees of freedom
    expect(terms.reduce((a, b) => a + b)).toBeLessThan(24.32)
  })
  test('of one dimension do not depend on the others', () => {
    const one = space({ rate: logUniform(1e-3, 1) })
    const more = space({ units: choice(1, 2), rate: logUniform(1e-3, 1), on: boolean() })
    expect(right(draw(more, key)).rate).toBe(right(draw(one, key)).rate)
  })
})

const rich = space(
  {
    least: integer(0, 10),
    most: integer(0, 10),
    optimizer: variants({
      sgd: { rate: logUniform(1e-4, 1), momentum: uniform(0, 0.99) },
      adam: { rate: logUniform(1e-5, 0.1) }
    }),
    shuffle: boolean()
  },
  ordered('least', 'most'),
  productAtMost(20, 'least', 'most')
)

describe('conditional parts and constraints', () => {
  test('hold of whatever is drawn', () => {
    fc.assert(
      fc.property(fc.nat(), i => {
        const settings = right(draw(rich, foldIn(key, i)))
        expect(contains(rich, settings)).toBe(true)
        expect(settings.least).toBeLessThanOrEqual(settings.most)
        expect(settings.least * settings.most).toBeLessThanOrEqual(20)
        expect(Object.keys(settings.optimizer).sort()).toEqual(
          settings.optimizer.tag === 'sgd' ? ['momentum', 'rate', 'tag'] : ['rate', 'tag']
        )
      })
    )
  })
  test('settings are flat by their paths', () => {
    const settings = settingsAt(rich, () => 0)
    expect(settingValues(rich, settings)).toEqual({
      least: 0,
      most: 0,
      optimizer: 'sgd',
      'optimizer/sgd/rate': 1e-4,
      'optimizer/sgd/momentum': 0,
      shuffle: false
    })
  })
  test.each([
    ['a value outside', { least: 11, most: 11, optimizer: { tag: 'adam', rate: 0.01 }, shuffle: true }],
    ['a broken constraint', { least: 9, most: 8, optimizer: { tag: 'adam', rate: 0.01 }, shuffle: true }],
    ['the parts of another variant', { least: 1, most: 2, optimizer: { tag: 'adam', momentum: 0.1 }, shuffle: true }],
    ['a name too many', { least: 1, most: 2, optimizer: { tag: 'adam', rate: 0.01 }, shuffle: true, x: 1 }],
    ['a name too few', { least: 1, most: 2, optimizer: { tag: 'adam', rate: 0.01 } }]
  ])('%s is not in the space', (_, settings) => expect(contains(rich, settings)).toBe(false))
  test('constraints that nothing meets are a Left', () => {
    const none = space({ a: uniform(1, 2), b: uniform(1, 2) }, productAtMost(0.5, 'a', 'b'))
    expect(left(draw(none, key))).toBe(
      'constraints: expected constraints that settings of the space can meet, got none in 1000 attempts; widen the space or the bounds'
    )
  })
  test('the type of settings is the type of the space', () => {
    const settings: SettingsOf<typeof rich> = { least: 1, most: 2, optimizer: { tag: 'adam', rate: 1 }, shuffle: true }
    expect(checkSpace(rich)._tag).toBe('Right')
    expect(settings.optimizer.tag === 'sgd' ? settings.optimizer.momentum : settings.optimizer.rate).toBe(1)
  })
})

test('a range whose width overflows is refused, with the limits that it may be extended to', () => {
  const wide = [uniform(-1.7e308, 1.7e308), uniform(0, 1, { least: -1e308, most: 1e308 })]
  for (const rate of wide)
    expect(left(checkSpace(space({ rate })))).toBe(
      'space/rate/upper: expected a range whose width is finite, got one from lower to upper that overflows'
    )
  expect(checkSpace(space({ rate: uniform(-8e307, 8e307) }))._tag).toBe('Right')
})
