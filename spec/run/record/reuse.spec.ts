/** How far one run is another with a different stop rule: compared with trainings of both. */
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { fromArrays } from '../../../src/data/arrays.js'
import { tanh } from '../../../src/layer/activation.js'
import { dense } from '../../../src/layer/dense.js'
import { input, model } from '../../../src/layer/model.js'
import { progressOf, sharedSteps } from '../../../src/run/record/reuse.js'
import { meanSquaredError } from '../../../src/train/loss/index.js'
import { adam } from '../../../src/train/optimizer/index.js'
import type { Progress } from '../../../src/train/progress.js'
import { builtInTraining } from '../../../src/train/registry.js'
import {
  allOf,
  anyOf,
  earlyStopping,
  epochs,
  lossBelow,
  steps,
  stopRules,
  type StopRule
} from '../../../src/train/stop/index.js'
import type { EpochReport, TrainEvent } from '../../../src/train/events.js'
import { train, type Trained } from '../../../src/train/train.js'
import { right } from '../../support/either.js'

const data = right(
  fromArrays(
    Array.from({ length: 5 }, (_, i) => [i / 5]),
    Array.from({ length: 5 }, (_, i) => [i % 2])
  )
)
const other = right(fromArrays([[0.3], [0.9]], [[1], [0]]))
type StepEvent = Extract<TrainEvent, { readonly tag: 'step' }>
interface Recorded {
  readonly trained: Trained
  readonly progress: readonly Progress[]
}
const run = (stop: StopRule): Recorded => {
  const rows: StepEvent[] = []
  const ends: EpochReport[] = []
  const trained = right(
    pipe(
      E.right(data),
      E.chainW(
        train(
          {
            model: model(input(1), dense(3), tanh, dense(1)),
            loss: meanSquaredError,
            optimizer: adam(0.3),
            batchSize: 2,
            stop
          },
          {
            backend: reference,
            validation: other,
            observe: e => {
              if (e.tag === 'step') rows.push(e)
              if (e.tag === 'epoch') ends.push(e)
            }
          }
        )
      )
    )
  )
  return { trained, progress: [...progressOf(rows, ends)] }
}

describe('what a stop rule was shown', () => {
  test('is worked out from rows and epochs to the bit', () => {
    const { trained, progress } = run(steps(8))
    expect(progress).toHaveLength(8)
    expect(progress.at(-1)).toEqual(trained.state.progress)
    expect(run(epochs(3)).progress.at(-1)).toEqual(run(epochs(3)).trained.state.progress)
  })
})

describe('shared steps', () => {
  const samples = Object.values(stopRules).flatMap(k => k.samples)
  const rule: fc.Arbitrary<StopRule> = fc.oneof(
    fc.integer({ min: 1, max: 12 }).map(steps),
    fc.integer({ min: 1, max: 4 }).map(epochs),
    fc.constantFrom(...samples, earlyStopping({ patience: 1 }), lossBelow(0.3))
  )
  const bounded = fc
    .tuple(fc.array(rule, { maxLength: 2 }), fc.integer({ min: 1, max: 12 }))
    .map(([rules, n]) => anyOf(...rules, steps(n)))
  test('give the state of the other run, to the bit: the whole of it, memories too', () => {
    fc.assert(
      fc.property(bounded, bounded, (a, b) => {
        const [ofA, ofB] = [run(a), run(b)]
        const n = sharedSteps(a, b, ofA.progress, builtInTraining.stopRules)
        expect(n).toBeLessThanOrEqual(Math.min(ofA.progress.length, ofB.progress.length))
        const upTo = (stop: StopRule): unknown => run(anyOf(stop, steps(n))).trained.state
        if (n > 0) {
          const [x, y] = [upTo(a), upTo(b)] as readonly { readonly stop: object }[]
          // under anyOf with one more rule the names of memories are one level deeper, the same way in both
          expect(x).toEqual(y)
        }
      }),
      { numRuns: 40 }
    )
  })
  const all = 9
  const { progress } = run(steps(all))
  test.each<readonly [string, StopRule, StopRule, number]>([
    ['more epochs', epochs(2), epochs(5), all],
    ['fewer epochs', epochs(5), epochs(2), 6],
    ['epochs as steps', epochs(3), steps(7), 7],
    ['until the loss is small', epochs(3), anyOf(epochs(9), lossBelow(1e-9)), all],
    ['both of two', epochs(3), allOf(epochs(3), steps(1)), all],
    [
      'the same early stopping with more epochs',
      anyOf(epochs(3), earlyStopping({ patience: 50 })),
      anyOf(epochs(9), earlyStopping({ patience: 50 })),
      all
    ],
    ['early stopping with more patience', earlyStopping({ patience: 30 }), earlyStopping({ patience: 50 }), all],
    // its memory begins with the first step, and the recorded states have none
    ['early stopping where there was none', epochs(3), earlyStopping({ patience: 50 }), 0]
  ])('%s', (_, a, b, shared) => expect(sharedSteps(a, b, progress, builtInTraining.stopRules)).toBe(shared))
})
