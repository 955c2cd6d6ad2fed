import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  chainAt,
  decodeHeader,
  decodeRow,
  encodeHeader,
  encodeRows,
  layoutOf,
  rowSize,
  soundRows,
  type Layout,
  type StepRow
} from '../../../src/run/record/rows.js'
import { left, right } from '../../support/either.js'

const layout: Layout = layoutOf({ '0/correct': [0], '1/by class': [0, 0, 0] }, ['dense/weight', 'dense/bias'], 'f32')
const word = fc.integer({ min: 0, max: 0xffffffff })
const row = (step: number): fc.Arbitrary<StepRow> =>
  fc
    .tuple(word, fc.double(), fc.double(), fc.double(), fc.array(fc.double(), { minLength: 3, maxLength: 3 }), word)
    .map(([examples, weight, loss, x, xs, w]) => ({
      step,
      examples,
      weight,
      loss,
      sums: { '0/correct': [x], '1/by class': xs },
      fingerprints: [w, 1, 2, w]
    }))
const rows = (min: number, max = 12): fc.Arbitrary<readonly StepRow[]> =>
  fc.integer({ min, max }).chain(n => fc.tuple(...Array.from({ length: n }, (_, i) => row(i + 1))))

describe('rows', () => {
  test('come back to the bit, and are found sound', () => {
    fc.assert(
      fc.property(rows(1), all => {
        const { bytes, chain } = encodeRows(layout, all)
        expect(bytes.length).toBe(all.length * rowSize(layout))
        expect(all.map((_, i) => decodeRow(layout, bytes, i))).toEqual(all)
        expect(soundRows(layout, bytes)).toBe(all.length)
        expect(chainAt(layout, bytes, all.length - 1)).toEqual(chain)
      })
    )
  })
  test('written in two goes are the bytes of one', () => {
    fc.assert(
      fc.property(rows(2), fc.nat(), (all, at) => {
        const k = at % all.length
        const start = encodeRows(layout, all.slice(0, k))
        const rest = encodeRows(layout, all.slice(k), start.chain)
        const whole = encodeRows(layout, all)
        expect([...start.bytes, ...rest.bytes]).toEqual([...whole.bytes])
        expect(rest.chain).toEqual(whole.chain)
        expect(soundRows(layout, rest.bytes, k, start.chain)).toBe(all.length - k)
      })
    )
  })
  test('cut anywhere leave the whole ones before the cut', () => {
    fc.assert(
      fc.property(rows(1), fc.nat(), (all, at) => {
        const { bytes } = encodeRows(layout, all)
        const cut = at % (bytes.length + 1)
        expect(soundRows(layout, bytes.subarray(0, cut))).toBe(Math.floor(cut / rowSize(layout)))
      })
    )
  })
  test('end where a byte was changed, or where pages of zeros follow', () => {
    fc.assert(
      fc.property(rows(1), fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, flip) => {
        const { bytes } = encodeRows(layout, all)
        const i = at % bytes.length
        const damaged = bytes.slice()
        damaged[i] = (damaged[i] as number) ^ flip
        expect(soundRows(layout, damaged)).toBe(Math.floor(i / rowSize(layout)))
        const longer = new Uint8Array(bytes.length + 3 * rowSize(layout))
        longer.set(bytes)
        expect(soundRows(layout, longer)).toBe(all.length)
      })
    )
  })
})

describe('a header', () => {
  const header = encodeHeader(layout)
  test('says the layout', () => {
    expect(right(decodeHeader(header))).toEqual({ layout, bytes: header.length })
    const none = layoutOf({}, [], 'f64')
    expect(right(decodeHeader(encodeHeader(none))).layout).toEqual(none)
  })
  test('is followed by rows at a multiple of 8', () => expect(header.length % 8).toBe(0))
  test('with any byte changed, or cut off, is refused or says another layout; it never throws', () => {
    for (let i = 0; i < header.length; i++) {
      left(decodeHeader(header.subarray(0, i)))
      for (const flip of [1, 0x80, 0xff]) {
        const damaged = header.slice()
        damaged[i] = (damaged[i] as number) ^ flip
        const read = decodeHeader(damaged)
        if (read._tag === 'Right') expect(rowSize(read.right.layout)).toBe(rowSize(layout))
      }
    }
  })
  test.each([
    ['of another file', new TextEncoder().encode('{"data": "mnist", "model"'), 'a file that begins with gfsteps1'],
    ['that claims to be huge', header.map((b, i) => (i === 11 ? 0xff : b)), 'at most 67108864 bytes'],
    ['that claims another size of rows', header.map((b, i) => (i === 12 ? 7 : b)), `rows of ${rowSize(layout)} bytes`]
  ])('%s is refused', (_, bytes, words) => expect(left(decodeHeader(bytes))).toContain(words))
})
