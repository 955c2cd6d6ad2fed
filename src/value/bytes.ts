/** Numbers as bytes and back, little-endian on every machine: what files hold and what is hashed. */
import { allocate, numbersOf, type DType, type Numbers, type Tensor } from './tensor.js'

/** bytes of one number */
export const widths: Readonly<Record<DType, 1 | 4 | 8>> = { f32: 4, f64: 8, u8: 1, u32: 4, bool: 1 }

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** each number's bytes the other way round, in place */
const swapped = (bytes: Uint8Array, width: number): Uint8Array => {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse()
  return bytes
}

/** The numbers of a tensor in row-major order, as bytes. Read them only: they may be the tensor's own storage. */
export const bytesOf = (t: Tensor): Uint8Array => {
  const { buffer, byteOffset, byteLength } = numbersOf(t)
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  return littleEndian ? bytes : swapped(bytes.slice(), widths[t.dtype])
}

/** The numbers that such bytes are, in storage of their own; there must be a whole number of them. */
export const numbersFrom = (dtype: DType, bytes: Uint8Array): Numbers => {
  const numbers = allocate(dtype, bytes.length / widths[dtype])
  const own = new Uint8Array(numbers.buffer)
  own.set(bytes)
  if (!littleEndian) swapped(own, widths[dtype])
  return numbers
}
