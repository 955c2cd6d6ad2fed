/** Turns: however many steps an engine takes at a time, a run is the fold of single steps. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend, Loop } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { dataset, type Dataset } from '../../src/data/dataset.js'
import { tanh } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { input, model } from '../../src/layer/model.js'
import { builtInTraining, type TrainingRegistry } from '../../src/train/registry.js'
import { meanSquaredError } from '../../src/train/loss/index.js'
import { mae } from '../../src/train/metric/index.js'
import { adam, sgd } from '../../src/train/optimizer/index.js'
import {
  cosineDecay,
  exponentialDecay,
  reduceOnPlateau,
  warmUp,
  type Schedule
} from '../../src/train/schedule/index.js'
import type { ScheduleDefinition } from '../../src/train/schedule/schedule.js'
import { anyOf, epochs, lossBelow, steps, type StopRule } from '../../src/train/stop/index.js'
import type { StopDefinition } from '../../src/train/stop/stop.js'
import { tensorsOf, type TrainState } from '../../src/train/state.js'
import type { TrainEvent } from '../../src/train/events.js'
import { trainAsync } from '../../src/train/async.js'
import { train, trainIterator, type TrainIteratorOptions } from '../../src/train/train.js'
import { finite, oneOf } from '../../src/value/codec.js'
import { fingerprintOf } from '../../src/value/fingerprint.js'
import { numbersOf } from '../../src/value/tensor.js'
import { treeLeaves } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

const net = model(input(3), dense(6), tanh, dropout(0.3), dense(2))
const data: Dataset = right(dataset({ x: numbers('f32', [46, 3], 1), y: numbers('f32', [46, 2], 2) }))

/** ends in the middle of an epoch, when a batch happens to be easy */
interface BatchBelow {
  readonly tag: 'batchBelow'
  readonly value: number
}
const batchBelow: StopDefinition<BatchBelow> = {
  tag: 'batchBelow',
  fields: () => ({ value: finite }),
  reason: ({ value }, at) => (at.loss < value ? `batch below ${value}` : undefined),
  samples: [{ tag: 'batchBelow', value: 1 }]
}
/** follows the loss of the last batch: no step can be taken before the one before it is known */
interface ByLoss {
  readonly tag: 'byLoss'
  readonly per: 'step'
}
const byLoss: ScheduleDefinition<ByLoss> = {
  tag: 'byLoss',
  fields: () => ({ per: oneOf('step') }),
  value: (_, at) => (at.loss < 1 ? 0.02 : 0.05),
  highest: () => 0.05,
  tex: '',
  samples: [{ tag: 'byLoss', per: 'step' }]
}
const own = {
  ...builtInTraining,
  stopRules: { ...builtInTraining.stopRules, batchBelow },
  schedules: { ...builtInTraining.schedules, byLoss }
} as unknown as TrainingRegistry

const rates: readonly (number | Schedule)[] = [
  0.05,
  cosineDecay(0.1, steps(20)),
  exponentialDecay(0.1, 0.7),
  warmUp(epochs(2), reduceOnPlateau(0.1, { patience: 1, of: 'loss' })),
  reduceOnPlateau(0.1, { patience: 1, of: 'loss' }),
  { tag: 'byLoss', per: 'step' } as unknown as Schedule
]
const rules: readonly StopRule[] = [
  steps(17),
  epochs(3),
  anyOf(lossBelow(0.9), steps(30)),
  anyOf({ tag: 'batchBelow', value: 0.7 } as unknown as StopRule, steps(40))
]
const plain = (s: TrainState): unknown => ({
  ...s,
  params: {},
  layers: {},
  optimizer: {},
  tensors: Object.fromEntries(Object.entries(tensorsOf(s)).map(([k, t]) => [k, Array.from(numbersOf(t))]))
})
const settingsFor = (stop: StopRule, rate: number | Schedule, batchSize: number) => ({
  model: net,
  loss: meanSquaredError,
  optimizer: sgd(rate),
  metrics: [mae],
  batchSize,
  stop,
  seed: 3
})
const outcome = (
  backend: Backend,
  stop: StopRule,
  rate: number | Schedule,
  batchSize: number,
  o: Partial<TrainIteratorOptions>
) => {
  const told: TrainEvent[] = []
  const pulled = right(trainIterator(settingsFor(stop, rate, batchSize), { backend, registry: own, ...o })(data))
  let next = pulled.next()
  for (; next.done !== true; next = pulled.next()) told.push(...next.value.events)
  const trained = right(next.value)
  return { told, reason: trained.reason, state: plain(trained.state), history: trained.history }
}
/** the same by `train`, whose turns may go over the ends of epochs */
const straight = (stop: StopRule, rate: number | Schedule, batchSize: number) => {
  const told: TrainEvent[] = []
  const observe = (e: TrainEvent): void => void (e.tag === 'done' || told.push(e))
  const o = { backend: wasm, registry: own, observe }
  const { reason, state, history } = right(train(settingsFor(stop, rate, batchSize), o)(data))
  return { told, reason, state: plain(state), history }
}

describe('however many steps at a time', () => {
  it('the same events and the same bits', () => {
    let ended = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.constantFrom(...rates),
        fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 46 }), fc.constantFrom(2, 23, 46)),
        fc.integer({ min: 2, max: 50 }),
        (stop, rate, batchSize, turnSteps) => {
          const [single, several, most] = [{ turnSteps: 1 }, { turnSteps }, {}].map(o =>
            outcome(wasm, stop, rate, batchSize, o)
          )
          expect(several).toEqual(single)
          expect(most).toEqual(single)
          expect(straight(stop, rate, batchSize)).toEqual(single)
          if (single?.reason.startsWith('batch below') === true) ended++
        }
      ),
      { numRuns: 60 }
    )
    // the rule that cannot be foreseen was among them
    expect(ended).toBeGreaterThan(0)
  })
  it('the backend says how many, and training caps it', () => {
    const preferring = (steps: number): Backend => ({
      ...reference,
      loop: (...opening) =>
        pipe(
          reference.loop(...opening),
          E.map(l => ({ ...l, preferredSteps: () => steps }))
        )
    })
    // 9 full batches an epoch, and one of a single example
    const first = (backend: Backend, o: Partial<TrainIteratorOptions>): readonly number[] => {
      const pulled = right(trainIterator(settingsFor(steps(10), 0.05, 5), { backend, ...o })(data))
      const counts: number[] = []
      for (let next = pulled.next(); next.done !== true; next = pulled.next())
        counts.push(next.value.events.filter(e => e.tag === 'step').length)
      return counts
    }
    expect(first(preferring(4), {})).toEqual([4, 4, 1, 1])
    expect(first(preferring(4), { turnSteps: 3 })).toEqual([3, 3, 3, 1])
    expect(first(preferring(1000), {})).toEqual([9, 1])
    for (const odd of [0, -1, 0.5, NaN, 1]) expect(first(preferring(odd), {})).toEqual(Array(10).fill(1))
    const outcomes = [1, 4, 1000].map(n => outcome(preferring(n), steps(23), 0.05, 5, {}))
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[2]).toEqual(outcomes[0])
    expect(first(reference, {})).toEqual(Array(10).fill(1))
  })
  it('the last turn before a step that diverges has the state at its end', () => {
    const states = (backend: Backend, turnSteps?: number): ReadonlyMap<number, unknown> => {
      const settings = { ...settingsFor(steps(60), 0.9, 4), optimizer: sgd(3e4) }
      const pulled = right(
        trainIterator(settings, { backend, ...(turnSteps === undefined ? {} : { turnSteps }) })(data)
      )
      const seen = new Map<number, unknown>()
      let next = pulled.next()
      for (; next.done !== true; next = pulled.next()) {
        const state = next.value.state()
        seen.set(state.progress.step, plain(state))
      }
      expect(E.isLeft(next.value)).toBe(true)
      return seen
    }
    for (const backend of [reference, wasm]) {
      const [single, most, odd] = [states(backend, 1), states(backend), states(backend, 2.5)]
      expect(single.size).toBeGreaterThan(1)
      expect([...most.keys()].at(-1)).toBe([...single.keys()].at(-1))
      for (const [step, state] of [...most, ...odd]) expect(state).toEqual(single.get(step))
      expect(states(backend, NaN)).toEqual(single)
    }
  })
  it('and what a step that diverges leaves is the state before it', () => {
    // within an epoch, and some epochs of one and of two steps later
    for (const [batchSize, rate] of [
      [4, 3e4],
      [46, 300],
      [23, 3000]
    ] as const) {
      const settings = { ...settingsFor(steps(60), 0.9, batchSize), optimizer: sgd(rate) }
      const straight = train(settings, { backend: wasm })(data)
      const pulled = right(trainIterator(settings, { backend: wasm, turnSteps: 1 })(data))
      let next = pulled.next()
      while (next.done !== true) next = pulled.next()
      const single = next.value
      if (!E.isLeft(single) || !E.isLeft(straight)) throw new Error('it should have diverged')
      if (single.left._tag !== 'Diverged' || straight.left._tag !== 'Diverged') throw new Error(single.left._tag)
      expect(single.left.step).toBeGreaterThan(2)
      expect({ ...straight.left, state: plain(straight.left.state) }).toEqual({
        ...single.left,
        state: plain(single.left.state)
      })
    }
  })
})

describe('a turn', () => {
  it('ends where it is asked to, with the state of that step', () => {
    const wanted = [3, 7, 12, 19, 20]
    const settings = settingsFor(steps(23), 0.05, 4)
    const seen: number[] = []
    const pulled = right(trainIterator(settings, { backend: wasm, pauseAt: step => wanted.includes(step) })(data))
    for (let next = pulled.next(); next.done !== true; next = pulled.next()) {
      const last = next.value.events.filter(e => e.tag === 'step').at(-1)
      if (last === undefined || !wanted.includes(last.step)) continue
      seen.push(last.step)
      const there = right(train({ ...settings, stop: steps(last.step) }, { backend: wasm })(data))
      expect(plain(next.value.state())).toEqual(plain(there.state))
    }
    expect(seen).toEqual(wanted)
  })
  it('need not be the last that is pulled', () => {
    const pulled = right(trainIterator(settingsFor(steps(23), 0.05, 4), { backend: wasm, turnSteps: 2 })(data))
    pulled.next()
    expect(
      pulled.return(E.left({ _tag: 'DataError', code: 'unusable-data', path: [], expected: '', got: '', hint: '' }))
        .done
    ).toBe(true)
    expect(pulled.next().done).toBe(true)
  })
})

describe('memory and threads', () => {
  /** counts the loops that are open */
  const counting = () => {
    const open = { count: 0 }
    const loop: Backend['loop'] = (...given) =>
      E.map((l: Loop) => {
        open.count++
        return {
          ...l,
          close: () => {
            open.count--
            l.close()
          }
        }
      })(wasm.loop(...given))
    return { open, backend: { ...wasm, loop } }
  }
  const settings = settingsFor(steps(5), 0.05, 4)
  it('are given back by a run that is left before its first turn, between two, or at its end', () => {
    for (const pulls of [0, 1, 100]) {
      const { open, backend } = counting()
      const pulled = right(trainIterator(settings, { backend, validation: data, turnSteps: 1 })(data))
      expect(open.count).toBeGreaterThan(0)
      for (let i = 0; i < pulls; i++) pulled.next()
      pulled.return(E.left({ _tag: 'DataError', code: 'unusable-data', path: [], expected: '', got: '', hint: '' }))
      expect(open.count).toBe(0)
      expect(pulled.next().done).toBe(true)
    }
  })
  it.each([
    ['step', 2],
    ['epoch', 3],
    ['done', 5]
  ] as const)(
    'and where an observer throws at %s: the error has the state then, which resumes to the same bits',
    async (tag, at) => {
      const observe = (e: TrainEvent): void => {
        if (e.tag === tag && e.step === at) throw new Error('seen enough')
      }
      // three batches in an epoch
      const one = { ...settings, batchSize: 16 }
      const whole = right(train(one, { backend: wasm })(data)).state
      const { open, backend } = counting()
      const runs = [
        () => Promise.resolve(train(one, { backend, observe })(data)),
        trainAsync(one, { backend, observe, turnSteps: 1 })(data)
      ]
      for (const run of runs) {
        const ended = await run()
        expect(open.count).toBe(0)
        expect(left(ended)).toBe('observe: expected a function that returns, got an error: seen enough')
        if (E.isRight(ended) || !('state' in ended.left)) throw new Error('no state')
        const { state } = ended.left
        expect(state.progress.step).toBeGreaterThanOrEqual(at)
        const rest = state.progress.step === 5 ? state : right(train(one, { backend: wasm, from: state })(data)).state
        expect(rest.params).toEqual(whole.params)
      }
    }
  )
  it('nothing that observers are told of belongs to other runs', () => {
    const seen: boolean[] = []
    const observe = (e: TrainEvent): void => void seen.push(e.tag !== 'step' || Object.isFrozen(e.sums))
    right(train({ ...settings, metrics: [] }, { backend: wasm, observe })(data))
    expect(seen.length).toBeGreaterThan(0)
    expect(seen).not.toContain(false)
  })
})

describe('fingerprints', () => {
  for (const backend of [reference, wasm])
    for (const precision of ['f32', 'f64'] as const)
      it(`are those of the parameters after every step (${backend.name}, ${precision})`, () => {
        const settings = { ...settingsFor(steps(9), 0.05, 4), optimizer: adam(0.01), precision }
        const pulled = right(trainIterator(settings, { backend, fingerprints: true, turnSteps: 1 })(data))
        let compared = 0
        for (let next = pulled.next(); next.done !== true; next = pulled.next())
          for (const e of next.value.events)
            if (e.tag === 'step') {
              const { params } = next.value.state()
              expect(e.fingerprints).toEqual(treeLeaves(params).flatMap(([, t]) => fingerprintOf(t)))
              compared++
            }
        expect(compared).toBe(9)
      })
})
