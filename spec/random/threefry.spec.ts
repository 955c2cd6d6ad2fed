import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bits32At, foldInWords, seedWords, splitWords, threefry, type Words } from '../../src/random/index.js'

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const words: fc.Arbitrary<Words> = fc.tuple(word, word)
const index = fc.oneof(word, fc.integer({ min: 0, max: 2 ** 53 - 1 }))

/** '6b200159 99ba4efe' */
const hex = (ws: ArrayLike<number>): string => Array.from(ws, w => w.toString(16).padStart(8, '0')).join(' ')
const unhex = (text: string): Words => text.split(' ').map(w => parseInt(w, 16)) as unknown as Words

/** the rounds again, in unbounded integers and with the injections written as in the paper */
const inBigInts = (key: Words, counter: Words): Words => {
  const mod = (n: bigint): bigint => n & 0xffffffffn
  const [k0, k1] = [BigInt(key[0]), BigInt(key[1])]
  const ks = [k0, k1, k0 ^ k1 ^ 0x1bd11bdan]
  const rotations = [
    [13n, 15n, 26n, 6n],
    [17n, 29n, 16n, 24n]
  ]
  let [x, y] = [mod(BigInt(counter[0]) + k0), mod(BigInt(counter[1]) + k1)]
  for (let g = 0; g < 5; g++) {
    for (const r of rotations[g % 2] as bigint[]) {
      x = mod(x + y)
      y = mod((y << r) | (y >> (32n - r))) ^ x
    }
    x = mod(x + (ks[(g + 1) % 3] as bigint))
    y = mod(y + (ks[(g + 2) % 3] as bigint) + BigInt(g + 1))
  }
  return [Number(x), Number(y)]
}

describe('threefry', () => {
  test('is the function of the paper, computed another way', () => {
    fc.assert(fc.property(words, words, (k, c) => hex(threefry(k, c)) === hex(inBigInts(k, c))))
  })

  test('never takes two counters to one block: for a key it is a permutation', () => {
    const key = seedWords(7)
    expect(new Set(Array.from({ length: 20_000 }, (_, i) => hex(threefry(key, [0, i])))).size).toBe(20_000)
  })

  test('changes about half of the output bits when one bit of the key or the counter changes', () => {
    const ones = (n: number): number => (n === 0 ? 0 : 1 + ones((n & (n - 1)) >>> 0))
    const distance = (a: Words, b: Words): number => ones((a[0] ^ b[0]) >>> 0) + ones((a[1] ^ b[1]) >>> 0)
    const counts = Array.from({ length: 4096 }, (_, i) => {
      const [k, c]: [Words, Words] = [threefry([1, 2], [3, i]), threefry([4, 5], [6, i])]
      const flip = (ws: Words, bit: number): Words =>
        bit < 32 ? [(ws[0] ^ (1 << bit)) >>> 0, ws[1]] : [ws[0], (ws[1] ^ (1 << (bit - 32))) >>> 0]
      const other = i % 2 === 0 ? threefry(flip(k, (i >> 1) % 64), c) : threefry(k, flip(c, (i >> 1) % 64))
      return distance(threefry(k, c), other)
    })
    const mean = counts.reduce((a, b) => a + b) / counts.length
    expect(Math.abs(mean - 32)).toBeLessThan(0.5)
    expect(Math.min(...counts)).toBeGreaterThan(10)
  })

  test.each([
    ['00000000 00000000', '00000000 00000000', '6b200159 99ba4efe'],
    ['ffffffff ffffffff', 'ffffffff ffffffff', '1cb996fc bb002be7'],
    ['13198a2e 03707344', '243f6a88 85a308d3', 'c4923a9c 483df7a0']
  ])('known answer of Random123: key %s, counter %s', (key, counter, output) =>
    expect(hex(threefry(unhex(key), unhex(counter)))).toBe(output)
  )
})

describe('derivations', () => {
  test('split, foldIn and bits32 are blocks of the key at a 64-bit counter', () => {
    fc.assert(
      fc.property(words, index, (k, i) => {
        const block = threefry(k, [Math.floor(i / 2 ** 32), i % 2 ** 32])
        expect(splitWords(k, i)).toEqual(block)
        expect(bits32At(k, i)).toBe((block[0] ^ block[1]) >>> 0)
        expect(foldInWords(k, i)).toEqual(block)
      })
    )
  })

  test('hold at the last index that a number can hold', () => {
    const [k, i]: [Words, number] = [[0, 31], 2 ** 53 - 1]
    expect(splitWords(k, i)).toEqual(inBigInts(k, [2 ** 21 - 1, 2 ** 32 - 1]))
  })

  test('the words of a seed', () => {
    expect([0, 42, 2 ** 32 - 1, 2 ** 32 + 5].map(seedWords)).toEqual([
      [0, 0],
      [0, 42],
      [0, 2 ** 32 - 1],
      [1, 5]
    ])
    expect(seedWords(2 ** 53 - 1)).toEqual([2 ** 21 - 1, 2 ** 32 - 1])
  })

  test('different numbers have different words, whatever numbers they are', () => {
    const all = [0, 1, 0.3, 0.7, 0.5, -1, -0.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 53, 2 ** 64, 5e-324, 1e300]
    expect(new Set(all.map(n => String(seedWords(n)))).size).toBe(all.length)
    fc.assert(
      fc.property(fc.double(), fc.double(), words, (a, b, k) => {
        fc.pre(a !== b && !(Number.isNaN(a) && Number.isNaN(b)))
        expect(seedWords(a)).not.toEqual(seedWords(b))
        expect(foldInWords(k, a)).not.toEqual(foldInWords(k, b))
      })
    )
    expect([seedWords(-0), seedWords(NaN)]).toEqual([seedWords(0), seedWords(-NaN)])
  })

  const split = (seed: number, n: number): string =>
    Array.from({ length: n }, (_, i) => hex(splitWords(seedWords(seed), i))).join(' | ')
  const bits = (seed: number, n: number): string =>
    hex(Array.from({ length: n }, (_, i) => bits32At(seedWords(seed), i)))

  test.each([
    ['split', split(0, 3), '6b200159 99ba4efe | 375f238f cddb151d | f71f4ea9 a20e4081'],
    ['split', split(42, 2), '6d3e048f 1022172d | 03d7b32d add083f4'],
    ['foldIn', hex(foldInWords(seedWords(42), 7)), '97d0552f 51bf719f'],
    ['foldIn', hex(foldInWords(seedWords(0), 0xffffffff)), '2c4e0437 e1e32d13'],
    ['foldIn twice', hex(foldInWords(foldInWords(seedWords(1234), 3), 17)), '07be5115 90cdd559'],
    ['bits32', bits(0, 6), 'f29a4fa7 fa843692 55110e28 77faa835 91e43bb7 2a5e6943'],
    ['bits32', bits(42, 6), '7d1c13a2 ae0730d9 9dc3f9f9 8f9ec1d7 735d7315 95fb4ed8']
  ])('JAX agrees: %s', (_, ours, theirs) => expect(ours).toBe(theirs))
})
