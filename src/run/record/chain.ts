/**
 * The chain of a record's rows: a 64-bit sum over a row and the sum of the row before. Two records with equal sums at row k have equal
 * rows up to k, so the first difference is found by bisection; and a row that was torn, or changed later, gives itself away.
 */

/** a number of 64 bits as two words of 32, as fingerprints are written */
export type Words = readonly [low: number, high: number]

export const noWords: Words = Object.freeze([0, 0] as const)

const golden = 0x9e3779b9

/**
 * Sum over i of w_i k_i mod 2^64, k_i = ((i 0x9E3779B9) mod 2^32) | 1, over little-endian 32-bit words: the definition of fingerprints of
 * tensors. A change of any single word changes it for certain, as every k_i is odd.
 */
export const sumOfWords = (bytes: DataView, from: number, count: number, before: Words = noWords): Words => {
  // four sums of products of 16-bit halves; each stays far below 2^53
  let low = 0
  let high = 0
  const add = (w: number, i: number): void => {
    const k = (Math.imul(i, golden) | 1) >>> 0
    const [w0, w1, k0, k1] = [w & 0xffff, w >>> 16, k & 0xffff, k >>> 16]
    const [p00, p01, p10, p11] = [w0 * k0, w0 * k1, w1 * k0, w1 * k1]
    const middle = p01 + p10 + (p00 >>> 16)
    low += (p00 & 0xffff) + (middle % 0x10000) * 0x10000
    high += p11 + Math.floor(middle / 0x10000)
    if (low >= 0x1_0000_0000) {
      low -= 0x1_0000_0000
      high += 1
    }
    high %= 0x1_0000_0000
  }
  for (let i = 0; i < count; i++) add(bytes.getUint32(from + 4 * i, true), i)
  add(before[0], count)
  add(before[1], count + 1)
  return [low, high]
}
