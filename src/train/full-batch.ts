/** A training step over a whole dataset as one program, to look at or to compile. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { exampleCount } from '../data/dataset.js'
import type { DatasetOf } from '../data/features.js'
import { gathered } from '../data/program-inputs.js'
import { program, type Program } from '../expr/program.js'
import { arranged } from './arranged.js'
import { checkData } from './check-data.js'
import type { TrainError } from './divergence.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { stepOutputs } from './program.js'
import { start } from './state.js'
import { checkTraining, type Training } from './training.js'

/**
 * What `train` would refuse a training for, if it refused batches of one example: undefined where no batch has one, or no layer minds.
 * Runs from run files are not refused, so this is what the command warns of.
 */
export const singleExampleWarning = (
  t: Training,
  data: DatasetOf,
  registry: TrainingRegistry = builtInTraining
): TrainError | undefined => {
  if (t.batchSize !== 1 && exampleCount(data) % t.batchSize !== 1) return undefined
  const strict = pipe(
    // one example cannot be cut into shards, and needs not be
    checkTraining({ ...t, shards: 1 }, registry),
    E.bindTo('c'),
    E.bindW('arranged', ({ c }) => arranged(c, data)),
    E.chainW(({ c, arranged }) => program(stepOutputs(c, start(c), gathered(arranged, 1, t.precision))))
  )
  return E.isLeft(strict) ? strict.left : undefined
}

/** @returns Left for a training or a dataset that `train` refuses */
export const fullBatchStep = (
  t: Training,
  data: DatasetOf,
  registry: TrainingRegistry = builtInTraining
): E.Either<TrainError, Program> =>
  pipe(
    checkTraining(t, registry),
    E.bindTo('c'),
    E.bindW('arranged', ({ c }) => checkData(c, data)),
    E.chainW(({ c, arranged }) => program(stepOutputs(c, start(c), gathered(arranged, t.batchSize, t.precision))))
  )
