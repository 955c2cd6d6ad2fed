/** Digests as text, and canonical JSON for everything except tensors. */
import canonicalize from 'canonicalize'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { refined, type Codec } from '../value/codec.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { errorText } from '../value/text.js'

/** a SHA-256 as text */
export const digest: Codec<string> = refined(
  'a SHA-256 in 64 hexadecimal digits, 0-9 and a-f',
  (u): u is string => typeof u === 'string' && /^[0-9a-f]{64}$/.test(u)
)

/**
 * Canonical JSON (RFC 8785): the same data give the same text, whatever the order of their fields.
 *
 * @example canonicalJson({ b: 1, a: [1e21, 'x'] }) // Right('{"a":[1e+21,"x"],"b":1}')
 * @returns Left for data without canonical JSON: NaN, infinities, lone surrogates, circular data
 */
export const canonicalJson = (u: unknown): E.Either<DecodeError, string> =>
  pipe(
    E.tryCatch(
      () => canonicalize(u),
      e => decodeError(['$'], 'data that canonical JSON can hold', errorText(e))
    ),
    E.chain(E.fromNullable(decodeError(['$'], 'data that canonical JSON can hold', 'nothing')))
  )

/** canonical JSON of data that have one for certain; a lone surrogate in a name is escaped */
export const canonicalText = (u: unknown): string =>
  pipe(
    canonicalJson(u),
    E.getOrElse(() => JSON.stringify(u))
  )
