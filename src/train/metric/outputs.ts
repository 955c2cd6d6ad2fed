/** What metrics of classes read from a model's output. */
import {
  abs,
  cast,
  concat,
  constant,
  equal,
  iota,
  neg,
  node,
  reduceMax,
  reshape,
  select,
  sub,
  total
} from '../../expr/build.js'
import { softmax } from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import { shapeError } from '../../value/error.js'
import { showShape, sizeOf, type Dims } from '../../value/shape.js'
import type { Scale } from '../loss/loss.js'

export const invalid = (expected: string, got: string, hint = ''): Expr =>
  node('invalid', [], { error: shapeError(['metrics'], expected, got, hint) })

/** the number of classes: a single output distinguishes two */
export const classCount = (output: Dims): number => Math.max(2, output.at(-1) ?? 1)
/** the number of predictions for each example: one, unless the output has axes before the last */
export const positions = (output: Dims): number => sizeOf(output.slice(0, -1))

/**
 * Outputs [..., C] as rows [n, C] with one number for each class. A single output z means the two logits 0 and z, or,
 * if the loss takes no logits, the probabilities 1 - y and y.
 */
export const classRows = (y: Expr, scale: Scale): Expr => {
  const classes = y.shape.at(-1) ?? 1
  const rows = reshape(y, [sizeOf(y.shape) / classes, classes])
  return classes > 1 ? rows : concat([scale === 'logits' ? constant(0, rows) : sub(1, rows), rows], 1)
}
/** rows of probabilities */
export const probabilityRows = (y: Expr, scale: Scale): Expr => {
  const rows = classRows(y, scale)
  return scale === 'logits' ? softmax(rows) : rows
}

/** class numbers as a list [n] */
export const classList = (t: Expr): Expr => reshape(t, [sizeOf(t.shape)])

/** the first index of the largest number of each row [n, C] -> [n], in the rows' element type */
export const firstLargest = (rows: Expr): Expr => {
  const behind = select(equal(rows, reduceMax(rows, [1])), neg(iota(rows.dtype, rows.shape)), -Infinity)
  return reshape(neg(reduceMax(behind, [1])), rows.shape.slice(0, 1))
}
/** the predicted class of each row; the first of equals */
export const predictedClass = (y: Expr, scale: Scale): Expr => firstLargest(classRows(y, scale))

/** whether each column is the class [n] -> bool [n, C]; all false if the class is out of range */
export const isClass = (t: Expr, classes: number): Expr => {
  const n = t.shape[0] ?? 1
  return equal(iota(t.dtype, [n, classes]), reshape(t, [n, 1]))
}
/** ones and zeros [n, C] */
export const classColumns = (t: Expr, classes: number): Expr => cast(isClass(t, classes), t.dtype)

/** the number of true conditions: a whole number, exact below 2^24 */
export const countOf = (condition: Expr, like: Expr): Expr => total(cast(condition, like.dtype))
/** the sum in f64, so that different batch sizes change only the order of f64 additions */
export const wideTotal = (x: Expr): Expr => total(cast(x, 'f64'))

/**
 * class indexes from targets that have the output's shape: the index of the largest in each row, or for single numbers
 * 1 above a half. With `masks`, a row of zeros has the number of classes instead, which is the index of none.
 */
export const classesOfTargets = (t: Expr, masks: boolean): Expr => {
  const classes = t.shape.at(-1) ?? 1
  const largest = predictedClass(t, 'probabilities')
  const zeros = (): Expr => equal(reshape(reduceMax(abs(classRows(t, 'probabilities')), [1]), largest.shape), 0)
  return reshape(masks && classes > 1 ? select(zeros(), classes, largest) : largest, t.shape.slice(0, -1))
}

/** the invalid node of an output that has no classes */
export const noClasses = (output: Dims): Expr =>
  invalid('outputs with a last axis, one number for each class', showShape(output))
