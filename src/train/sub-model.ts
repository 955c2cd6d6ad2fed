/** A part of a trained model as a model of its own. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { LayerRegistry } from '../layer/definition.js'
import { labelsOf } from '../layer/labels.js'
import { modelData, ofIndices } from '../layer/model.js'
import { layersOf } from '../layer/combinator/sequential.js'
import { builtInLayers } from '../layer/registry.js'
import { checkModel, outputOf, type AnyModel } from '../model/model.js'
import { given, modelArgument, objectArgument, treeArgument } from '../value/argument.js'
import { shapeError, type ShapeError } from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import type { Branch } from '../value/tree.js'

export interface SubModelRange {
  /** the label of the first layer; the model's own first layer by default */
  readonly from?: string
  /** the label of the last layer; the model's own last layer by default */
  readonly to?: string
}
export interface SubModel {
  readonly model: AnyModel
  readonly params: Branch<Tensor>
  /** running statistics */
  readonly layers: Branch<Tensor>
}

/**
 * The layers of a model from one label to another, both included, with their parameters: the encoder of an autoencoder in one call.
 * Labels within it are counted again (`dense2` may become `dense`), and parameters move along. Layers inside blocks (`residual`,
 * `repeat`) stay together; parts of `shared` layers are not taken out.
 *
 * @example
 * const encoder = subModel(trained.training.model, trained.params, { to: 'bottleneck' }) // Either<ShapeError, SubModel>
 * pipe(encoder, E.chainW(e => predict(e.model, e.params as never, { backend, layers: e.layers })(x)))
 * @returns Left for a label that the model does not have, or a range that ends before it begins
 */
export const subModel = (
  model: AnyModel,
  params: Branch<Tensor>,
  range: SubModelRange,
  options: { readonly layers?: Branch<Tensor>; readonly registry?: LayerRegistry } = {}
): E.Either<ShapeError, SubModel> =>
  given(
    shapeError,
    [
      modelArgument(model),
      treeArgument('params', params),
      objectArgument('range', range),
      objectArgument('options', options)
    ],
    () =>
      pipe(
        checkModel(model, options.registry),
        E.chain(() => partOf(model, params, range, options))
      )
  )

const partOf = (
  model: AnyModel,
  params: Branch<Tensor>,
  { from, to }: SubModelRange,
  { layers = {}, registry = builtInLayers }: { readonly layers?: Branch<Tensor>; readonly registry?: LayerRegistry }
): E.Either<ShapeError, SubModel> => {
  const parts = layersOf(model.layer)
  const place = (
    labels: readonly string[],
    label: string | undefined,
    missing: number
  ): E.Either<ShapeError, number> => {
    const at = label === undefined ? missing : labels.indexOf(label)
    return at >= 0 ? E.right(at) : E.left(shapeError(['label'], `one of ${labels.join(', ')}`, label ?? 'none'))
  }
  return pipe(
    labelsOf(registry)(parts),
    E.bindTo('labels'),
    E.bind('first', ({ labels }) => place(labels, from, 0)),
    E.bind('last', ({ labels }) => place(labels, to, labels.length - 1)),
    E.filterOrElse(
      ({ first, last }) => first <= last,
      () => shapeError(['label'], `a layer at or after ${from ?? 'the first'}`, to ?? 'none')
    ),
    E.bind('input', ({ first }) =>
      first === 0 ? E.right(model.input) : outputOf(modelData(model.input, ...parts.slice(0, first)), registry)
    ),
    E.bind('model', ({ first, last, input }) => {
      const data = modelData(input, ...parts.slice(first, last + 1))
      return checkModel(first === 0 && model.dtype === 'u32' ? ofIndices(data) : data, registry)
    }),
    E.bind('renamed', ({ first, last }) => labelsOf(registry)(parts.slice(first, last + 1))),
    E.map(({ model, labels, first, renamed }) => {
      const moved = (tree: Branch<Tensor>): Branch<Tensor> =>
        Object.freeze(
          Object.fromEntries(
            renamed.flatMap((label, i) => {
              const mine = tree[labels[first + i] as string]
              return mine === undefined ? [] : [[label, mine] as const]
            })
          )
        )
      return { model: model, params: moved(params), layers: moved(layers) }
    })
  )
}
