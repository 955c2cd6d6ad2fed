import fc from 'fast-check'
import * as O from 'fp-ts/lib/Option.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  childKey,
  collision,
  drawKey,
  fnv1a32,
  foldIn,
  foldInWords,
  leafKey,
  rootKey,
  seedWords,
  split,
  splitWords,
  uniform,
  type DrawKey,
  type Key
} from '../../src/random/index.js'

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const label = fc.string({ unit: 'grapheme', maxLength: 12 })

describe('fnv1a32', () => {
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
    ['dropout', fnv1a32('dropout')]
  ])('%s', (text, hash) => expect(fnv1a32(text)).toBe(hash))

  test('is taken over UTF-8 bytes', () => {
    const overBytes = (bytes: Uint8Array): number => {
      let hash = 0x811c9dc5n
      for (const b of bytes) hash = ((hash ^ BigInt(b)) * 0x01000193n) & 0xffffffffn
      return Number(hash)
    }
    fc.assert(fc.property(label, text => fnv1a32(text) === overBytes(Buffer.from(text, 'utf8'))))
  })
})

describe('keys', () => {
  test('are plain data that survive JSON', () => {
    fc.assert(
      fc.property(seed, label, (s, l) => {
        const k = childKey(rootKey(s), l)
        expect(JSON.parse(JSON.stringify(k))).toEqual(k)
        expect(leafKey(rootKey(s), l)).toEqual({ kind: 'draw', words: k.words })
      })
    )
  })

  test('are the derivations of their words', () => {
    fc.assert(
      fc.property(seed, seed, label, (s, n, l) => {
        expect(rootKey(s).words).toEqual(seedWords(s))
        expect(foldIn(rootKey(s), n).words).toEqual(foldInWords(seedWords(s), n))
        expect(childKey(rootKey(s), l)).toEqual(foldIn(rootKey(s), fnv1a32(l)))
        expect(split(rootKey(s), 3).map(k => k.words)).toEqual([0, 1, 2].map(i => splitWords(seedWords(s), i)))
        expect(drawKey(rootKey(s)).words).toEqual(seedWords(s))
      })
    )
  })

  test('differ along different paths', () => {
    const root = rootKey(1)
    const paths = ['init', 'shuffle', 'dropout', 'search'].flatMap(purpose =>
      Array.from({ length: 50 }, (_, step) => foldIn(childKey(root, purpose), step)).flatMap(at =>
        ['hidden', 'out', 'out/weight', ''].map(l => leafKey(at, l).words.join())
      )
    )
    expect(new Set(paths).size).toBe(4 * 50 * 4)
  })

  test('a node cannot be drawn from, a leaf cannot be refined', () => {
    expectTypeOf<Key>().not.toExtend<DrawKey>()
    expectTypeOf<DrawKey>().not.toExtend<Key>()
    const [node, leaf] = [rootKey(0), leafKey(rootKey(0), 'a')]
    // @ts-expect-error a node
    expect(uniform(node, 0)).toHaveLength(0)
    // @ts-expect-error a leaf
    expect(foldIn(leaf, 0).kind).toBe('key')
    // @ts-expect-error a leaf
    expect(childKey(leaf, 'b').kind).toBe('key')
  })
})

describe('collision', () => {
  test('finds labels of one hash', () => {
    expect(collision(['costarring', 'dense', 'liquid'])).toEqual(O.some(['costarring', 'liquid']))
    expect(collision(['dense', 'declinate', 'macallums'])).toEqual(O.some(['declinate', 'macallums']))
    expect(leafKey(rootKey(0), 'costarring')).toEqual(leafKey(rootKey(0), 'liquid'))
  })
  test('finds equal labels, and none among few different ones', () => {
    expect(collision(['a', 'b', 'a'])).toEqual(O.some(['a', 'a']))
    expect(collision([])).toEqual(O.none)
    expect(collision(Array.from({ length: 500 }, (_, i) => `layer${i}`))).toEqual(O.none)
  })
})
