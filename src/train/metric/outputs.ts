/** What metrics of classes read from a model's output. */
import {
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

/** how many classes outputs tell apart: one output tells two */
export const classCount = (output: Dims): number => Math.max(2, output.at(-1) ?? 1)
/** how many classes each example is asked for: one, unless the output has axes before the last */
export const positions = (output: Dims): number => sizeOf(output.slice(0, -1))

/**
 * Outputs [..., C] as rows [n, C] with one number for each class. A single output z stands for the two logits 0 and z, or, where
 * the loss takes no logits, for the probabilities 1 - y and y.
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

/** the first place of the largest number of each row [n, C] -> [n], as a number of the rows' type */
export const firstLargest = (rows: Expr): Expr => {
  const behind = select(equal(rows, reduceMax(rows, [1])), neg(iota(rows.dtype, rows.shape)), -Infinity)
  return reshape(neg(reduceMax(behind, [1])), rows.shape.slice(0, 1))
}
/** the class that each row is taken for; of equally large ones the first */
export const predictedClass = (y: Expr, scale: Scale): Expr => firstLargest(classRows(y, scale))

/** which place of each row is the class [n] -> bool [n, C]; none where the class is not among them */
export const isClass = (t: Expr, classes: number): Expr => {
  const n = t.shape[0] ?? 1
  return equal(iota(t.dtype, [n, classes]), reshape(t, [n, 1]))
}
/** ones and zeros [n, C] */
export const classColumns = (t: Expr, classes: number): Expr => cast(isClass(t, classes), t.dtype)

/** how many conditions hold: a whole number, exact below 2^24 */
export const countOf = (condition: Expr, like: Expr): Expr => total(cast(condition, like.dtype))
/** the sum in f64, so that only the order of adding is left to batches */
export const wideTotal = (x: Expr): Expr => total(cast(x, 'f64'))

/** class numbers from targets that have the output's shape: the place of the largest of each row, or for single numbers 1 above a half */
export const classesOfTargets = (t: Expr): Expr => reshape(predictedClass(t, 'probabilities'), t.shape.slice(0, -1))

/** what a metric of classes cannot read */
export const noClasses = (output: Dims): Expr =>
  invalid('outputs with a last axis, one number for each class', showShape(output))
