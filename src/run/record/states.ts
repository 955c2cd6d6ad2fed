/** All states that a record keeps. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TrainState } from '../../train/state.js'
import { latestCheckpoint, type CheckpointError } from '../checkpoints.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import { trainingOf } from '../run-file.js'
import { checkpointsOf, type Recorded } from './folder.js'

/**
 * The states in the checkpoints of a record that verify, the oldest first.
 *
 * @returns Left for a folder that cannot be read, and for a checkpoint of another run
 */
export const keptStates = (
  recorded: Recorded,
  registry: RunRegistry = builtInRun
): TE.TaskEither<CheckpointError, readonly TrainState[]> => {
  const { folder, run, id, steps } = recorded
  const before = (upTo: number, newer: readonly TrainState[]): TE.TaskEither<CheckpointError, readonly TrainState[]> =>
    pipe(
      latestCheckpoint(checkpointsOf(folder), trainingOf(run), { registry, run: id, upTo }),
      TE.chain(({ found }) =>
        found === undefined ? TE.right(newer) : before(found.step - 1, [found.checkpoint.state, ...newer])
      )
    )
  return before(steps?.count ?? 0, [])
}
