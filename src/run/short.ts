/** The one short form of JSON written by hand: a string stands for a member without settings, `"accuracy"` for `{ "tag": "accuracy" }`. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Codec } from '../value/codec.js'
import { familyCodec, type Member, type Table } from '../value/family.js'

const bare = (tag: string): unknown => ({ tag })

/**
 * A codec that also reads strings, as what `meaning` says; what it writes is always the full form.
 *
 * @param names those that mean something, where `meaning` gives undefined for others
 */
export const short = <A>(
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

/** JSON of a family whose members, also those inside other members, may be written short */
export const shortFamily = <A extends { readonly tag: string }>(
  family: string,
  members: Table<Member>,
  inner: t.Mixed = t.unknown
): Codec<A> => {
  const shortened = Object.entries(members).map(([tag, m]): readonly [string, Member] => [
    tag,
    { tag: m.tag, fields: (self, schedules) => m.fields(short(self), schedules) }
  ])
  return short(familyCodec<A>(family, Object.fromEntries(shortened), inner))
}
