/** Definitions: what gives a member of an open family its meaning, in one place. */
import type { Codec, Fields } from '../value/codec.js'
import type { FamilyMembers, FamilyName, FieldOf } from './families.js'

/** by the name of each family, the codec of its members, for members made of members */
export type Codecs = { readonly [N in FamilyName]: Codec<FamilyMembers[N]> }

/** what the definitions of all families have; each family adds what its members do */
export interface Definition {
  /** the name that data call the member by */
  readonly tag: string
  /** how its settings are read from JSON: one codec for each field besides `tag` */
  fields(codecs: Codecs): Fields
}
/** definitions by their tags */
export type Family<D extends Definition> = Readonly<Record<string, D>>

/** where members are looked up: the definitions of some families, or of all */
export type AnyRegistry = { readonly [N in FamilyName as FieldOf<N>]?: Family<Definition> }

/** definitions by their tags */
export const family = <D extends Definition>(...definitions: readonly D[]): Family<D> =>
  Object.freeze(Object.fromEntries(definitions.map(d => [d.tag, d])))
