/** Laws that every schedule obeys, run over the samples of the family; and schedules in a training. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { dataset, type Dataset } from '../../../src/data/dataset.js'
import { dense } from '../../../src/layer/dense.js'
import { input, model } from '../../../src/layer/model.js'
import { meanSquaredError } from '../../../src/train/loss/index.js'
import {
  accumulate,
  adamw,
  chain,
  clipByGlobalNorm,
  decoupledWeightDecay,
  masked,
  momentum,
  sgd,
  type Optimizer
} from '../../../src/train/optimizer/index.js'
import {
  cosineDecay,
  exponentialDecay,
  joinSchedules,
  oneCycle,
  polynomialDecay,
  reduceOnPlateau,
  restarts,
  schedules,
  stepDecay,
  warmUp,
  type CosineDecay,
  type Schedule,
  type WarmUp
} from '../../../src/train/schedule/index.js'
import { startState } from '../../../src/train/start.js'
import { tensorsOf } from '../../../src/train/state.js'
import { epochs, steps } from '../../../src/train/stop/index.js'
import type { TrainEvent } from '../../../src/train/events.js'
import { train } from '../../../src/train/train.js'
import { training } from '../../../src/train/training.js'
import { decode } from '../../../src/value/codec.js'
import { sameBits, type Tensor } from '../../../src/value/tensor.js'
import { allSamples, codec, course, self, valueAt, type Moment } from './helpers.js'
import { left, right } from '../../support/either.js'
import { randomFrom, uniform } from '../../support/random.js'
import { tensorOf } from '../../support/tensors.js'

describe.each(allSamples.map(s => [JSON.stringify(s), s] as const))('%s', (_, s) => {
  test('is its JSON', () => {
    const text = JSON.stringify(codec.encode(s))
    const again = right(decode(codec)(JSON.parse(text)))
    expect(again).toEqual(s)
    expect(JSON.stringify(codec.encode(again))).toBe(text)
  })
  const losses = fc.array(uniform(0, 10), { minLength: 2, maxLength: 40 })
  test('is finite and not below 0', () => {
    fc.assert(
      fc.property(losses, ls =>
        course(s, ls).forEach(({ value }) => {
          expect(Number.isFinite(value) && value >= 0).toBe(true)
        })
      ),
      { numRuns: 20 }
    )
  })
  test('goes on from what it remembers, also by way of JSON, as if never interrupted', () => {
    fc.assert(
      fc.property(losses, fc.nat(), (ls, cut) => {
        const at = cut % ls.length
        const all = course(s, ls)
        const kept = JSON.parse(JSON.stringify((all[at] as Moment).memory)) as Moment['memory']
        expect(kept).toEqual((all[at] as Moment).memory)
        const rest = ls.slice(at).reduce<readonly Moment[]>(
          (done, loss, i) => {
            const step = at + i + 1
            const progress = { step, epoch: Math.floor(step / 3), epochEnded: step % 3 === 0, loss, epochLoss: loss }
            const memory = self.next(s, done.at(-1)?.memory ?? {}, progress)
            return [...done, { memory, value: self.value(s, progress, memory) }]
          },
          [{ memory: kept, value: (all[at] as Moment).value }]
        )
        expect(rest).toEqual(all.slice(at))
      }),
      { numRuns: 20 }
    )
  })
  test('has a TeX', () => expect(schedules[s.tag]?.tex).not.toBe(''))
})

describe('time is counted in one unit', () => {
  test('by type', () => {
    expectTypeOf(cosineDecay(1, epochs(3))).toEqualTypeOf<CosineDecay<'epoch'>>()
    expectTypeOf(warmUp(steps(3), 0.1)).toEqualTypeOf<WarmUp<'step'>>()
    // @ts-expect-error: a length of time has a unit
    cosineDecay(1, 3)
    // @ts-expect-error: steps around epochs
    warmUp(steps(3), cosineDecay(1, epochs(3)))
    // @ts-expect-error: epochs around steps
    warmUp(epochs(3), exponentialDecay(1, 0.5, 'step'))
    // @ts-expect-error: a part that counts something else
    joinSchedules(0.1, [steps(3), stepDecay(1, 0.5, epochs(2))])
    // @ts-expect-error: times of two units
    joinSchedules(0.1, [steps(3), 0.2], [epochs(5), 0.1])
    // @ts-expect-error: rounds in steps of a schedule in epochs
    restarts(cosineDecay(1, epochs(3)), steps(3))
    // @ts-expect-error: it looks at epochs
    warmUp(steps(3), reduceOnPlateau(0.1))
    // @ts-expect-error: not a unit
    exponentialDecay(1, 0.5, 'batch')
    expect(valueAt(warmUp(epochs(3), reduceOnPlateau(0.1)), 3)).toBe(0.1)
  })
})

const net = model(input(2), dense(1))
const next = randomFrom(4)
const some = (n: number): readonly number[] => Array.from({ length: n }, () => next() * 2 - 1)
const data: Dataset = right(dataset({ x: tensorOf('f32', [10, 2], some(20)), y: tensorOf('f32', [10, 1], some(10)) }))
const optionsOf = (optimizer: Optimizer) => ({
  model: net,
  loss: meanSquaredError,
  optimizer,
  batchSize: 4,
  stop: epochs(4),
  precision: 'f64' as const
})

describe('wrong use is a Left', () => {
  const check = (s: unknown) => startState(training(optionsOf(chain(sgd(s as Schedule)))))
  test.each<readonly [unknown, string]>([
    [
      { ...warmUp(steps(3), 0.1), then: cosineDecay(1, epochs(3)) },
      'optimizer/rate/warmUp: expected schedules per step inside one per step, got cosineDecay per epoch; ' +
        'count both in steps, or both in epochs'
    ],
    [
      warmUp(epochs(2), { ...joinSchedules(0.1, [epochs(3), 0.2]), parts: [0.1, stepDecay(1, 0.5, steps(2))] }),
      'optimizer/rate/warmUp/joined: expected schedules per epoch inside one per epoch, got stepDecay per step; ' +
        'count both in steps, or both in epochs'
    ],
    [
      joinSchedules(0.1, [steps(5), 0.2], [steps(5), 0.3]),
      'optimizer/rate/joined/at: expected 2 rising times, one for each part but the first, got [5, 5]'
    ],
    [
      { tag: 'joined', parts: [0.1], at: [3], per: 'step' },
      'optimizer/rate/joined/at: expected 0 rising times, one for each part but the first, got [3]'
    ],
    [{ tag: 'cosineDecay', initial: 1, over: 3 }, 'optimizer/rate/per: expected one of step, epoch, got nothing'],
    [cosineDecay(-1, steps(3)), 'optimizer/rate/initial: expected a number, 0 or more, got -1'],
    [cosineDecay(1, steps(0)), 'optimizer/rate/over: expected a positive whole number, got 0'],
    [stepDecay(1, 1.5, steps(3)), 'optimizer/rate/factor: expected a number from 0 up to, not including, 1, got 1.5'],
    [
      oneCycle(1, steps(3), { rise: 1 }),
      'optimizer/rate/rise: expected a number from 0 up to, not including, 1, got 1'
    ],
    [
      restarts(cosineDecay(1, steps(3)), steps(3), 1.5),
      'optimizer/rate/stretch: expected a positive whole number, got 1.5'
    ],
    [reduceOnPlateau(0.1, { patience: 0 }), 'optimizer/rate/patience: expected a positive whole number, got 0'],
    [warmUp(steps(3), NaN), 'optimizer/rate/then: expected a number, 0 or more, got NaN'],
    [polynomialDecay(1, steps(3), { power: 0 }), 'optimizer/rate/power: expected a number above 0, got 0']
  ])('%j', (s, words) => expect(left(check(s))).toBe(words))
  test('a schedule that looks at a validation set, and none', () => {
    const plateau = optionsOf(chain(clipByGlobalNorm(), sgd(warmUp(epochs(1), reduceOnPlateau(0.1)))))
    expect(left(train(plateau, { backend: reference })(data))).toBe(
      'optimizer: expected a validation set, which a schedule looks at, got none; pass one as the option validation'
    )
    expect(E.isRight(train(plateau, { backend: reference, validation: data })(data))).toBe(true)
  })
})

describe('in a training', () => {
  const rate = warmUp(steps(3), cosineDecay(0.2, steps(6)))
  const scheduled = chain(
    clipByGlobalNorm(polynomialDecay(1, steps(20))),
    masked({ include: ['weight'] }, momentum(rate, joinSchedules(0.5, [epochs(2), 0.9]))),
    accumulate(2, decoupledWeightDecay(stepDecay(0.1, 0.5, epochs(1)), 0.1))
  )
  const settings = (events: readonly TrainEvent[]) => events.flatMap(e => (e.tag === 'step' ? [e.settings] : []))
  test('every setting of every part may be scheduled, and reports say what it was', () => {
    const events: TrainEvent[] = []
    const { history } = right(train(optionsOf(scheduled), { backend: reference, observe: e => events.push(e) })(data))
    const wanted = (step: number) => ({
      'clipByGlobalNorm.limit': 1 - step / 20,
      'masked.rate': valueAt(rate, step),
      'masked.momentum': step < 6 ? 0.5 : 0.9,
      'accumulate.every.decay': 0.1 * 0.5 ** Math.floor(step / 3)
    })
    expect(settings(events)).toEqual(Array.from({ length: 12 }, (_, step) => wanted(step)))
    expect(history.map(h => h.settings)).toEqual([2, 5, 8, 11].map(wanted))
  })
  test('the compiled engine gives the same bits', () => {
    const states = [reference, wasm].map(
      backend => right(train({ ...optionsOf(scheduled), precision: 'f32' }, { backend })(data)).state
    )
    const [a, b] = states.map(tensorsOf)
    for (const [name, t] of Object.entries(a ?? {})) expect(sameBits(t, b?.[name] as Tensor)).toBe(true)
  })
  test('a schedule that never changes is the number itself, to the bit', () => {
    const still = joinSchedules(0.1, [steps(5), 0.1])
    const result = (o: Optimizer) =>
      tensorsOf(right(train({ ...optionsOf(o), precision: 'f32' }, { backend: wasm })(data)).state)
    for (const [a, b] of [
      [sgd(0.1), sgd(still)],
      [momentum(0.1, 0.1), momentum(still, still)],
      [
        adamw(0.1, { decay: 0.1, beta1: 0.1, beta2: 0.1, epsilon: 0.1 }),
        adamw(still, { decay: still, beta1: still, beta2: still, epsilon: still })
      ]
    ] as const)
      expect(Object.entries(result(a)).map(([k, t]) => [k, Array.from(t.data)])).toEqual(
        Object.entries(result(b)).map(([k, t]) => [k, Array.from(t.data)])
      )
  })
  test('interrupted anywhere it goes on to the same bits, whatever it remembers', () => {
    const o = optionsOf(sgd(warmUp(epochs(1), reduceOnPlateau(0.3, { patience: 1, factor: 0.5 }))))
    const with4 = { backend: reference, validation: data }
    const whole = right(train({ ...o, stop: epochs(8) }, with4)(data))
    for (const n of [1, 3, 5, 9, 14]) {
      const part = right(train({ ...o, stop: steps(n) }, with4)(data))
      const rest = right(train({ ...o, stop: epochs(8) }, { ...with4, from: part.state })(data))
      expect(rest.state.settings).toEqual(whole.state.settings)
      for (const [name, t] of Object.entries(tensorsOf(rest.state)))
        expect(sameBits(t, tensorsOf(whole.state)[name] as Tensor)).toBe(true)
    }
    const rates = whole.history.map(h => h.settings['rate'] as number)
    expect(Math.min(...rates.slice(1))).toBeLessThan(0.3)
  })
})
