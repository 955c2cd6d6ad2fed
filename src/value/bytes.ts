/** Numbers as bytes and back, little-endian on every machine: for files and hashes. */
import { allocate, numbersOf, type DType, type Numbers, type Tensor } from './tensor.js'

/** bytes of one number */
export const widths: Readonly<Record<DType, 1 | 4 | 8>> = { f32: 4, f64: 8, u8: 1, u32: 4, bool: 1 }

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** reverses the bytes of each number, in place */
const swapped = (bytes: Uint8Array, width: number): Uint8Array => {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse()
  return bytes
}

/** The numbers of a tensor in row-major order, as bytes. Don't write to them: they may be the tensor's storage. */
export const bytesOf = (t: Tensor): Uint8Array => {
  const { buffer, byteOffset, byteLength } = numbersOf(t)
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  return littleEndian ? bytes : swapped(bytes.slice(), widths[t.dtype])
}

/** The numbers of these bytes, in new storage; the bytes must be a whole number of numbers. */
export const numbersFrom = (dtype: DType, bytes: Uint8Array): Numbers => {
  const numbers = allocate(dtype, bytes.length / widths[dtype])
  const own = new Uint8Array(numbers.buffer)
  own.set(bytes)
  if (!littleEndian) swapped(own, widths[dtype])
  return numbers
}

const scratch = new DataView(new ArrayBuffer(4))
const fromF32Bits = (bits: number): number => {
  scratch.setUint32(0, bits)
  return scratch.getFloat32(0)
}

/** The number of a float16 (IEEE 754 binary16: 5 bits of exponent, 10 of fraction). Each is exact in f32. */
export const halfFrom = (bits: number): number => {
  const sign = (bits & 0x8000) === 0 ? 1 : -1
  const exponent = (bits >>> 10) & 31
  const fraction = bits & 1023
  // below 2^-14 in steps of 2^-24
  if (exponent === 0) return sign * fraction * 5.960464477539063e-8
  const f32 = exponent === 31 ? 255 : exponent + 112
  return sign * fromF32Bits((f32 << 23) | (fraction << 13))
}

/** The number of a bfloat16: the upper half of an f32. */
export const bfloat16From = (bits: number): number => fromF32Bits(bits << 16)

/** all pieces in one */
export const joinedBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
