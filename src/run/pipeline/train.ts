/** From a table to a pipeline in one call: validation split off, fitted, encoded, trained. */
import { tableArgument } from '../../data/table/arguments.js'
import { given, functionArgument, objectArgument, optionsOf } from '../../value/argument.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { encodeTable } from '../../data/table/encode.js'
import { fitTable } from '../../data/table/fit.js'
import type { FittedTable } from '../../data/table/fitted.js'
import type { TableSchema } from '../../data/table/schema.js'
import { splitTable, stratifiedSplitTable } from '../../data/table/split.js'
import type { DataTable } from '../../data/table/table.js'
import type { Model } from '../../layer/model.js'
import { leafKey, rootKey } from '../../random/index.js'
import type { DataFor } from '../../train/data-for.js'
import type { TrainError } from '../../train/divergence.js'
import type { FittingLoss } from '../../train/fitting.js'
import type { Loss } from '../../train/loss/index.js'
import type { EpochReport, TrainEvent } from '../../train/events.js'
import type { Metric } from '../../train/metric/metric.js'
import type { MetricValues } from '../../train/metric/values.js'
import { builtInTraining } from '../../train/registry.js'
import { train, type Trained, type TrainOptions } from '../../train/train.js'
import { filledIn, type FittingOptions, type TrainingOptions } from '../../train/training.js'
import { eventInUnits, reportInUnits } from '../../train/units.js'
import { decodeError, settingError, type DataError, type DecodeError } from '../../value/error.js'
import { inTargetUnits } from './units.js'
import { pipelineOf, type Pipeline } from './value.js'

/** a training of a table; its model is a function of the fitted columns, since these decide how many inputs it has */
export type PipelineTraining<M extends Model, L extends Loss, Ms extends readonly Metric[] = readonly Metric[]> = Omit<
  TrainingOptions<M, Ms>,
  'model' | 'loss'
> & {
  /** `({ width }) => model(input(width), ...)` */
  readonly model: (fitted: FittedTable) => M
  readonly loss: FittingLoss<L, M>
}
/** the share of the rows to hold back, each class by itself where `stratified` says so; or a table of such rows */
export type HeldBack = number | { readonly fraction: number; readonly stratified: boolean } | DataTable
export interface TrainPipelineOptions<
  K extends boolean | undefined = boolean | undefined,
  V extends HeldBack | undefined = HeldBack | undefined
> extends Omit<TrainOptions, 'validation' | 'from' | 'keepBest'> {
  /** receives the events of the training, `rmse` and `mae` in the units of the data, as in `history` */
  readonly observe?: (event: TrainEvent) => void
  /**
   * The share of the rows that is held back and scored after every epoch, or a table of such rows. Nothing is fitted on them. With it,
   * the pipeline has the parameters after the best epoch, unless `keepBest` is false.
   */
  readonly validation?: V
  readonly keepBest?: K
}
/** whether the best state is there: as `keepBest` says, else with a validation part */
export type KeepsBest<K, V> = [K] extends [true]
  ? true
  : [K] extends [false]
    ? false
    : [K] extends [undefined]
      ? [V] extends [undefined]
        ? false
        : undefined extends V
          ? boolean
          : true
      : boolean
export interface TrainedPipeline<
  S extends TableSchema,
  M extends Model,
  K extends boolean = boolean,
  Ms extends readonly Metric[] = readonly Metric[]
> {
  readonly pipeline: Pipeline<S>
  /** what `train` gave: losses and metrics of the scaled targets */
  readonly trained: Trained<M, K, Ms>
  /**
   * One report per epoch, `rmse` and `mae` in the units of the data (of dates in days). Losses are those of the scaled targets, which were
   * minimised. Several targets of different scales have no unit in common: then the metrics are of scaled targets too.
   */
  readonly history: readonly EpochReport<MetricValues<Ms>>[]
  /** the rows that were held back: for `chooseThreshold`, say */
  readonly validation?: DataTable<S>
}
export type PipelineError = TrainError | DataError | DecodeError

const heldBack = <S extends TableSchema>(
  table: DataTable<S>,
  validation: HeldBack | undefined,
  seed: number
): E.Either<PipelineError, { readonly train: DataTable<S>; readonly test?: DataTable<S> }> => {
  if (validation === undefined) return E.right({ train: table })
  if (typeof validation === 'object' && 'columns' in validation)
    return E.right({ train: table, test: validation as DataTable<S> })
  const { fraction, stratified } =
    typeof validation === 'number' ? { fraction: validation, stratified: false } : validation
  const key = leafKey(rootKey(seed), 'validation')
  return fraction > 0 && fraction < 1
    ? (stratified ? stratifiedSplitTable : splitTable)(table, 1 - fraction, key)
    : E.left(settingError(['validation'], 'a share between 0 and 1, or a table', String(fraction)))
}

/**
 * Trains a pipeline on a table: holds back rows for validation, fits what the schema leaves open on the others, trains, and puts all of
 * it together. A function of the settings and the table alone.
 *
 * @example
 * pipe(
 *   decodeTable(text, schema),
 *   E.chainW(trainPipeline(
 *     { model: ({ width }) => model(input(width), dense(16), relu, dense(1)), loss: meanSquaredError, optimizer: adam(0.01), stop: epochs(100) },
 *     { backend: wasm, validation: 0.2 }
 *   ))
 * ) // Right({ pipeline, trained })
 * @returns Left for whatever `fitTable`, `encodeTable` and `train` refuse, and for a model whose outputs are not the targets
 */
export const trainPipeline =
  <
    M extends Model,
    const L extends Loss,
    const K extends boolean | undefined = undefined,
    const V extends HeldBack | undefined = undefined,
    const Ms extends readonly Metric[] = readonly []
  >(
    settings: PipelineTraining<M, L, Ms>,
    options: TrainPipelineOptions<K, V>
  ) =>
  <S extends TableSchema>(table: DataTable<S>): E.Either<PipelineError, TrainedPipeline<S, M, KeepsBest<K, V>, Ms>> =>
    given(
      decodeError,
      [
        objectArgument('settings', settings),
        functionArgument('model', optionsOf(settings).model),
        objectArgument('options', options),
        tableArgument(table)
      ],
      () =>
        // the options say at run time whether the best state is kept
        trainedPipeline(settings, options, table) as unknown as E.Either<
          PipelineError,
          TrainedPipeline<S, M, KeepsBest<K, V>, Ms>
        >
    )

const trainedPipeline = <
  M extends Model,
  const L extends Loss,
  const Ms extends readonly Metric[],
  S extends TableSchema
>(
  settings: PipelineTraining<M, L, Ms>,
  options: TrainPipelineOptions,
  table: DataTable<S>
): E.Either<PipelineError, TrainedPipeline<S, M, boolean, Ms>> => {
  const { validation, keepBest, observe, ...how } = options
  const { model, ...rest } = settings
  const withModel = (m: M): FittingOptions<M, Loss, Ms> => ({ ...rest, model: m })
  return pipe(
    heldBack(table, validation, settings.seed ?? 0),
    E.bindTo('parts'),
    E.bindW('fitted', ({ parts }) => fitTable(parts.train)),
    E.bindW('data', ({ parts, fitted }) => encodeTable(fitted)(parts.train)),
    E.bindW('held', ({ parts, fitted }) =>
      parts.test === undefined ? E.right(undefined) : encodeTable(fitted)(parts.test)
    ),
    E.let('scores', ({ fitted }) =>
      inTargetUnits(
        filledIn(withModel(model(fitted)) as unknown as TrainingOptions<M, Ms>),
        options.registry ?? builtInTraining,
        { fitted }
      )
    ),
    E.bindW('trained', ({ fitted, data, held, scores }) =>
      train<M, Loss, boolean, Ms>(withModel(model(fitted)), {
        ...how,
        ...(observe === undefined ? {} : { observe: e => observe(eventInUnits(scores)(e)) }),
        keepBest: keepBest ?? held !== undefined,
        ...(held === undefined ? {} : { validation: held })
      })(data as unknown as DataFor<M, Loss>)
    ),
    E.bindW('pipeline', ({ fitted, trained }) => {
      const { training, state, best } = trained
      const { params, layers } = best?.state ?? state
      const { model, loss, precision } = training
      return pipelineOf({ fitted, model, loss: loss as Loss, precision, params, layers }, options.registry)
    }),
    E.map(({ pipeline, trained, parts, scores }) => ({
      pipeline,
      trained,
      // the names of the metrics stay
      history: (trained.history as readonly EpochReport[]).map(
        reportInUnits(scores)
      ) as unknown as typeof trained.history,
      ...(parts.test === undefined ? {} : { validation: parts.test })
    }))
  )
}
