/**
 * Keys, in two types that can't be mixed up. A `Key` is a node of a tree: it can be refined by numbers and labels, and
 * nothing else. A `DrawKey` is a leaf: random numbers are drawn from it, and it can't be refined. One key must not be
 * used for both, because the results would be correlated: `foldIn(k, i)` is `split(k, n)[i]`, and the xor of its two
 * words is element i of what k draws. The types prevent that.
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
/** whether a value is a leaf; untyped callers may pass a seed instead */
export const isDrawKey = (u: unknown): u is DrawKey =>
  typeof u === 'object' && u !== null && 'kind' in u && u.kind === 'draw' && 'words' in u && isWords(u.words)

/**
 * The root of a run. A seed is a whole number from 0 to 2^32 - 1: its key is [0, seed]. Settings and run files refuse
 * other seeds. This function gives every other number a different key too, so that rounding never makes two seeds
 * equal.
 */
export const rootKey = (seed: number): Key => key(seedWords(seed))

/** the key below k for a number (an epoch, a step): a whole number, 0 or more; different numbers have different keys */
export const foldIn = (k: Key, n: number): Key => key(foldInWords(k.words, n))

/** the key below k for a label (a purpose, a layer) */
export const childKey = (k: Key, label: string): Key => foldIn(k, fnv1a32(label))

/** the keys below k for 0, 1, ..., n - 1 */
export const split = (k: Key, n: number): readonly Key[] =>
  Array.from({ length: n }, (_, i) => key(splitWords(k.words, i)))

/** k itself as a leaf, for a purpose that uses k alone: after that k must not be refined or drawn from again */
export const drawKey = (k: Key): DrawKey => ({ kind: 'draw', words: k.words })

/**
 * the leaf below k for a label. Leaves and children of a key share one set of labels: use a label once, for one of
 * them.
 */
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
 * Two labels that would make the same key, if there are any; equal labels count. The caller reports it as an error if
 * both are used below one key.
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
