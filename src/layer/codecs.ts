/** JSON of layers and of the open families inside them. */
import * as t from 'io-ts'
import { exact, refined, tagged, type Codec } from '../value/codec.js'
import { isSize, type Shape } from '../value/shape.js'
import type { ActivationName } from './activations.js'
import type { Initializer } from './initializer.js'
import type { Codecs, Kind, Kinds, Layer } from './kind.js'

const isShape = (u: unknown): u is Shape => Array.isArray(u) && (u.every(isSize) || u.every(isShape))

export const shape: Codec<Shape> = refined('a shape such as [28, 28, 1], or a list of shapes', isShape)

const nameOf = <A extends string>(family: string, table: Readonly<Record<string, unknown>>): Codec<A> =>
  refined(
    `${family}: one of ${Object.keys(table).join(', ')}`,
    (u): u is A => typeof u === 'string' && Object.hasOwn(table, u)
  )

/** a name where there are no settings, else a record */
const initializer = (kinds: Kinds): Codec<Initializer> => {
  const entries = Object.entries(kinds.initializers)
  const plain = entries.filter(([, kind]) => Object.keys(kind.fields).length === 0)
  const settable = entries.filter(([, kind]) => Object.keys(kind.fields).length > 0)
  const records = settable.map(([tag, kind]) => `{ tag: '${tag}', ${Object.keys(kind.fields).join(', ')} }`)
  const name: Codec<Initializer & string> = refined(
    `an initializer: one of ${[...plain.map(([tag]) => tag), ...records].join(', ')}`,
    (u): u is Initializer & string => plain.some(([tag]) => tag === u)
  )
  const codecs = Object.fromEntries(
    settable.map(([tag, kind]) => [
      tag,
      exact(tag, { tag: t.literal(tag), ...kind.fields }) as unknown as Codec<WithSettings>
    ])
  )
  const record = tagged<WithSettings>('initializer', () => codecs)
  return new t.Type<Initializer, unknown, unknown>(
    'an initializer',
    (u): u is Initializer => name.is(u) || record.is(u),
    (u, c): t.Validation<Initializer> => (typeof u === 'string' ? name.validate(u, c) : record.validate(u, c)),
    a => (typeof a === 'string' ? a : record.encode(a))
  )
}
type WithSettings = Exclude<Initializer, string>

const build = (kinds: Kinds): Codec<Layer> => {
  const layer: Codec<Layer> = tagged<Layer>('layer', () => codecs)
  const inner: Codecs = {
    layer,
    activation: nameOf<ActivationName>('an activation', kinds.activations),
    initializer: initializer(kinds)
  }
  const codecOf = (kind: Kind<Layer>): Codec<Layer> =>
    exact(kind.tag, { tag: t.literal(kind.tag), ...kind.fields(inner) }) as unknown as Codec<Layer>
  const codecs = Object.fromEntries(Object.values(kinds.layers).map(kind => [kind.tag, codecOf(kind)]))
  return layer
}

/** codecs are made once for each table of kinds */
const made = new WeakMap<Kinds, Codec<Layer>>()

/** the codec of any layer of the given kinds; unknown tags and fields are refused with their place */
export const layerCodec = (kinds: Kinds): Codec<Layer> => {
  const codec = made.get(kinds) ?? build(kinds)
  made.set(kinds, codec)
  return codec
}
