/** Data of JSON, and codecs for it that a search needs besides the common ones. */
import * as t from 'io-ts'
import { exact, label, type Codec } from '../value/codec.js'

/** what JSON can hold, bit for bit: numbers are finite, and 0 has no sign */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const isPlain = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)
export const isJson = (u: unknown): u is Json =>
  u === null ||
  typeof u === 'string' ||
  typeof u === 'boolean' ||
  (typeof u === 'number' && Number.isFinite(u) && !Object.is(u, -0)) ||
  (Array.isArray(u) ? u.every(isJson) : isPlain(u) && Object.values(u).every(isJson))

/** A record of any names, all of whose fields are of one kind. Names are labels: they become paths. */
export const recordOf = <A>(codec: Codec<A>): Codec<Readonly<Record<string, A>>> => {
  const keysOf = (u: unknown): readonly string[] => (isPlain(u) ? Object.keys(u) : [])
  const fields = (keys: readonly string[]): Codec<Readonly<Record<string, A>>> =>
    exact('record', Object.fromEntries(keys.map(k => [k, codec])))
  return new t.Type<Readonly<Record<string, A>>, unknown, unknown>(
    'record',
    (u): u is Readonly<Record<string, A>> => isPlain(u) && Object.values(u).every(v => codec.is(v)),
    (u, c) => {
      const wrong = keysOf(u).find(k => !label.is(k))
      return wrong === undefined
        ? fields(keysOf(u)).validate(u, c)
        : t.failure(wrong, t.appendContext(c, wrong, label), label.name)
    },
    a => fields(Object.keys(a)).encode(a)
  )
}
