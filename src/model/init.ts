/** Initial values: parameters drawn from a key by their labels, running statistics as layers define them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { tagOf } from '../layer/initializer.js'
import type { LayerRegistry, ParamSpec, BuiltLayer, StateSpec } from '../layer/definition.js'
import type { Model } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { childKey, leafKey, type Key } from '../random/index.js'
import { keyArgument, knownOptions, optionsOf, wrongArgument } from '../value/argument.js'
import { failIf, shapeError, type ShapeError } from '../value/error.js'
import { sizeOf } from '../value/shape.js'
import { allocate, tensorView, type FloatType, type Tensor } from '../value/tensor.js'
import { mapTree, type Branch } from '../value/tree.js'
import type { ParamsOf } from './params.js'
import { build } from './build.js'

/** a parameter's values depend only on its labels, shape and initializer */
const draw =
  (key: Key, registry: LayerRegistry) =>
  ({ dtype, shape, initializer, fan }: ParamSpec, path: string): Tensor => {
    const labels = path.split('/')
    const at = leafKey(labels.slice(0, -1).reduce(childKey, key), labels.at(-1) as string)
    const kind = registry.initializers[tagOf(initializer)]
    // `build` refuses unknown initializers; NaN ends a training if the model was built with another registry
    const values =
      kind?.draw({ key: at, shape, fan, settings: initializer }) ?? new Float32Array(sizeOf(shape)).fill(NaN)
    return tensorView(dtype, shape, dtype === 'f32' ? values : allocate(dtype, values))
  }

/** the parameters of a built model; the key serves this purpose alone */
export const initFrom = (placed: BuiltLayer, key: Key, registry: LayerRegistry = builtInLayers): Branch<Tensor> =>
  mapTree<ParamSpec, Tensor>(draw(key, registry))(placed.params) as Branch<Tensor>

/** the initial running statistics of a built model */
export const initStateFrom = (placed: BuiltLayer): Branch<Tensor> =>
  mapTree<StateSpec, Tensor>(({ dtype, shape, value }) =>
    tensorView(dtype, shape, allocate(dtype, sizeOf(shape)).fill(value))
  )(placed.state) as Branch<Tensor>

export interface InitOptions {
  /** default 'f32'. In f64 the values are the same f32 numbers. */
  readonly dtype?: FloatType
  readonly registry?: LayerRegistry
}

/**
 * The initial parameters of a model. Every parameter has a separate stream of random numbers, derived from its labels:
 * adding or removing a layer does not change the others.
 *
 * @example init(mlp, rootKey(42)) // Either<ShapeError, ParamsOf<typeof mlp>>
 * @param key the root key of a run; the parameters use its child `init`
 * @returns Left for a model of more than `maxParameters` numbers, of colliding labels, or of unknown layers
 */
export const init = <M extends Model>(
  model: M,
  key: Key,
  options: InitOptions = {}
): E.Either<ShapeError, ParamsOf<M>> => {
  const { dtype = 'f32', registry = builtInLayers } = optionsOf(options)
  return pipe(
    failIf(wrongArgument(shapeError, [keyArgument(key), knownOptions(options, { dtype: true, registry: true })])),
    E.chain(() => build(model, registry, dtype)),
    // the compiler derives the same tree from the same data (params.ts)
    E.map(placed => initFrom(placed, childKey(key, 'init'), registry) as unknown as ParamsOf<M>)
  )
}
