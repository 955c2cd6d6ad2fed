import fc from 'fast-check'
import { gzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { decodeIdx } from '../../src/data/idx.js'
import { numbersOf, sameBits, tensor } from '../../src/value/tensor.js'
import { encodeIdx, idxBytes, tensors } from './helpers.js'
import { left, right } from '../support/either.js'

const small = idxBytes([2, 3], [1, 2, 3, 4, 5, 6])

describe('IDX', () => {
  it('decode ∘ encode = identity, plain and packed, for bytes and floats', () => {
    fc.assert(
      fc.property(tensors('u8', 'f32', 'f64'), fc.boolean(), (t, packed) => {
        const data = numbersOf(t)
        const bytes =
          t.dtype === 'u8'
            ? idxBytes(t.shape, data)
            : t.dtype === 'f32'
              ? encodeIdx(0x0d, t.shape, 4, (v, at, i) => v.setFloat32(at, data[i] as number))
              : encodeIdx(0x0e, t.shape, 8, (v, at, i) => v.setFloat64(at, data[i] as number))
        expect(sameBits(right(decodeIdx(packed ? gzipSync(bytes) : bytes)), t)).toBe(true)
      })
    )
  })

  it('holds whole numbers exactly or refuses them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -0x8000, max: 0x7fff }), { minLength: 1 }), xs => {
        const t = right(decodeIdx(encodeIdx(0x0b, [xs.length], 2, (v, at, i) => v.setInt16(at, xs[i] as number))))
        expect([t.dtype, Array.from(t.data)]).toEqual(['f32', xs])
      })
    )
    const int32 = (x: number): Uint8Array => encodeIdx(0x0c, [1], 4, (v, at) => v.setInt32(at, x))
    fc.assert(
      fc.property(fc.integer(), x => {
        expect(right(decodeIdx(int32(x))).data[0]).toBe(x)
      })
    )
    expect(Array.from(right(decodeIdx(encodeIdx(0x09, [2], 1, (v, at, i) => v.setInt8(at, -128 * i)))).data)).toEqual([
      0, -128
    ])
  })

  it('shares the memory of plain bytes', () => {
    const t = right(decodeIdx(small))
    expect((t.data as Uint8Array).buffer).toBe(small.buffer)
  })

  it('reads bytes that lie anywhere in a buffer', () => {
    const inside = new Uint8Array(small.length + 7)
    inside.set(small, 3)
    const floats = encodeIdx(0x0d, [2], 4, (v, at, i) => v.setFloat32(at, i + 0.5))
    const shifted = new Uint8Array(floats.length + 1)
    shifted.set(floats, 1)
    expect(sameBits(right(decodeIdx(inside.subarray(3, 3 + small.length))), right(decodeIdx(small)))).toBe(true)
    expect(sameBits(right(decodeIdx(shifted.subarray(1))), right(tensor('f32', [2], [0.5, 1.5])))).toBe(true)
  })

  it('refuses every truncation and every extension, plain and packed', () => {
    const packed = gzipSync(small)
    for (const whole of [small, packed]) {
      for (let n = 0; n < whole.length; n++)
        expect(left(decodeIdx(whole.subarray(0, n)))).toMatch(/expected .+, got .+/)
      for (const n of [1, 8, 100]) {
        const longer = new Uint8Array(whole.length + n)
        longer.set(whole)
        expect(left(decodeIdx(longer))).toMatch(/expected/)
      }
    }
  })

  it('a changed byte of a packed file is found, or changes nothing', () => {
    const packed = gzipSync(
      idxBytes(
        [4, 5],
        Array.from({ length: 20 }, (_, i) => (i * 37) % 256)
      )
    )
    const original = right(decodeIdx(packed))
    for (let at = 0; at < packed.length; at++)
      for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
        const r = decodeIdx(packed.map((b, i) => (i === at ? b ^ flip : b)))
        if (r._tag === 'Right') expect(sameBits(r.right, original)).toBe(true)
      }
  })

  it('never throws on any bytes', () => {
    const start = fc.constantFrom([], [0, 0, 8], [0, 0, 8, 3], [0, 0, 13, 1], [0x1f, 0x8b, 8, 0])
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (head, tail) => {
        expect(['Left', 'Right']).toContain(decodeIdx(Uint8Array.from([...head, ...tail]))._tag)
      }),
      { numRuns: 1000 }
    )
  })

  it('refuses hostile headers before it takes memory', () => {
    const header = (type: number, ...sizes: readonly number[]): Uint8Array =>
      encodeIdx(type, [...sizes, 0], 1, () => undefined)
    expect(left(decodeIdx(header(8, 2)))).toContain('axis 1: expected a positive size, got 0')
    const huge = (...sizes: readonly number[]): Uint8Array => {
      const b = new Uint8Array(4 + 4 * sizes.length)
      b.set([0, 0, 14, sizes.length])
      sizes.forEach((s, i) => new DataView(b.buffer).setUint32(4 + 4 * i, s))
      return b
    }
    expect(left(decodeIdx(huge(0xffffffff, 0xffffffff, 0xffffffff)))).toContain('at most 2147483648 bytes')
    expect(left(decodeIdx(huge(1000, 1000)))).toContain('8000012 bytes')
    expect(left(decodeIdx(huge(10, 10), { bytes: 799, rank: 8 }))).toContain('at most 799 bytes')
    expect(left(decodeIdx(huge(...Array.from({ length: 200 }, () => 1))))).toContain('1 to 8 axes, got 200')
    expect(left(decodeIdx(Uint8Array.of(0, 0, 8, 0)))).toContain('1 to 8 axes, got 0')
    expect(left(decodeIdx(Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 1, 5)))).toContain('an element type')
    expect(left(decodeIdx(new TextEncoder().encode('a,b\n1,2\n')))).toContain('is this an IDX file?')
  })
})
