/** A model as expressions over named inputs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { input } from '../expr/build.js'
import { inputsLike } from '../expr/inputs.js'
import type { Expr } from '../expr/op.js'
import type { Applied, BuiltLayer, LayerRegistry, Value } from '../layer/definition.js'
import { indexesField } from '../layer/indexes.js'
import type { ModelData } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { checkSizes } from '../layer/types/size.js'
import { knownOptions, optionsOf, wrongArgument } from '../value/argument.js'
import { failIf, shapeError, withinPath, type ShapeError } from '../value/error.js'
import { isDims, type Shape } from '../value/shape.js'
import type { FloatType } from '../value/tensor.js'
import type { Branch } from '../value/tree.js'
import { build } from './build.js'

export interface ModelGraph extends Applied, Pick<BuiltLayer, 'indexes'> {
  /** `x`, or `x/0`, `x/1`, ... for several inputs */
  readonly x: Value
  /** `params/<label path>` */
  readonly params: Branch<Expr>
  /** `layers/<label path>`: running statistics before the step */
  readonly before: Branch<Expr>
}
export interface ToExprOptions {
  /** examples in a batch */
  readonly batch: number
  /** whether dropout is active and batch statistics are used (default false) */
  readonly training?: boolean
  /** inference with active dropout, for Monte-Carlo prediction (default false) */
  readonly sampling?: boolean
  readonly dtype?: FloatType
  readonly registry?: LayerRegistry
}

const inputValue = (name: string, s: Shape, batch: number, dtype: FloatType | 'u32'): Value =>
  isDims(s) ? input(name, dtype, [batch, ...s]) : s.map((part, i) => inputValue(`${name}/${i}`, part, batch, dtype))

/** the formula of a model for batches of a size; random layers draw from the input `key`, u32 [2] */
export const toExpr = (model: ModelData, options: ToExprOptions): E.Either<ShapeError, ModelGraph> => {
  const { batch = 0, training = false, sampling = false, dtype = 'f32', registry = builtInLayers } = optionsOf(options)
  const known = { batch: true, training: true, sampling: true, dtype: true, registry: true } as const
  return pipe(
    failIf(wrongArgument(shapeError, [knownOptions(options, known)])),
    E.chain(() => withinPath('batch')(checkSizes([batch]))),
    E.chain(() => build(model, registry, dtype)),
    E.map(placed => {
      const x = inputValue('x', model.input, batch, model.dtype ?? dtype)
      const params = inputsLike('params', placed.params)
      const before = inputsLike('layers', placed.state)
      // allow single examples: this is a formula and not a training
      const allowSingle = true
      const key = input('key', 'u32', [2])
      const context = { params, state: before, shared: {}, training, allowSingle, sampling, key, path: '' }
      return { ...placed.apply(context, x), ...indexesField(placed.indexes), x, params, before }
    })
  )
}
