/** A small run to record: BatchNorm, Dropout, a schedule, a short last batch; 6 steps to an epoch. */
import { parseRunFile, type RunFile } from '../../../src/run/run-file.js'
import { right } from '../../support/either.js'

const numbers = (n: number, from: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => ((i * 37 + from * 11) % 23) / 10 - 1)

export const runJson = (epochs: number) => ({
  seed: 5,
  data: {
    tag: 'arrays',
    train: {
      x: Array.from({ length: 44 }, (_, i) => numbers(3, i)),
      y: Array.from({ length: 44 }, (_, i) => numbers(1, i + 7))
    }
  },
  validation: { tag: 'random', fraction: 0.75 },
  model: {
    input: [3],
    layers: [
      { tag: 'dense', units: 6 },
      { tag: 'batchNorm' },
      'tanh',
      { tag: 'dropout', rate: 0.2 },
      { tag: 'dense', units: 1 }
    ]
  },
  loss: 'meanSquaredError',
  optimizer: { tag: 'adam', rate: { tag: 'exponentialDecay', initial: 0.05, factor: 0.99 } },
  metrics: ['mae'],
  batchSize: 6,
  stop: { tag: 'epochs', count: epochs }
})
export const epochSteps = 6
export const runOf = (epochs: number): RunFile => right(parseRunFile(JSON.stringify(runJson(epochs))))
