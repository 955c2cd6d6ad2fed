/** Runs a trial: one training, and its outcome. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../backend/backend.js'
import type { Datasets } from '../data/files.js'
import type { ModelData } from '../layer/model.js'
import { checkData } from '../run/identity.js'
import { openedUnits } from '../run/pipeline/units.js'
import { builtInRun, type RunRegistry } from '../run/registry.js'
import { checkRunFile, trainingOf, type RunFile } from '../run/run-file.js'
import { prepare, type Prepared } from '../run/prepare.js'
import type { TrainError } from '../train/divergence.js'
import { score } from '../train/score.js'
import type { TrainState } from '../train/state.js'
import { train } from '../train/train.js'
import type { Training } from '../train/training.js'
import { counted, showError, type BackendError, type Problem } from '../value/error.js'
import { measured, type StudyMetric } from './metric.js'
import type { TrialOutcome } from './trial.js'

const failed = (e: Problem<string>): TrialOutcome => ({ tag: 'failed', message: showError(e) })

type Over = { readonly backend: Backend; readonly registry: RunRegistry }
/**
 * Loss and metrics of each whole part, in inference; lists and numbers that are not finite are left out. Metrics are in the units of the
 * data, as those of a single run: scaled targets of another fold have another scale.
 */
const scoresOf = (
  t: Training,
  datasets: Prepared,
  state: TrainState,
  over: Over
): E.Either<TrainError, Readonly<Record<string, number>>> => {
  const { train: examples, validation, test } = datasets
  const inUnits = openedUnits({ training: t, datasets }, over.registry)
  return pipe(
    Object.entries({ train: examples, validation, test }).flatMap(([part, d]) =>
      d === undefined ? [] : [[part, d] as const]
    ),
    E.traverseArray(([part, d]) =>
      pipe(
        score(t, state, d, over),
        E.map(inUnits),
        E.map(({ loss, metrics }) =>
          Object.entries({ loss, ...metrics }).flatMap(([name, value]) =>
            typeof value === 'number' && Number.isFinite(value) ? [[`${part}/${name}`, value] as const] : []
          )
        )
      )
    ),
    E.map(all => Object.fromEntries(all.flat()))
  )
}

/**
 * Trains a run on the data of its source, and evaluates it by a metric. A mistake in the run is an outcome, so the
 * study continues and records it.
 *
 * @returns Left if the backend cannot run here; as an outcome that would make the study depend on the machine
 * @example execute(run, iris, validationLoss, { backend: wasm }) // Right({ tag: 'scored', value: 0.1, epoch: 20, ...
 * })
 */
export const execute = (
  run: RunFile<ModelData>,
  source: Datasets,
  metric: StudyMetric,
  { backend, registry = builtInRun }: { readonly backend: Backend; readonly registry?: RunRegistry }
): E.Either<BackendError, TrialOutcome> =>
  pipe(
    E.Do,
    E.bindW('checked', () => checkRunFile(run, registry)),
    E.bindW('data', () => pipe(source, checkData(run), E.chainW(prepare(run)))),
    E.bindW('trained', ({ checked, data: { train: examples, validation } }) =>
      train(trainingOf(checked), {
        backend,
        registry,
        singleExamples: 'allow',
        // the best state matters only where it is scored
        keepBest: metric.scores === 'all' && checked.keepBest === true,
        ...(validation === undefined ? {} : { validation })
      })(examples)
    ),
    E.bindW('scores', ({ checked, data, trained: { state, best } }) =>
      metric.scores === 'all'
        ? scoresOf(trainingOf(checked), data, best?.state ?? state, { backend, registry })
        : E.right(undefined)
    ),
    E.map(({ trained: { state, history, reason }, scores }): TrialOutcome => {
      const { step } = state.progress
      const found = measured(metric, history)
      return found === undefined
        ? {
            tag: 'failed',
            message:
              history.length === 0
                ? `${metric.name}: expected a whole epoch, got ${counted(step, 'step')}; stop later`
                : `${metric.name} is not a finite number`
          }
        : { tag: 'scored', ...found, step, reason, ...(scores === undefined ? {} : { scores }) }
    }),
    E.orElse((e): E.Either<BackendError, TrialOutcome> =>
      e._tag === 'BackendError'
        ? E.left(e)
        : E.right(e._tag === 'Diverged' ? { tag: 'diverged', step: e.step, message: showError(e) } : failed(e))
    )
  )
