/** The contract of runners: what carries out the trials of a study. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { LoadError } from '../../data/files.js'
import type { ModelData } from '../../layer/model.js'
import type { Thrown } from '../../run/callback.js'
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
 * What carries out trials. It may take them in any order and several at a time: what a trial gives depends on its run alone.
 * An outcome is never Left: only what keeps trials from being carried out at all is.
 */
export type Runner = (
  run: RunFile<ModelData>,
  study: Pick<Study, 'metric' | 'timeout'>
) => TE.TaskEither<SearchError, TrialOutcome>

export type SearchError = SettingError | DecodeError | FileError | LoadError | BackendError | Thrown

const maxWorkers = 256
/** what is wrong with a number of workers, if anything */
export const checkWorkers = (workers: number): SettingError | undefined =>
  isSize(workers) && workers <= maxWorkers
    ? undefined
    : settingError(['workers'], `a whole number from 1 to ${maxWorkers}`, String(workers))
