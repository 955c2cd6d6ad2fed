/** JSON of members of open families, read by the definitions of a registry. */
import * as t from 'io-ts'
import { exact, refined, tagged, type Codec } from '../value/codec.js'
import type { AnyRegistry, Codecs, Definition, Family } from './definition.js'
import { families, type FamilyForm, type FamilyName } from './families.js'

type Tagged = { readonly tag: string }
const names = Object.keys(families) as readonly FamilyName[]
const formOf = (name: FamilyName): FamilyForm => families[name]

/** the definitions of a family; none if the registry lacks the family */
export const definitionsOf = (registry: AnyRegistry, name: FamilyName): Family<Definition> =>
  (registry as Readonly<Record<string, Family<Definition> | undefined>>)[formOf(name).field] ?? {}

/** for each family a codec that accepts nothing: enough to read the ranges of plain numbers */
export const noMembers: Codecs = Object.freeze(
  Object.fromEntries(names.map(name => [name, t.never]))
) as unknown as Codecs

/** one codec for each definition, by tag */
const byTag = <A extends Tagged>(definitions: Family<Definition>, codecs: Codecs): Readonly<Record<string, Codec<A>>> =>
  Object.fromEntries(
    Object.values(definitions).map(d => [
      d.tag,
      exact(d.tag, { tag: t.literal(d.tag), ...d.fields(codecs) }) as unknown as Codec<A>
    ])
  )

/** JSON of records. The definition of a record's tag gives its fields; unknown tags and fields are refused. */
export const recordCodec = <A extends Tagged>(
  name: string,
  definitions: Family<Definition>,
  codecs: Codecs = noMembers
): Codec<A> => {
  const all = byTag<A>(definitions, codecs)
  return tagged<A>(name, () => all)
}

const hasSettings = (d: Definition): boolean => Object.keys(d.fields(noMembers)).length > 0

/** a name if the member has no settings, else a record */
const nameOrRecord = (
  name: string,
  definitions: Family<Definition>,
  records: () => Readonly<Record<string, Codec<Tagged>>>
): Codec<string | Tagged> => {
  const all = Object.values(definitions)
  const plain = all.filter(d => !hasSettings(d)).map(d => d.tag)
  const settable = all.filter(hasSettings)
  const shown = settable.map(d => `{ tag: '${d.tag}', ${Object.keys(d.fields(noMembers)).join(', ')} }`)
  const word = refined(
    `${name}: one of ${[...plain, ...shown].join(', ')}`,
    (u): u is string => typeof u === 'string' && plain.includes(u)
  )
  const tags = settable.map(d => d.tag)
  const record = tagged<Tagged>(name.replace(/^an? /, ''), () =>
    Object.fromEntries(Object.entries(records()).filter(([tag]) => tags.includes(tag)))
  )
  return new t.Type<string | Tagged, unknown, unknown>(
    name,
    (u): u is string | Tagged => word.is(u) || record.is(u),
    (u, c): t.Validation<string | Tagged> => (typeof u === 'string' ? word.validate(u, c) : record.validate(u, c)),
    a => (typeof a === 'string' ? a : record.encode(a))
  )
}

/** changes the codec of a family before it reads members inside others */
export type Form = (name: FamilyName, codec: Codec<unknown>, registry: AnyRegistry) => Codec<unknown>
const asWritten: Form = (_, codec) => codec

const build = (registry: AnyRegistry, form: Form): Codecs => {
  const codecOf = (name: FamilyName): Codec<unknown> => {
    const { name: called, written } = formOf(name)
    const definitions = definitionsOf(registry, name)
    // called when something is read; all codecs exist by then
    const records = (): Readonly<Record<string, Codec<Tagged>>> => members[name] ?? {}
    const codec =
      written === 'record'
        ? tagged<Tagged>(called, records)
        : written === 'name'
          ? refined(
              `${called}: one of ${Object.keys(definitions).join(', ')}`,
              (u): u is string => typeof u === 'string' && Object.hasOwn(definitions, u)
            )
          : nameOrRecord(called, definitions, records)
    return form(name, codec as Codec<unknown>, registry)
  }
  const codecs = Object.freeze(Object.fromEntries(names.map(name => [name, codecOf(name)]))) as unknown as Codecs
  const members: Readonly<Partial<Record<FamilyName, Readonly<Record<string, Codec<Tagged>>>>>> = Object.fromEntries(
    names.map(name => [name, byTag<Tagged>(definitionsOf(registry, name), codecs)])
  )
  return codecs
}

/** the codecs of each registry, which are made once */
const made = new WeakMap<Form, WeakMap<AnyRegistry, Codecs>>()

/**
 * The codecs of all families of a registry: JSON of any member, with members inside it; unknown tags and fields are refused with
 * their place.
 *
 * @example codecsOf(builtIn).optimizer.decode({ tag: 'sgd', rate: 0.1 })
 * @param form another way to write members, also those inside others
 */
export const codecsOf = (registry: AnyRegistry, form: Form = asWritten): Codecs => {
  const ofForm = made.get(form) ?? new WeakMap<AnyRegistry, Codecs>()
  made.set(form, ofForm)
  const codecs = ofForm.get(registry) ?? build(registry, form)
  ofForm.set(registry, codecs)
  return codecs
}
