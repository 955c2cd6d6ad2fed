import fc from 'fast-check'
import type { Source } from '../../src/data/reader/reader.js'
import { readers } from '../../src/data/readers.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { modelData, type ModelData } from '../../src/layer/model.js'
import type { Normalise, SplitSettings } from '../../src/run/prepare.js'
import type { RunFile } from '../../src/run/run-file.js'
import { builtInTraining } from '../../src/train/registry.js'
import type { Family } from '../../src/registry/definition.js'
import { uniform } from '../support/random.js'

const samplesOf = <A>(members: Family<{ readonly samples: readonly A[]; readonly tag: string; fields: never }>) =>
  fc.constantFrom(...Object.values(members).flatMap(m => m.samples))
const samples = <A>(members: object): fc.Arbitrary<A> => samplesOf<A>(members as Parameters<typeof samplesOf<A>>[0])

const layerSamples = Object.values(builtInLayers.layers).flatMap(kind => kind.samples)
/** models of one row each: a sample, and what may follow anything */
const model: fc.Arbitrary<ModelData> = fc
  .tuple(fc.constantFrom(...layerSamples), fc.array(fc.constantFrom('relu', 'tanh', 'gelu'), { maxLength: 3 }))
  .map(([{ layer, input }, fns]) => modelData(input, layer, ...fns.map(fn => ({ tag: 'activation', fn }) as never)))

const split: fc.Arbitrary<SplitSettings> = fc.oneof(
  fc.record({ tag: fc.constantFrom('random' as const, 'stratified' as const), fraction: uniform(0.01, 0.99) }),
  fc.record({
    tag: fc.constant('fold' as const),
    folds: fc.integer({ min: 2, max: 9 }),
    index: fc.integer({ min: 0, max: 9 }),
    stratified: fc.boolean()
  })
)
const normalise = fc.record<Normalise>({
  tag: fc.constantFrom('standardise', 'minMax', 'unit'),
  per: fc.constantFrom('column', 'channel', 'whole')
})

/** run files of samples of every member of every family; their shapes need not fit */
export const runFiles: fc.Arbitrary<RunFile<ModelData>> = fc.record(
  {
    gradfold: fc.constant(1 as const),
    data: samples<Source>(readers),
    split,
    validation: split,
    normalise,
    normaliseTargets: normalise,
    model,
    loss: samples<RunFile['loss']>(builtInTraining.losses),
    optimizer: samples<RunFile['optimizer']>(builtInTraining.optimizers),
    stop: samples<RunFile['stop']>(builtInTraining.stopRules),
    metrics: fc.array(samples<RunFile['metrics'][number]>(builtInTraining.metrics), { maxLength: 3 }),
    seed: fc.integer({ min: 0, max: 0xffffffff }),
    batchSize: fc.integer({ min: 1, max: 1_000_000 }),
    precision: fc.constantFrom('f32', 'f64'),
    shards: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.constant({ count: 4, statistics: 'shard' as const }))
  },
  {
    requiredKeys: [
      'gradfold',
      'data',
      'model',
      'loss',
      'optimizer',
      'stop',
      'metrics',
      'seed',
      'batchSize',
      'precision'
    ]
  }
)

/** a small run that is right, as data of JSON */
export const xor = {
  data: {
    tag: 'arrays',
    train: {
      x: [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1]
      ],
      y: [[0], [1], [1], [0]]
    }
  },
  model: { input: [2], layers: [{ tag: 'dense', units: 4 }, 'tanh', { tag: 'dense', units: 1 }, 'sigmoid'] },
  loss: 'meanSquaredError',
  optimizer: { tag: 'adam', rate: 0.05 },
  batchSize: 4,
  stop: { tag: 'epochs', count: 3 }
} as const

/** a run whose numbers stop being finite after a few steps */
export const diverging = {
  ...xor,
  model: { input: [2], layers: [{ tag: 'dense', units: 1 }] },
  optimizer: { tag: 'sgd', rate: 1e30 },
  stop: { tag: 'epochs', count: 100 }
}
