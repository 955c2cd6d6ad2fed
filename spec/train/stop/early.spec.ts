import { codecsOf } from '../../../src/registry/codecs.js'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Memory, Progress } from '../../../src/train/progress.js'
import {
  allOf,
  anyOf,
  earlyStopping,
  epochs,
  lossBelow,
  steps,
  stopInterpreter,
  stopRules,
  type StopRule
} from '../../../src/train/stop/index.js'

const rules = stopInterpreter(stopRules)
/** epochs of 3 steps, that end with these losses */
const run = (rule: StopRule, losses: readonly number[], of: 'loss' | 'validationLoss'): number | undefined => {
  const all = losses.flatMap((loss, epoch) =>
    [1, 2, 3].map((k): Progress => {
      const ended = k === 3
      const own = of === 'loss' ? loss : 1
      const seen = ended && of === 'validationLoss' ? { validation: { loss, metrics: {} } } : {}
      return {
        step: epoch * 3 + k,
        epoch: epoch + (ended ? 1 : 0),
        epochEnded: ended,
        loss: 1,
        epochLoss: ended ? own : 0,
        ...seen
      }
    })
  )
  let memory: Memory = rules.start(rule)
  for (const at of all) {
    memory = rules.next(rule, memory, at)
    if (rules.reason(rule, at, memory) !== undefined) return at.epoch
  }
  return undefined
}
/** after how many epochs the last `patience` ones have brought nothing */
const plainly = (losses: readonly number[], patience: number, minDelta: number): number | undefined => {
  let best = Infinity
  let bestAt = 0
  for (const [i, loss] of losses.entries()) {
    if (loss < best - minDelta) {
      best = loss
      bestAt = i
    } else if (i - bestAt >= patience) return i + 1
  }
  return undefined
}
const lists = fc.array(
  fc.integer({ min: 0, max: 20 }).map(n => n / 4),
  { minLength: 1, maxLength: 25 }
)
const which = fc.constantFrom('loss' as const, 'validationLoss' as const)

describe('earlyStopping', () => {
  test('ends a run once so many epochs have not bettered the best by more than minDelta', () =>
    fc.assert(
      fc.property(
        lists,
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(0, 0.25, 1),
        which,
        (losses, patience, minDelta, of) => {
          expect(run(earlyStopping({ patience, minDelta, of }), losses, of)).toBe(plainly(losses, patience, minDelta))
        }
      )
    ))
  test('never ends a run that gets better every epoch', () =>
    expect(
      run(
        earlyStopping({ patience: 1, of: 'loss' }),
        Array.from({ length: 50 }, (_, i) => -i),
        'loss'
      )
    ).toBeUndefined())
  test('counts NaN as no improvement', () =>
    expect(run(earlyStopping({ patience: 2, of: 'loss' }), [3, NaN, NaN, 1], 'loss')).toBe(3))
  test('remembers in combinations as by itself', () =>
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 6 }), which, (losses, patience, of) => {
        const rule = earlyStopping({ patience, of })
        const alone = run(rule, losses, of)
        expect(run(anyOf(lossBelow(-1), rule), losses, of)).toBe(alone)
        expect(run(allOf(steps(1), anyOf(rule, epochs(1000))), losses, of)).toBe(alone)
      })
    ))
  test('what it remembers is finite numbers, so that JSON keeps it', () => {
    const rule = earlyStopping()
    expect(JSON.parse(JSON.stringify(rules.start(rule)))).toEqual(rules.start(rule))
  })
  test('says whether it needs a validation set, also inside others', () => {
    expect(rules.validates(earlyStopping())).toBe(true)
    expect(rules.validates(earlyStopping({ of: 'loss' }))).toBe(false)
    expect(rules.validates(anyOf(epochs(3), allOf(steps(3), earlyStopping())))).toBe(true)
    expect(rules.validates(anyOf(epochs(3), lossBelow(1)))).toBe(false)
  })
})

describe('as data', () => {
  const codec = codecsOf({ stopRules }).stopRule
  test('what is left out is filled in', () => {
    expect(codec.decode({ tag: 'earlyStopping' })).toEqual(E.right(earlyStopping()))
    expect(codec.decode(JSON.parse(JSON.stringify(earlyStopping({ patience: 3 }))))).toEqual(
      E.right(earlyStopping({ patience: 3 }))
    )
  })
  test.each([{ patience: 0 }, { patience: 1.5 }, { minDelta: -1 }, { minDelta: NaN }, { of: 'accuracy' }, { more: 1 }])(
    'refuses %j',
    wrong => {
      expect(E.isLeft(codec.decode({ tag: 'earlyStopping', ...wrong }))).toBe(true)
    }
  )
})
