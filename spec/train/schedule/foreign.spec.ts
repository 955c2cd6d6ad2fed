/** Schedules against PyTorch's, step by step: spec/golden/optimizers.py. Time counts steps or epochs from 0, as there. */
import { describe, expect, test } from 'vitest'
import golden from '../../golden/optimizers.json' with { type: 'json' }
import {
  cosineDecay,
  exponentialDecay,
  oneCycle,
  polynomialDecay,
  reduceOnPlateau,
  restarts,
  scheduleInterpreter,
  schedules,
  stepDecay,
  type Setting
} from '../../../src/train/schedule/index.js'
import { notStarted } from '../../../src/train/progress.js'
import { steps } from '../../../src/train/stop/index.js'
import { valueAt } from './helpers.js'

const known = golden.schedules
const sameRates = (s: Setting, rates: readonly number[]): void => {
  rates.forEach((rate, t) => {
    expect(Math.abs(valueAt(s, t) - rate), `at ${t}`).toBeLessThan(1e-12)
  })
}

describe(`as in PyTorch ${golden.torch}`, () => {
  test.each(Object.entries(known.oneCycle))("oneCycle of %s steps with counting: 'pytorch'", (n, rates) => {
    sameRates(oneCycle(1, steps(Number(n)), { counting: 'pytorch' }), rates)
  })
  test('oneCycle that rises for half of the time', () => {
    sameRates(oneCycle(2, steps(8), { rise: 0.5, counting: 'pytorch' }), known['oneCycle, pct_start 0.5'])
  })
  test.each<readonly [string, Setting, readonly number[]]>([
    ['stepDecay is StepLR', stepDecay(1, 0.5, steps(3)), known.StepLR],
    ['exponentialDecay is ExponentialLR', exponentialDecay(1, 0.9, 'step'), known.ExponentialLR],
    ['polynomialDecay is PolynomialLR', polynomialDecay(1, steps(6), { power: 2 }), known.PolynomialLR],
    ['cosineDecay is CosineAnnealingLR up to T', cosineDecay(1, steps(6), 0.1), known.CosineAnnealingLR],
    [
      'restarts of cosineDecay are CosineAnnealingWarmRestarts',
      restarts(cosineDecay(1, steps(3)), steps(3), 2),
      known.CosineAnnealingWarmRestarts
    ]
  ])('%s', (_, s, rates) => {
    sameRates(s, rates)
  })
  test('reduceOnPlateau with patience p + 1 is ReduceLROnPlateau with patience p', () => {
    const { start, next, value } = scheduleInterpreter(schedules)
    const s = reduceOnPlateau(1, { patience: 2, of: 'loss' })
    let memory = start(s)
    known.ReduceLROnPlateau.losses.forEach((loss, i) => {
      const rate = known.ReduceLROnPlateau.rates[i] as number
      expect(Math.abs(value(s, notStarted, memory) - rate), `epoch ${i}`).toBeLessThan(1e-15)
      memory = next(s, memory, { step: i + 1, epoch: i + 1, epochEnded: true, loss, epochLoss: loss })
    })
  })
})
test('without it the peak is one step later, and the final value after the last step', () => {
  const s = oneCycle(1, steps(10))
  expect(valueAt(s, 3)).toBe(1)
  expect([valueAt(s, 9) > 0.04, valueAt(s, 10)]).toEqual([true, 1 / 250_000])
})
