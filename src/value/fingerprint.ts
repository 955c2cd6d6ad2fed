/**
 * Fingerprints: 64-bit hashes of tensors, cheap enough to compute after every step. They don't protect against forgery;
 * SHA-256 does.
 */
import { numbersOf, type Tensor } from './tensor.js'

/** the multipliers are k_i = (i STEP mod 2^32) | 1: odd, so that no change of a word can vanish */
export const STEP = 0x9e3779b9

/** the low and the high half of a number of 64 bits */
export type Fingerprint = readonly [low: number, high: number]

/**
 * the numbers as 32-bit words, those of an f64 with the low half first: their bytes in memory on little-endian machines
 */
const wordsOf = (t: Tensor): Uint32Array => {
  const x = numbersOf(t)
  return x.byteOffset % 4 === 0 && x.byteLength % 4 === 0
    ? new Uint32Array(x.buffer, x.byteOffset, x.byteLength / 4)
    : Uint32Array.from(x)
}

/**
 * Sum of w_i k_i mod 2^64 over a tensor's numbers, row-major, as words w_i of 32 bits, with k_i = ((i 0x9e3779b9) mod 2^32) | 1. Since k_i
 * is odd and below 2^32, a change of any single word changes the sum.
 *
 * @param t of f32 or f64
 * @example fingerprintOf(filledTensor('f32', [1], 1)) // [0x3f800000, 0]
 */
export const fingerprintOf = (t: Tensor): Fingerprint => {
  const words = wordsOf(t)
  let low = 0
  let high = 0
  for (let i = 0; i < words.length; i++) {
    const w = words[i] as number
    const k = (Math.imul(i, STEP) | 1) >>> 0
    // two products of 48 bits, which f64 holds exactly: w k = a + b 2^16
    const a = w * (k & 0xffff)
    const b = w * (k >>> 16)
    const sum = low + (a % 0x100000000) + (b % 0x10000) * 0x10000
    low = sum % 0x100000000
    high = (high + Math.floor(sum / 0x100000000) + Math.floor(a / 0x100000000) + Math.floor(b / 0x10000)) % 0x100000000
  }
  return [low, high]
}
