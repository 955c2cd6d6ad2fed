/** Training: the fold of `step` over the batches of shuffled epochs, until a stop rule ends it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../backend/backend.js'
import { exampleCount } from '../data/dataset.js'
import type { DatasetOf } from '../data/features.js'
import type { AnyModel } from '../model/model.js'
import type { ParamsOf } from '../model/params.js'
import { backendArgument, examplesDataArgument, knownOptions, wrongArgument } from '../value/argument.js'
import { drained } from '../value/bracket.js'
import { announced, observed } from './observe.js'
import { settingError, type SettingError } from '../value/error.js'
import { averaged } from './averaged.js'
import { isSize } from '../value/shape.js'
import { checkRun } from './check-data.js'
import type { DataFor } from './data-for.js'
import type { TrainError } from './divergence.js'
import type { Blocks } from './blocks.js'
import type { EpochPart, EpochReport, StreamChunk, TrainEvent, TrainingChunk } from './events.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { trainingLoop, type Ended } from './loop.js'
import type { AnyLoss, ReportedMetrics } from './per-output.js'
import type { Metric } from './metric/metric.js'
import type { MetricValues } from './metric/values.js'
import type { Best, TrainState } from './state.js'
import { checkTraining, filledIn, type FittingOptions, type Training, type TrainingOptions } from './training.js'

/** a state of a training of the model */
export type StateOf<M extends AnyModel> = TrainState & { readonly params: ParamsOf<M> }

/** the best state, and the parameters to predict with there */
export type BestOf<M extends AnyModel, Ms extends readonly Metric[] = readonly Metric[]> = Best<MetricValues<Ms>> & {
  readonly state: StateOf<M>
  readonly params: ParamsOf<M>
}

interface TrainedFields<M extends AnyModel, Ms extends readonly Metric[]> {
  readonly training: Training<M, Ms>
  /** what to predict with: those of the state, or the averages that the optimizer keeps, see `averagedParams` */
  readonly params: ParamsOf<M>
  readonly state: StateOf<M>
  /** one report per epoch completed, or with `maxHistory` of the last epochs */
  readonly history: readonly EpochReport<MetricValues<Ms>>[]
  /** of a run that ended within an epoch: the loss and metrics of the part that was trained */
  readonly part?: EpochPart<MetricValues<Ms>>
  /** which stop rule ended the run */
  readonly reason: string
}
/**
 * The result of a training. `best` is there with `keepBest`: the state after the best epoch, or where none has ended the last state, with
 * its scores over the validation set or over the examples seen.
 */
export type Trained<
  M extends AnyModel = AnyModel,
  K extends boolean | Best = boolean | Best,
  Ms extends readonly Metric[] = readonly Metric[]
> = TrainedFields<M, Ms> &
  ([K] extends [true | Best] ? { readonly best: BestOf<M, Ms> } : { readonly best?: BestOf<M, Ms> })
export interface TrainOptions<K extends boolean | Best = boolean | Best> {
  readonly backend: Backend
  readonly registry?: TrainingRegistry
  readonly observe?: (event: TrainEvent) => void
  /** scored after every epoch, for reports, stop rules and schedules */
  readonly validation?: DatasetOf
  /**
   * Whether to return the state after the best epoch besides the last one, whatever ends the run. A run that resumes
   * from a state takes the best one so far instead of true.
   */
  readonly keepBest?: K
  /**
   * `history` keeps the reports of this many epochs, the last ones. Default: of all epochs; a training whose stop rule is
   * not met within 1,000,000 epochs then ends as an error, before its reports fill the memory.
   */
  readonly maxHistory?: number
  /** a state to resume from */
  readonly from?: TrainState
  /** whether step events contain the fingerprint of every parameter tensor */
  readonly fingerprints?: boolean
  /**
   * Whether a batch of one example may reach a layer that cannot learn from it, as batchNorm: its output is then its
   * bias, and its statistics don't change. Refused by default. Run files allow it, because stored runs keep their bits;
   * the command line warns.
   */
  readonly singleExamples?: 'refuse' | 'allow'
  /**
   * An `AbortSignal`, or anything with such a field: once `aborted` is true the run ends after the steps under way, with the reason
   * 'aborted' and the state there, from which it can be resumed to the same bits. `observe` may abort `train`; `trainAsync` lets
   * others do so.
   */
  readonly signal?: { readonly aborted: boolean }
}

export interface TrainIteratorOptions<K extends boolean | Best = boolean | Best> extends TrainOptions<K> {
  /** max steps of a turn; a turn takes at least one step */
  readonly turnSteps?: number
  /** true ends a turn after this step (steps taken so far), so that the state there can be read */
  readonly pauseAt?: (step: number) => boolean
}

/** untyped callers may forget the options: that is Left, not an exception */
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
  singleExamples: true,
  signal: true
} as const
/** checks of arguments from untyped callers */
const wrongArguments = (
  o: Partial<TrainIteratorOptions> | undefined,
  data: Partial<DatasetOf> | undefined
): SettingError | undefined =>
  wrongArgument(settingError, [
    backendArgument(o?.backend),
    knownOptions(o as TrainIteratorOptions, optionNames),
    examplesDataArgument(data),
    ...(o?.validation === undefined ? [] : [examplesDataArgument(o.validation)]),
    {
      path: ['maxHistory'],
      value: o?.maxHistory,
      expected: 'a positive whole number',
      is: u => u === undefined || isSize(u)
    }
  ])

const trainedOf = <M extends AnyModel, K extends boolean | Best, Ms extends readonly Metric[]>(
  training: Training<M, Ms>,
  predicting: (s: TrainState) => TrainState,
  { best, ...ended }: Ended
): Trained<M, K, Ms> =>
  ({
    training,
    params: predicting(ended.state).params,
    ...ended,
    ...(best === undefined ? {} : { best: { ...best, params: predicting(best.state).params } })
  }) as unknown as Trained<M, K, Ms>

const abortedBy = ({ signal }: TrainOptions) => (signal === undefined ? {} : { aborted: () => signal.aborted })

/** a run that is checked and ready to be pulled */
export const opened =
  <
    M extends AnyModel,
    const L extends AnyLoss,
    const K extends boolean | Best = false,
    const Ms extends readonly Metric[] = readonly []
  >(
    options: FittingOptions<M, L, Ms>,
    o: TrainIteratorOptions<K>,
    how: { readonly emitEvents: boolean; readonly acrossEpochs: boolean },
    stream?: { readonly examples: number; readonly blocks: Blocks }
  ) =>
  (
    data: DataFor<M, L>
  ): E.Either<TrainError, Generator<StreamChunk, E.Either<TrainError, Trained<M, K, ReportedMetrics<L, Ms>>>>> => {
    const unfit = wrongArguments(o, data)
    if (unfit !== undefined) return E.left(unfit)
    const t = filledIn(options as unknown as TrainingOptions<M, ReportedMetrics<L, Ms>>)
    const examples = stream?.examples ?? exampleCount(data)
    const loop = { ...o, ...how, ...abortedBy(o), ...(stream === undefined ? {} : { blocks: stream.blocks }) }
    return pipe(
      checkTraining(t, o.registry ?? builtInTraining),
      E.map(valid => (o.singleExamples === 'allow' ? { ...valid, allowSingle: true } : valid)),
      E.bindTo('checked'),
      E.bindW('run', ({ checked }) => checkRun(checked, { ...o, data, examples })),
      E.chainW(({ checked, run }) =>
        trainingLoop(checked, run.data, examples, run.first, loop, ended =>
          trainedOf<M, K, ReportedMetrics<L, Ms>>(t, averaged(checked), ended)
        )
      )
    )
  }

/**
 * The same training as `train`, as an iterator: between two chunks the caller may save the state, report progress, or
 * stop (then `return` releases memory and threads). The end of an epoch ends a chunk.
 *
 * @example
 * const chunks = trainIterator(settings, { backend: wasm, pauseAt: step => step % 100 === 0 })(data)
 * // Either<TrainError, Generator<TrainingChunk, Either<TrainError, Trained>>>
 */
export const trainIterator =
  <
    M extends AnyModel,
    const L extends AnyLoss,
    const K extends boolean | Best = false,
    const Ms extends readonly Metric[] = readonly []
  >(
    options: FittingOptions<M, L, Ms>,
    o: TrainIteratorOptions<K>
  ) =>
  (
    data: DataFor<M, L>
  ): E.Either<TrainError, Generator<TrainingChunk, E.Either<TrainError, Trained<M, K, ReportedMetrics<L, Ms>>>>> =>
    opened<M, L, K, Ms>(options, o, { emitEvents: true, acrossEpochs: false })(data)

/**
 * Trains a model: `pipe(data, train({ model, loss, optimizer, stop }, { backend }))`. The result is a function of the
 * training and the data alone: the same bits with every backend. Arguments are never changed.
 *
 * @returns Left for settings out of range, shapes that do not fit, class indexes out of range, a batch larger than the data, a stop rule
 * that is not met within 1,000,000 epochs (see `maxHistory`), an `observe` that throws (with the state then), or numbers that stop being
 * finite (with the step, the label and the last good state)
 */
export const train =
  <
    M extends AnyModel,
    const L extends AnyLoss,
    const K extends boolean | Best = false,
    const Ms extends readonly Metric[] = readonly []
  >(
    options: FittingOptions<M, L, Ms>,
    o: TrainOptions<K>
  ) =>
  (data: DataFor<M, L>): E.Either<TrainError, Trained<M, K, ReportedMetrics<L, Ms>>> =>
    pipe(
      opened<M, L, K, Ms>(options, o, { emitEvents: observerOf(o) !== undefined, acrossEpochs: true })(data),
      E.chainW(pulled => drained(pulled, observed(observerOf(o)))),
      E.chainW(announced(observerOf(o)))
    )
