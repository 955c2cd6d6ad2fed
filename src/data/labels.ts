/** Class numbers: 0 .. classes - 1, held as u32. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../value/codec.js'
import { dataError, type DataError } from '../value/error.js'
import { isSize, showShape } from '../value/shape.js'
import { isSound, isTensor, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { defaultLimits } from './limits.js'
import { rowCount, type Indices } from './rows.js'

/**
 * Class numbers as u32, checked.
 *
 * @example classLabels([5, 0, 4], 10) // Right: u32 [3]
 * @returns Left for a number that is not whole or not in 0 .. classes - 1 (naming the first such row, counted from 0), for no labels
 * at all, and for a tensor that is not of the shape [examples]
 */
export const classLabels = (y: Tensor | ArrayLike<number>, classes: number): E.Either<DataError, Indices> => {
  if (!isSize(classes)) return E.left(dataError(['classes'], 'a positive whole number', showUnknown(classes)))
  if (isTensor(y) ? !isSound(y) : typeof y !== 'object' || y === null || !isSize(y.length))
    return E.left(dataError(['labels'], 'at least one label', showUnknown(y)))
  if (isTensor(y) && y.shape.length !== 1)
    return E.left(
      dataError(['labels'], 'one class number per example, [examples]', showShape(y.shape), 'is this one-hot already?')
    )
  const numbers = isTensor(y) ? numbersOf(y) : y
  const out = new Uint32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    const c = numbers[i] as number
    if (!(Number.isInteger(c) && c >= 0 && c < classes))
      return E.left(
        dataError(
          ['labels', `row ${i}`],
          `a whole number from 0 to ${classes - 1}`,
          showUnknown(c),
          'classes are counted from 0'
        )
      )
    out[i] = c
  }
  return E.right(tensorView('u32', [out.length], out))
}

/**
 * Rows with 1 at the class and 0 elsewhere: out[i, c] = (labels[i] = c).
 *
 * @example oneHot([2, 0], 3) // Right: f32 [2, 3], 0 0 1 1 0 0
 * @returns Left as `classLabels`
 */
export const oneHot = (
  labels: Tensor | ArrayLike<number>,
  classes: number
): E.Either<DataError, Tensor<readonly [number, number], 'f32'>> =>
  pipe(
    classLabels(labels, classes),
    E.filterOrElse(
      checked => rowCount(checked) * classes * 4 <= defaultLimits.bytes,
      checked =>
        dataError(
          ['classes'],
          `at most ${defaultLimits.bytes} bytes, one number for each class and label`,
          `${rowCount(checked)} labels of ${classes} classes`,
          'losses take class numbers as they are'
        )
    ),
    E.map(checked => {
      const out = new Float32Array(rowCount(checked) * classes)
      numbersOf(checked).forEach((c, i) => (out[i * classes + c] = 1))
      return tensorView('f32', [rowCount(checked), classes], out)
    })
  )
