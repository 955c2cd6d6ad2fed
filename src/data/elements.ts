/**
 * The element types that files hold, and the tensors' element type that holds each of them exactly. Whole numbers of 8 and 16 bits
 * fit f32; wider ones become u32 (indexes, class numbers), and a value that u32 cannot hold is refused, never changed.
 */
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../value/error.js'
import { allocate, type DType, type Numbers } from '../value/tensor.js'

export interface Element {
  readonly name: string
  /** bytes of one number */
  readonly width: 1 | 2 | 4 | 8
  readonly dtype: DType
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number
}

const element = (name: string, width: Element['width'], dtype: DType, read: Element['read']): Element => ({
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
  int32: element('int32', 4, 'u32', (v, at, le) => v.getInt32(at, le)),
  // a double cannot hold every 64-bit number, but those that it rounds are far outside u32
  uint64: element('uint64', 8, 'u32', (v, at, le) => Number(v.getBigUint64(at, le))),
  int64: element('int64', 8, 'u32', (v, at, le) => Number(v.getBigInt64(at, le))),
  float32: element('float32', 4, 'f32', (v, at, le) => v.getFloat32(at, le)),
  float64: element('float64', 8, 'f64', (v, at, le) => v.getFloat64(at, le))
} as const satisfies Readonly<Record<string, Element>>

const range: Readonly<Partial<Record<DType, number>>> = { u32: 0xffffffff, bool: 1 }

/** Decodes all of `bytes` (a whole number of elements). Bytes stay a view of the file, without a copy. */
export const decodeElements = (
  format: string,
  e: Element,
  bytes: Uint8Array,
  littleEndian: boolean
): E.Either<DecodeError, Numbers> => {
  const max = range[e.dtype] ?? Infinity
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const n = bytes.length / e.width
  if (e.dtype === 'u8') return E.right(bytes)
  const out = allocate(e.dtype, n)
  for (let i = 0; i < n; i++) {
    const x = e.read(view, i * e.width, littleEndian)
    if (max !== Infinity && !(x >= 0 && x <= max))
      return E.left(
        decodeError(
          [format, `element ${i}`],
          `a whole number from 0 to ${max} (${e.name} is held as ${e.dtype})`,
          String(x),
          e.dtype === 'bool' ? 'save truth values as 0 and 1' : 'save such numbers as float64 or float32'
        )
      )
    out[i] = x
  }
  return E.right(out)
}
