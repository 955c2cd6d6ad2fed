/**
 * The IDX format of the MNIST files: two zero bytes, the element type, the rank, the sizes as big-endian 32-bit numbers, then the
 * numbers row-major and big-endian. Source: the description on the MNIST page (Y. LeCun, C. Cortes, C. Burges).
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { tensorView, type Tensor } from '../value/tensor.js'
import { decodeElements, elements, heldWidth, type Element } from './elements.js'
import { unpack } from './gzip.js'
import { checkBytes, checkLength, countElements, defaultLimits, type Limits } from './limits.js'

const types: Readonly<Record<number, Element>> = {
  0x08: elements.uint8,
  0x09: elements.int8,
  0x0b: elements.int16,
  0x0c: elements.int32,
  0x0d: elements.float32,
  0x0e: elements.float64
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 4), b => b.toString(16).padStart(2, '0')).join(' ')

const decodePlain = (bytes: Uint8Array, limits: Limits): E.Either<DecodeError, Tensor> => {
  const fail = (expected: string, got: string, hint = ''): E.Either<DecodeError, Tensor> =>
    E.left(decodeError(['idx'], expected, got, hint))
  const [zero0, zero1, type, rank] = bytes
  if (zero0 !== 0 || zero1 !== 0 || type === undefined || rank === undefined)
    return fail(
      'an IDX header (00 00, element type, rank)',
      bytes.length === 0 ? 'no bytes' : hex(bytes),
      'is this an IDX file?'
    )
  const element = types[type]
  if (element === undefined)
    return fail('an element type of 08, 09, 0b, 0c, 0d or 0e', hex(bytes.subarray(2, 3)), 'is this an IDX file?')
  const start = 4 + 4 * rank
  if (rank === 0 || rank > limits.rank) return fail(`1 to ${limits.rank} axes`, `${rank}`, 'is this an IDX file?')
  if (bytes.length < start) return fail(`a header of ${start} bytes`, `${bytes.length}`, 'the file is cut off')
  const header = new DataView(bytes.buffer, bytes.byteOffset, start)
  const sizes = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis))
  return pipe(
    countElements('idx', sizes, heldWidth(element), limits),
    E.chain(n => checkLength('idx', start + n * element.width, bytes.length)),
    E.chain(() => decodeElements(['idx'], element, bytes.subarray(start), false, sizes)),
    E.map(({ dtype, numbers }) => tensorView(dtype, sizes, numbers))
  )
}

/**
 * Reads an IDX file, plain or packed with gzip. Unsigned bytes stay bytes and, unpacked, share the memory of `bytes`; int8 and
 * int16 become f32. int32 are numbers: f32 where it holds all of them exactly, else f64; along one axis they are u32 where it holds
 * them, as class numbers are.
 *
 * @example decodeIdx(bytes) // Right({ dtype: 'u8', shape: [60000, 28, 28], ... })
 * @returns Left for anything that is not exactly one IDX tensor: another format, data cut off or followed by more, a size of 0,
 * sizes beyond the limits, damaged gzip. Never throws.
 */
export const decodeIdx = (bytes: Uint8Array, limits: Limits = defaultLimits): E.Either<DecodeError, Tensor> =>
  pipe(
    checkBytes('idx', bytes, limits),
    E.chain(checked => unpack(checked, limits)),
    E.chain(plain => decodePlain(plain, limits))
  )
