/** Training: the fold of `step` over the batches of shuffled epochs, until a stop rule says so. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../backend/backend.js'
import { exampleCount, type Dataset } from '../data/dataset.js'
import type { AnyModel } from '../model/model.js'
import type { ParamsOf } from '../model/params.js'
import { backendArgument, datasetArgument, knownOptions, wrongArgument } from '../value/argument.js'
import { drained } from '../value/bracket.js'
import { settingError, type SettingError } from '../value/error.js'
import { isSize } from '../value/shape.js'
import { checkRun } from './check-data.js'
import type { TrainError } from './divergence.js'
import type { EpochReport, TrainEvent, TrainingChunk } from './events.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { trainingLoop } from './loop.js'
import type { Loss } from './loss/index.js'
import type { Best, TrainState } from './state.js'
import { checkTraining, training, type FittingOptions, type Training } from './training.js'

/** a state of a training of the model */
export type StateOf<M extends AnyModel> = TrainState & { readonly params: ParamsOf<M> }

export interface Trained<M extends AnyModel = AnyModel> {
  readonly training: Training<M>
  readonly params: ParamsOf<M>
  readonly state: StateOf<M>
  /** one report per epoch completed, or with `maxHistory` of the last epochs */
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
  /**
   * How many of the last epochs have their reports in `history`. Default: all, and a training whose stop rule is not met within 1,000,000
   * epochs ends as an error, before its reports fill the memory.
   */
  readonly maxHistory?: number
  /** a state to go on from, instead of a fresh one */
  readonly from?: TrainState
  /** whether step events tell the fingerprint of every parameter tensor */
  readonly fingerprints?: boolean
  /**
   * Whether a batch of one example may reach a layer that cannot learn from it, as batchNorm: its output is then its bias, and its
   * statistics stay as they are. Refused by default. Runs from run files allow it, since stored runs keep their bits; the command warns.
   */
  readonly singleExamples?: 'refuse' | 'allow'
}

export interface TrainIteratorOptions extends TrainOptions {
  /** a turn takes at most so many steps, rounded down, and at least one */
  readonly turnSteps?: number
  /** a turn ends after a step with this number (steps taken so far), so that the state there can be had */
  readonly pauseAt?: (step: number) => boolean
}

/** untyped callers may forget the options; that is Left, not a throw */
const observerOf = (o: TrainOptions | undefined): TrainOptions['observe'] => o?.observe
const optionNames = {
  backend: true,
  registry: true,
  observe: true,
  validation: true,
  keepBest: true,
  maxHistory: true,
  from: true,
  fingerprints: true,
  turnSteps: true,
  pauseAt: true,
  singleExamples: true
} as const
/** what untyped callers pass by mistake */
const wrongArguments = (
  o: Partial<TrainIteratorOptions> | undefined,
  data: Partial<Dataset> | undefined
): SettingError | undefined =>
  wrongArgument(settingError, [
    backendArgument(o?.backend),
    knownOptions(o as TrainIteratorOptions, optionNames),
    datasetArgument(data),
    ...(o?.validation === undefined ? [] : [datasetArgument(o.validation)]),
    {
      path: ['maxHistory'],
      value: o?.maxHistory,
      expected: 'a positive whole number',
      is: u => u === undefined || isSize(u)
    }
  ])

const opened =
  <M extends AnyModel, const L extends Loss>(
    options: FittingOptions<M, L>,
    o: TrainIteratorOptions,
    how: { readonly emitEvents: boolean; readonly acrossEpochs: boolean }
  ) =>
  (data: Dataset): E.Either<TrainError, Generator<TrainingChunk, E.Either<TrainError, Trained<M>>>> => {
    const unfit = wrongArguments(o, data)
    if (unfit !== undefined) return E.left(unfit)
    const t = training(options)
    return pipe(
      checkTraining(t, o.registry ?? builtInTraining),
      E.map(valid => (o.singleExamples === 'allow' ? { ...valid, allowSingle: true } : valid)),
      E.bindTo('checked'),
      E.bindW('first', ({ checked }) => checkRun(checked, { ...o, data })),
      E.chainW(({ checked, first }) =>
        trainingLoop(
          checked,
          data,
          exampleCount(data),
          first,
          { ...o, ...how },
          ended => ({ training: t, params: ended.state.params, ...ended }) as Trained<M>
        )
      )
    )
  }

/**
 * The same training as `train`, as an iterator: between two chunks the caller may save the state, report progress, or stop (then `return`
 * releases memory and threads). The end of an epoch ends a chunk.
 *
 * @example
 * const chunks = trainIterator(settings, { backend: wasm, pauseAt: step => step % 100 === 0 })(data)
 * // Either<TrainError, Generator<TrainingChunk, Either<TrainError, Trained>>>
 */
export const trainIterator =
  <M extends AnyModel, const L extends Loss>(options: FittingOptions<M, L>, o: TrainIteratorOptions) =>
  (data: Dataset): E.Either<TrainError, Generator<TrainingChunk, E.Either<TrainError, Trained<M>>>> =>
    opened(options, o, { emitEvents: true, acrossEpochs: false })(data)

/**
 * Trains a model: `pipe(data, train({ model, loss, optimizer, stop }, { backend }))`. The result is a function of the training and the
 * data alone: the same bits with every backend. What was handed in is never changed.
 *
 * @returns Left for settings out of range, shapes that do not fit, class indexes out of range, a batch larger than the data, a stop rule
 * that is not met within 1,000,000 epochs (see `maxHistory`), or numbers that stop being finite (with the step, the label and the last good state)
 */
export const train =
  <M extends AnyModel, const L extends Loss>(options: FittingOptions<M, L>, o: TrainOptions) =>
  (data: Dataset): E.Either<TrainError, Trained<M>> =>
    pipe(
      opened(options, o, { emitEvents: observerOf(o) !== undefined, acrossEpochs: true })(data),
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
