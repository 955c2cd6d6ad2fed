/** A run and a study, and the files that gradfold writes of them: what other programs read is in read-back.json. */
import { encodeCsv, encodeEvents, encodeParquet, optunaJournal, runEvents, runTables } from '../../../src/formats.js'
import { trialEvents, trialTable } from '../../../src/formats.js'
import { keptStates } from '../../../src/run/record/states.js'
import { readRecord } from '../../../src/run/record/folder.js'
import {
  boolean,
  choice,
  integer,
  logInteger,
  logUniform,
  uniform,
  variants
} from '../../../src/search/dimension/index.js'
import type { SearchResult } from '../../../src/search/result.js'
import { space } from '../../../src/search/space.js'
import { study } from '../../../src/search/study.js'
import type { Trial } from '../../../src/search/trial.js'
import { right } from '../../support/either.js'

const searched = space({
  rate: logUniform(1e-4, 1),
  dropout: uniform(0, 0.5),
  layers: integer(1, 4),
  units: logInteger(8, 512),
  bias: boolean(),
  sizes: choice([8], [8, 8], 'none', 3),
  optimizer: variants({ sgd: {}, adam: { beta1: uniform(0.8, 0.99) } })
})
const narrowed = space({ ...searched.dimensions, rate: logUniform(1e-4, 2), dropout: uniform(0.1, 0.2) })
const settings = (rate: number, optimizer: object, sizes: unknown) => ({
  ...{ rate, dropout: 0.125, layers: 2, units: 64, bias: rate > 0.1 },
  ...{ sizes, optimizer }
})
const scored = (value: number, epoch: number, scores?: Readonly<Record<string, number>>): Trial['outcome'] => ({
  ...{ tag: 'scored', value, epoch, step: 10 * epoch, reason: `epochs ${epoch}` },
  ...(scores === undefined ? {} : { scores })
})
const trial = (index: number, t: Omit<Trial, 'index' | 'round' | 'origin' | 'seed'> & Partial<Trial>): Trial => ({
  ...{ index, round: 0, origin: index, seed: 4_000_000_000 + index },
  ...t
})
const sgd = { tag: 'sgd' }
const adam = { tag: 'adam', beta1: 0.875 }
/** a study with an outcome of each kind: nothing was trained for it */
export const result: SearchResult = {
  study: study({
    space: searched,
    run: () => ({}) as never,
    budget: 6,
    seed: 9,
    metric: { name: 'accuracy', part: 'validation', epoch: 'best', goal: 'max' }
  }),
  rounds: [searched, narrowed].map(s => ({ space: s, rationale: [] })),
  trials: [
    trial(0, { settings: settings(0.01, sgd, [8]), epochs: 1, outcome: scored(0.5, 1) }),
    trial(1, { settings: settings(0.5, adam, [8, 8]), epochs: 1, outcome: scored(0.75, 1) }),
    trial(2, { settings: settings(0.5, adam, [8, 8]), origin: 1, outcome: scored(0.875, 9, { 'test/accuracy': 0.8 }) }),
    trial(3, {
      settings: settings(1, sgd, 'none'),
      outcome: { tag: 'diverged', step: 7, message: 'loss: NaN, "bad"' }
    }),
    trial(4, { settings: settings(0.02, adam, 3), outcome: { tag: 'failed', message: 'no\nrun' } }),
    trial(5, { round: 1, settings: settings(1.5, sgd, [8]), outcome: { tag: 'timedOut', seconds: 0.25 } })
  ] as unknown as SearchResult['trials']
}

const record = 'spec/fixtures/7daa3b7/batch-norm/record'
export const recorded = async () => right(await readRecord(record)())

/** the files by their names */
export const files = async (): Promise<Readonly<Record<string, Uint8Array>>> => {
  const run = await recorded()
  const states = right(await keptStates(run)())
  const [steps, epochs] = right(runTables(run))
  const trials = right(trialTable(result))
  const logs = Object.entries(right(trialEvents(result)))
  return {
    'run/events.out.tfevents.0.gradfold': right(encodeEvents(right(runEvents(run, { states })))),
    ...Object.fromEntries(
      logs.map(([name, log]) => [`${name}/events.out.tfevents.0.gradfold`, right(encodeEvents(log))])
    ),
    'steps.parquet': right(await encodeParquet(steps)()),
    'epochs.parquet': right(await encodeParquet(epochs)()),
    'trials.parquet': right(await encodeParquet(trials)()),
    'study.log': new TextEncoder().encode(right(optunaJournal(result, { name: 'six trials' })))
  }
}
export const csvFiles = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    [...right(runTables(await recorded())), right(trialTable(result))].map(t => [t.name, right(encodeCsv(t))])
  )
