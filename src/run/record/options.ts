/** What recording a run takes, and what comes of it. */
import type { Backend } from '../../backend/backend.js'
import type { LoadError } from '../../data/files.js'
import type { TrainState } from '../../train/state.js'
import type { TrainError } from '../../train/divergence.js'
import type { TrainEvent } from '../../train/events.js'
import type { DecodeError, FileError, SettingError } from '../../value/error.js'
import type { Thrown } from '../callback.js'
import type { CheckpointError, Keep, Skipped } from '../checkpoints.js'
import type { RunRegistry } from '../registry.js'
import type { End } from './end.js'

export interface RecordOptions {
  readonly backend: Backend
  readonly registry?: RunRegistry
  readonly observe?: (event: TrainEvent) => void
  /** receives what a layer cannot learn from, as batchNorm from a batch of one example; the run is trained nevertheless */
  readonly onWarning?: (problem: TrainError) => void
  /** a checkpoint after every so many steps too, besides those at the end of every epoch */
  readonly every?: number
  /** which checkpoints stay; by default the last two and the best */
  readonly keep?: Keep
  /** asked after every turn: true ends the work there, with a checkpoint to resume from */
  readonly stop?: () => boolean
  /** starts anew what has been recorded before */
  readonly again?: boolean
}

/** `observe` or `stop` threw; what was done so far is recorded, with a checkpoint to resume from */
export interface CallbackError extends Thrown {
  /** the last state */
  readonly state: TrainState
}
export type RecordError =
  TrainError | LoadError | FileError | DecodeError | SettingError | CheckpointError | CallbackError

/** what came of recording a run */
export type RunOutcome = {
  /** the folder of the record */
  readonly folder: string
  /** the name of the run */
  readonly id: string
  readonly step: number
  readonly epoch: number
  /** checkpoints that did not verify, and so were not resumed from */
  readonly skipped: readonly Skipped[]
  /** the step that it was resumed from; 0 for a run from its start */
  readonly from: number
  /** of a store: the run whose record had the steps up to there */
  readonly shared?: string
} & (
  | { readonly tag: 'ended'; readonly end: End; /** whether it had ended before */ readonly before: boolean }
  | { readonly tag: 'stopped' }
)
