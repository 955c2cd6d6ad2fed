/**
 * Files in a zip archive (APPNOTE 6.3.10, sections 4.3 to 4.5), stored or deflated. fflate inflates; the sizes and checksums of the central
 * directory are compared with what comes out, which it does not do itself, and memory is taken only for sizes that can be true.
 */
import { inflateSync } from 'fflate'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { errorText } from '../value/text.js'
import { crc32 } from './gzip.js'
import type { Limits } from './limits.js'

/** a file of an archive, as its directory describes it */
interface Entry {
  readonly name: string
  readonly method: number
  readonly checksum: number
  /** bytes in the archive, and unpacked */
  readonly packed: number
  readonly size: number
  /** where its local header begins */
  readonly at: number
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const
const endSize = 22
const centralSize = 46
const localSize = 30
/** a field of 32 bits that says: look in the extra field of zip64 */
const elsewhere = 0xffffffff
/** deflate makes data at most 1032 times smaller */
const maxRatio = 1032

const fail = (path: readonly string[], expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['zip', ...path], expected, got, hint))
const damaged = (path: readonly string[], expected: string, got: string): E.Either<DecodeError, never> =>
  fail(path, expected, got, 'the file is damaged or cut off')

/** where the record at the end of the directory begins: behind it there may be a comment */
const endOf = (view: DataView): number | undefined => {
  const last = view.byteLength - endSize
  for (let at = last; at >= Math.max(0, last - 0xffff); at--)
    if (view.getUint32(at, true) === signatures.end && at + endSize + view.getUint16(at + 20, true) === view.byteLength)
      return at
  return undefined
}

/** the numbers of the zip64 field, in the order in which the directory left them out */
const wideNumbers = (view: DataView, from: number, to: number): readonly number[] => {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    const end = at + 4 + view.getUint16(at + 2, true)
    if (view.getUint16(at, true) === 1 && end <= to)
      return Array.from({ length: Math.floor((end - at - 4) / 8) }, (_, i) =>
        Number(view.getBigUint64(at + 4 + 8 * i, true))
      )
  }
  return []
}

/** the entry of the directory at a place, and where the next one begins */
const entryAt = (view: DataView, at: number, end: number): readonly [Entry, number] | undefined => {
  if (at + centralSize > end || view.getUint32(at, true) !== signatures.central) return undefined
  const u16 = (i: number): number => view.getUint16(at + i, true)
  const u32 = (i: number): number => view.getUint32(at + i, true)
  const nameEnd = at + centralSize + u16(28)
  const next = nameEnd + u16(30) + u16(32)
  if (next > end) return undefined
  const wide = [...wideNumbers(view, nameEnd, nameEnd + u16(30))]
  const number = (i: number): number => (u32(i) === elsewhere ? (wide.shift() ?? elsewhere) : u32(i))
  const size = number(24)
  const packed = number(20)
  const name = new TextDecoder().decode(
    new Uint8Array(view.buffer, view.byteOffset + at + centralSize, nameEnd - at - centralSize)
  )
  // bit 0 says that the file is encrypted: no method that is known
  const method = (u16(8) & 1) === 1 ? -1 : u16(10)
  return [{ name, method, checksum: u32(16), packed, size, at: number(42) }, next]
}

const entriesOf = (bytes: Uint8Array): E.Either<DecodeError, readonly Entry[]> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = endOf(view)
  if (end === undefined)
    return fail([], 'the directory at the end of a zip archive', 'none', 'is it a .npz file, and all of it?')
  const count = view.getUint16(end + 10, true)
  const entries: Entry[] = []
  let at = view.getUint32(end + 16, true)
  while (entries.length < count) {
    const read = entryAt(view, at, end)
    if (read === undefined) return damaged([`entry ${entries.length}`], 'an entry of the directory', 'other bytes')
    entries.push(read[0])
    at = read[1]
  }
  return E.right(entries)
}

const contentOf = (
  bytes: Uint8Array,
  { name, method, checksum, packed, size, at }: Entry
): E.Either<DecodeError, Uint8Array> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + localSize > bytes.length || view.getUint32(at, true) !== signatures.local)
    return damaged([name], 'a file where the directory says', 'other bytes')
  const from = at + localSize + view.getUint16(at + 26, true) + view.getUint16(at + 28, true)
  if (from + packed > bytes.length) return damaged([name], `${packed} bytes`, `${Math.max(0, bytes.length - from)}`)
  if (size > packed * maxRatio)
    return damaged([name], `at most ${maxRatio} times the ${packed} packed bytes`, `${size}`)
  if (method !== 0 && method !== 8)
    return fail([name], 'a file that is stored or deflated', method < 0 ? 'one that is encrypted' : `method ${method}`)
  const data = bytes.subarray(from, from + packed)
  return pipe(
    E.tryCatch(
      // one byte more shows a file that is longer than announced
      () => (method === 0 ? data : inflateSync(data, { out: new Uint8Array(size + 1) })),
      e => decodeError(['zip', name], 'deflated data', errorText(e), 'the file is damaged or cut off')
    ),
    E.chain(out =>
      out.length === size && crc32(out) === checksum
        ? E.right(out)
        : damaged([name], 'data of the size and checksum that the directory states', 'others')
    )
  )
}

/**
 * The files of an archive by their names, unpacked.
 *
 * @returns Left for an archive that is cut off or damaged, a name that is there twice, a method other than stored and deflated, and files of
 * more than `limits.bytes` in all. Never throws.
 */
export const unzip = (
  bytes: Uint8Array,
  limits: Limits
): E.Either<DecodeError, readonly (readonly [string, Uint8Array])[]> =>
  pipe(
    entriesOf(bytes),
    E.chain(entries => {
      const total = entries.reduce((sum, { size }) => sum + size, 0)
      const names = new Set<string>()
      const twice = entries.find(({ name }) => names.size === names.add(name).size)
      return total > limits.bytes
        ? fail([], `at most ${limits.bytes} bytes when unpacked`, `${total}`, 'raise limits.bytes if that is right')
        : twice !== undefined
          ? fail([twice.name], 'every name once', 'it twice')
          : E.traverseArray((entry: Entry) =>
              pipe(
                contentOf(bytes, entry),
                E.map(content => [entry.name, content] as const)
              )
            )(entries)
    })
  )
