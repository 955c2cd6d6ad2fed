/** Runs without a record: trains, then scores each whole part. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../backend/backend.js'
import { score } from '../train/score.js'
import type { TrainingRegistry } from '../train/registry.js'
import type { Scores } from '../train/progress.js'
import type { TrainState } from '../train/state.js'
import { train } from '../train/train.js'
import type { TrainError } from '../train/divergence.js'
import type { TrainEvent } from '../train/events.js'
import type { OpenRun } from './open.js'

export interface ExecuteOptions {
  readonly backend: Backend
  readonly registry?: TrainingRegistry
  readonly observe?: (event: TrainEvent) => void
}
/** scores over the whole of each part of a run's data */
export interface PartScores {
  readonly train: Scores
  readonly test?: Scores
}
/** the outcome of a run */
export interface Executed extends PartScores {
  /** which stop rule ended it */
  readonly reason: string
  readonly epoch: number
  readonly step: number
  /** with `keepBest`: the epoch with the smallest loss, and the scores of the parameters after it */
  readonly best?: PartScores & { readonly epoch: number }
}
/** a run that was trained: its scores, and the state to keep */
export interface TrainedRun {
  readonly executed: Executed
  /** with `keepBest` the best one, else the last one */
  readonly state: TrainState
}

const over = ({ backend, registry }: ExecuteOptions) => ({ backend, ...(registry === undefined ? {} : { registry }) })

/** Scores a state on the whole of each part of a run's data. */
export const scoreParts = (
  { training, datasets }: OpenRun,
  state: TrainState,
  o: ExecuteOptions
): E.Either<TrainError, PartScores> =>
  pipe(
    E.Do,
    E.bind('train', () => score(training, state, datasets.train, over(o))),
    E.bind('test', () =>
      datasets.test === undefined ? E.right(undefined) : score(training, state, datasets.test, over(o))
    ),
    E.map(({ train: whole, test }) => ({ train: whole, ...(test === undefined ? {} : { test }) }))
  )

/** Trains a run, then scores its final parameters, and with `keepBest` the best ones. */
export const trainRun = (opened: OpenRun, o: ExecuteOptions): E.Either<TrainError, TrainedRun> => {
  const { training, datasets, keepBest = false } = opened
  return pipe(
    train(training, {
      ...over(o),
      singleExamples: 'allow',
      keepBest,
      ...(o.observe === undefined ? {} : { observe: o.observe }),
      ...(datasets.validation === undefined ? {} : { validation: datasets.validation })
    })(datasets.train),
    E.bindTo('trained'),
    E.bindW('scores', ({ trained }) => scoreParts(opened, trained.state, o)),
    E.bindW('bestScores', ({ trained: { best } }) =>
      best === undefined ? E.right(undefined) : scoreParts(opened, best.state, o)
    ),
    E.map(({ trained: { reason, state, best }, scores, bestScores }): TrainedRun => {
      const { epoch, step } = state.progress
      const of = best === undefined || bestScores === undefined ? {} : { best: { epoch: best.epoch, ...bestScores } }
      return { executed: { reason, epoch, step, ...scores, ...of }, state: best?.state ?? state }
    })
  )
}

/** Trains a run; see `trainRun`. */
export const executeRun = (opened: OpenRun, o: ExecuteOptions): E.Either<TrainError, Executed> =>
  pipe(
    trainRun(opened, o),
    E.map(({ executed }) => executed)
  )
