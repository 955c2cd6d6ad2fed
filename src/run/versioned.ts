/** Formats that may change: JSON says which format it has, and what is older is brought up to date before it is read. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { size, type Codec } from '../value/codec.js'

type Json = Readonly<Record<string, unknown>>
/** from JSON of one format to JSON of the next, its field `format` apart; not checked yet, so it may be anything */
export type Migration = (json: Json) => Json

const isJson = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

/**
 * A codec whose JSON has a field `format`, a whole number; JSON without one has the newest. The first migration leads from format 1 to
 * format 2, and so on: the newest format is one more than there are migrations. What is written has the newest.
 *
 * @example versioned(exact('point', { x: finite }), [({ left, ...rest }) => ({ ...rest, x: left })]) // reads { format: 1, left: 3 } too
 */
export const versioned = <A>(codec: Codec<A>, migrations: readonly Migration[]): Codec<A> => {
  const newest = migrations.length + 1
  return new t.Type<A, unknown, unknown>(
    codec.name,
    u => codec.is(u),
    (u, c) => {
      if (!isJson(u)) return codec.validate(u, c)
      const { format = newest, ...json } = u
      if (!size.is(format) || format > newest)
        return t.failure(
          format,
          t.appendContext(c, 'format', size),
          newest === 1 ? '1, the only format' : `a format from 1 to ${newest}, the newest this gradfold knows`
        )
      return pipe(
        E.tryCatch(
          () => migrations.slice(format - 1).reduce((old, next) => next(old), json),
          () => [{ value: u, context: c, message: `${codec.name} of format ${format}` }]
        ),
        E.chain(now => codec.validate(now, c))
      )
    },
    a => ({ format: newest, ...(codec.encode(a) as object) })
  )
}
