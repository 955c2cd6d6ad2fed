/**
 * The element types that files hold, and the tensors' element type that holds each of them exactly. Whole numbers of 8 and 16 bits fit
 * f32, and so do floats of 16 bits. Wider whole numbers are read as `uint32` alone keeps them (indexes), or as numbers: f32 where it
 * holds all of them, else f64. A value that cannot be held is refused, never changed.
 */
import * as E from 'fp-ts/lib/Either.js'
import { bfloat16From, halfFrom, numbersFrom, widths } from '../value/bytes.js'
import { decodeError, type DecodeError } from '../value/error.js'
import type { Dims } from '../value/shape.js'
import { allocate, type DType, type Numbers } from '../value/tensor.js'
import { exactInF32 } from './distinct.js'

export interface Element {
  readonly name: string
  /** bytes of one number */
  readonly width: 1 | 2 | 4 | 8
  /** 'whole' is decided by the numbers; see `decodeElements` */
  readonly dtype: DType | 'whole'
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number
}

const element = (name: string, width: Element['width'], dtype: Element['dtype'], read: Element['read']): Element => ({
  name,
  width,
  dtype,
  read
})

export const elements = {
  bool: element('bool', 1, 'bool', (v, at) => v.getUint8(at)),
  uint8: element('uint8', 1, 'u8', (v, at) => v.getUint8(at)),
  int8: element('int8', 1, 'f32', (v, at) => v.getInt8(at)),
  uint16: element('uint16', 2, 'f32', (v, at, le) => v.getUint16(at, le)),
  int16: element('int16', 2, 'f32', (v, at, le) => v.getInt16(at, le)),
  uint32: element('uint32', 4, 'u32', (v, at, le) => v.getUint32(at, le)),
  int32: element('int32', 4, 'whole', (v, at, le) => v.getInt32(at, le)),
  // a double cannot hold every 64-bit number: those that it rounds lie beyond 2^53, and are refused
  uint64: element('uint64', 8, 'whole', (v, at, le) => Number(v.getBigUint64(at, le))),
  int64: element('int64', 8, 'whole', (v, at, le) => Number(v.getBigInt64(at, le))),
  float16: element('float16', 2, 'f32', (v, at, le) => halfFrom(v.getUint16(at, le))),
  bfloat16: element('bfloat16', 2, 'f32', (v, at, le) => bfloat16From(v.getUint16(at, le))),
  float32: element('float32', 4, 'f32', (v, at, le) => v.getFloat32(at, le)),
  float64: element('float64', 8, 'f64', (v, at, le) => v.getFloat64(at, le))
} as const satisfies Readonly<Record<string, Element>>

/** bytes of one number while it is decoded, for limits: int8 takes four times its width in memory, as f32; whole numbers are read as f64 */
export const heldWidth = ({ width, dtype }: Element): number =>
  Math.max(width, dtype === 'whole' ? widths.f64 : widths[dtype])

/** elements that a tensor stores as they are */
const stored: readonly Element[] = [elements.float32, elements.float64, elements.uint32]

export interface Elements {
  readonly dtype: DType
  readonly numbers: Numbers
}

/** where an element lies: `element 7`, or `row 3/column 1` of a table */
const placeOf = (i: number, [rows, ...rest]: Dims, columnMajor: boolean): readonly string[] => {
  const width = rest.reduce((a, b) => a * b, 1)
  if (columnMajor && rows !== undefined && rest.length === 1)
    return [`row ${i % rows}`, `column ${Math.floor(i / rows)}`]
  return rows === undefined || rest.length === 0 || columnMajor
    ? [`element ${i}`]
    : [`row ${Math.floor(i / width)}`, `column ${i % width}`]
}

/** the least element type for whole numbers: along one axis they may be class numbers, and are u32 where it holds them */
const wholeType = (numbers: Float64Array, shape: Dims): DType => {
  let [min, max] = [0, 0]
  for (const x of numbers) {
    if (x < min) min = x
    if (x > max) max = x
  }
  return shape.length < 2 && min >= 0 && max <= 0xffffffff
    ? 'u32'
    : min >= -exactInF32 && max <= exactInF32
      ? 'f32'
      : 'f64'
}

/**
 * Decodes all of `bytes` (a whole number of elements) for a tensor of this shape. Bytes stay a view of the file, without a
 * copy.
 *
 * @returns Left for truth values other than 0 and 1, and for whole numbers beyond 2^53
 */
export const decodeElements = (
  path: readonly string[],
  e: Element,
  bytes: Uint8Array,
  littleEndian: boolean,
  shape: Dims,
  columnMajor = false
): E.Either<DecodeError, Elements> => {
  if (e.dtype === 'u8') return E.right({ dtype: 'u8', numbers: bytes })
  // bytes that are the numbers already
  if (littleEndian && stored.includes(e))
    return E.right({ dtype: e.dtype as DType, numbers: numbersFrom(e.dtype as DType, bytes) })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const n = bytes.length / e.width
  const whole = e.dtype === 'whole'
  const out = allocate(e.dtype === 'whole' ? 'f64' : e.dtype, n)
  for (let i = 0; i < n; i++) {
    const x = e.read(view, i * e.width, littleEndian)
    if (e.dtype === 'bool' && x > 1)
      return E.left(
        decodeError([...path, `element ${i}`], 'a truth value, 0 or 1', String(x), 'save truth values as 0 and 1')
      )
    if (whole && !Number.isSafeInteger(x))
      return E.left(
        decodeError(
          [...path, ...placeOf(i, shape, columnMajor)],
          `${e.name} from -(2^53 - 1) to 2^53 - 1, which f64 holds exactly`,
          String(x),
          'save such numbers as float64, or leave the column out'
        )
      )
    out[i] = x
  }
  const dtype = whole ? wholeType(out as Float64Array, shape) : (e.dtype as DType)
  return E.right({ dtype, numbers: dtype === 'f64' || !whole ? out : allocate(dtype, out) })
}
