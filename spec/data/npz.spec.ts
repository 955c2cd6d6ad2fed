import { deflateSync, gzipSync, strToU8, zipSync } from 'fflate'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeNpy, encodeNpy } from '../../src/data/npy.js'
import { decodeNpz } from '../../src/data/npz.js'
import { tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'

const x = right(tensor('f32', [3, 2], [1, 2, 3, 4, 5, 6]))
const y = right(tensor('u32', [3], [2, 0, 1]))
const archive = zipSync({ 'x.npy': encodeNpy(x), 'y.npy': [encodeNpy(y), { level: 0 }] })

/** np.savez_compressed('d.npz', x=np.arange(4, dtype='f4').reshape(2, 2), y=np.array([1, 0])) of NumPy 1.24.2, in base64 */
const ofNumpy =
  'UEsDBBQAAAAIAAAAIQCR9OfbUAAAAJAAAAAFABQAeC5ucHkBABAAkAAAAAAAAABQAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CkaaOgq1CmQDLgYwaLAHEg5A5AAAUEsDBBQAAAAIAAAAIQBx+zmrSAAAAJAAAAAFABQAeS5ucHkBABAAkAAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC5GBlQAAFBLAQIUAxQAAAAIAAAAIQCR9OfbUAAAAJAAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBLAQIUAxQAAAAIAAAAIQBx+zmrSAAAAJAAAAAFAAAAAAAAAAAAAACAAYcAAAB5Lm5weVBLBQYAAAAAAgACAGYAAAAGAQAAAAA='

describe('npz', () => {
  it('reads every array by its name, stored or deflated', () => {
    const arrays = right(decodeNpz(archive))
    expect(Object.keys(arrays)).toEqual(['x', 'y'])
    expect(arrays['x']).toEqual(x)
    expect(arrays['y']).toEqual(y)
  })
  it('reads what NumPy writes, with its zip64 fields', () => {
    const arrays = right(decodeNpz(Uint8Array.from(Buffer.from(ofNumpy, 'base64'))))
    expect([arrays['x']?.shape, Array.from(arrays['x']?.data ?? [])]).toEqual([
      [2, 2],
      [0, 1, 2, 3]
    ])
    expect([arrays['y']?.shape, Array.from(arrays['y']?.data ?? [])]).toEqual([[2], [1, 0]])
  })
  it('refuses what is cut off, wherever', () => {
    for (let n = 0; n < archive.length; n++) expect(left(decodeNpz(archive.subarray(0, n)))).toMatch(/expected/)
  })
  it('never gives other numbers for a damaged archive', () => {
    fc.assert(
      fc.property(fc.nat({ max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const read = decodeNpz(archive.map((b, i) => (i === at ? b ^ by : b)))
        if (read._tag === 'Left') return
        const values = Object.values(read.right).map(t => Array.from(t.data))
        expect([
          [
            [1, 2, 3, 4, 5, 6],
            [2, 0, 1]
          ],
          [],
          [[1, 2, 3, 4, 5, 6]],
          [[2, 0, 1]]
        ]).toContainEqual(values)
      })
    )
  })
  it('takes no memory for a size that cannot be true, nor more than the limit', () => {
    const bomb = zipSync({ 'x.npy': new Uint8Array(1_000_000) })
    expect(left(decodeNpz(bomb, { bytes: 999_999, rank: 8 }))).toContain(
      'at most 999999 bytes when unpacked, got 1000000'
    )
    // the directory claims 4 GB
    const at = archive.findIndex((_, i) => archive[i] === 0x50 && archive[i + 2] === 1 && archive[i + 3] === 2)
    const lying = Uint8Array.from(archive)
    new DataView(lying.buffer).setUint32(at + 24, 2_000_000_000, true)
    expect(left(decodeNpz(lying))).toContain('1032 times')
  })
  it('refuses arrays that are packed once more: they could unpack to more than the limit', () => {
    const packed = gzipSync(encodeNpy(x))
    expect(right(decodeNpy(packed))).toEqual(x)
    expect(left(decodeNpz(zipSync({ 'x.npy': packed })))).toContain('x.npy/npy: expected the magic of a .npy file')
  })
  it('finds a name that is there twice among many', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `${i}.npy`)
    const many = zipSync(Object.fromEntries(names.map(name => [name, new Uint8Array()])), { level: 0 })
    const text = new TextDecoder('latin1').decode(many)
    const twice = Uint8Array.from(many)
    twice.set(strToU8('1998.npy'), text.lastIndexOf('1999.npy'))
    expect(left(decodeNpz(twice))).toContain('1998.npy: expected every name once')
  })
  it('refuses other files, arrays of objects, and methods that are not known', () => {
    expect(left(decodeNpz(zipSync({ 'a.txt': strToU8('hi') })))).toContain('the name of an array')
    expect(left(decodeNpz(strToU8('no archive, but long enough for one')))).toContain('is it a .npz file')
    const other = Uint8Array.from(archive)
    const at = other.findIndex((_, i) => other[i] === 0x50 && other[i + 2] === 1 && other[i + 3] === 2)
    other[at + 10] = 12
    expect(left(decodeNpz(other))).toContain('method 12')
    expect(left(decodeNpz(zipSync({ 'x.npy': deflateSync(new Uint8Array(200)) })))).toContain('x.npy')
    expect(left(decodeNpz('PK' as never))).toContain('a Uint8Array')
  })
})
