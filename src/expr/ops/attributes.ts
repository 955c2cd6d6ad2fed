/** JSON codecs for the attributes of ops, exact: JSON itself has no NaN, infinities or -0. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { count, exact, list, oneOf, refined, size, type Codec } from '../../value/codec.js'
import { bytesOf, numbersFrom, widths } from '../../value/bytes.js'
import { sizeOf } from '../../value/shape.js'
import { filledTensor, isTensor, tensorView, type DType, type FloatType, type Tensor } from '../../value/tensor.js'

export const counts = list(count)
export const dtype: Codec<DType> = oneOf('f32', 'f64', 'u8', 'u32', 'bool')
export const floatType: Codec<FloatType> = oneOf('f32', 'f64')
const isText = (u: unknown): u is string => typeof u === 'string'
export const name: Codec<string> = refined('a name', isText)

const words: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 }
/** any number; those without a JSON numeral are strings */
export const anyNumber: Codec<number> = new t.Type<number, unknown, unknown>(
  `a number, or one of ${Object.keys(words).join(', ')}`,
  (u): u is number => typeof u === 'number',
  (u, c) => {
    const x = isText(u) && Object.hasOwn(words, u) ? words[u] : u
    return typeof x === 'number' ? t.success(x) : t.failure(u, c)
  },
  x => Object.keys(words).find(word => Object.is(words[word], x)) ?? x
)

const pair = (codec: Codec<number>): Codec<readonly [number, number]> =>
  refined(
    'two positive whole numbers',
    (u): u is readonly [number, number] => Array.isArray(u) && u.length === 2 && u.every(codec.is)
  )
export const window = { size: pair(size), stride: pair(size), dilation: pair(size) } as const

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('')
const isHex = (u: unknown): u is string => isText(u) && u.length % 2 === 0 && /^[0-9a-f]*$/.test(u)
const bytesFrom = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
/** larger than any array in memory, and small enough that a product of sizes is exact */
const maxNumbers = 0x7fffffff

const written = exact('tensor', {
  dtype,
  shape: list(size),
  bytes: refined('an even number of the digits 0 to f', isHex)
})
const isOne = (x: Tensor): boolean => x.stride.every((s, i) => s === 0 || x.shape[i] === 1)
/**
 * A tensor as `{ dtype, shape, bytes }`: its numbers in row-major order, little-endian, in hexadecimal digits, so that
 * every bit is kept. The bytes of a single number mean that number repeated over the shape.
 */
export const tensor: Codec<Tensor> = new t.Type<Tensor, unknown, unknown>(
  'a tensor',
  isTensor,
  (u, c) => {
    const w = written.validate(u, c)
    if (E.isLeft(w)) return w
    const { dtype: type, shape, bytes: hex } = w.right
    const [bytes, n] = [bytesFrom(hex), sizeOf(shape)]
    const held = bytes.length / widths[type]
    const fail = (expected: string): t.Validation<Tensor> =>
      t.failure(hex, t.appendContext(c, 'bytes', t.string), expected)
    if (n > maxNumbers) return fail(`at most ${maxNumbers} numbers`)
    if (held !== n && held !== 1) return fail(`the bytes of ${n} numbers, or of one for every place`)
    if (type === 'bool' && bytes.some(b => b > 1)) return fail('truth values of 00 or 01')
    const data = numbersFrom(type, bytes)
    return t.success(held === n ? tensorView(type, shape, data) : { ...filledTensor(type, shape, 0), data })
  },
  x => {
    const one: Tensor = { dtype: x.dtype, shape: [], stride: [], offset: x.offset, data: x.data }
    return written.encode({ dtype: x.dtype, shape: x.shape, bytes: hexOf(bytesOf(isOne(x) ? one : x)) })
  }
)
