import fc from 'fast-check'
import { gzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { decodeNpy, encodeNpy } from '../../src/data/npy.js'
import { numbersOf, sameBits, tensor, tensorView, type Tensor } from '../../src/value/tensor.js'
import { tensors } from './helpers.js'
import { left, right } from '../support/either.js'

/** a .npy file as NumPy's description says, written from scratch */
const npy = (header: string, data: Uint8Array, version: 1 | 2 | 3 = 1): Uint8Array => {
  const text = new TextEncoder().encode(header)
  const length = new Uint8Array(version === 1 ? 2 : 4)
  if (version === 1) new DataView(length.buffer).setUint16(0, text.length, true)
  else new DataView(length.buffer).setUint32(0, text.length, true)
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length, ...text, ...data])
}
const head = (descr: string, shape: string, fortran = false): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }          \n`
const bytesOf = (a: ArrayBufferView): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)

describe('npy', () => {
  it('decode ∘ encode = identity, for every element type', () => {
    fc.assert(
      fc.property(tensors('f32', 'f64', 'u8', 'u32', 'bool'), fc.boolean(), (t, packed) => {
        const bytes = encodeNpy(t)
        expect(sameBits(right(decodeNpy(packed ? gzipSync(bytes) : bytes)), t)).toBe(true)
      })
    )
  })

  it('writes what NumPy writes: np.save of arange(6, dtype=f4).reshape(2, 3)', () => {
    const bytes = encodeNpy(right(tensor('f32', [2, 3], [0, 1, 2, 3, 4, 5])))
    const text = new TextDecoder('latin1').decode(bytes.subarray(0, 128))
    expect(text).toBe(
      `\u0093NUMPY\u0001\u0000v\u0000{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.padEnd(127) + '\n'
    )
    expect(bytes.length).toBe(128 + 24)
  })

  it.each([
    ['|i1', 3, 4],
    ['<f2', 6, 4],
    ['<u2', 6, 4],
    ['<i4', 12, 8],
    ['|u1', 3, 1]
  ])('counts the bytes in memory, not those of the file: %s', (descr, bytes, held) => {
    const file = npy(head(descr, '(3, 1)'), new Uint8Array(bytes))
    const limits = (n: number) => ({ bytes: n + file.length, rank: 8 })
    const long = npy(head(descr, '(3000, 1)'), new Uint8Array(1000 * bytes))
    expect(right(decodeNpy(file, limits(0))).shape).toEqual([3, 1])
    expect(right(decodeNpy(long, { bytes: Math.max(3000 * held, long.length), rank: 8 })).shape).toEqual([3000, 1])
    if (held * 3000 > long.length)
      expect(left(decodeNpy(long, { bytes: held * 3000 - 1, rank: 8 }))).toContain(`at most ${held * 3000 - 1} bytes`)
  })

  it('writes strided tensors row-major, and reads Fortran order as strides', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (a, b, c) => {
          const data = Float32Array.from({ length: a * b * c }, (_, i) => i)
          const file = npy(head('<f4', `(${a}, ${b}, ${c})`, true), bytesOf(data))
          const t = right(decodeNpy(file))
          expect(t.stride).toEqual([1, a, a * b])
          const expected: number[] = []
          for (let i = 0; i < a; i++)
            for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) expected.push(i + a * j + a * b * k)
          expect(Array.from(numbersOf(t))).toEqual(expected)
          expect(sameBits(right(decodeNpy(encodeNpy(t))), t)).toBe(true)
        }
      )
    )
  })

  it('reads either byte order, versions 1 to 3, scalars, vectors, any order of the fields', () => {
    const big = new Uint8Array(8)
    new DataView(big.buffer).setFloat64(0, 1.5)
    expect(right(decodeNpy(npy(head('>f8', '(1,)'), big))).data[0]).toBe(1.5)
    const one = bytesOf(Float64Array.of(2.5))
    for (const version of [1, 2, 3] as const)
      expect(right(decodeNpy(npy(head('<f8', '(1,)'), one, version))).data[0]).toBe(2.5)
    expect(right(decodeNpy(npy(head('<f8', '()'), one))).shape).toEqual([])
    expect(right(decodeNpy(npy(`{'shape': (1,), 'descr':'<f8','fortran_order' : False}`, one))).shape).toEqual([1])
  })

  it('holds whole numbers exactly or refuses them', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.boolean(), (wide, narrow) => {
        const x = narrow ? wide & 0xffffffffn : wide
        const r = decodeNpy(npy(head('<i8', '(1,)'), bytesOf(BigInt64Array.of(x))))
        const held = x > -(1n << 53n) && x < 1n << 53n
        expect(held ? BigInt(right(r).data[0] as number) === x : left(r).includes('float64')).toBe(true)
      })
    )
    const whole = (xs: readonly number[], shape: string): Tensor =>
      right(decodeNpy(npy(head('<i8', shape), bytesOf(BigInt64Array.from(xs, BigInt)))))
    // along one axis they may be class numbers; a table holds numbers
    expect([whole([1, 4294967295], '(2,)').dtype, whole([1, -1], '(2,)').dtype, whole([1, 2], '(2, 1)').dtype]).toEqual(
      ['u32', 'f32', 'f32']
    )
    expect([whole([16777216, -16777216], '(1, 2)').dtype, whole([16777217, 0], '(1, 2)').dtype]).toEqual(['f32', 'f64'])
    const large = BigInt64Array.of(0n, 1n, 2n, 1n << 53n, 4n, 5n)
    const at = (fortran: boolean): string => left(decodeNpy(npy(head('<i8', '(2, 3)', fortran), bytesOf(large))))
    expect(at(false)).toContain('npy/row 1/column 0: expected int64 from')
    expect(at(true)).toContain('npy/row 1/column 1: expected int64 from')
    expect(Array.from(right(decodeNpy(npy(head('|i1', '(2,)'), bytesOf(Int8Array.of(1, -1))))).data)).toEqual([1, -1])
    expect(Array.from(right(decodeNpy(npy(head('<u2', '(1,)'), bytesOf(Uint16Array.of(65535))))).data)).toEqual([65535])
    expect(left(decodeNpy(npy(head('|b1', '(2,)'), Uint8Array.of(1, 2))))).toContain('element 1')
  })

  it('reads float16, and headers as numpy.load does', () => {
    const halves = npy(head('<f2', '(6,)'), bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1, 0x7c00, 0x3555)))
    // the last is 1365 / 4096, the nearest to a third
    expect(Array.from(right(decodeNpy(halves)).data)).toEqual([1, -2, 65504, 2 ** -24, Infinity, 1365 / 4096])
    const data = bytesOf(Float32Array.of(1, 2))
    for (const header of [
      head('<f4', '(2L,)'),
      head('f4', '(2,)'),
      head('=f4', '(2,)'),
      `{"descr": "<f4", "fortran_order": False, "shape": (2,)}`,
      `{'shape':(1L,2L),'fortran_order':True,'descr':'<f4'}`
    ])
      expect(Array.from(right(decodeNpy(npy(header, data))).data)).toEqual([1, 2])
    for (const header of [head('<f4', '(2LL,)'), `{'descr": '<f4', 'fortran_order': False, 'shape': (2,)}`])
      expect(left(decodeNpy(npy(header, data)))).toContain('a header with')
  })

  it('refuses every truncation and every extension', () => {
    const whole = encodeNpy(right(tensor('u32', [2, 2], [1, 2, 3, 4])))
    for (let n = 0; n < whole.length; n++) expect(left(decodeNpy(whole.subarray(0, n)))).toMatch(/expected .+, got .+/)
    expect(left(decodeNpy(Uint8Array.from([...whole, 0])))).toContain('something follows the data')
  })

  it('refuses headers that are not exactly the three fields of a plain array', () => {
    const data = bytesOf(Float32Array.of(1, 2))
    const refused = [
      head('<c8', '(1,)'),
      head('|S4', '(2,)'),
      head('<f4', '(2, -1)'),
      head('<f4', '(2.0,)'),
      head('<f4', '(1 1,)'),
      head('<f4', '(2,,)'),
      head('<f4', '(0,)'),
      head('<f4', '(99999999999999999999,)'),
      head('<f4', '(4294967296, 4294967296, 4294967296)'),
      head('<f4', '(1, 1, 1, 1, 1, 1, 1, 1, 2)'),
      head('__proto__', '(2,)'),
      head('<constructor', '(2,)'),
      `{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,), }`,
      `{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }`,
      `{'descr': '<f4', 'shape': (2,), }`,
      `{'descr': '<f4', 'descr': '<f4', 'shape': (2,), }`,
      `{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 'x', }`,
      `{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } + exit()`,
      ''
    ]
    for (const header of refused) expect(left(decodeNpy(npy(header, data)))).toMatch(/expected/)
  })

  it('never throws on any bytes, and long headers take no long time', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.uint8Array({ maxLength: 20 }), (header, data) => {
        expect(['Left', 'Right']).toContain(decodeNpy(npy(header, data))._tag)
      })
    )
    const whole = encodeNpy(right(tensor('f32', [3], [1, 2, 3])))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, to) => {
        expect(['Left', 'Right']).toContain(decodeNpy(whole.map((b, i) => (i === at ? to : b)))._tag)
      })
    )
    for (const filler of [' ', '1,', ' ,', "'", "'a':(", '(', '\t1'])
      expect(decodeNpy(npy(`{'shape': (1${filler.repeat(65000 / filler.length)}`, new Uint8Array(4)))._tag).toBe('Left')
  })

  it('keeps bytes as a view of the file', () => {
    const file = encodeNpy(tensorView('u8', [3], Uint8Array.of(1, 2, 3)))
    expect((right(decodeNpy(file)).data as Uint8Array).buffer).toBe(file.buffer)
  })
})
