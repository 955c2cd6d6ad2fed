/**
 * The short form of hand-written JSON: a string means a member without settings, as `"accuracy"` means `{ "tag":
 * "accuracy" }`.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { codecsOf, type Form } from '../registry/codecs.js'
import type { AnyRegistry, Codecs } from '../registry/definition.js'
import { families } from '../registry/families.js'
import type { Codec } from '../value/codec.js'

const bare = (tag: string): unknown => ({ tag })

/**
 * A codec that also reads strings, as the value that `meaning` gives; it always writes the full form.
 *
 * @param names the strings that have a meaning; `meaning` gives undefined for others
 */
export const shorthand = <A>(
  codec: t.Type<A, unknown, unknown>,
  meaning: (name: string) => unknown = bare,
  names: readonly string[] = []
): Codec<A> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    u => codec.is(u),
    (u, c) => {
      if (typeof u !== 'string') return codec.validate(u, c)
      const full = meaning(u)
      if (full === undefined) return t.failure(u, c, `one of ${names.join(', ')}`)
      // errors show the text as written
      const asWritten = (e: t.ValidationError): t.ValidationError => (e.value === full ? { ...e, value: u } : e)
      return E.mapLeft((errors: t.Errors) => errors.map(asWritten))(codec.validate(full, c))
    },
    a => codec.encode(a)
  )

/** the meaning of a string among layers: a layer without settings, or the layer of an activation */
const layerNamed =
  (registry: AnyRegistry) =>
  (name: string): unknown =>
    Object.hasOwn(registry.layers ?? {}, name)
      ? { tag: name }
      : Object.hasOwn(registry.activations ?? {}, name)
        ? { tag: 'activation', fn: name }
        : undefined

/**
 * a string means a member without settings, also inside other members; families that are written by name don't change
 */
const shortForm: Form = (name, codec, registry) =>
  name === 'layer'
    ? shorthand(codec, layerNamed(registry), [
        ...Object.keys(registry.activations ?? {}),
        ...Object.keys(registry.layers ?? {})
      ])
    : families[name].written === 'record'
      ? shorthand(codec)
      : codec

/**
 * The codecs of all families of a registry, with the short form: a string means a member without settings, also inside
 * other members.
 *
 * @example shortCodecsOf(builtIn).loss.decode('huber') // Right({ tag: 'huber', delta: 1 })
 */
export const shortCodecsOf = (registry: AnyRegistry): Codecs => codecsOf(registry, shortForm)
