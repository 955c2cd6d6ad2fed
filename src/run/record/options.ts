/** Options and outcomes of recording a run. */
import type { Backend } from '../../backend/backend.js'
import type { LoadError } from '../../data/files.js'
import type { TrainState } from '../../train/state.js'
import type { TrainError } from '../../train/divergence.js'
import type { TrainEvent } from '../../train/events.js'
import type { DecodeError, FileError, SettingError } from '../../value/error.js'
import type { Thrown } from '../../value/callback.js'
import type { CheckpointError, Keep, Skipped } from '../checkpoints.js'
import type { OpenRun } from '../open.js'
import type { RunRegistry } from '../registry.js'
import type { End } from './end.js'

export interface RecordOptions {
  readonly backend: Backend
  readonly registry?: RunRegistry
  readonly observe?: (event: TrainEvent) => void
  /**
   * receives a warning about batches that a layer cannot learn from (batchNorm and a batch of one example); the run is
   * trained nevertheless
   */
  readonly onWarning?: (problem: TrainError) => void
  /** called once the data of the run are read and prepared, before it is trained */
  readonly onOpen?: (opened: OpenRun) => void
  /** also save a checkpoint every this many steps, not only after epochs */
  readonly every?: number
  /**
   * also records what the next step sees every this many steps: how weights, gradients, outputs of layers and deltas are distributed.
   * It changes no bit of the run.
   */
  readonly watch?: number
  /** which checkpoints to keep; default: the last two and the best */
  readonly keep?: Keep
  /** called after every turn: true interrupts the run, with a checkpoint to resume from */
  readonly stop?: () => boolean
  /** discards an existing record and starts again */
  readonly again?: boolean
}

/** `observe` or `stop` threw; everything before is recorded, with a checkpoint to resume from */
export interface CallbackError extends Thrown {
  /** the last state */
  readonly state: TrainState
}
export type RecordError =
  TrainError | LoadError | FileError | DecodeError | SettingError | CheckpointError | CallbackError

/** the outcome of recording a run */
export type RunOutcome = {
  /** the folder of the record */
  readonly folder: string
  /** the name of the run */
  readonly id: string
  readonly step: number
  readonly epoch: number
  /** damaged checkpoints, which were not resumed from */
  readonly skipped: readonly Skipped[]
  /** the step that the run was resumed from; 0 for a run from its start */
  readonly from: number
  /** in a store: the run whose record supplied the steps up to there */
  readonly shared?: string
} & (
  | { readonly tag: 'ended'; readonly end: End; /** whether the run had ended before */ readonly before: boolean }
  | { readonly tag: 'stopped' }
)
