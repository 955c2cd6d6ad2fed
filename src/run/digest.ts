/** What is hashed, and how: SHA-256 over bytes, canonical JSON for everything that is not a tensor. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import canonicalize from 'canonicalize'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { refined, type Codec } from '../value/codec.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { errorText } from '../value/text.js'

/** SHA-256 of the parts one after the other, in 64 hexadecimal digits */
export const sha256Of = (...parts: readonly Uint8Array[]): string =>
  bytesToHex(parts.reduce((hash, part) => hash.update(part), sha256.create()).digest())

/** a SHA-256 as it is written */
export const digest: Codec<string> = refined(
  'a SHA-256 in 64 hexadecimal digits, 0-9 and a-f',
  (u): u is string => typeof u === 'string' && /^[0-9a-f]{64}$/.test(u)
)

/**
 * Canonical JSON (RFC 8785): the same data give the same text, whatever the order of their fields.
 *
 * @example canonicalJson({ b: 1, a: [1e21, 'x'] }) // Right('{"a":[1e+21,"x"],"b":1}')
 * @returns Left for what canonical JSON has no text for: NaN, infinities, half characters, data that contain themselves
 */
export const canonicalJson = (u: unknown): E.Either<DecodeError, string> =>
  pipe(
    E.tryCatch(
      () => canonicalize(u),
      e => decodeError(['$'], 'data that canonical JSON can hold', errorText(e))
    ),
    E.chain(E.fromNullable(decodeError(['$'], 'data that canonical JSON can hold', 'nothing')))
  )

/** canonical JSON of data that are known to have one; a name with half a character is escaped */
export const canonicalText = (u: unknown): string =>
  pipe(
    canonicalJson(u),
    E.getOrElse(() => JSON.stringify(u))
  )
