/** Whether the indexes that a model is given are in its vocabulary: a table has no row for others. */
import { shapeError, type ShapeError } from '../value/error.js'
import { isTensor, numbersOf, type Tensor } from '../value/tensor.js'
import type { Examples } from './examples.js'

/** the place of the first index that is not below the number of them; -1 if there is none */
export const firstAbove = (x: Tensor, indexes: number): number => {
  // other typed arrays have the same method
  const numbers = numbersOf(x) as Uint32Array
  return x.dtype === 'u32' ? numbers.findIndex(n => n >= indexes) : -1
}

/** the error of the first such index */
export const wrongIndexIn = (x: Examples, indexes: number | undefined): ShapeError | undefined => {
  if (indexes === undefined || !isTensor(x)) return undefined
  const at = firstAbove(x, indexes)
  return at < 0
    ? undefined
    : shapeError(
        ['inputs', `element ${at}`],
        `an index below ${indexes}, as the vocabulary of the model has`,
        String(numbersOf(x)[at])
      )
}
