/** Rows of a tensor: the numbers at one index of the first axis. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../value/codec.js'
import { dataError, type DataError } from '../value/error.js'
import { sizeOf, type Dims } from '../value/shape.js'
import { allocate, isSound, isTensor, numbersOf, tensorView, type DType, type Tensor } from '../value/tensor.js'

/** whole numbers that name rows */
export type Indices = Tensor<readonly [number], 'u32'>

export const indices = (numbers: ArrayLike<number>): Indices =>
  tensorView('u32', [numbers.length], numbers instanceof Uint32Array ? numbers : Uint32Array.from(numbers))

/** how many rows: the size of the first axis, 0 for a scalar */
export const rowCount = (t: Tensor): number => t.shape[0] ?? 0

/** the same numbers, row-major; a tensor that lies so already is returned as it is */
export const rowMajor = <D extends DType>(t: Tensor<Dims, D>): Tensor<Dims, D> =>
  tensorView(t.dtype, t.shape, numbersOf(t))

/** the rows named, in that order, copied; for indices known to be in range */
export const pick = <D extends DType>(t: Tensor<Dims, D>, rows: ArrayLike<number>): Tensor<Dims, D> => {
  const width = sizeOf(t.shape.slice(1))
  const from = numbersOf(t)
  const out = allocate(t.dtype, rows.length * width)
  for (let i = 0; i < rows.length; i++) {
    const at = (rows[i] as number) * width
    // a block copy costs a call, which pays from a few numbers on
    if (width >= 16) out.set(from.subarray(at, at + width), i * width)
    else for (let j = 0; j < width; j++) out[i * width + j] = from[at + j] as number
  }
  return tensorView(t.dtype, [rows.length, ...t.shape.slice(1)], out)
}

/** n rows from row `start` on, sharing the tensor's memory; for ranges known to be inside */
export const slice = <D extends DType>(t: Tensor<Dims, D>, start: number, n: number): Tensor<Dims, D> => {
  const width = sizeOf(t.shape.slice(1))
  const data = numbersOf(t).subarray(start * width, (start + n) * width)
  return tensorView(t.dtype, [n, ...t.shape.slice(1)], data)
}

/** the indices, where there are some and each is below n */
export const checkIndices = (rows: Indices, n: number): E.Either<DataError, Uint32Array> => {
  if (isTensor(rows) && rows.data.length === 0) return E.left(dataError(['indices'], 'at least one', 'none'))
  if (!isSound(rows) || rows.dtype !== 'u32')
    return E.left(dataError(['indices'], 'a tensor of u32', showUnknown(rows), "tensor('u32', [n], numbers) makes one"))
  const at = numbersOf(rows)
  const bad = at.findIndex(i => i >= n)
  return bad >= 0 ? E.left(dataError(['indices', `${bad}`], `an index below ${n}`, `${at[bad]}`)) : E.right(at)
}

/**
 * The rows that `rows` names, in that order, with repetitions: out[i, ...] = t[rows[i], ...].
 *
 * @example gatherRows(t, indices([2, 0])) // Right: the third row, then the first
 * @returns Left when an index is not below the number of rows
 */
export const gatherRows = <D extends DType>(t: Tensor<Dims, D>, rows: Indices): E.Either<DataError, Tensor<Dims, D>> =>
  pipe(
    checkIndices(rows, rowCount(t)),
    E.map(at => pick(t, at))
  )
