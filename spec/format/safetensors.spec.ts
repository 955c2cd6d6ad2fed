/** The safetensors format: what is written reads back, others read it, and nothing is believed that a file does not bear out. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors, safetensorsLimits } from '../../src/format/safetensors.js'
import { widths } from '../../src/value/bytes.js'
import { sizeOf } from '../../src/value/shape.js'
import { allocate, filledTensor, numbersOf, tensorView, type DType, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'

const numbersIn: Readonly<Record<DType, fc.Arbitrary<number>>> = {
  f32: fc.float({ noNaN: true }),
  f64: fc.double({ noNaN: true }),
  u8: fc.nat({ max: 255 }),
  u32: fc.nat({ max: 0xffffffff }),
  bool: fc.nat({ max: 1 })
}
const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(
    fc.constantFrom<DType>('f32', 'f64', 'u8', 'u32', 'bool'),
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })
  )
  .chain(([dtype, shape]) => {
    const n = sizeOf(shape)
    return fc
      .array(numbersIn[dtype], { minLength: n, maxLength: n })
      .map(numbers => tensorView(dtype, shape, allocate(dtype, numbers)))
  })
const name = fc.string({ unit: 'grapheme' }).filter(s => s !== '__metadata__' && s !== '__proto__')
const files = fc.record({
  tensors: fc.dictionary(name, anyTensor, { maxKeys: 5, noNullPrototype: true }),
  metadata: fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 3, noNullPrototype: true })
})

/** a file of this header and so many bytes of data; by default the length says what is there */
const fileOf = (header: string | Uint8Array, data = 0, length?: bigint): Uint8Array => {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const out = new Uint8Array(8 + text.length + data)
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  out.set(text, 8)
  return out
}
const row = (shape: readonly number[], from: number, to: number, dtype = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [from, to]
})
const json = (rows: object, data: number): Uint8Array => fileOf(JSON.stringify(rows), data)

interface Reader {
  readonly parse: (bytes: Uint8Array) => {
    readonly tensors: Readonly<
      Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
    >
    readonly metadata?: Readonly<Record<string, string>>
  }
}
// by a name that the compiler does not follow: the package's types need a newer library than this project's
const other: string = '@jax-js/loaders'
const { safetensors: reader } = (await import(other)) as { readonly safetensors: Reader }

describe('a file', () => {
  test('reads back to the bit, names and texts too', () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        expect(right(decodeSafetensors(right(encodeSafetensors(tensors, metadata))))).toEqual({ tensors, metadata })
      })
    )
  })
  test('is the same for the same tensors in another order', () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        const turned = <A>(r: Readonly<Record<string, A>>) => Object.fromEntries(Object.entries(r).reverse())
        expect(encodeSafetensors(turned(tensors), turned(metadata))).toEqual(encodeSafetensors(tensors, metadata))
      })
    )
  })
  test('has every tensor at a multiple of its numbers', () => {
    fc.assert(
      fc.property(files, ({ tensors }) => {
        const bytes = right(encodeSafetensors(tensors))
        const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Readonly<
          Record<string, { readonly data_offsets: readonly [number, number] }>
        >
        for (const [k, t] of Object.entries(tensors))
          expect((8 + length + (header[k]?.data_offsets[0] ?? NaN)) % widths[t.dtype]).toBe(0)
      })
    )
  })
  test('is read alike by an independent reader', () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        const there = reader.parse(right(encodeSafetensors(tensors, metadata)))
        expect(Object.keys(there.tensors).sort()).toEqual(Object.keys(tensors).sort())
        for (const [k, t] of Object.entries(tensors)) {
          expect(there.tensors[k]?.shape).toEqual(t.shape)
          expect(Array.from(there.tensors[k]?.data ?? []).map(Number)).toEqual(Array.from(numbersOf(t)))
        }
        expect(there.metadata ?? {}).toEqual(metadata)
      })
    )
  })
  test('keeps NaN with its bits, infinities and -0', () => {
    const data = new Float32Array(new Uint32Array([0x7fc00001, 0x7f800000, 0xff800000, 0x80000000]).buffer)
    const back = right(decodeSafetensors(right(encodeSafetensors({ a: tensorView('f32', [4], data) }))))
    expect([...new Uint32Array(numbersOf(back.tensors['a'] as Tensor).buffer)]).toEqual([
      0x7fc00001, 0x7f800000, 0xff800000, 0x80000000
    ])
  })
  test('of nothing is one', () =>
    expect(decodeSafetensors(right(encodeSafetensors({})))).toEqual(E.right({ tensors: {}, metadata: {} })))
  test('gives tensors storage of their own', () => {
    const bytes = right(encodeSafetensors({ a: filledTensor('u8', [2], 7) }))
    const { tensors } = right(decodeSafetensors(bytes))
    bytes.fill(0)
    expect([...numbersOf(tensors['a'] as Tensor)]).toEqual([7, 7])
  })
  test('may be padded, and may have its tensors in any order', () => {
    const rows = { b: row([1], 4, 8), a: row([1], 0, 4) }
    expect(E.isRight(decodeSafetensors(fileOf(`${JSON.stringify(rows)}   `, 8)))).toBe(true)
  })
})

describe('what cannot be written', () => {
  const said = /^safetensors: expected well-formed text other than __metadata__ and __proto__, got/
  test.each(['__metadata__', '__proto__', '\ud800'])('a tensor or a text called %j', bad => {
    expect(left(encodeSafetensors({ a: filledTensor('f32', [1], 0), [bad]: filledTensor('f32', [1], 0) }))).toMatch(
      said
    )
    expect(left(encodeSafetensors({}, { [bad]: 'a' }))).toMatch(said)
  })
  test('a text with half a character', () => expect(left(encodeSafetensors({}, { a: '\udc00' }))).toMatch(said))
  test('a tensor without its data', () =>
    expect(left(encodeSafetensors({ a: { ...filledTensor('f32', [2], 0), stride: [1] } }))).toMatch(
      /^safetensors\/a: /
    ))
})

describe('a hostile file', () => {
  const ok = { a: row([2], 0, 8) }
  const big = Number.MAX_SAFE_INTEGER
  test.each<[string, Uint8Array, string]>([
    [
      'nothing',
      new Uint8Array(),
      'safetensors: expected at least 8 bytes, got 0; the file is cut off, or of another format'
    ],
    [
      'less than a length',
      new Uint8Array(7),
      'safetensors: expected at least 8 bytes, got 7; the file is cut off, or of another format'
    ],
    ['no header', fileOf(''), 'safetensors: expected a header that begins with {, got nothing'],
    [
      'a header larger than the file',
      fileOf('{}', 0, 3n),
      'safetensors: expected a header of 3 bytes, got 2; the file is cut off, or of another format'
    ],
    [
      'a header too large',
      fileOf('{}', 0, 100_000_001n),
      'safetensors: expected a header of at most 100000000 bytes, got 100000001; is this a safetensors file?'
    ],
    [
      'a header of all there is',
      fileOf('{}', 0, 0xffff_ffff_ffff_ffffn),
      'safetensors: expected a header of at most 100000000 bytes, got 18446744073709551615; is this a safetensors file?'
    ],
    [
      'a header with space before it',
      fileOf(' {}'),
      'safetensors: expected a header that begins with {, got the byte 32'
    ],
    ['a header that is a list', fileOf('[]'), 'safetensors: expected a header that begins with {, got the byte 91'],
    [
      'a header not in UTF-8',
      fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)),
      'safetensors: expected a header in UTF-8, got other bytes'
    ],
    [
      'a header with a mark of byte order',
      fileOf('\ufeff{}'),
      'safetensors: expected a header that begins with {, got the byte 239'
    ],
    [
      'a name twice',
      fileOf(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4
      ),
      'safetensors/a: expected every key once, got the key again'
    ],
    [
      'the name __proto__',
      fileOf('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      'safetensors/__proto__: expected keys that name fields, got the key __proto__'
    ],
    [
      'an element type that is none',
      json({ a: row([1], 0, 4, 'F33') }, 4),
      'safetensors/a/dtype: expected one of F32, F64, U8, U32, BOOL, I8, U16, I16, I32, I64, U64, F16, BF16, got "F33"; convert it to one of these before saving'
    ],
    [
      'one that is not taken',
      json({ a: row([2], 0, 2, 'F8_E5M2') }, 2),
      'safetensors/a/dtype: expected one of F32, F64, U8, U32, BOOL, I8, U16, I16, I32, I64, U64, F16, BF16, got "F8_E5M2"; convert it to one of these before saving'
    ],
    [
      'a field too many',
      json({ a: { ...ok.a, more: 1 } }, 8),
      'safetensors/a/more: expected no field of this name in tensor (it has dtype, shape, data_offsets), got 1'
    ],
    [
      'a field missing',
      json({ a: { dtype: 'F32', shape: [1] } }, 4),
      'safetensors/a/data_offsets: expected two offsets, the second not before the first, got nothing'
    ],
    [
      'metadata that are no texts',
      json({ ...ok, __metadata__: { a: 1 } }, 8),
      'safetensors/__metadata__/a: expected a string, got 1'
    ],
    [
      'metadata that are a text',
      json({ ...ok, __metadata__: 'a' }, 8),
      'safetensors/__metadata__: expected a record (metadata), got "a"'
    ],
    [
      'a negative size',
      json({ a: row([-1], 0, 4) }, 4),
      'safetensors/a/shape/0: expected a whole number, 0 or more, got -1'
    ],
    [
      'sizes whose product no number holds',
      json({ a: row([big, big, big], 0, 8) }, 8),
      `safetensors/a: expected at most 2147483648 bytes, got the sizes [${big}, ${big}, ${big}]; raise limits.bytes if they are right`
    ],
    [
      'too many axes',
      json({ a: row([1, 1, 1, 1, 1, 1, 1, 1, 1], 0, 4) }, 4),
      'safetensors/a: expected at most 8 axes, got 9; is this the right file?'
    ],
    ['a range of another length', json({ a: row([2], 0, 4) }, 4), 'safetensors/a: expected 8 bytes for F32[2], got 4'],
    [
      'a range backwards',
      json({ a: row([1], 4, 0) }, 4),
      'safetensors/a/data_offsets: expected two offsets, the second not before the first, got [4,0]'
    ],
    [
      'a range of fractions',
      json({ a: row([1], 0.5, 4.5) }, 4),
      'safetensors/a/data_offsets: expected two offsets, the second not before the first, got [0.5,4.5]'
    ],
    [
      'ranges that overlap',
      json({ a: row([2], 0, 8), b: row([2], 4, 12) }, 12),
      'safetensors/b: expected data from offset 8 on, got 4; tensors that overlap'
    ],
    [
      'the same range twice',
      json({ a: row([1], 0, 4), b: row([1], 0, 4) }, 4),
      'safetensors/b: expected data from offset 4 on, got 0; tensors that overlap'
    ],
    [
      'a gap',
      json({ a: row([1], 0, 4), b: row([1], 8, 12) }, 12),
      'safetensors/b: expected data from offset 4 on, got 8; bytes that no tensor has'
    ],
    [
      'a gap at the start',
      json({ a: row([1], 4, 8) }, 8),
      'safetensors/a: expected data from offset 0 on, got 4; bytes that no tensor has'
    ],
    ['data cut off', json(ok, 7), 'safetensors: expected 8 bytes of data, got 7; the file is cut off'],
    ['data left over', json(ok, 9), 'safetensors: expected 8 bytes of data, got 9; something follows the last tensor'],
    [
      'a truth value that is none',
      Uint8Array.of(...json({ a: row([2], 0, 2, 'BOOL') }, 0), 1, 2),
      'safetensors/a/element 1: expected a truth value, 0 or 1, got 2; save truth values as 0 and 1'
    ]
  ])('%s', (_, bytes, said) => expect(left(decodeSafetensors(bytes))).toBe(said))

  test('of many levels', () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(left(decodeSafetensors(fileOf(deep)))).toMatch(/^safetensors.*expected at most 200 levels of nesting/)
  })
  test('that is no array of bytes is refused too', () => {
    const others: readonly unknown[] = [new ArrayBuffer(8), undefined, null, 42, 'bytes']
    for (const bytes of others)
      expect(left(decodeSafetensors(bytes as Uint8Array))).toMatch(/^safetensors: expected a Uint8Array, got /)
  })
  test('of any bytes is read, or refused with a place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const r = decodeSafetensors(bytes)
        if (E.isLeft(r)) expect(r.left.path[0]).toBe('safetensors')
      })
    )
  })
  test('claims no memory: limits are held before any is taken', () => {
    const huge = json({ a: row([2 ** 28], 0, 2 ** 30) }, 16)
    const before = process.memoryUsage().arrayBuffers
    expect(left(decodeSafetensors(huge))).toBe(
      `safetensors: expected ${2 ** 30} bytes of data, got 16; the file is cut off`
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(0x1000000)
    const small = { ...safetensorsLimits, header: 1, bytes: 4 }
    expect(left(decodeSafetensors(json(ok, 8), small))).toMatch(/a header of at most 1 bytes/)
    expect(left(decodeSafetensors(json(ok, 8), { ...small, header: 100 }))).toMatch(/at most 4 bytes/)
    // any number is a limit, and anything else is refused
    const none = { header: Infinity, bytes: Infinity, rank: 8 }
    expect(decodeSafetensors(json(ok, 8), none)).toEqual(decodeSafetensors(json(ok, 8)))
    expect(left(decodeSafetensors(json(ok, 8), { ...none, header: 1.5 }))).toMatch(/a header of at most 1.5 bytes/)
    for (const limits of [null, 7, { bytes: 8, rank: 8 }, { header: 8 }])
      expect(left(decodeSafetensors(json(ok, 8), limits as never))).toMatch(/expected limits, { header, bytes, rank }/)
  })
})

test('files of other tools: whole numbers and short floats become numbers that hold them, and tensors may be empty', () => {
  const data = new DataView(new ArrayBuffer(40))
  data.setBigInt64(0, 7n, true)
  data.setBigInt64(8, -5n, true)
  data.setBigInt64(16, 1n << 40n, true)
  data.setUint16(24, 0x3e00, true) // 1.5 as float16
  data.setUint16(26, 0xc040, true) // -3 as bfloat16
  data.setFloat32(32, 0.25, true)
  const header = {
    none: row([0, 4], 0, 0),
    steps: row([], 0, 8, 'I64'),
    table: row([1, 2], 8, 24, 'I64'),
    half: row([1], 24, 26, 'F16'),
    brain: row([1], 26, 28, 'BF16'),
    rest: row([1, 4], 28, 32, 'I8'),
    w: row([2], 32, 40)
  }
  const bytes = json(header, 40)
  bytes.set(new Uint8Array(data.buffer), bytes.length - 40)
  const { tensors } = right(decodeSafetensors(bytes))
  const shown = Object.entries(tensors).map(([name, t]) => [name, t.dtype, ...t.data])
  expect(shown).toEqual([
    ['none', 'f32'],
    ['steps', 'u32', 7],
    ['table', 'f64', -5, 2 ** 40],
    ['half', 'f32', 1.5],
    ['brain', 'f32', -3],
    ['rest', 'f32', 0, 0, 0, 0],
    ['w', 'f32', 0.25, 0]
  ])
  const { none, w } = tensors
  const again = right(encodeSafetensors({ none, w } as Parameters<typeof encodeSafetensors>[0]))
  expect(right(decodeSafetensors(again)).tensors).toEqual({ none, w })
  const large = json({ a: row([2], 0, 16, 'I64') }, 16)
  large.fill(0x7f, large.length - 8)
  expect(left(decodeSafetensors(large))).toContain('safetensors/a/element 1: expected int64 from')
})
