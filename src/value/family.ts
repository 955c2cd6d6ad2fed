/**
 * Open families (layers, losses, optimizers, ...): a member is plain data with a `tag`, its meaning is one record in a table.
 * Shared code never names a member; it looks the record up by the tag.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { exact, firstCode, firstError, tagged, type Codec, type Fields } from './codec.js'
import { settingError, type SettingError } from './error.js'

export interface Member {
  readonly tag: string
  /** the settings besides `tag`; given the family's own codec, for members made of members, and that of a family used inside (schedules in optimizers) */
  fields(self: Codec<unknown>, inner: Codec<unknown>): Fields
}
export type Table<M extends Member> = Readonly<Record<string, M>>

/** members by their tags */
export const table = <M extends Member>(...members: readonly M[]): Table<M> =>
  Object.freeze(Object.fromEntries(members.map(m => [m.tag, m])))

/** JSON of any member of the family; unknown tags and fields are refused with their place */
export const familyCodec = <A extends { readonly tag: string }>(
  family: string,
  members: Table<Member>,
  inner: t.Mixed = t.unknown
): Codec<A> => {
  const self: Codec<unknown> = new t.Type<unknown, unknown, unknown>(
    family,
    (u): u is unknown => all.is(u),
    (u, c) => all.validate(u, c),
    a => all.encode(a as A)
  )
  const codecs = Object.fromEntries(
    Object.values(members).map(m => [
      m.tag,
      exact(m.tag, { tag: t.literal(m.tag), ...m.fields(self, inner as Codec<unknown>) }) as unknown as Codec<A>
    ])
  )
  const all = tagged<A>(family, () => codecs)
  return all
}

const notKnown = (family: string, members: Table<Member>, tag: string): SettingError =>
  settingError(
    [family],
    `one of ${Object.keys(members).join(', ')}`,
    tag,
    'one of your own needs its record in the table that is handed along',
    'unknown-member'
  )
/** the record that gives a member its meaning */
export const find = <M extends Member>(family: string, members: Table<M>, tag: string): E.Either<SettingError, M> => {
  const m = Object.hasOwn(members, tag) ? members[tag] : undefined
  return m === undefined ? E.left(notKnown(family, members, tag)) : E.right(m)
}

/** The member, whether its settings are in range, however it was made (a constructor checks nothing); what it lacks is filled in. */
export const checkMember =
  (family: string, members: Table<Member>, inner?: t.Mixed) =>
  <A extends { readonly tag: string }>(a: A): E.Either<SettingError, A> => {
    const r = familyCodec<A>(family, members, inner).decode(a)
    if (E.isRight(r)) return r
    // made by hand, it may be anything
    const tag: unknown = (a as Partial<A> | null | undefined)?.tag
    if (typeof tag === 'string' && !Object.hasOwn(members, tag)) return E.left(notKnown(family, members, tag))
    const [path, expected, got] = firstError(r.left)
    return E.left(settingError([family, ...path], expected, got, '', firstCode(r.left, 'out-of-range')))
  }
