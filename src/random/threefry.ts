/**
 * Threefry-2x32 with 20 rounds: a keyed function from 64-bit counters to 64 random bits. There is no state: element i
 * of a stream is a function of i, so any thread can compute any element alone, in any order.
 *
 * Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011. Derivations
 * agree to the
 * bit with JAX (threefry, partitionable).
 */

/** two unsigned 32-bit words, the high one first: a key, a counter, or a block of output */
export type Words = readonly [number, number]

const PARITY = 0x1bd11bda
const TWO_32 = 4294967296

/** the last block, as signed words; every function below reads it at once, so the reuse can't be seen from outside */
const block = new Int32Array(2)

/** fills `block`: five groups of four rounds, with two sets of rotations in turn; each group ends by adding the key */
const mix = (k0: number, k1: number, c0: number, c1: number): void => {
  let a = k0 | 0
  let b = k1 | 0
  let c = k0 ^ k1 ^ PARITY
  // convert to 32 bits before adding: an index may be near 2^53, where a sum would be rounded
  let x = ((c0 | 0) + a) | 0
  let y = ((c1 | 0) + b) | 0
  for (let group = 1; ; group += 2) {
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + b) | 0
    y = (y + c + group) | 0
    if (group === 5) break
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + c) | 0
    y = (y + a + group + 1) | 0
    const first = a
    a = c
    c = b
    b = first
  }
  block[0] = x
  block[1] = y
}

const made = (): Words => [(block[0] as number) >>> 0, (block[1] as number) >>> 0]

/** the block function: 64 bits for each key and counter */
export const threefry = ([k0, k1]: Words, [c0, c1]: Words): Words => {
  mix(k0, k1, c0, c1)
  return made()
}

const bits = new DataView(new ArrayBuffer(8))
/** separates these counters from those of all other uses, whose first word is below 2^21 */
const OTHER = 0xffffffff

/**
 * A number as two words, so that different numbers stay different. Whole numbers from 0 to 2^53 - 1 are written in base
 * 2^32; any other number is a block computed from its 64 bits. NaN is one number, and -0 is 0.
 */
export const wordsOf = (n: number): Words => {
  if (Number.isSafeInteger(n) && n >= 0) return [Math.floor(n / TWO_32) >>> 0, n >>> 0]
  // engines differ in the bits of NaN
  if (Number.isNaN(n)) bits.setBigUint64(0, 0x7ff8000000000000n)
  else bits.setFloat64(0, n)
  mix(bits.getUint32(0), bits.getUint32(4), OTHER, OTHER)
  return made()
}

/** the key of a seed: [0, seed] for seeds below 2^32; see `wordsOf` for others */
export const seedWords = (seed: number): Words => wordsOf(seed)

/** a key for each number d: threefry(k, [0, d]) for whole numbers below 2^32; see `wordsOf` for others */
export const foldInWords = ([k0, k1]: Words, d: number): Words => {
  const [high, low] = wordsOf(d)
  mix(k0, k1, high, low)
  return made()
}

/** key i of those that k is split into: threefry(k, [high word of i, low word of i]), for 0 <= i < 2^53 */
export const splitWords = ([k0, k1]: Words, i: number): Words => {
  mix(k0, k1, Math.floor(i / TWO_32), i)
  return made()
}

/** element i of a key's stream of 32-bit words, an unsigned number: the two words of block i, xored; 0 <= i < 2^53 */
export const bits32At = (k: Words, i: number): number => {
  mix(k[0], k[1], Math.floor(i / TWO_32), i)
  return ((block[0] as number) ^ (block[1] as number)) >>> 0
}
