/** The one short form of JSON written by hand: a string stands for a member without settings, `"accuracy"` for `{ "tag": "accuracy" }`. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { codecsOf, type Form } from '../registry/codecs.js'
import type { AnyRegistry, Codecs } from '../registry/definition.js'
import { families } from '../registry/families.js'
import type { Codec } from '../value/codec.js'

const bare = (tag: string): unknown => ({ tag })

/**
 * A codec that also reads strings, as what `meaning` says; what it writes is always the full form.
 *
 * @param names those that mean something, where `meaning` gives undefined for others
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
      // errors show what was written
      const asWritten = (e: t.ValidationError): t.ValidationError => (e.value === full ? { ...e, value: u } : e)
      return E.mapLeft((errors: t.Errors) => errors.map(asWritten))(codec.validate(full, c))
    },
    a => codec.encode(a)
  )

/** what a string means among layers: a layer without settings, or the layer of an activation */
const layerNamed =
  (registry: AnyRegistry) =>
  (name: string): unknown =>
    Object.hasOwn(registry.layers ?? {}, name)
      ? { tag: name }
      : Object.hasOwn(registry.activations ?? {}, name)
        ? { tag: 'activation', fn: name }
        : undefined

/** a string stands for a member without settings, also inside other members; families written by name are as they were */
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
 * The codecs of all families of a registry, in the form that people write: a string stands for a member without settings, also inside
 * other members.
 *
 * @example shortCodecsOf(builtIn).loss.decode('huber') // Right({ tag: 'huber', delta: 1 })
 */
export const shortCodecsOf = (registry: AnyRegistry): Codecs => codecsOf(registry, shortForm)
