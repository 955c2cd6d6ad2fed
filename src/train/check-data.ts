/** Whether the data of a run and the state to resume from suit its training. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { exampleCount, wrongWeights } from '../data/dataset.js'
import type { ArrangedData, DatasetOf } from '../data/features.js'
import {
  checkAll,
  counted,
  failIf,
  settingError,
  withinPath,
  type DataError,
  type SettingError,
  type ShapeError
} from '../value/error.js'
import { settingsOf } from './bookkeeping.js'
import { checkDataset } from './examples.js'
import { scheduleInterpreter } from './schedule/index.js'
import { wrongLastBatch } from './shards.js'
import { checkState, start, type TrainState } from './state.js'
import { stopInterpreter } from './stop/index.js'
import type { ValidTraining } from './training.js'

type RunError = ShapeError | DataError | SettingError

/** whether a dataset suits a training; in the order of its model */
export const checkData = (c: ValidTraining, data: DatasetOf): E.Either<ShapeError | DataError, ArrangedData> =>
  pipe(
    checkDataset(c, data),
    E.chainFirstW(() => failIf(data.weights === undefined ? undefined : wrongWeights(data.weights, exampleCount(data))))
  )

const checkBatchSize = ({ training: { batchSize } }: ValidTraining, n: number): E.Either<SettingError, void> =>
  batchSize <= n
    ? E.right(undefined)
    : E.left(
        settingError(
          ['batchSize'],
          `at most ${n}, the number of examples`,
          String(batchSize),
          batchSize === 32 ? 'the default is 32' : ''
        )
      )

const checkShards = ({ training: { batchSize, shards } }: ValidTraining, n: number): E.Either<SettingError, void> =>
  failIf(wrongLastBatch(shards, batchSize, n))

/** the validation set must suit the training too, and must be there if the stop rule or a schedule reads it */
const checkValidation = (c: ValidTraining, validation: DatasetOf | undefined): E.Either<RunError, unknown> => {
  if (validation !== undefined) return withinPath('validation')(checkData(c, validation))
  const lacking = (setting: string, reader: string): SettingError =>
    settingError(
      [setting],
      `a validation set, which ${reader} looks at`,
      'none',
      'pass one as the option validation',
      'missing-input'
    )
  const { validates } = scheduleInterpreter(c.registry.schedules)
  return checkAll([
    failIf(
      stopInterpreter(c.registry.stopRules).validates(c.training.stop) ? lacking('stop', 'the stop rule') : undefined
    ),
    failIf(settingsOf(c).some(([, s]) => validates(s)) ? lacking('optimizer', 'a schedule') : undefined)
  ])
}

/**
 * the state before the first step; a state to resume from must belong to this training, and its position to an epoch of
 * such batches
 */
const firstState = (
  c: ValidTraining,
  from: TrainState | undefined,
  n: number,
  weighted: boolean
): E.Either<ShapeError | SettingError, TrainState> => {
  if (from === undefined) return E.right(start(c))
  const { batchSize } = c.training
  const batches = Math.ceil(n / batchSize)
  const hint = 'resume with the data and the batch size that the state was made with'
  return pipe(
    checkState(c)(from),
    E.filterOrElseW(
      ({ position }) => Number.isSafeInteger(position) && position >= 0 && position < batches,
      ({ position }) => settingError(['position'], `a batch of an epoch of ${batches}`, String(position), hint)
    ),
    E.filterOrElseW(
      // without weights each example weighs 1, so the weight seen is the number of examples
      ({ position, epochSums }) => weighted || epochSums.weight === position * batchSize,
      ({ position, epochSums }) =>
        settingError(
          ['epochSums', 'weight'],
          `${position * batchSize}, the examples of ${counted(position, 'batch')} of ${batchSize}`,
          String(epochSums.weight),
          hint
        )
    ),
    withinPath('from')
  )
}

export interface RunInputs {
  readonly data: DatasetOf
  readonly validation?: DatasetOf
  /** a state to resume from */
  readonly from?: TrainState
  /** how many examples there are, where the data are a block of them */
  readonly examples?: number
}
/** @returns the state before the first step and the data in the order of the model, or Left with every mistake found */
export const checkRun = (
  c: ValidTraining,
  { data, validation, from, examples }: RunInputs
): E.Either<RunError, { readonly data: ArrangedData; readonly first: TrainState }> => {
  const n = examples ?? exampleCount(data)
  const first = firstState(c, from, n, data.weights !== undefined)
  const suited = checkData(c, data)
  return pipe(
    checkAll<RunError>([suited, checkBatchSize(c, n), checkShards(c, n), checkValidation(c, validation), first]),
    E.chainW(() => suited),
    E.bindTo('data'),
    E.bindW('first', () => first)
  )
}
