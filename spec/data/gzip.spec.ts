import fc from 'fast-check'
import { gzipSync as fflateGzip } from 'fflate'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { crc32, gunzip, unpack } from '../../src/data/gzip.js'
import { left, right } from '../support/either.js'

const claim = (packed: Uint8Array, size: number): Uint8Array => {
  const out = packed.slice()
  new DataView(out.buffer).setUint32(out.length - 4, size, true)
  return out
}

describe('gzip', () => {
  it('unpacks what zlib packs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 0, max: 9 }), (data, level) => {
        expect(right(gunzip(new Uint8Array(gzipSync(data, { level }))))).toEqual(data)
      })
    )
  })

  it('crc32 has its check value', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
    expect(crc32(new Uint8Array(0))).toBe(0)
  })

  it('leaves other bytes as they are', () => {
    const data = Uint8Array.of(1, 2, 3)
    expect(right(unpack(data))).toBe(data)
    expect(left(gunzip(data))).toContain('1f 8b')
  })

  it('reads members with a file name, a comment and a time', () => {
    const data = new TextEncoder().encode('hello')
    expect(right(gunzip(fflateGzip(data, { filename: 'name.idx', mtime: 1 })))).toEqual(data)
  })

  it('does not believe a size: too large for the limit, for its own length, or not the real one', () => {
    const packed = gzipSync(new Uint8Array(1000))
    expect(left(gunzip(packed, { bytes: 999, rank: 8 }))).toContain('at most 999 bytes when unpacked, got 1000')
    expect(left(gunzip(claim(packed, 0x7fffffff)))).toContain('at most 1032 times')
    for (const size of [0, 999, 1001]) expect(left(gunzip(claim(packed, size)))).toMatch(/expected/)
  })

  it('refuses two members in one file rather than dropping one', () => {
    const a = gzipSync('a')
    expect(left(gunzip(Uint8Array.from([...a, ...a])))).toContain('one gzip member, got several')
    for (let n = 1; n < 40; n++) expect(gunzip(Uint8Array.from([...a, ...a.subarray(-n)]))._tag).toBe('Left')
    for (let n = 1; n < 40; n++) expect(gunzip(Uint8Array.from([...a, ...new Uint8Array(n)]))._tag).toBe('Left')
  })
})
