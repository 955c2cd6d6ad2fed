/** A small training, its states, and its checkpoints. */
import { wasm } from '../../src/backend/wasm/wasm.js'
import { dataset, type Dataset } from '../../src/data/dataset.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { tanh } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { input, model } from '../../src/layer/model.js'
import type { Checkpoint } from '../../src/run/checkpoint.js'
import { meanSquaredError } from '../../src/train/loss/index.js'
import { mae } from '../../src/train/metric/index.js'
import { adam } from '../../src/train/optimizer/index.js'
import { steps } from '../../src/train/stop/index.js'
import type { TrainState } from '../../src/train/state.js'
import { train } from '../../src/train/train.js'
import { training, type Training } from '../../src/train/training.js'
import { right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

export const net = model(input(2), dense(3), batchNorm(), tanh, dropout(0.2), dense(1))
export const data: Dataset = right(dataset({ x: numbers('f32', [10, 2], 1), y: numbers('f32', [10, 1], 2) }))

const settings = (n: number) => ({
  model: net,
  loss: meanSquaredError,
  optimizer: adam(0.01),
  metrics: [mae],
  batchSize: 4,
  stop: steps(n),
  seed: 7
})
export const small: Training = training(settings(100))

/** after so many steps */
export const stateAfter = (n: number): TrainState => right(train(settings(n), { backend: wasm })(data)).state
export const checkpointAfter = (n: number, rest: Omit<Checkpoint, 'state'> = {}): Checkpoint => ({
  state: stateAfter(n),
  ...rest
})
export const run = 'ab'.repeat(32)
