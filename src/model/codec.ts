/** JSON of models and layers. The JSON is the data itself; reading refuses everything that is not exactly a model. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { elementType, layerCodec, shape, writtenWith } from '../layer/codecs.js'
import type { Layer, LayerRegistry } from '../layer/definition.js'
import type { Model, ModelData } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { decode, exact, parseJson, type Codec } from '../value/codec.js'
import { given, registryArgument } from '../value/argument.js'
import { decodeError, type DecodeError, type ShapeError } from '../value/error.js'
import { checkModel } from './model.js'

export { layerCodec } from '../layer/codecs.js'

/** the data of a model; its shapes are not checked yet */
export const modelCodec = (registry: LayerRegistry = builtInLayers): Codec<ModelData> => codecWith(layerCodec(registry))
const codecWith = (layer: Codec<Layer>): Codec<ModelData> =>
  exact('model', { tag: t.literal('model'), input: shape, dtype: elementType, layer }) as Codec<ModelData>

const checked =
  (registry: LayerRegistry) =>
  (data: ModelData): E.Either<ShapeError, Model> =>
    checkModel(data, registry)

/**
 * A model from data in memory.
 *
 * @returns Left with the place of what is not a model, or of the layer that does not fit
 */
export const decodeModel = (
  u: unknown,
  registry: LayerRegistry = builtInLayers
): E.Either<DecodeError | ShapeError, Model> =>
  pipe(
    given(decodeError, [registryArgument(registry)], () => decode(modelCodec(registry))(u)),
    E.chainW(checked(registry))
  )

/**
 * A model from JSON text. Settings that have a default may be left out.
 *
 * @example parseModel('{ "tag": "model", "input": [784], "layer": { "tag": "dense", "units": 10 } }')
 * @returns Left with the place of what is not a model, or of the layer that does not fit; never throws
 */
export const parseModel = (
  text: string,
  registry: LayerRegistry = builtInLayers
): E.Either<DecodeError | ShapeError, Model> =>
  pipe(
    given(decodeError, [registryArgument(registry)], () => parseJson(modelCodec(registry))(text)),
    E.chainW(checked(registry))
  )

/**
 * A model as plain JSON data with every setting. Layers that are in several places are one object in the data too, so unchecked data
 * whose parts multiply take no longer than others; their text would.
 */
export const encodeModel = (model: ModelData, registry: LayerRegistry = builtInLayers): unknown =>
  writtenWith(registry, layer => codecWith(layer).encode(model))
