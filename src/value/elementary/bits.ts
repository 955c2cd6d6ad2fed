/**
 * What the elementary functions are made of: the bits of an f64, rounding to whole numbers, polynomials.
 *
 * A double is a sign, 11 exponent bits (biased by 1023) and 52 fraction bits; its high word holds the first 32 of the 64, as
 * a signed integer.
 */
const cell = new Float64Array(1)
const words = new Int32Array(cell.buffer)
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const HIGH = littleEndian ? 1 : 0
const LOW = 1 - HIGH

/** sign, exponent and the first 20 fraction bits */
export const highWord = (x: number): number => {
  cell[0] = x
  return words[HIGH] as number
}

/** the last 32 fraction bits, from 0 to 2^32 - 1 */
export const lowWord = (x: number): number => {
  cell[0] = x
  return (words[LOW] as number) >>> 0
}

/** x with another high word */
export const withHighWord = (x: number, high: number): number => {
  cell[0] = x
  words[HIGH] = high
  return cell[0]
}

/** 2^k for whole k in [-1022, 1023] */
export const powerOfTwo = (k: number): number => {
  words[HIGH] = (k + 1023) << 20
  words[LOW] = 0
  return cell[0] as number
}

/** y 2^k for whole k in [-2044, 2046], in two steps because 2^k alone can be too large or too small */
export const scale = (y: number, k: number): number => {
  const half = k >> 1
  return y * powerOfTwo(half) * powerOfTwo(k - half)
}

/** 1.5 * 2^52: added to a number it leaves no room for fraction bits, so the sum is rounded to a whole number */
export const MAGIC = 6755399441055744

/** the nearest whole number, ties to even, for |x| < 2^51 */
export const nearest = (x: number): number => x + MAGIC - MAGIC

/** c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule: from the last coefficient down, one product and one sum each */
export const polynomial = (c: readonly number[], x: number): number => {
  let y = c[c.length - 1] as number
  for (let i = c.length - 2; i >= 0; i--) y = y * x + (c[i] as number)
  return y
}
