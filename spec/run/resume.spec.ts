/**
 * A run of 60 steps, broken off after step k, written to bytes, read and gone on with on the compiled backend: the same bits as in one
 * go, with every optimizer, schedule and stop rule, over BatchNorm and Dropout, in the middle of epochs and at their ends.
 */
import { describe, expect, test } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { dataset, type Dataset } from '../../src/data/dataset.js'
import { tanh } from '../../src/layer/activation.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { input, model } from '../../src/layer/model.js'
import { decodeCheckpoint, encodeCheckpoint } from '../../src/run/checkpoint.js'
import { stateDigest } from '../../src/run/state.js'
import { builtInTraining } from '../../src/train/registry.js'
import { meanSquaredError } from '../../src/train/loss/index.js'
import { mae } from '../../src/train/metric/index.js'
import { adam, sgd, type Optimizer } from '../../src/train/optimizer/index.js'
import type { Schedule } from '../../src/train/schedule/index.js'
import { anyOf, steps, type StopRule } from '../../src/train/stop/index.js'
import { train, trainIterator } from '../../src/train/train.js'
import { training, type FittingOptions } from '../../src/train/training.js'
import { right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

const whole = 60
/** the steps to break off at: some, or with RUNS=60 every one (npm run sweep:resume) */
const breaks = Number(process.env['RUNS'] ?? 3)

// 7 steps to an epoch, the last of them over a short batch
const net = model(input(3), dense(5), batchNorm(), tanh, dropout(0.25), dense(2), tanh)
const [data, validation] = [1, 3].map(from =>
  right(dataset({ x: numbers('f32', [26, 3], from), y: numbers('f32', [26, 2], from + 1) }))
) as [Dataset, Dataset]

interface Case {
  readonly name: string
  readonly optimizer?: Optimizer
  readonly stop?: StopRule
}
const named = <S extends object>(samples: readonly S[], of: (s: S) => Omit<Case, 'name'>): readonly Case[] =>
  samples.map(s => ({ name: JSON.stringify(s), ...of(s) }))
const samplesOf = <S extends object>(
  members: Readonly<Record<string, { readonly samples: readonly S[] }>>
): readonly S[] => Object.values(members).flatMap(m => m.samples)

const cases: Readonly<Record<string, readonly Case[]>> = {
  optimizer: named(samplesOf<Optimizer>(builtInTraining.optimizers), optimizer => ({ optimizer })),
  schedule: named(samplesOf<Schedule>(builtInTraining.schedules), s => ({ optimizer: sgd(s) })),
  'stop rule': named(samplesOf<StopRule>(builtInTraining.stopRules), stop => ({ stop }))
}

describe.each(Object.entries(cases))('every %s', (family, members) => {
  test('has members', () => expect(members.length).toBeGreaterThan(3))
  test.each(members.map((m, i) => [m.name, m, i] as const))('%s', { timeout: 20_000 * breaks }, (_, member, nth) => {
    const { optimizer = adam(0.01), stop } = member
    const settings = (n: number): FittingOptions<typeof net, typeof meanSquaredError> => ({
      model: net,
      loss: meanSquaredError,
      optimizer,
      metrics: [mae],
      batchSize: 4,
      stop: stop === undefined ? steps(n) : anyOf(stop, steps(n)),
      seed: 11
    })
    const options = { backend: wasm, validation, fingerprints: true }
    const pulled = right(trainIterator(settings(whole), { ...options, turnSteps: 1 })(data))
    const files: Uint8Array[] = []
    let next = pulled.next()
    for (; next.done !== true; next = pulled.next()) files.push(encodeCheckpoint({ state: next.value.state() }))
    const { state, reason } = right(next.value)
    const last = stateDigest(state)
    // a rule may end it sooner
    expect(files).toHaveLength(state.progress.step)
    if (family !== 'stop rule') expect(files).toHaveLength(whole)

    const read = decodeCheckpoint(training(settings(whole)))
    // spread over the run, others for each member
    const chosen = files.flatMap((_, i) => {
      const each = Math.max(1, Math.floor(files.length / breaks))
      return i % each === nth % each ? [i] : []
    })
    expect(chosen.length).toBeGreaterThan(0)
    for (const i of chosen) {
      const { state: from } = right(read(files[i] as Uint8Array))
      expect(from.progress.step).toBe(i + 1)
      const rest = right(train(settings(whole), { ...options, from })(data))
      expect([i, stateDigest(rest.state), rest.reason]).toEqual([i, last, reason])
    }
  })
})
