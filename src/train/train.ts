/** Training: the fold of `step` over the batches of shuffled epochs, until a stop rule says so. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../backend/backend.js'
import { exampleCount, wrongWeights, type Dataset } from '../data/dataset.js'
import type { AnyModel } from '../model/model.js'
import type { ParamsOf } from '../model/params.js'
import { program, type Program } from '../expr/program.js'
import { counted, settingError, within, type DataError, type SettingError, type ShapeError } from '../value/error.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { checkDataset } from './examples.js'
import { drained, fold, type EpochReport, type TrainEvent, type Turn } from './fold.js'
import type { Loss } from './loss/index.js'
import { gathered, stepOutputs } from './program.js'
import { scheduleInterpreter } from './schedule/index.js'
import { checkState, start, type Best, type TrainState } from './state.js'
import { settingsOf, type TrainError } from './step.js'
import { stopInterpreter } from './stop/index.js'
import { checkTraining, training, type Checked, type Training, type FittingOptions } from './training.js'

export type { EpochReport, TrainEvent, Turn } from './fold.js'
export type { TrainError } from './step.js'

/** a state of a training of the model */
export type StateOf<M extends AnyModel> = TrainState & { readonly params: ParamsOf<M> }

export interface Trained<M extends AnyModel = AnyModel> {
  readonly training: Training<M>
  readonly params: ParamsOf<M>
  readonly state: StateOf<M>
  /** one report per epoch completed */
  readonly history: readonly EpochReport[]
  /** which stop rule ended the run */
  readonly reason: string
  /** with `keepBest`, once an epoch has ended */
  readonly best?: Best & { readonly state: StateOf<M> }
}
export interface TrainOptions {
  readonly backend: Backend
  readonly registry?: TrainingRegistry
  readonly observe?: (event: TrainEvent) => void
  /** scored after every epoch, for reports, stop rules and schedules */
  readonly validation?: Dataset
  /**
   * Whether the state after the best epoch is handed out beside the last one, whatever ends the run. A run that goes on from a state
   * takes the best one so far instead of true.
   */
  readonly keepBest?: boolean | Best
  /** a state to go on from, instead of a fresh one */
  readonly from?: TrainState
  /** whether step events tell the fingerprint of every parameter tensor */
  readonly fingerprints?: boolean
}

/** whether a dataset suits a training; how many examples it has */
const checkData = (c: Checked, data: Dataset): E.Either<ShapeError | DataError, number> => {
  const n = exampleCount(data)
  const wrong = checkDataset(c, data) ?? (data.weights === undefined ? undefined : wrongWeights(data.weights, n))
  return wrong === undefined ? E.right(n) : E.left(wrong)
}
const checkBatchSize = (c: Checked, n: number): E.Either<SettingError, number> =>
  c.training.batchSize > n
    ? E.left(
        settingError(
          ['batchSize'],
          `at most ${n}, the number of examples`,
          String(c.training.batchSize),
          c.training.batchSize === 32 ? 'it is 32 unless given' : ''
        )
      )
    : E.right(n)
/** the validation set suits the training too, and is there where the stop rule looks at it */
const checkValidation = (
  c: Checked,
  validation: Dataset | undefined
): E.Either<ShapeError | DataError | SettingError, unknown> =>
  validation !== undefined
    ? within('validation')(checkData(c, validation))
    : stopInterpreter(c.registry.stopRules).validates(c.training.stop)
      ? E.left(
          settingError(
            ['stop'],
            'a validation set, which the stop rule looks at',
            'none',
            'hand one along as the option validation'
          )
        )
      : settingsOf(c).some(([, s]) => scheduleInterpreter(c.registry.schedules).validates(s))
        ? E.left(
            settingError(
              ['optimizer'],
              'a validation set, which a schedule looks at',
              'none',
              'hand one along as the option validation'
            )
          )
        : E.right(undefined)

/** the state to begin with, over so many examples: one handed in must be of this training, and within an epoch of such batches */
const beginning = (
  c: Checked,
  from: TrainState | undefined,
  n: number,
  weighted: boolean
): E.Either<ShapeError | SettingError, TrainState> => {
  if (from === undefined) return E.right(start(c))
  const { batchSize } = c.training
  const batches = Math.ceil(n / batchSize)
  const hint = 'go on with the data and the batch size that the state was made with'
  return pipe(
    checkState(c)(from),
    E.filterOrElseW(
      ({ position }) => Number.isSafeInteger(position) && position >= 0 && position < batches,
      ({ position }) => settingError(['position'], `a batch of an epoch of ${batches}`, String(position), hint)
    ),
    E.filterOrElseW(
      // each example weighs 1 where none has a weight of its own, so the weight seen is their number
      ({ position, epochSums }) => weighted || epochSums.weight === position * batchSize,
      ({ position, epochSums }) =>
        settingError(
          ['epochSums', 'weight'],
          `${position * batchSize}, the examples of ${counted(position, 'batch')} of ${batchSize}`,
          String(epochSums.weight),
          hint
        )
    ),
    within('from')
  )
}

/** One full-batch training step over a dataset as a program, for backends and for those who want to look at it. */
export const stepProgram = (
  t: Training,
  data: Dataset,
  registry: TrainingRegistry = builtInTraining
): E.Either<TrainError, Program> =>
  pipe(
    checkTraining(t, registry),
    E.chainW(c =>
      pipe(
        checkData(c, data),
        E.chainW(() => program(stepOutputs(c, start(c), gathered(data, t.batchSize, t.precision))))
      )
    )
  )

export interface TurnOptions extends TrainOptions {
  /** a turn takes at most so many steps, rounded down, and at least one */
  readonly turnSteps?: number
  /** a turn ends after a step with this number (steps taken so far), so that the state there can be had */
  readonly pauseAt?: (step: number) => boolean
}

const opened =
  <M extends AnyModel, const L extends Loss>(
    options: FittingOptions<M, L>,
    o: TurnOptions,
    how: { readonly tells: boolean; readonly acrossEpochs: boolean }
  ) =>
  (data: Dataset) => {
    const t = training(options)
    return pipe(
      checkTraining(t, o.registry ?? builtInTraining),
      E.chainW(c =>
        pipe(
          checkData(c, data),
          E.chainFirstW(n => checkBatchSize(c, n)),
          E.chainFirstW(() => checkValidation(c, o.validation)),
          E.bindTo('n'),
          E.bindW('first', ({ n }) => beginning(c, o.from, n, data.weights !== undefined)),
          E.chainW(({ n, first }) =>
            fold(
              c,
              data,
              n,
              first,
              { ...o, ...how },
              ended => ({ training: t, params: ended.state.params, ...ended }) as Trained<M>
            )
          )
        )
      )
    )
  }

/**
 * The same training as `train`, pulled turn by turn: between two turns the caller may save the state, show something, or stop pulling (then
 * `return` gives back memory and threads). An epoch's end ends a turn.
 *
 * @example
 * const pulled = turns(settings, { backend: wasm, pauseAt: step => step % 100 === 0 })(data)
 * // Either<TrainError, Generator<Turn, Either<TrainError, Trained>>>
 */
export const turns =
  <M extends AnyModel, const L extends Loss>(options: FittingOptions<M, L>, o: TurnOptions) =>
  (data: Dataset): E.Either<TrainError, Generator<Turn, E.Either<TrainError, Trained<M>>>> =>
    opened(options, o, { tells: true, acrossEpochs: false })(data)

/**
 * Trains a model: `pipe(data, train({ model, loss, optimizer, stop }, { backend }))`. The result is a function of the training and the
 * data alone: the same bits with every backend. What was handed in is never changed.
 *
 * @returns Left for settings out of range, shapes that do not fit, class indexes out of range, a batch larger than the data, or
 * numbers that stop being finite (with the step, the label and the last good state)
 */
export const train =
  <M extends AnyModel, const L extends Loss>(options: FittingOptions<M, L>, o: TrainOptions) =>
  (data: Dataset): E.Either<TrainError, Trained<M>> =>
    pipe(
      opened(options, o, { tells: o.observe !== undefined, acrossEpochs: true })(data),
      E.chainW(pulled =>
        drained(pulled, ({ events }) => {
          for (const e of events) o.observe?.(e)
        })
      ),
      E.map(trained => {
        const { progress } = trained.state
        o.observe?.({ tag: 'done', reason: trained.reason, step: progress.step, epoch: progress.epoch })
        return trained
      })
    )
