/**
 * Sizes that depend on the batch. A graph of gradfold is for batches of one size. Two graphs of the same model, for batches of two and of
 * three, say which of their sizes count examples: those that differ. Such a size is written as a negative number: -6 is six times the batch.
 */
import * as E from 'fp-ts/lib/Either.js'
import { topological, type Expr } from '../../expr/op.js'
import { sameData } from '../../value/equal.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { showShape, type Dims } from '../../value/shape.js'
import { isTensor } from '../../value/tensor.js'
import { filled, sameTensor } from './match.js'

/** a whole number, or if negative, a multiple of the batch */
export type Size = number
export type Sizes = readonly Size[]

const batches = [2, 3] as const
export const [firstBatch, secondBatch] = batches

/** the size that is a in the graph of the first batch, and b in that of the second */
const sizeFrom = (a: number, b: number): Size | undefined =>
  a === b ? a : a % firstBatch === 0 && (a / firstBatch) * secondBatch === b ? -a / firstBatch : undefined
const sizesFrom = (a: Dims, b: Dims): Sizes | undefined => {
  const all = a.map((n, i) => sizeFrom(n, b[i] as number))
  return a.length === b.length && all.every(n => n !== undefined) ? all : undefined
}

/** attributes that are sizes of the result: the shape of the node says them too */
const shapes = new Set(['shape', 'height', 'width', 'rows'])
const sameMeaning = (a: Expr, b: Expr): boolean => {
  if (a.op !== b.op || a.args.length !== b.args.length) return false
  if (a.op === 'constant' && b.op === 'constant') {
    const [x, y] = [a.attrs.value, b.attrs.value]
    return filled(x) && filled(y) ? Object.is(x.data[x.offset], y.data[y.offset]) : sameTensor(x, y)
  }
  const [x, y] = [a.attrs as Readonly<Record<string, unknown>>, b.attrs as Readonly<Record<string, unknown>>]
  return Object.keys(x).every(k => shapes.has(k) || isTensor(x[k]) || sameData(x[k], y[k]))
}

/** the sizes of every node of a graph, from the same graph for another batch; `two` may be the graph itself, for one batch alone */
export const sizesOfAll = (
  one: readonly Expr[],
  two: readonly Expr[]
): E.Either<ShapeError, ReadonlyMap<Expr, Sizes>> => {
  const [a, b] = [topological(one), topological(two)]
  const sizes = new Map<Expr, Sizes>()
  for (const [i, node] of a.entries()) {
    const other = b[i]
    const found = other !== undefined && sameMeaning(node, other) ? sizesFrom(node.shape, other.shape) : undefined
    if (found === undefined || a.length !== b.length)
      return E.left(
        shapeError(
          ['onnx'],
          'a formula that is the same for batches of every size',
          `${node.op} of ${showShape(node.shape)}`,
          'export it for one size of the batch: the setting batch'
        )
      )
    sizes.set(node, found)
  }
  return E.right(sizes)
}
