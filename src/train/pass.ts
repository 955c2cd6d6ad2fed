/** One pass over a batch as expressions: outputs, loss and gradients, of the batch as a whole or of its shards. */
import { cast, concat, constant, div, equal, input, mul, oneHot, reshape, select, total } from '../expr/build.js'
import { gradients } from '../expr/gradient.js'
import type { Expr } from '../expr/op.js'
import { mapTree, treeLeaves, type Branch, type Tree } from '../value/tree.js'
import type { BatchSource } from '../data/program-inputs.js'
import { batchLoss } from './loss/index.js'
import { areIndexes, lossesOf, targetShapeOf } from './loss/loss.js'
import type { ByPath } from './optimizer/optimizer.js'
import { shardCount, shardKey, shardOf, treeSum } from './shards.js'
import type { ValidTraining } from './training.js'

/** targets of the output's shape: class indexes become one-hot rows where the loss takes them, and a number is one output */
export const lossTargets = (c: ValidTraining, y: Expr): Expr => {
  const classes = c.output.at(-1) ?? 1
  if (areIndexes(c.loss, c.output, y)) return oneHot(cast(y, 'u32'), classes, c.training.precision)
  return reshape(cast(y, c.training.precision), [y.shape[0] ?? 1, ...targetShapeOf(c.loss, c.output)])
}

/** the loss of each example */
const exampleLosses = (c: ValidTraining, output: Expr, target: Expr): Expr =>
  lossesOf(c.loss.formula(output, target), output.shape[0] ?? 1)

/** the loss of a batch; and the sum of the weights of its examples, where they have some */
export const lossOutputs = (
  c: ValidTraining,
  output: Expr,
  { y, weights }: BatchSource,
  target = lossTargets(c, y)
): { readonly loss: Expr; readonly weight?: Expr } => ({
  loss: batchLoss(exampleLosses(c, output, target), weights),
  ...(weights === undefined ? {} : { weight: total(cast(weights, 'f64')) })
})

const stepKey = (): Expr => input('key', 'u32', [2])

/** the model's output for a batch, in training or in inference */
export const forward = (
  c: ValidTraining,
  params: Branch<Expr>,
  layers: Branch<Expr>,
  x: Expr,
  training: boolean,
  key = stepKey()
): { readonly value: Expr; readonly layers: Tree<Expr> } => {
  const applied = c.placed.apply(
    {
      params,
      state: layers,
      shared: {},
      training,
      ...(c.allowSingle === undefined ? {} : { allowSingle: c.allowSingle }),
      key,
      path: ''
    },
    x
  )
  // single input and output were checked with the training
  return { value: applied.value as Expr, layers: applied.state }
}

export interface Pass {
  readonly output: Expr
  /** running statistics after it */
  readonly layers: Tree<Expr>
  readonly loss: Expr
  /** the sum of the weights of the examples, where they have some */
  readonly weight?: Expr
  /** the gradients of the loss by tensors that it was computed from */
  readonly gradients: (by: readonly Expr[]) => readonly Expr[]
}
/** a batch as the loss takes it */
export interface PassBatch {
  readonly x: Expr
  readonly target: Expr
  readonly weights?: Expr | undefined
}

const wholePass = (
  c: ValidTraining,
  params: Branch<Expr>,
  layers: Branch<Expr>,
  { x, target, weights }: PassBatch,
  training: boolean
): Pass => {
  const { value, layers: after } = forward(c, params, layers, x, training)
  const source = weights === undefined ? { x, y: target } : { x, y: target, weights }
  const losses = lossOutputs(c, value, source, target)
  return { output: value, layers: after, ...losses, gradients: by => gradients(losses.loss, by) }
}

/**
 * Numerics contract, section 4: L_j = (sum over shard j of w l) / W, with W the sum of the weights of the whole batch (or its number of
 * examples), summed and divided in f64 and rounded once; gradients of each L_j, added by `treeSum` in the run's precision.
 */
const shardedPass = (
  c: ValidTraining,
  count: number,
  params: Branch<Expr>,
  layers: Branch<Expr>,
  { x, target, weights }: PassBatch,
  training: boolean
): Pass => {
  const { allowSingle: _, ...strict } = c
  const weight = weights === undefined ? undefined : total(cast(weights, 'f64'))
  const whole =
    weight === undefined ? constant(x.shape[0] ?? 1, { dtype: 'f64', shape: [] }) : select(equal(weight, 0), 1, weight)
  const shards = Array.from({ length: count }, (_, j) => {
    const cut = (e: Expr): Expr => shardOf(e, count, j)
    const { value, layers: after } = forward(strict, params, layers, cut(x), training, shardKey(stepKey(), j))
    const losses = cast(exampleLosses(c, value, cut(target)), 'f64')
    const sum = total(weights === undefined ? losses : mul(cast(cut(weights), 'f64'), losses))
    return { value, after: new Map(treeLeaves<Expr>(after)), sum, loss: cast(div(sum, whole), value.dtype) }
  })
  return {
    output: concat(
      shards.map(s => s.value),
      0
    ),
    layers: mapTree<Expr, Expr>((_, path) => div(treeSum(shards.map(s => s.after.get(path) as Expr)), count))(layers),
    loss: cast(div(treeSum(shards.map(s => s.sum)), whole), c.training.precision),
    ...(weight === undefined ? {} : { weight }),
    gradients: by => {
      const each = shards.map(s => gradients(s.loss, by))
      return by.map((_, i) => treeSum(each.map(gs => gs[i] as Expr)))
    }
  }
}

/** a batch as a pass takes it, with the targets in the form of the loss */
export const passBatch = (c: ValidTraining, { x, y, weights }: BatchSource): PassBatch => ({
  x,
  target: lossTargets(c, y),
  weights
})

/** a pass over a batch, cut into shards where the training says so */
export const passOf = (
  c: ValidTraining,
  params: Branch<Expr>,
  layers: Branch<Expr>,
  batch: PassBatch,
  training: boolean
): Pass => {
  const count = shardCount(c.training.shards)
  return count === 1
    ? wholePass(c, params, layers, batch, training)
    : shardedPass(c, count, params, layers, batch, training)
}

/** the gradients of a pass by parameters, by their paths */
export const gradientsByPath = (pass: Pass, params: Branch<Expr>): ByPath => {
  const at = treeLeaves<Expr>(params)
  const gs = pass.gradients(at.map(([, w]) => w))
  return new Map(at.map(([path], i) => [path, gs[i] as Expr]))
}
