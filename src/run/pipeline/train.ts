/** From a table to a pipeline in one call: validation split off, fitted, encoded, trained. */
import { checkedArguments, tableArgument } from '../../data/table/arguments.js'
import { functionArgument, objectArgument, optionsOf } from '../../value/argument.js'
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
import type { TrainError } from '../../train/divergence.js'
import type { FittingLoss } from '../../train/loss/fitting.js'
import type { Loss } from '../../train/loss/index.js'
import { train, type Trained, type TrainOptions } from '../../train/train.js'
import type { TrainingOptions } from '../../train/training.js'
import { settingError, type DataError, type DecodeError } from '../../value/error.js'
import { pipelineOf, type Pipeline } from './value.js'

/** a training of a table; its model is a function of the fitted columns, since these decide how many inputs it has */
export type PipelineTraining<M extends Model, L extends Loss> = Omit<TrainingOptions<M>, 'model' | 'loss'> & {
  /** `({ width }) => model(input(width), ...)` */
  readonly model: (fitted: FittedTable) => M
  readonly loss: FittingLoss<L, M>
}
export interface TrainPipelineOptions extends Omit<TrainOptions, 'validation' | 'from' | 'keepBest'> {
  /**
   * The share of the rows that is held back and scored after every epoch, or a table of such rows. Nothing is fitted on them. With it,
   * the pipeline has the parameters after the best epoch, unless `keepBest` is false.
   */
  readonly validation?: number | { readonly fraction: number; readonly stratified: boolean } | DataTable
  readonly keepBest?: boolean
}
export interface TrainedPipeline<S extends TableSchema, M extends Model> {
  readonly pipeline: Pipeline<S>
  readonly trained: Trained<M>
  /** the rows that were held back: for `chooseThreshold`, say */
  readonly validation?: DataTable<S>
}
export type PipelineError = TrainError | DataError | DecodeError

const heldBack = <S extends TableSchema>(
  table: DataTable<S>,
  validation: TrainPipelineOptions['validation'],
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
  <M extends Model, const L extends Loss>(settings: PipelineTraining<M, L>, options: TrainPipelineOptions) =>
  <S extends TableSchema>(table: DataTable<S>): E.Either<PipelineError, TrainedPipeline<S, M>> =>
    checkedArguments(
      [
        objectArgument('settings', settings),
        functionArgument('model', optionsOf(settings).model),
        objectArgument('options', options),
        tableArgument(table)
      ],
      () => trainedPipeline(settings, options, table)
    )

const trainedPipeline = <M extends Model, const L extends Loss, S extends TableSchema>(
  settings: PipelineTraining<M, L>,
  options: TrainPipelineOptions,
  table: DataTable<S>
): E.Either<PipelineError, TrainedPipeline<S, M>> => {
  const { validation, keepBest, ...how } = options
  const { model, ...rest } = settings
  return pipe(
    heldBack(table, validation, settings.seed ?? 0),
    E.bindTo('parts'),
    E.bindW('fitted', ({ parts }) => fitTable(parts.train)),
    E.bindW('data', ({ parts, fitted }) => encodeTable(fitted)(parts.train)),
    E.bindW('held', ({ parts, fitted }) =>
      parts.test === undefined ? E.right(undefined) : encodeTable(fitted)(parts.test)
    ),
    E.bindW('trained', ({ fitted, data, held }) =>
      train(
        { ...rest, model: model(fitted) },
        {
          ...how,
          keepBest: keepBest ?? held !== undefined,
          ...(held === undefined ? {} : { validation: held })
        }
      )(data)
    ),
    E.bindW('pipeline', ({ fitted, trained }) => {
      const { training, state, best } = trained
      const { params, layers } = best?.state ?? state
      const { model, loss, precision } = training
      return pipelineOf({ fitted, model, loss, precision, params, layers }, options.registry)
    }),
    E.map(({ pipeline, trained, parts }) => ({
      pipeline,
      trained,
      ...(parts.test === undefined ? {} : { validation: parts.test })
    }))
  )
}
