/** A training step over a whole dataset as one program, to look at or to compile. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from '../data/dataset.js'
import { gathered } from '../data/program-inputs.js'
import { program, type Program } from '../expr/program.js'
import { checkData } from './check-data.js'
import type { TrainError } from './divergence.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { stepOutputs } from './program.js'
import { start } from './state.js'
import { checkTraining, type Training } from './training.js'

/** @returns Left for a training or a dataset that `train` refuses */
export const fullBatchStep = (
  t: Training,
  data: Dataset,
  registry: TrainingRegistry = builtInTraining
): E.Either<TrainError, Program> =>
  pipe(
    checkTraining(t, registry),
    E.chainFirstW(c => checkData(c, data)),
    E.chainW(c => program(stepOutputs(c, start(c), gathered(data, t.batchSize, t.precision))))
  )
