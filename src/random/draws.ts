/**
 * Draws of random numbers from a leaf key. A draw is a pure function of its key. Element i of a draw depends on the key
 * and i alone (permutations apart). The functions named `...At` compute one element from the words of the key. Backends
 * call these functions or repeat them in machine code.
 */
import { erfinv } from '../value/elementary.js'
import type { DrawKey } from './key.js'
import { bits32At, splitWords, type Words } from './threefry.js'

/** 2^-23 */
const STEP = 1.1920928955078125e-7

/** the top 23 bits of a word as a fraction: one of the f32 numbers 0, 2^-23, ..., 1 - 2^-23 */
export const uniformAt = (k: Words, i: number): number => (bits32At(k, i) >>> 9) * STEP

/** 1 with probability p (rounded to f32), else 0: whether the uniform number is below p */
export const bernoulliAt = (k: Words, p: number, i: number): number => (uniformAt(k, i) < Math.fround(p) ? 1 : 0)

/** -1 + 2^-24, the smallest f32 above -1 */
const LEAST = -0.9999999403953552
const SQRT2 = 1.4142135623730951

/**
 * A standard normal f32: sqrt(2) erfinv(u) in f64, rounded once, where u = max(l, 2 v + l) in f32, v is the uniform
 * number and l = -1 + 2^-24. The largest value is 5.42, and the distribution is symmetric.
 */
export const normalAt = (k: Words, i: number): number =>
  Math.fround(SQRT2 * erfinv(Math.max(LEAST, Math.fround(2 * uniformAt(k, i) + LEAST))))

/** how many whole numbers there are from lo to hi - 1; 1 for an empty range */
const spanOf = (lo: number, hi: number): number => (hi > lo ? (hi - lo) >>> 0 : 1)

const within = (high: number, low: number, lo: number, span: number): number => {
  const half = (65536 % span) >>> 0
  const turn = (Math.imul(half, half) >>> 0) % span
  const sum = (Math.imul((high % span) >>> 0, turn) + (low % span)) >>> 0
  return lo + (sum % span)
}

/**
 * A whole number from lo to hi - 1, for whole -2^31 <= lo < hi < 2^31; lo itself where hi <= lo. Up to a span of 65536
 * the result is 64 random bits modulo the span, so its bias is negligible. Above, a sum taken mod 2^32 makes some
 * numbers slightly more likely.
 */
export const randintAt = (k: Words, lo: number, hi: number, i: number): number =>
  within(bits32At(splitWords(k, 0), i), bits32At(splitWords(k, 1), i), lo, spanOf(lo, hi))

const words32 = (k: Words, n: number): Uint32Array<ArrayBuffer> => {
  const out = new Uint32Array(n)
  for (let i = 0; i < n; i++) out[i] = bits32At(k, i)
  return out
}

/** n unsigned 32-bit words */
export const bits32 = (k: DrawKey, n: number): Uint32Array => words32(k.words, n)

/** n f32 numbers in [0, 1), multiples of 2^-23 */
export const uniform = (k: DrawKey, n: number): Float32Array => {
  const out = new Float32Array(n)
  for (let i = 0; i < n; i++) out[i] = uniformAt(k.words, i)
  return out
}

/** n times 1 with probability p, else 0 */
export const bernoulli = (k: DrawKey, p: number, n: number): Uint8Array => {
  const out = new Uint8Array(n)
  for (let i = 0; i < n; i++) out[i] = bernoulliAt(k.words, p, i)
  return out
}

/** n standard normal f32 numbers */
export const normal = (k: DrawKey, n: number): Float32Array => {
  const out = new Float32Array(n)
  for (let i = 0; i < n; i++) out[i] = normalAt(k.words, i)
  return out
}

/** n whole numbers from lo to hi - 1; see `randintAt` */
export const randint = (k: DrawKey, n: number, lo: number, hi: number): Int32Array => {
  const [high, low] = [splitWords(k.words, 0), splitWords(k.words, 1)]
  const span = spanOf(lo, hi)
  const out = new Int32Array(n)
  for (let i = 0; i < n; i++) out[i] = within(bits32At(high, i), bits32At(low, i), lo, span)
  return out
}

/** rounds of sorting by 32-bit keys after which equal keys have no effect: 3 ln n / ln 2^32, rounded up */
const roundsFor = (n: number): number => (n <= 1 ? 0 : n <= 1625 ? 1 : n <= 2642245 ? 2 : 3)

/**
 * A stable sort of values by key. The keys are evenly distributed, so a counting sort by their highest bits puts each
 * value within a few places of its final one, and insertion does the rest.
 */
const sortBy = (keys: Uint32Array, values: Uint32Array): Uint32Array<ArrayBuffer> => {
  const n = keys.length
  const bits = Math.min(16, Math.max(1, 31 - Math.clz32(n)))
  const shift = 32 - bits
  const starts = new Uint32Array((1 << bits) + 1)
  for (let i = 0; i < n; i++) {
    const after = ((keys[i] as number) >>> shift) + 1
    starts[after] = (starts[after] as number) + 1
  }
  for (let d = 1; d < starts.length; d++) starts[d] = (starts[d] as number) + (starts[d - 1] as number)
  const sorted = new Uint32Array(n)
  const out = new Uint32Array(n)
  for (let i = 0; i < n; i++) {
    const sortKey = keys[i] as number
    const at = starts[sortKey >>> shift] as number
    starts[sortKey >>> shift] = at + 1
    sorted[at] = sortKey
    out[at] = values[i] as number
  }
  for (let i = 1; i < n; i++) {
    const sortKey = sorted[i] as number
    if ((sorted[i - 1] as number) <= sortKey) continue
    const value = out[i] as number
    let at = i
    for (; at > 0 && (sorted[at - 1] as number) > sortKey; at--) {
      sorted[at] = sorted[at - 1] as number
      out[at] = out[at - 1] as number
    }
    sorted[at] = sortKey
    out[at] = value
  }
  return out
}

/**
 * The numbers 0 to n - 1 in random order: sorted by random words, with new words in each round.
 *
 * @example permutation(leafKey(rootKey(0), 'order'), 10)
 */
export const permutation = (k: DrawKey, n: number): Uint32Array => {
  let order = new Uint32Array(n)
  for (let i = 0; i < n; i++) order[i] = i
  let words = k.words
  for (let round = roundsFor(n); round > 0; round--) {
    const sortKeys = words32(splitWords(words, 1), n)
    order = sortBy(sortKeys, order)
    words = splitWords(words, 0)
  }
  return order
}
