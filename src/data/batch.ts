/** Batches: the examples of an epoch in its own order, cut into pieces. The same key gives the same batches on every machine. */
import * as E from 'fp-ts/lib/Either.js'
import { drawKey, foldIn, permutation, type Key } from '../random/index.js'
import { dataError, settingError, type DataError, type SettingError } from '../value/error.js'
import { isSize } from '../value/shape.js'
import { indices, type Indices } from './rows.js'

/**
 * The order of the n examples in an epoch: a permutation drawn from `foldIn(key, epoch)`.
 *
 * @param key the run's key for shuffling
 * @param epoch counted from 0
 */
export const epochOrder = (key: Key, epoch: number, n: number): Uint32Array =>
  permutation(drawKey(foldIn(key, epoch)), n)

/** 0, 1, ..., n - 1: the order of an evaluation */
export const givenOrder = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, i) => i)

/**
 * The batches of n examples taken in an order: each example once, the last batch as short as it comes.
 *
 * @example batchIndices(5, 2, Uint32Array.of(3, 1, 4, 0, 2)) // Right: [3, 1], [4, 0], [2]
 * @returns Left for a batch size that is not a whole number from 1 to n, or an order that doesn't name n examples
 */
export const batchIndices = (
  n: number,
  batchSize: number,
  order: Uint32Array
): E.Either<DataError | SettingError, readonly Indices[]> =>
  !(order instanceof Uint32Array) || order.length !== n || order.some(i => i >= n)
    ? E.left(dataError(['order'], `${n} indexes below ${n}`, `${order?.length ?? 'no'} numbers`))
    : !isSize(batchSize) || batchSize > n
      ? E.left(settingError(['batchSize'], `a whole number from 1 to ${n}, the number of examples`, String(batchSize)))
      : E.right(
          Array.from({ length: Math.ceil(n / batchSize) }, (_, b) =>
            indices(order.subarray(b * batchSize, (b + 1) * batchSize))
          )
        )
