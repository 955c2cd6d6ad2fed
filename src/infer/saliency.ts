/** Which part of an input made a trained model answer as it does: gradients of one output, by the input or by a layer inside. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { abs, mean, mul, reshape, slice, sum, total } from '../expr/build.js'
import { relu } from '../expr/functions.js'
import { gradients } from '../expr/gradient.js'
import type { Expr } from '../expr/op.js'
import { isExpr } from '../layer/compose.js'
import type { Value } from '../layer/definition.js'
import type { Model } from '../layer/model.js'
import { firstMax } from '../layer/spatial/pool.js'
import type { ModelGraph } from '../model/to-expr.js'
import type { ParamsOf } from '../model/params.js'
import { rootKey } from '../random/index.js'
import { optionsOf } from '../value/argument.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { showShape } from '../value/shape.js'
import { isFloat, type Tensor } from '../value/tensor.js'
import type { Examples } from './examples.js'
import { runner, type Computed, type PredictOptions, type Predictor } from './predict.js'

/** the index of an output; or 'largest', for each example its largest one (of equal ones the first) */
export type Target = number | 'largest'
export interface SaliencyOptions extends PredictOptions {
  /** the output that is explained; default 'largest': the class that a classifier names */
  readonly target?: Target
}
export interface GradCamOptions extends SaliencyOptions {
  /** the path of a layer, such as 'conv2d2' or 'residual/conv2d'; default the last one whose value has spatial axes */
  readonly layer?: string
}

/** the output that is explained, summed over the examples, which do not depend on each other in inference */
const explained = ({ value }: ModelGraph, target: Target): E.Either<ShapeError, Expr> => {
  const outputs = isExpr(value) ? value.shape.at(-1) : undefined
  if (!isExpr(value) || value.shape.length !== 2 || outputs === undefined)
    return E.left(
      shapeError(
        ['model'],
        'a model with a flat output [n]',
        isExpr(value) ? showShape(value.shape.slice(1)) : `${value.length} outputs`,
        'explain a model that ends in one vector of scores'
      )
    )
  if (target === 'largest') return E.right(total(firstMax(value, 1)))
  return Number.isInteger(target) && target >= 0 && target < outputs
    ? E.right(total(slice(value, [0, target], [value.shape[0] ?? 1, 1])))
    : E.left(shapeError(['target'], `'largest', or an index from 0 to ${outputs - 1}`, `${target}`))
}

const leaves = (x: Value): readonly Expr[] => (isExpr(x) ? [x] : x.flatMap(leaves))
/** a value of the same form, from the tensors of `leaves` */
const refilled = (x: Value, all: ReadonlyMap<Expr, Expr>): Value =>
  isExpr(x) ? (all.get(x) as Expr) : x.map(part => refilled(part, all))

const byInputs =
  (target: Target): Computed =>
  graph =>
    pipe(
      explained(graph, target),
      E.chain(y => {
        const xs = leaves(graph.x)
        if (!xs.every(x => isFloat(x.dtype)))
          return E.left(shapeError(['model'], 'a model whose inputs are numbers', 'one whose inputs are indexes'))
        const slopes = gradients(y, xs)
        return E.right(refilled(graph.x, new Map(xs.map((x, i) => [x, abs(slopes[i] as Expr)]))))
      })
    )

/**
 * Saliency (Simonyan et al. 2013): how much one output changes with each number of the input, |dy_c / dx|, of the input's shape. The model
 * is as in inference. A model that ends in a softmax explains a probability, which moves with the other classes; without it, a logit.
 *
 * @example pipe(images, saliency(net, params, { backend: wasm })) // Either<..., Tensor [n, 28, 28, 1]>
 * @returns Left for a target that is no output of the model, and for whatever `predict` refuses
 */
export const saliency = <M extends Model>(
  model: M,
  params: ParamsOf<M>,
  options: SaliencyOptions
): Predictor<M extends Model<readonly number[]> ? Tensor : Examples> => {
  const { target = 'largest', ...others } = optionsOf(options) as SaliencyOptions
  const run = runner(model, params, others, byInputs(target))
  return x => run(x, rootKey(0)) as ReturnType<Predictor<M extends Model<readonly number[]> ? Tensor : Examples>>
}

/** values with spatial axes, by path */
const spatialValues = (graph: ModelGraph): readonly (readonly [string, Expr])[] =>
  graph.seen.flatMap(([path, value]) =>
    isExpr(value) && value.shape.length > 2 && value.shape.length < 6 ? [[path, value] as const] : []
  )
const layerValue = (graph: ModelGraph, layer: string | undefined): E.Either<ShapeError, Expr> => {
  const all = spatialValues(graph)
  const found = layer === undefined ? all.at(-1) : all.find(([path]) => path === layer)
  return found !== undefined
    ? E.right(found[1])
    : all.length === 0
      ? E.left(shapeError(['model'], 'a layer whose value has spatial axes', 'none'))
      : E.left(shapeError(['layer'], `one of ${all.map(([path]) => path).join(', ')}`, layer ?? 'none'))
}

const byLayer =
  (target: Target, layer: string | undefined): Computed =>
  graph =>
    pipe(
      E.Do,
      E.bind('y', () => explained(graph, target)),
      E.bind('a', () => layerValue(graph, layer)),
      E.map(({ y, a }) => {
        const [slope] = gradients(y, [a])
        const places = [...a.shape.keys()].slice(1, -1)
        const factors = mean(slope as Expr, places)
        const last = a.shape.length - 1
        return reshape(relu(sum(mul(a, factors), [last])), a.shape.slice(0, -1))
      })
    )

/**
 * Grad-CAM (Selvaraju et al. 2017): which places of a layer speak for an output. Each channel k of the layer's value A has the factor
 * a_k = mean over places of dy_c / dA_k, and the map is relu(sum over k of a_k A_k): [n, height, width], at the layer's own resolution,
 * not scaled. Where a global average pool and one dense layer follow, it is the class activation map divided by the number of places.
 *
 * @example pipe(images, gradCam(net, params, { backend: wasm, layer: 'relu2' })) // Either<..., Tensor [n, 7, 7]>
 * @returns Left for a layer that is not there or has no spatial axes, and for whatever `saliency` refuses
 */
export const gradCam = <M extends Model>(model: M, params: ParamsOf<M>, options: GradCamOptions): Predictor<Tensor> => {
  const { target = 'largest', layer, ...others } = optionsOf(options) as GradCamOptions
  const run = runner(model, params, others, byLayer(target, layer))
  return x => run(x, rootKey(0)) as ReturnType<Predictor<Tensor>>
}
