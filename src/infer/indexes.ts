/** Whether the indexes that a model is given are in its vocabulary: a table has no row for others. */
import { isParts, limitAt, partAt } from '../layer/indexes.js'
import type { EachIndex, Indexes } from '../layer/terms.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { isTensor, numbersOf, type Tensor } from '../value/tensor.js'
import type { Examples } from './examples.js'

/** the place of the first index that is not below its limit; -1 if there is none */
export const firstAbove = (x: Tensor, indexes: number | EachIndex): number => {
  // other typed arrays have the same method
  const numbers = numbersOf(x) as Uint32Array
  return x.dtype === 'u32' ? numbers.findIndex((n, i) => n >= limitAt(indexes, i)) : -1
}

/** the error of the first such index; several inputs may each have their own vocabulary */
export const wrongIndexIn = (
  x: Examples,
  indexes: Indexes | undefined,
  path: readonly string[] = ['inputs']
): ShapeError | undefined => {
  if (!isTensor(x))
    return x.map((part, i) => wrongIndexIn(part, partAt(indexes, i), [...path, `${i}`])).find(e => e !== undefined)
  if (indexes === undefined || isParts(indexes)) return undefined
  const at = firstAbove(x, indexes)
  return at < 0
    ? undefined
    : shapeError(
        [...path, `element ${at}`],
        `an index below ${limitAt(indexes, at)}, as the vocabulary of the model has`,
        String(numbersOf(x)[at])
      )
}
