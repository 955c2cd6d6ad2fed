/** JSON data, and codecs for it. */
import * as t from 'io-ts'
import { label, recordOf, type Codec } from '../value/codec.js'

/** data that JSON holds exactly: numbers are finite and not -0 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const isPlain = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)
export const isJson = (u: unknown): u is Json =>
  u === null ||
  typeof u === 'string' ||
  typeof u === 'boolean' ||
  (typeof u === 'number' && Number.isFinite(u) && !Object.is(u, -0)) ||
  (Array.isArray(u) ? u.every(isJson) : isPlain(u) && Object.values(u).every(isJson))

/** A record with labels as keys (they become paths), and fields of one kind. */
export const labelled = <A>(codec: Codec<A>): Codec<Readonly<Record<string, A>>> => {
  const record = recordOf(`{ label: ${codec.name} }`, codec)
  return new t.Type<Readonly<Record<string, A>>, unknown, unknown>(
    record.name,
    (u): u is Readonly<Record<string, A>> => record.is(u) && Object.keys(u).every(label.is),
    (u, c) => {
      const wrong = isPlain(u) ? Object.keys(u).find(k => !label.is(k)) : undefined
      return wrong === undefined
        ? record.validate(u, c)
        : t.failure(wrong, t.appendContext(c, wrong, label), label.name)
    },
    record.encode
  )
}
