/** A tensor is a read-only record with the fields of an `ndarray`, so each converts to the other without a copy. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from './error.js'
import { isSize, sameShape, showShape, sizeOf, stridesOf, type Dims } from './shape.js'

/** element types: two floating-point precisions, bytes, indexes, and truth values (0 or 1 in a byte) */
export type DType = 'f32' | 'f64' | 'u8' | 'u32' | 'bool'
export type FloatType = 'f32' | 'f64'

/** the storage behind each element type */
export interface Storage {
  readonly f32: Float32Array
  readonly f64: Float64Array
  readonly u8: Uint8Array
  readonly u32: Uint32Array
  readonly bool: Uint8Array
}

/** a typed array that cannot be written through */
export interface Numbers extends ArrayLike<number>, Iterable<number> {}

/** the type of a value: known before it is computed */
export interface Aval {
  readonly dtype: DType
  readonly shape: Dims
}

export interface Tensor<S extends Dims = Dims, D extends DType = DType> extends Aval {
  readonly dtype: D
  readonly shape: S
  /** elements from one position to the next along each axis */
  readonly stride: Dims
  readonly offset: number
  readonly data: Numbers
}

export const isFloat = (d: DType): d is FloatType => d === 'f32' || d === 'f64'

const makers: { readonly [D in DType]: (n: number | ArrayLike<number>) => Storage[D] } = {
  // (`Float32Array.from` would use an iterator, and take ten times as long)
  f32: n => (typeof n === 'number' ? new Float32Array(n) : new Float32Array(n)),
  f64: n => (typeof n === 'number' ? new Float64Array(n) : new Float64Array(n)),
  u8: n => (typeof n === 'number' ? new Uint8Array(n) : new Uint8Array(n)),
  u32: n => (typeof n === 'number' ? new Uint32Array(n) : new Uint32Array(n)),
  bool: n => (typeof n === 'number' ? new Uint8Array(n) : Uint8Array.from(n, x => (x === 0 ? 0 : 1)))
}

/** a fresh typed array of n zeros, or with the given numbers (rounded to the element type) */
export const allocate = <D extends DType>(dtype: D, n: number | ArrayLike<number>): Storage[D] => makers[dtype](n)

/**
 * a row-major tensor over the given storage, which the caller must not change afterwards. For engines; see `tensor` for
 * checked data.
 */
export const tensorView = <const S extends Dims, D extends DType>(dtype: D, shape: S, data: Numbers): Tensor<S, D> => ({
  dtype,
  shape,
  stride: stridesOf(shape),
  offset: 0,
  data
})

const storages = { f32: Float32Array, f64: Float64Array, u8: Uint8Array, u32: Uint32Array, bool: Uint8Array } as const

const whole =
  (max: number) =>
  (x: number): boolean =>
    Number.isInteger(x) && x >= 0 && x <= max
// NaN and the infinities are numbers of both precisions
const float =
  (round: (x: number) => number) =>
  (x: number): boolean =>
    Number.isFinite(round(x)) || !Number.isFinite(x)
/** for each element type the numbers that it can hold, up to the rounding of fractions, with a name for messages */
const holds: { readonly [D in DType]: readonly [what: string, is: (x: number) => boolean] } = {
  f32: ['numbers in the range of f32', float(Math.fround)],
  f64: ['numbers', float(x => x)],
  u8: ['whole numbers from 0 to 255', whole(255)],
  u32: ['whole numbers from 0 to 4294967295', whole(0xffffffff)],
  bool: ['truth values, 0 or 1', whole(1)]
}

const isDType = (u: unknown): u is DType => typeof u === 'string' && Object.hasOwn(holds, u)

/** a received value, in a few words */
const shown = (u: unknown): string => (typeof u === 'number' ? String(u) : Array.isArray(u) ? 'an array' : typeof u)

/** the first number that the element type cannot hold: it would be changed */
const misfit = (dtype: DType, numbers: ArrayLike<number>): ShapeError | undefined => {
  if (numbers instanceof storages[dtype] && dtype !== 'bool') return undefined
  const [what, is] = holds[dtype]
  for (let i = 0; i < numbers.length; i++) {
    const x: unknown = numbers[i]
    if (typeof x !== 'number' || !is(x))
      return shapeError(
        ['tensor', `element ${i}`],
        `${what} for ${dtype}`,
        shown(x),
        'use another element type, or scale'
      )
  }
  return undefined
}

/**
 * A tensor from plain numbers, copied. Fractions are rounded to the element type.
 *
 * @example tensor('f32', [2, 2], [1, 2, 3, 4]) // Right
 * @returns Left when a size is not a positive whole number, the count of numbers differs from the product of the sizes, or the element
 * type cannot hold a number: 300 and 1.5 as u8, 1e300 as f32
 */
export const tensor = <const S extends Dims, D extends DType>(
  dtype: D,
  shape: S,
  numbers: ArrayLike<number>
): E.Either<ShapeError, Tensor<S, D>> => {
  const fail = (expected: string, got: string): E.Either<ShapeError, never> =>
    E.left(shapeError(['tensor'], expected, got))
  if (!isDType(dtype)) return fail(`an element type, one of ${Object.keys(holds).join(', ')}`, String(dtype))
  if (!Array.isArray(shape) || !shape.every(isSize))
    return fail('sizes that are positive whole numbers', Array.isArray(shape) ? showShape(shape) : shown(shape))
  if (typeof numbers !== 'object' || numbers === null) return fail('a list of numbers', shown(numbers))
  if (sizeOf(shape) !== numbers.length)
    return fail(`${sizeOf(shape)} numbers for the shape ${showShape(shape)}`, shown(numbers.length))
  const wrong = misfit(dtype, numbers)
  return wrong === undefined ? E.right(tensorView(dtype, shape, allocate(dtype, numbers))) : E.left(wrong)
}

/** a tensor filled with one number, which is stored once (all strides are 0) */
export const filledTensor = <const S extends Dims, D extends DType>(
  dtype: D,
  shape: S,
  value: number
): Tensor<S, D> => ({
  dtype,
  shape,
  stride: shape.map(() => 0),
  offset: 0,
  data: allocate(dtype, [value])
})

/** the same numbers, not copied, with axis order[i] as axis i */
export const permutedView = (t: Tensor, order: Dims): Tensor => ({
  ...t,
  shape: order.map(i => t.shape[i] as number),
  stride: order.map(i => t.stride[i] as number)
})
/** the same numbers, not copied, repeated along axes that have another size in a shape: those of size 1 */
export const repeatedView = (t: Tensor, shape: Dims): Tensor => ({
  ...t,
  shape,
  stride: t.stride.map((s, i) => (t.shape[i] === shape[i] ? s : 0))
})

/** whether the data are row-major and without gaps from the offset on */
export const isContiguous = (t: Tensor): boolean => {
  const s = stridesOf(t.shape)
  return t.shape.every((n, i) => n === 1 || t.stride[i] === s[i])
}

/**
 * the numbers in row-major order. If they are stored so already, this is a view of the tensor's storage: don't write to
 * it.
 */
export const numbersOf = <D extends DType>(t: Tensor<Dims, D>): Storage[D] => {
  const data = t.data as Storage[D]
  const n = sizeOf(t.shape)
  if (isContiguous(t))
    return (t.offset === 0 && data.length === n ? data : data.subarray(t.offset, t.offset + n)) as Storage[D]
  const out = allocate(t.dtype, n)
  const index = new Array<number>(t.shape.length).fill(0)
  let at = t.offset
  for (let i = 0; i < n; i++) {
    out[i] = data[at] as number
    for (let a = t.shape.length - 1; a >= 0; a--) {
      const next = (index[a] as number) + 1
      at += t.stride[a] as number
      if (next < (t.shape[a] as number)) {
        index[a] = next
        break
      }
      at -= next * (t.stride[a] as number)
      index[a] = 0
    }
  }
  return out
}

/** a copy of the numbers, in row-major order, that the caller may write */
export const toTypedArray = <D extends DType>(t: Tensor<Dims, D>): Storage[D] => allocate(t.dtype, numbersOf(t))

/** equal element types, shapes and bits (so NaN equals itself and -0 differs from 0) */
export const sameBits = (a: Tensor, b: Tensor): boolean => {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false
  const x = numbersOf(a)
  const y = numbersOf(b)
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false
  return true
}

/** the single number of a tensor with one element */
export const scalarOf = (t: Tensor): number => t.data[t.offset] as number

/** whether a value has the storage of its element type, and shape, stride and offset never lead outside of it */
export const isSound = (t: unknown): boolean => {
  if (!isTensor(t)) return false
  const { dtype, shape, stride, offset, data } = t
  const lists: readonly unknown[] = [shape, stride]
  if (!isDType(dtype) || !lists.every(u => Array.isArray(u))) return false
  const reach = (sign: 1 | -1): number =>
    shape.reduce((sum, n, i) => sum + (n - 1) * Math.max(0, sign * (stride[i] as number)), 0)
  return (
    data instanceof storages[dtype] &&
    shape.every(isSize) &&
    stride.length === shape.length &&
    [offset, ...stride].every(Number.isSafeInteger) &&
    offset - reach(-1) >= 0 &&
    offset + reach(1) < data.length
  )
}

/** whether a value has the fields of a tensor; whether they fit each other is not checked */
export const isTensor = (u: unknown): u is Tensor =>
  typeof u === 'object' && u !== null && 'dtype' in u && 'shape' in u && 'stride' in u && 'offset' in u && 'data' in u
