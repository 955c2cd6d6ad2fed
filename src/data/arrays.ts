/** Data that are already in memory: nested arrays, and objects with the fields of an ndarray. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../value/codec.js'
import { dataError, withinPath, type DataError } from '../value/error.js'
import { isSize, showShape, sizeOf, type Dims } from '../value/shape.js'
import { allocate, tensorView, type DType, type Storage, type Tensor } from '../value/tensor.js'
import { dataset, type Dataset } from './dataset.js'
import { defaultLimits } from './limits.js'

export type Nested = readonly (number | Nested)[]

/** the sizes along the first elements; every other branch is compared with them afterwards */
const sizesOf = (a: unknown): Dims => {
  const sizes: number[] = []
  for (let u = a; Array.isArray(u) && sizes.length <= defaultLimits.rank; u = u[0]) sizes.push(u.length)
  return sizes
}

const kindOf = (u: unknown): string =>
  Array.isArray(u)
    ? `an array of ${u.length}`
    : typeof u === 'object' && u !== null
      ? 'an object'
      : typeof u === 'string'
        ? JSON.stringify(u.slice(0, 40))
        : String(u)

/**
 * A tensor from nested arrays, the first axis outermost.
 *
 * @example nested([[1, 2], [3, 4]]) // Right: f64 [2, 2]
 * @returns Left for arrays of different lengths (naming the row, counted from 0), for anything that is not a number, and for no numbers
 */
export const nested = (a: Nested): E.Either<DataError, Tensor<Dims, 'f64'>> => {
  const shape = sizesOf(a)
  if (shape.length === 0 || shape.length > defaultLimits.rank)
    return E.left(
      dataError([], `arrays nested 1 to ${defaultLimits.rank} deep`, shape.length === 0 ? kindOf(a) : 'more')
    )
  if (!shape.every(isSize)) return E.left(dataError([], 'at least one number', `the shape ${showShape(shape)}`))
  const last = shape.length - 1
  const same = 'all rows need the same form'
  const below = (e: DataError, depth: number, i: number): DataError => ({
    ...e,
    path: [depth === 0 ? `row ${i}` : `${i}`, ...e.path]
  })
  /** all rows along the last axis, in order */
  const walk = (
    u: unknown,
    depth: number,
    row: (numbers: readonly unknown[]) => DataError | undefined
  ): DataError | undefined => {
    const size = shape[depth] as number
    if (!Array.isArray(u) || u.length !== size) return dataError([], `an array of ${size}`, kindOf(u), same)
    if (depth === last) return row(u)
    for (let i = 0; i < size; i++) {
      const e = walk(u[i], depth + 1, row)
      if (e !== undefined) return below(e, depth, i)
    }
    return undefined
  }
  // the form first: it says how much memory there must be
  const malformed = walk(a, 0, () => undefined)
  if (malformed !== undefined) return E.left(malformed)
  const numbers = allocate('f64', sizeOf(shape))
  let at = 0
  const wrong = walk(a, 0, row => {
    for (let i = 0; i < row.length; i++) {
      const n = row[i]
      if (typeof n !== 'number') return below(dataError([], 'a number', kindOf(n), same), last, i)
      numbers[at++] = n
    }
    return undefined
  })
  return wrong === undefined ? E.right(tensorView('f64', shape, numbers)) : E.left(wrong)
}

/**
 * A dataset from nested arrays: one row of `x` and one of `y` per example.
 *
 * @example fromArrays([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])
 * @example fromArrays([[5.1, 3.5], [6.2, 2.9]], [0, 1], 2) // class numbers, of 2 classes
 * @returns Left as `nested` and `dataset`
 */
export const fromArrays = (x: Nested, y: Nested, classes?: number): E.Either<DataError, Dataset> =>
  pipe(
    E.Do,
    E.bind('x', () => pipe(nested(x), withinPath('x'))),
    E.bind('y', () => pipe(nested(y), withinPath('y'))),
    E.chain(d => dataset(classes === undefined ? d : { ...d, classes }))
  )

/** the fields of an ndarray */
export interface NdarrayLike {
  readonly data: ArrayLike<number>
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
}

/** strides of 0 make large tensors of few numbers, which would be written out in full later */
const maxElements = defaultLimits.bytes / 4

/** element types that keep the array's own memory; the other typed arrays are copied to one that holds all their values */
const kinds: readonly (readonly [
  make: abstract new (n: number) => ArrayLike<number>,
  dtype: DType,
  shared: boolean
])[] = [
  [Float32Array, 'f32', true],
  [Float64Array, 'f64', true],
  [Uint8Array, 'u8', true],
  [Uint32Array, 'u32', true],
  [Uint8ClampedArray, 'u8', false],
  [Int8Array, 'f32', false],
  [Int16Array, 'f32', false],
  [Uint16Array, 'f32', false],
  [Int32Array, 'f64', false],
  [Array, 'f64', false]
]

/** the compiler knows this; a caller in JavaScript may not */
const isList = (u: ArrayLike<number>): u is readonly number[] => Array.isArray(u)

/**
 * A tensor from an object with the fields of an ndarray, by its form alone: the ndarray package is not loaded. float32, float64,
 * uint8 and uint32 arrays share their memory, with any strides (also negative ones).
 *
 * @example fromNdarray(ndarray(new Float32Array(6), [2, 3])) // Right: f32 [2, 3]
 * @returns Left for sizes that are not positive, strides that lead outside the data, data that are not an array of numbers
 */
export const fromNdarray = (array: NdarrayLike): E.Either<DataError, Tensor> => {
  if (typeof array !== 'object' || array === null)
    return E.left(dataError(['ndarray'], 'an object with data, shape, stride and offset', kindOf(array)))
  const { data, shape, stride, offset } = array
  const fail = (expected: string, got: string): E.Either<DataError, never> =>
    E.left(dataError(['ndarray'], expected, got))
  const kind = kinds.find(([make]) => data instanceof make)
  if (kind === undefined)
    return fail('data in a typed array or an array', typeof data === 'object' ? 'another object' : typeof data)
  if (!isList(shape) || !shape.every(isSize) || shape.length > defaultLimits.rank)
    return fail(`at most ${defaultLimits.rank} sizes that are positive whole numbers`, showUnknown(shape))
  if (!isList(stride) || stride.length !== shape.length || ![...stride, offset].every(Number.isSafeInteger))
    return fail(
      'one whole number per axis as strides, and an offset',
      `${showUnknown(stride)} and ${showUnknown(offset)}`
    )
  if (sizeOf(shape) > maxElements) return fail(`at most ${maxElements} numbers`, showShape(shape))
  const reach = (sign: 1 | -1): number =>
    shape.reduce((at, n, axis) => at + Math.max(0, sign * (n - 1) * (stride[axis] as number)), 0)
  if (!(offset - reach(-1) >= 0 && offset + reach(1) < data.length))
    return fail(`indexes from 0 to ${data.length - 1}`, `${offset - reach(-1)} to ${offset + reach(1)}`)
  if (isList(data) && !data.every(x => typeof x === 'number')) return fail('numbers only', 'something else among them')
  const [, dtype, shared] = kind
  const own = shared ? (data as Storage[DType]) : allocate(dtype, data)
  return E.right({ dtype, shape: [...shape], stride: [...stride], offset, data: own })
}
