/**
 * Keys, in two types that can't be mixed up. A `Key` is a node of a tree: it can be refined by numbers and labels, and nothing
 * else. A `DrawKey` is a leaf: random numbers are drawn from it, and it can't be refined. The words of a key could serve for
 * either, but the outcomes would be related (`foldIn(k, i)` is `split(k, n)[i]`, and its two words xored are element i of
 * what k draws), so the types keep the two uses apart.
 *
 * @example
 * const shuffle = foldIn(childKey(rootKey(42), 'shuffle'), epoch)
 * permutation(leafKey(shuffle, 'order'), 60000)
 */
import * as O from 'fp-ts/lib/Option.js'
import { foldInWords, seedWords, splitWords, type Words } from './threefry.js'
import { utf8 } from '../value/text.js'

export interface Key {
  readonly kind: 'key'
  readonly words: Words
}

export interface DrawKey {
  readonly kind: 'draw'
  readonly words: Words
}

const key = (words: Words): Key => ({ kind: 'key', words })

const isWords = (u: unknown): boolean =>
  Array.isArray(u) && u.length === 2 && u.every(w => Number.isInteger(w) && w >= 0 && w <= 0xffffffff)
/** whether a value is a leaf; a caller without a compiler may hand over a seed instead */
export const isDrawKey = (u: unknown): u is DrawKey =>
  typeof u === 'object' && u !== null && 'kind' in u && u.kind === 'draw' && 'words' in u && isWords(u.words)

/**
 * The root of a run. A seed is a whole number from 0 to 2^32 - 1: its key is [0, seed]. Settings and run files refuse other seeds; here
 * every number has a key of its own, so that no two seeds are one by rounding.
 */
export const rootKey = (seed: number): Key => key(seedWords(seed))

/** the key below k for a number (an epoch, a step): a whole number, 0 or more; different numbers have different keys */
export const foldIn = (k: Key, n: number): Key => key(foldInWords(k.words, n))

/** the key below k for a label (a purpose, a layer) */
export const childKey = (k: Key, label: string): Key => foldIn(k, fnv1a32(label))

/** the keys below k for 0, 1, ..., n - 1 */
export const split = (k: Key, n: number): readonly Key[] =>
  Array.from({ length: n }, (_, i) => key(splitWords(k.words, i)))

/** k itself as a leaf, for a purpose that owns all of k: from then on nothing may be refined from k, nor drawn again */
export const drawKey = (k: Key): DrawKey => ({ kind: 'draw', words: k.words })

/** the leaf below k for a label. Leaves and children of one key share its labels: a label serves one of them, once. */
export const leafKey = (k: Key, label: string): DrawKey => drawKey(childKey(k, label))

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * The FNV-1a hash, 32 bits, of the UTF-8 bytes of a text (G. Fowler, L. C. Noll, K.-P. Vo).
 *
 * @example fnv1a32('a') // 0xe40c292c
 */
export const fnv1a32 = (text: string): number =>
  utf8(text).reduce((hash, byte) => Math.imul(hash ^ byte, FNV_PRIME), FNV_OFFSET) >>> 0

/**
 * Two of the labels that would make the same key, equal or not: below one key that is an error, for whoever owns the labels
 * to report.
 *
 * @example collision(['costarring', 'dense', 'liquid']) // some(['costarring', 'liquid'])
 */
export const collision = (labels: readonly string[]): O.Option<readonly [string, string]> => {
  const byHash = new Map<number, string>()
  for (const label of labels) {
    const hash = fnv1a32(label)
    const other = byHash.get(hash)
    if (other !== undefined) return O.some([other, label])
    byHash.set(hash, label)
  }
  return O.none
}
