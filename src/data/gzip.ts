/**
 * gzip (RFC 1952), for files that come packed. fflate unpacks, but neither checks the checksum nor bounds the size; both are done
 * here, so that a damaged file is an error and never other data.
 */
import { Gunzip } from 'fflate'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { errorText } from '../value/text.js'
import { defaultLimits, type Limits } from './limits.js'

/** a 32-bit check of bytes by a reversed polynomial: all bits set at first, and inverted at the end */
export const crcBy = (polynomial: number): ((bytes: Uint8Array) => number) => {
  const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ polynomial : c >>> 1
    return c
  })
  return bytes => {
    let c = 0xffffffff
    for (let i = 0; i < bytes.length; i++) c = (table[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8)
    return ~c >>> 0
  }
}

/** The CRC-32 of gzip, zip and PNG. @example crc32(new TextEncoder().encode('123456789')) // 0xcbf43926 */
export const crc32 = crcBy(0xedb88320)

export const isGzip = (bytes: Uint8Array): boolean => bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b

/** deflate makes data at most 1032 times smaller, so a file that claims more is lying */
const maxRatio = 1032
const headerAndTrailer = 18

interface Unpacked {
  readonly data: Uint8Array
  readonly length: number
  readonly members: number
}

/** Pushes the file through in pieces, and stops as soon as more comes out than was announced. Throws as fflate does. */
const inflate = (bytes: Uint8Array, size: number): Unpacked => {
  const data = new Uint8Array(size)
  const piece = 65536
  let length = 0
  let members = 1
  const stream = new Gunzip(out => {
    if (length + out.length <= size) data.set(out, length)
    length += out.length
  })
  stream.onmember = () => members++
  for (let at = 0; at < bytes.length && length <= size; at += piece)
    stream.push(bytes.subarray(at, at + piece), at + piece >= bytes.length)
  return { data, length, members }
}

/**
 * Unpacks one gzip member.
 *
 * @returns Left for data that are cut off, damaged (the checksum differs) or followed by more, and for a size above `limits.bytes`.
 * Memory is allocated only after the size that the file claims was compared with its own length. Never throws.
 */
export const gunzip = (bytes: Uint8Array, limits: Limits = defaultLimits): E.Either<DecodeError, Uint8Array> => {
  const fail = (expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
    E.left(decodeError(['gzip'], expected, got, hint))
  if (!(bytes instanceof Uint8Array)) return fail('a Uint8Array', 'something else', 'new Uint8Array(buffer) makes one')
  if (!isGzip(bytes)) return fail('the bytes 1f 8b at the start', 'others', 'is this file packed with gzip?')
  if (bytes.length < headerAndTrailer)
    return fail(`at least ${headerAndTrailer} bytes`, `${bytes.length}`, 'the file is cut off')
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8)
  const checksum = trailer.getUint32(0, true)
  const size = trailer.getUint32(4, true)
  if (size > limits.bytes)
    return fail(`at most ${limits.bytes} bytes when unpacked`, `${size}`, 'raise limits.bytes if that is right')
  if (size > bytes.length * maxRatio)
    return fail(
      `at most ${maxRatio} times the ${bytes.length} packed bytes`,
      `a claim of ${size}`,
      'the file is damaged'
    )
  return pipe(
    E.tryCatch(
      () => inflate(bytes, size),
      e => decodeError(['gzip'], 'gzip data', errorText(e), 'the file is damaged or cut off')
    ),
    E.chain(({ data, length, members }) =>
      members > 1
        ? fail('one gzip member', 'several', 'unpack the file and pack it again')
        : length !== size || crc32(data) !== checksum
          ? fail('data of the size and checksum that the file states', 'others', 'the file is damaged or cut off')
          : E.right(data)
    )
  )
}

/** packed bytes unpacked, others as they are */
export const unpack = (bytes: Uint8Array, limits: Limits = defaultLimits): E.Either<DecodeError, Uint8Array> =>
  isGzip(bytes) ? gunzip(bytes, limits) : E.right(bytes)
