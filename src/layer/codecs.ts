/** JSON of layers. */
import type { AnyRegistry } from '../registry/definition.js'
import { codecsOf } from '../registry/codecs.js'
import { oneOf, optional, refined, type Codec } from '../value/codec.js'
import { isSize, type Shape } from '../value/shape.js'
import type { Layer } from './definition.js'

const isShape = (u: unknown): u is Shape => Array.isArray(u) && (u.every(isSize) || u.every(isShape))

export const shape: Codec<Shape> = refined('a shape such as [28, 28, 1], or a list of shapes', isShape)

/** the element type of a model's input; absent for numbers of the training's precision */
export const elementType: Codec<'u32' | undefined> = optional(oneOf('u32'))

/** the codec of any layer of a registry; unknown tags and fields are refused with their place */
export const layerCodec = (registry: AnyRegistry): Codec<Layer> => codecsOf(registry).layer
