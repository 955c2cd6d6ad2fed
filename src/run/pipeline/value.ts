/**
 * A pipeline: everything that leads from rows of a table to predictions, as one immutable value. Its schema, what was fitted on the
 * training part, the model, its parameters and the statistics of its layers, and the loss, which says what its outputs mean.
 */
import { fittedArgument } from '../../data/table/arguments.js'
import {
  isObject,
  modelArgument,
  objectArgument,
  optionsOf,
  treeArgument,
  wrongArgument,
  type Argument
} from '../../value/argument.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Scaling, ScalingOf } from '../../data/normalise.js'
import { classNames, type FittedTable } from '../../data/table/fitted.js'
import { columnOf, targetsOf, type TableSchema } from '../../data/table/schema.js'
import type { Model } from '../../layer/model.js'
import type { Loss } from '../../train/loss/index.js'
import { sgd } from '../../train/optimizer/sgd.js'
import { builtInTraining, type TrainingRegistry } from '../../train/registry.js'
import { epochs } from '../../train/stop/rules.js'
import { checkTraining, type ValidTraining } from '../../train/training.js'
import { settingError, shapeError, type SettingError, type ShapeError } from '../../value/error.js'
import { sameShape, showShape } from '../../value/shape.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import type { Branch } from '../../value/tree.js'

/** a trained model with everything around it; see `trainPipeline` and `pipelineOf` */
export interface Pipeline<S extends TableSchema = TableSchema> {
  /** the schema, and what was fitted */
  readonly fitted: FittedTable<S>
  /** scalings of a dataset as a whole, as run files apply them to tables of which nothing else is fitted */
  readonly scalings: { readonly [of in ScalingOf]?: Scaling }
  readonly model: Model
  readonly loss: Loss
  readonly precision: FloatType
  readonly params: Branch<Tensor>
  /** running statistics of layers */
  readonly layers: Branch<Tensor>
  /** a truth value is predicted from this probability on; 0.5 where it is left out */
  readonly threshold?: number | undefined
}
export interface PipelineParts<S extends TableSchema = TableSchema> extends Omit<
  Pipeline<S>,
  'scalings' | 'precision'
> {
  readonly scalings?: Pipeline['scalings'] | undefined
  readonly precision?: FloatType | undefined
}

/** what untyped callers pass for a pipeline */
export const pipelineArgument = (value: unknown): Argument => ({
  path: ['pipeline'],
  value,
  expected: 'a pipeline',
  is: u =>
    isObject(u) && fittedArgument(u['fitted']).is(u['fitted']) && isObject(u['model']) && isObject(u['scalings']),
  hint: 'trainPipeline, pipelineOf and loadPipeline make one'
})

/** the output that the targets of a schema need */
const outputFor = (fitted: FittedTable): readonly number[] => {
  const targets = targetsOf(fitted.schema)
  const [first = ''] = targets
  const isClass = columnOf(fitted.schema, first).kind === 'category'
  return [isClass ? (classNames(fitted, first) ?? []).length : targets.length]
}

/** the model and the loss as those of a training, so that what checks one checks the other */
const asTraining = ({ model, loss, precision }: Pick<Pipeline, 'model' | 'loss' | 'precision'>) => ({
  ...{ model, loss, precision },
  ...{ optimizer: sgd(1), batchSize: 1, stop: epochs(1), metrics: [], seed: 0 }
})

/** whether the parts of a pipeline suit each other, its tensors apart */
export const checkPipeline = (
  p: Pick<Pipeline, 'model' | 'loss' | 'precision' | 'fitted' | 'threshold'>,
  registry: TrainingRegistry = builtInTraining
): E.Either<SettingError | ShapeError, ValidTraining> =>
  pipe(
    checkTraining(asTraining(p), registry),
    E.filterOrElseW(
      c => sameShape(c.input, [p.fitted.width]),
      c => shapeError(['model', 'input'], `[${p.fitted.width}], the numbers of a row`, showShape(c.input))
    ),
    E.filterOrElseW(
      c => sameShape(c.placed.output, outputFor(p.fitted)),
      c =>
        shapeError(
          ['model', 'output'],
          `${showShape(outputFor(p.fitted))}, for the targets`,
          showShape(c.placed.output)
        )
    ),
    E.filterOrElseW(
      () => p.threshold === undefined || (p.threshold >= 0 && p.threshold <= 1),
      () => settingError(['threshold'], 'a number from 0 to 1', String(p.threshold))
    )
  )

/**
 * A pipeline of parts that were made one by one: `fitTable`, `encodeTable`, `train`.
 *
 * @example pipelineOf({ fitted, model, loss, params: trained.params, layers: trained.state.layers })
 * @returns Left for a model whose inputs are not the columns of the table, or whose outputs are not its targets
 */
export const pipelineOf = <S extends TableSchema>(
  parts: PipelineParts<S>,
  registry: TrainingRegistry = builtInTraining
): E.Either<SettingError | ShapeError, Pipeline<S>> => {
  const wrong = wrongArgument(settingError, [
    objectArgument('parts', parts),
    fittedArgument(optionsOf(parts).fitted),
    modelArgument(optionsOf(parts).model),
    treeArgument('params', optionsOf(parts).params),
    treeArgument('layers', optionsOf(parts).layers)
  ])
  if (wrong !== undefined) return E.left(wrong)
  const { fitted, model, loss, params, layers, scalings = {}, precision = 'f32', threshold } = parts
  const whole: Pipeline<S> = Object.freeze({
    ...{ fitted, scalings, model, loss, precision, params, layers },
    ...(threshold === undefined ? {} : { threshold })
  })
  return pipe(
    checkPipeline(whole, registry),
    E.map(() => whole)
  )
}
