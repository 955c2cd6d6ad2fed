/** From a run file to the arguments of `train`. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import type { LoadError, NamedDatasets } from '../data/files.js'
import { loadSource } from '../data/readers.js'
import { featureNames } from '../data/table/fitted.js'
import { checkDataset } from '../train/examples.js'
import type { TrainingRegistry } from '../train/registry.js'
import { checkTraining, type Training } from '../train/training.js'
import { shapeError, withinPath, type DataError, type SettingError, type ShapeError } from '../value/error.js'
import { sameShape, showShape } from '../value/shape.js'
import { modelArgument, registryArgument, wrongArgument } from '../value/argument.js'
import { checkData } from './identity.js'
import { prepare, type Prepared } from './prepare.js'
import { calledWith, runArgument } from './arguments.js'
import { builtInRun, type RunRegistry } from './registry.js'
import { trainingOf, type RunFile } from './run-file.js'

/** a run with its data */
export interface OpenRun {
  readonly training: Training
  readonly datasets: Prepared
  /** the data before splitting and scaling; see `completeRun` */
  readonly source: NamedDatasets
  /** see `RunFile` */
  readonly keepBest?: boolean
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

/** whether a model takes as many numbers as the columns of its table become */
const checkWidth = (run: RunFile, { named }: Prepared): E.Either<ShapeError, unknown> => {
  const wrong = wrongArgument(shapeError, [modelArgument(run.model)])
  if (wrong !== undefined) return E.left(wrong)
  if (named?.tag !== 'fitted' || sameShape(run.model.input, [named.fitted.width])) return E.right(undefined)
  const names = featureNames(named.fitted)
  const list = names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')}, ...`
  return E.left(
    shapeError(['model', 'input'], `[${names.length}], a number for each of ${list}`, showShape(run.model.input))
  )
}

/**
 * Loads the data of a run and prepares them as it says.
 *
 * @example pipe(TE.fromEither(parseRunFile(text)), TE.chainW(run => openRun(run)))
 * @returns Left for every error of the reader, for a split or a scaling that the data do not allow, for a test part
 * that does not fit the model, and if the data differ from the run's `dataDigest`
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
    TE.chainFirstEitherKW(({ datasets }) => checkWidth(run, datasets)),
    // check it now: it is scored after the training, when it would be too late
    TE.chainFirstEitherKW(({ datasets: { test } }) => checkTest(trainingOf(run), registry, test)),
    TE.map(({ source, datasets }) => ({
      training: trainingOf(run),
      datasets,
      source,
      ...(run.keepBest === undefined ? {} : { keepBest: run.keepBest })
    }))
  )
