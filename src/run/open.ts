/** From a run file to what `train` takes. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Datasets, LoadError } from '../data/files.js'
import { loadSource } from '../data/readers.js'
import type { Training } from '../train/training.js'
import type { SettingError } from '../value/error.js'
import { checkData } from './identity.js'
import { prepare, type Prepared } from './prepare.js'
import { tables, trainingOf, type RunFile, type Tables } from './run-file.js'

/** a run with its data at hand */
export interface OpenRun {
  readonly training: Training
  readonly datasets: Prepared
  /** the data as they came from their source; see `completeRun` */
  readonly source: Datasets
}

/**
 * Loads the data of a run and prepares them as it says.
 *
 * @example pipe(TE.fromEither(parseRunFile(text)), TE.chainW(run => openRun(run)))
 * @returns Left for whatever the reader refuses, and for a split or a scaling that the data do not allow; for other data than the
 * run's `dataDigest` says
 */
export const openRun = (run: RunFile, { readers }: Tables = tables): TE.TaskEither<LoadError | SettingError, OpenRun> =>
  pipe(
    loadSource(run.data, readers),
    TE.chainEitherKW(checkData(run)),
    TE.bindTo('source'),
    TE.bindW('datasets', ({ source }) => TE.fromEither(prepare(run)(source))),
    TE.map(({ source, datasets }) => ({ training: trainingOf(run), datasets, source }))
  )
