/** The contract of runners, which run the trials of a study. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { LoadError } from '../../data/files.js'
import type { ModelData } from '../../layer/model.js'
import type { Thrown } from '../../value/callback.js'
import type { RunFile } from '../../run/run-file.js'
import {
  settingError,
  type BackendError,
  type DecodeError,
  type FileError,
  type SettingError
} from '../../value/error.js'
import { isSize } from '../../value/shape.js'
import type { Study } from '../study.js'
import type { TrialOutcome } from '../trial.js'

/**
 * Runs a trial. A runner may take trials in any order and several at a time: a trial depends on its run alone. A failed
 * trial is an outcome; Left means that trials cannot be run at all.
 */
export type Runner = (
  run: RunFile<ModelData>,
  study: Pick<Study, 'metric' | 'timeout'>
) => TE.TaskEither<SearchError, TrialOutcome>

export type SearchError = SettingError | DecodeError | FileError | LoadError | BackendError | Thrown

const maxWorkers = 256
/** an error for an invalid number of workers */
export const checkWorkers = (workers: number): SettingError | undefined =>
  isSize(workers) && workers <= maxWorkers
    ? undefined
    : settingError(['workers'], `a whole number from 1 to ${maxWorkers}`, String(workers))
