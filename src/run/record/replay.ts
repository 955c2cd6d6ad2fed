/** Replays recorded runs, up to any of their steps. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../../backend/backend.js'
import type { LoadError } from '../../data/files.js'
import type { TrainState } from '../../train/state.js'
import { startState } from '../../train/start.js'
import type { TrainError } from '../../train/divergence.js'
import type { TrainEvent, TrainingChunk } from '../../train/events.js'
import { trainIterator, type Trained } from '../../train/train.js'
import { settingError, type DecodeError, type FileError, type SettingError } from '../../value/error.js'
import { latestCheckpoint, type CheckpointError } from '../checkpoints.js'
import type { Thrown } from '../../value/callback.js'
import { openRun, type OpenRun } from '../open.js'
import { calledWith, pathArgument, runnerArgument } from '../arguments.js'
import type { RunRegistry } from '../registry.js'
import { checkpointsOf, readRecord, type Recorded } from './folder.js'
import { breathe } from './machine.js'

export interface ReplayOptions {
  readonly backend: Backend
  readonly registry?: RunRegistry
  readonly observe?: (event: TrainEvent) => void
}
export type ReplayError = TrainError | LoadError | FileError | DecodeError | SettingError | CheckpointError | Thrown

export const turnsOf = (
  { training, datasets }: OpenRun,
  { backend, registry }: ReplayOptions,
  rest: { readonly from?: TrainState; readonly pauseAt: (step: number) => boolean }
): E.Either<TrainError, Generator<TrainingChunk, E.Either<TrainError, Trained>>> =>
  trainIterator(training, {
    backend,
    fingerprints: true,
    maxHistory: 1,
    singleExamples: 'allow',
    ...rest,
    ...(registry === undefined ? {} : { registry }),
    ...(datasets.validation === undefined ? {} : { validation: datasets.validation })
  })(datasets.train)

/** stops pulling and releases the training's resources */
export const leave = (pulled: Generator<TrainingChunk, E.Either<TrainError, Trained>>): void => {
  pulled.return(E.left(settingError([], 'a run that continues', 'its end')))
}

/** the state of a run after a step, from the nearest earlier checkpoint that verifies */
export const stateOf = async (
  r: Recorded,
  opened: OpenRun,
  step: number,
  o: ReplayOptions,
  trusted = true
): Promise<E.Either<ReplayError, TrainState>> => {
  const { registry } = o
  const found = trusted
    ? await latestCheckpoint(checkpointsOf(r.folder), opened.training, {
        run: r.id,
        upTo: step,
        ...(registry === undefined ? {} : { registry })
      })()
    : E.right({ found: undefined })
  if (E.isLeft(found)) return found
  const from = found.right.found?.checkpoint.state
  if (from?.progress.step === step) return E.right(from)
  if (step === 0) return startState(opened.training, registry === undefined ? {} : { registry })
  const pulled = turnsOf(opened, o, { pauseAt: s => s === step, ...(from === undefined ? {} : { from }) })
  if (E.isLeft(pulled)) return pulled
  let last = from?.progress.step ?? 0
  for (let next = pulled.right.next(); next.done !== true; next = pulled.right.next()) {
    for (const e of next.value.events) if (e.tag === 'step') last = e.step
    // a turn ends at the requested step
    if (last !== step) {
      await breathe()
      continue
    }
    const state = next.value.state()
    leave(pulled.right)
    return E.right(state)
  }
  return E.left(settingError(['step'], `at most ${last}, where the run ends`, String(step)))
}

/**
 * The state of a recorded run after any of its steps: replayed from the nearest checkpoint before it.
 *
 * @example stateAt('runs/mnist', 1200, { backend: wasm })
 * @returns Left for a step that the run does not reach
 */
export const stateAt = (
  folder: string,
  step: number,
  o: ReplayOptions
): TE.TaskEither<ReplayError, { readonly recorded: Recorded; readonly opened: OpenRun; readonly state: TrainState }> =>
  pipe(
    calledWith([pathArgument('folder', folder), runnerArgument(o)], () => readRecord(folder, o.registry)),
    TE.bindTo('recorded'),
    TE.filterOrElseW(
      () => Number.isSafeInteger(step) && step >= 0,
      () => settingError(['step'], 'a whole number, 0 or more', String(step))
    ),
    TE.bindW('opened', ({ recorded }) => openRun(recorded.run, o.registry)),
    TE.bindW(
      'state',
      ({ recorded, opened }) =>
        () =>
          stateOf(recorded, opened, step, o)
    )
  )
