import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stepLimit } from '../../src/run/step-limit.js'
import { allOf, anyOf, epochs, lossBelow, steps, type StopRule } from '../../src/train/stop/index.js'

const size = fc.integer({ min: 1, max: 1_000_000 })

describe('horizon', () => {
  test('of epochs is their steps', () => {
    fc.assert(
      fc.property(size, size, (n, perEpoch) => {
        expect(stepLimit(epochs(n), perEpoch)).toBe(n * perEpoch)
      })
    )
  })
  test('of any of several rules is the first, of all of them the last', () => {
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 1000 }), (a, b, perEpoch) => {
        expect(stepLimit(anyOf(steps(a), epochs(b)), perEpoch)).toBe(Math.min(a, b * perEpoch))
        expect(stepLimit(allOf(steps(a), epochs(b)), perEpoch)).toBe(Math.max(a, b * perEpoch))
      })
    )
  })
  test.each<[string, StopRule, number | undefined]>([
    ['of a rule about the loss is not known', lossBelow(0.1), undefined],
    ['of a loss and a bound is the bound', anyOf(lossBelow(0.1), steps(7)), 7],
    ['of a loss together with a bound is not known', allOf(lossBelow(0.1), steps(7)), undefined],
    ['beyond all patience is not known', epochs(Number.MAX_SAFE_INTEGER), undefined]
  ])('%s', (_, rule, expected) => expect(stepLimit(rule, 10)).toBe(expected))
})
