/** JSON of layers. */
import type { AnyRegistry } from '../registry/definition.js'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { codecsOf, type Form } from '../registry/codecs.js'
import { bracket } from '../value/bracket.js'
import { oneOf, optional, refined, type Codec } from '../value/codec.js'
import { isSize, type Shape } from '../value/shape.js'
import type { Layer } from './definition.js'

const isShape = (u: unknown): u is Shape => Array.isArray(u) && (u.every(isSize) || u.every(isShape))

export const shape: Codec<Shape> = refined('a shape such as [28, 28, 1], or a list of shapes', isShape)

/** the element type of a model's input; absent for numbers of the training's precision */
export const elementType: Codec<'u32' | undefined> = optional(oneOf('u32'))

/** the codec of any layer of a registry; unknown tags and fields are refused with their place */
export const layerCodec = (registry: AnyRegistry): Codec<Layer> => codecsOf(registry).layer

/** the objects that the reading of this moment has read; a reading is synchronous */
const now = { read: new WeakSet<object>() }
/** a layer is read where it is met first, however many places hold it; what is wrong with it is said then */
const once: Form = (name, codec) =>
  name !== 'layer'
    ? codec
    : new t.Type<unknown, unknown, unknown>(
        codec.name,
        codec.is,
        (u, c) => {
          if (typeof u !== 'object' || u === null) return codec.validate(u, c)
          if (now.read.has(u)) return t.success(u)
          now.read.add(u)
          return codec.validate(u, c)
        },
        codec.encode
      )

/** Checks the settings of one layer of a model after another; an object that several layers hold is read once. */
export const settingsChecker = (registry: AnyRegistry): ((layer: Layer) => t.Validation<Layer>) => {
  const { layer: codec } = codecsOf(registry, once)
  const read = new WeakSet<object>()
  return layer =>
    bracket(
      E.right(now.read),
      () => {
        now.read = read
        return codec.validate(layer, [])
      },
      before => {
        now.read = before
      }
    )
}

/** what the writing of this moment has written, by layer; a writing is synchronous */
const writing = { known: new WeakMap<object, unknown>() }
/** a layer is written once, however many places hold it: the data share what the model shares */
const writtenOnce: Form = (name, codec) =>
  name !== 'layer'
    ? codec
    : new t.Type<unknown, unknown, unknown>(
        codec.name,
        codec.is,
        (u, c) => codec.validate(u, c),
        a => {
          if (typeof a !== 'object' || a === null) return codec.encode(a)
          const before = writing.known.get(a)
          if (before !== undefined) return before
          const data = codec.encode(a)
          writing.known.set(a, data)
          return data
        }
      )

/** Writes data with a codec of layers that takes each object once: parts that are in a million places take no longer. */
export const writtenWith = <A>(registry: AnyRegistry, write: (layer: Codec<Layer>) => A): A => {
  const { layer } = codecsOf(registry, writtenOnce)
  const written = bracket<never, WeakMap<object, unknown>, never, A>(
    E.right(writing.known),
    () => {
      writing.known = new WeakMap()
      return E.right(write(layer))
    },
    before => {
      writing.known = before
    }
  )
  return E.toUnion(written)
}
