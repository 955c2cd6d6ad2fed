/**
 * The .npy format of NumPy: a magic, a version, the length of a header, the header (a Python dictionary as text), the numbers.
 * Source: NumPy's format description (numpy.lib.format), versions 1.0 to 3.0. Written here because the npm readers looked at don't
 * hold the header's sizes against the file.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { stridesOf, type Dims } from '../value/shape.js'
import { numbersOf, tensorView, type DType, type Tensor } from '../value/tensor.js'
import { utf8 } from '../value/text.js'
import { decodeElements, elements, heldWidth, type Element } from './elements.js'
import { unpack } from './gzip.js'
import { checkBytes, checkLength, countElements, defaultLimits, type Limits } from './limits.js'

const magic: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

const types: Readonly<Record<string, Element>> = {
  b1: elements.bool,
  u1: elements.uint8,
  i1: elements.int8,
  u2: elements.uint16,
  i2: elements.int16,
  u4: elements.uint32,
  i4: elements.int32,
  u8: elements.uint64,
  i8: elements.int64,
  f2: elements.float16,
  f4: elements.float32,
  f8: elements.float64
}

interface Header {
  readonly element: Element
  readonly littleEndian: boolean
  readonly fortran: boolean
  readonly sizes: Dims
}

const fail = (expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['npy'], expected, got, hint))

/** one `'key': value` and the comma behind it; the value is a string, a truth value or a tuple of whole numbers */
const field = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(([\d,\sL]*)\))\s*(?:,|$)/y

/** the fields of a header's dictionary, where it has nothing else; by a small grammar: nothing is evaluated */
const fieldsOf = (text: string): readonly (readonly [key: string, value: string])[] => {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return []
  const body = trimmed.slice(1, -1).trim()
  const entries: [string, string][] = []
  for (let at = 0; at < body.length; at = field.lastIndex) {
    field.lastIndex = at
    const m = field.exec(body)
    if (m === null) return []
    entries.push([m[2] as string, m[4] ?? m[5] ?? `(${m[6] ?? ''})`])
  }
  return entries
}

/** `(3, 4)` -> [3, 4]; undefined where a number is missing or too many digits make it inexact */
const sizesOf = (tuple: string): Dims | undefined => {
  const parts = tuple
    .slice(1, -1)
    .split(',')
    .map(s => s.trim())
  const numbers = parts.at(-1) === '' ? parts.slice(0, -1) : parts
  // Python 2 wrote an L behind its long numbers
  return numbers.every(s => /^\d{1,15}L?$/.test(s)) ? numbers.map(s => Number(s.replace('L', ''))) : undefined
}

/** the three fields of the header, each exactly once */
const parseHeader = (text: string): E.Either<DecodeError, Header> => {
  const entries = fieldsOf(text)
  const fields = new Map(entries)
  const descr = fields.get('descr')
  const order = fields.get('fortran_order')
  const shape = fields.get('shape')
  const sizes = shape?.startsWith('(') === true ? sizesOf(shape) : undefined
  if (entries.length !== 3 || descr === undefined || sizes === undefined || (order !== 'True' && order !== 'False'))
    return fail(
      "a header with 'descr', 'fortran_order' and 'shape'",
      JSON.stringify(text.slice(0, 80)),
      'only arrays of plain numbers are read, without named fields'
    )
  // without a byte order it is that of the machine, as with =: nearly all are little-endian
  const code = /^([<>|=]?)(\w\d)$/.exec(descr)
  const element = code?.[2] !== undefined && Object.hasOwn(types, code[2]) ? types[code[2]] : undefined
  return element === undefined
    ? fail(`an element type among ${Object.keys(types).join(' ')}`, descr, 'convert it with astype before saving')
    : E.right({ element, littleEndian: code?.[1] !== '>', fortran: order === 'True', sizes })
}

/** strides of column-major order: the first axis runs fastest */
const columnMajor = (sizes: Dims): Dims => [...stridesOf([...sizes].reverse())].reverse()

/** a header, and the place of the first number */
export interface NpyLayout extends Header {
  readonly start: number
}
/** what a header can be at most, with what is before it */
export const maxNpyHeader = 12 + 65535

/** the layout of a file from its beginning */
export const npyLayout = (bytes: Uint8Array): E.Either<DecodeError, NpyLayout> => {
  if (!magic.every((b, i) => bytes[i] === b))
    return fail('the magic of a .npy file', 'other bytes', 'is this a .npy file?')
  const version = bytes[6]
  if (version === undefined || version < 1 || version > 3)
    return fail('version 1, 2 or 3', String(version ?? 'nothing'))
  const lengthBytes = version === 1 ? 2 : 4
  const headerAt = 8 + lengthBytes
  if (bytes.length < headerAt) return fail(`at least ${headerAt} bytes`, `${bytes.length}`, 'the file is cut off')
  const at = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = version === 1 ? at.getUint16(8, true) : at.getUint32(8, true)
  const start = headerAt + length
  if (length > 65535) return fail('a header of at most 65535 bytes', `${length}`)
  if (bytes.length < start)
    return fail(`a header of ${length} bytes`, `${bytes.length - headerAt}`, 'the file is cut off')
  return pipe(
    parseHeader(new TextDecoder('latin1').decode(bytes.subarray(headerAt, start))),
    E.map(header => ({ ...header, start }))
  )
}

/** a file that is not packed */
export const decodePlain = (bytes: Uint8Array, limits: Limits): E.Either<DecodeError, Tensor> =>
  pipe(
    npyLayout(bytes),
    E.chain(({ element, littleEndian, fortran, sizes, start }) =>
      pipe(
        countElements('npy', sizes, heldWidth(element), limits),
        E.chain(n => checkLength('npy', start + n * element.width, bytes.length)),
        E.chain(() => {
          const numbers = bytes.subarray(start)
          return decodeElements(['npy'], element, numbers, littleEndian, sizes, fortran)
        }),
        E.map(({ dtype, numbers }): Tensor => ({
          ...tensorView(dtype, sizes, numbers),
          stride: fortran ? columnMajor(sizes) : stridesOf(sizes)
        }))
      )
    )
  )

/**
 * Reads a .npy file (versions 1 to 3, either byte order, C or Fortran order), plain or packed with gzip. Fortran order becomes
 * strides, not a copy. bool, uint8, uint32, float32 and float64 keep their type; int8, int16, uint16 and float16 become f32. int32,
 * int64 and uint64 are numbers: f32 where it holds all of them exactly, else f64; along one axis they are u32 where it holds them, as
 * class numbers are. Save indexes (of an embedding, say) as uint32.
 *
 * @example decodeNpy(bytes) // np.save('x.npy', np.zeros((2, 3), 'f4')): Right({ dtype: 'f32', shape: [2, 3], ... })
 * @returns Left for another format, named fields, complex numbers or text, a size of 0, sizes that differ from the file's length,
 * a whole number beyond 2^53. Never throws.
 */
export const decodeNpy = (bytes: Uint8Array, limits: Limits = defaultLimits): E.Either<DecodeError, Tensor> =>
  pipe(
    checkBytes('npy', bytes, limits),
    E.chain(checked => unpack(checked, limits)),
    E.chain(plain => decodePlain(plain, limits))
  )

const codes: Readonly<Record<DType, string>> = { f32: '<f4', f64: '<f8', u8: '|u1', u32: '<u4', bool: '|b1' }

/**
 * Writes a .npy file, version 1.0, little-endian, C order, the data on a multiple of 64 bytes as NumPy does it.
 *
 * @example encodeNpy(t) // np.load gives an array of t's sizes and element type
 */
export const encodeNpy = (t: Tensor): Uint8Array => {
  const sizes = t.shape.length === 1 ? `${t.shape[0]},` : t.shape.join(', ')
  const text = `{'descr': '${codes[t.dtype]}', 'fortran_order': False, 'shape': (${sizes}), }`
  const start = Math.ceil((10 + text.length + 1) / 64) * 64
  const numbers = numbersOf(t)
  const out = new Uint8Array(start + numbers.byteLength)
  const at = new DataView(out.buffer)
  out.set([...magic, 1, 0])
  at.setUint16(8, start - 10, true)
  out.set(utf8(text.padEnd(start - 11) + '\n'), 10)
  const width = numbers.BYTES_PER_ELEMENT
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] as number
    const to = start + i * width
    if (t.dtype === 'f32') at.setFloat32(to, x, true)
    else if (t.dtype === 'f64') at.setFloat64(to, x, true)
    else if (t.dtype === 'u32') at.setUint32(to, x, true)
    else out[to] = x
  }
  return out
}
