/** How much a file may claim before it is believed: sizes are checked against these, and against the file, before memory is taken. */
import * as E from 'fp-ts/lib/Either.js'
import { showUnknown } from '../value/codec.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { isSize, showShape, type Dims } from '../value/shape.js'

/** V8 holds no longer text */
export const maxText = 536_870_888

export interface Limits {
  /** of a file, and of what it unpacks to */
  readonly bytes: number
  /** of a tensor */
  readonly rank: number
}

/** 2 GiB and 8 axes */
export const defaultLimits: Limits = { bytes: 2_147_483_648, rank: 8 }

/** How many elements a tensor of these sizes holds; multiplied step by step, so that a product too large is seen before it overflows. */
export const countElements = (
  format: string,
  sizes: Dims,
  bytesPerElement: number,
  limits: Limits
): E.Either<DecodeError, number> => {
  if (sizes.length > limits.rank)
    return E.left(decodeError([format], `at most ${limits.rank} axes`, `${sizes.length}`, 'is this the right file?'))
  const bad = sizes.findIndex(n => !isSize(n))
  if (bad >= 0)
    return E.left(
      decodeError([format, `axis ${bad}`], 'a positive size', String(sizes[bad]), 'a tensor holds at least one number')
    )
  let n = 1
  for (const size of sizes) {
    n *= size
    if (n * bytesPerElement > limits.bytes)
      return E.left(
        decodeError(
          [format],
          `at most ${limits.bytes} bytes`,
          `the sizes ${showShape(sizes)}`,
          'raise limits.bytes if they are right'
        )
      )
  }
  return E.right(n)
}

/** what is wrong with limits that a caller without a compiler handed over */
export const wrongLimits = <P>(
  fail: (path: readonly string[], expected: string, got: string) => P,
  format: string,
  limits: unknown
): P | undefined => {
  const { bytes, rank } = (limits ?? {}) as Partial<Limits>
  return typeof bytes === 'number' && typeof rank === 'number'
    ? undefined
    : fail([format], 'limits, { bytes, rank }', showUnknown(limits))
}

/** whether a decoder was given bytes, and limits that are numbers; a caller without a compiler may hand over anything */
export const checkBytes = (format: string, bytes: unknown, limits: unknown): E.Either<DecodeError, Uint8Array> => {
  if (!(bytes instanceof Uint8Array))
    return E.left(decodeError([format], 'a Uint8Array', showUnknown(bytes), 'new Uint8Array(buffer) makes one'))
  const wrong = wrongLimits(decodeError, format, limits)
  return wrong === undefined ? E.right(bytes) : E.left(wrong)
}

/** whether exactly the bytes announced are there */
export const checkLength = (format: string, expected: number, got: number): E.Either<DecodeError, number> =>
  expected === got
    ? E.right(got)
    : E.left(
        decodeError(
          [format],
          `${expected} bytes for the sizes in the header`,
          `${got}`,
          got < expected ? 'the file is cut off' : 'something follows the data'
        )
      )
