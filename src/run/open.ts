/** From a run file to what `train` takes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import type { Datasets, LoadError } from '../data/files.js'
import { loadSource } from '../data/readers.js'
import { checkDataset } from '../train/examples.js'
import type { TrainingRegistry } from '../train/registry.js'
import { checkTraining, type Training } from '../train/training.js'
import { registryArgument } from '../value/argument.js'
import { withinPath, type DataError, type SettingError, type ShapeError } from '../value/error.js'
import { checkData } from './identity.js'
import { prepare, type Prepared } from './prepare.js'
import { calledWith, runArgument } from './arguments.js'
import { builtInRun, type RunRegistry } from './registry.js'
import { trainingOf, type RunFile } from './run-file.js'

/** a run with its data at hand */
export interface OpenRun {
  readonly training: Training
  readonly datasets: Prepared
  /** the data as they came from their source; see `completeRun` */
  readonly source: Datasets
}

const checkTest = (
  t: Training,
  f: TrainingRegistry,
  test: Dataset | undefined
): E.Either<SettingError | ShapeError | DataError, unknown> =>
  pipe(
    checkTraining(t, f),
    E.chainW(c => (test === undefined ? E.right(undefined) : withinPath('test')(checkDataset(c, test))))
  )

/**
 * Loads the data of a run and prepares them as it says.
 *
 * @example pipe(TE.fromEither(parseRunFile(text)), TE.chainW(run => openRun(run)))
 * @returns Left for whatever the reader refuses, for a split or a scaling that the data do not allow, for a test part that does not fit
 * the model, and for other data than the run's `dataDigest` says
 */
export const openRun = (
  run: RunFile,
  registry: RunRegistry = builtInRun
): TE.TaskEither<LoadError | SettingError | ShapeError, OpenRun> =>
  pipe(
    calledWith([runArgument(run), registryArgument(registry)], () => loadSource(run.data, registry)),
    TE.chainEitherKW(source => checkData(run)(source)),
    TE.bindTo('source'),
    TE.bindW('datasets', ({ source }) => TE.fromEither(prepare(run)(source))),
    // it is scored after the training: too late to find that it does not fit
    TE.chainFirstEitherKW(({ datasets: { test } }) => checkTest(trainingOf(run), registry, test)),
    TE.map(({ source, datasets }) => ({ training: trainingOf(run), datasets, source }))
  )
