/** Definitions: what gives a member of an open family its meaning, in one place. */
import type { Codec, Fields } from '../value/codec.js'
import type { FamilyMembers, FamilyName, FieldOf } from './families.js'

/** the codec of each family's members, for members that hold members */
export type Codecs = { readonly [N in FamilyName]: Codec<FamilyMembers[N]> }

/** the fields of every definition; each family adds its rules */
export interface Definition {
  /** the member's name in data */
  readonly tag: string
  /** the codecs that read its settings from JSON: one for each field besides `tag` */
  fields(codecs: Codecs): Fields
}
/** definitions by their tags */
export type Family<D extends Definition> = Readonly<Record<string, D>>

/** where members are looked up: the definitions of some families, or of all */
export type AnyRegistry = { readonly [N in FamilyName as FieldOf<N>]?: Family<Definition> }

/** definitions by their tags */
export const family = <D extends Definition>(...definitions: readonly D[]): Family<D> =>
  Object.freeze(Object.fromEntries(definitions.map(d => [d.tag, d])))
