/** One pass over a batch as expressions: outputs, loss and gradients, of the batch as a whole or of its shards. */
import { add, cast, concat, constant, div, equal, input, mul, oneHot, reshape, select, total } from '../expr/build.js'
import { gradients } from '../expr/gradient.js'
import type { Expr } from '../expr/op.js'
import { mapTree, treeLeaves, type Branch, type Tree } from '../value/tree.js'
import { listOf, mapSeveral, type Several } from '../data/features.js'
import type { BatchSource } from '../data/program-inputs.js'
import { batchLoss } from './loss/index.js'
import { areIndexes, lossesOf, targetShapeOf } from './loss/loss.js'
import type { ByPath } from './optimizer/optimizer.js'
import { shardCount, shardKey, shardOf, treeSum } from './shards.js'
import type { Head, ValidTraining } from './training.js'

/** targets of the output's shape: class indexes become one-hot rows where the loss takes them, and a number is one output */
export const lossTargets = (c: ValidTraining, { loss, output }: Head, y: Expr): Expr => {
  const classes = output.at(-1) ?? 1
  if (areIndexes(loss, output, y)) return oneHot(cast(y, 'u32'), classes, c.training.precision)
  return reshape(cast(y, c.training.precision), [y.shape[0] ?? 1, ...targetShapeOf(loss, output)])
}

/** the loss of each example by one output */
const headLosses = ({ loss }: Head, output: Expr, target: Expr): Expr =>
  lossesOf(loss.formula(output, target), output.shape[0] ?? 1)

/** the loss of each example: of several outputs sum_i weight_i l_i, added in their order */
const exampleLosses = (c: ValidTraining, output: Several<Expr>, target: Several<Expr>): Expr => {
  const [outputs, targets] = [listOf(output), listOf(target)]
  return c.heads
    .map((head, i) => {
      const losses = headLosses(head, outputs[i] as Expr, targets[i] as Expr)
      return head.weight === 1 ? losses : mul(losses, head.weight)
    })
    .reduce((sum, losses) => add(sum, losses))
}

/** sums over a batch of the loss of one output, as the loss of the batch weighs the examples */
export const headLossSums = (
  head: Head,
  output: Expr,
  target: Expr,
  weights: Expr | undefined
): Readonly<Record<string, Expr>> => {
  const losses = cast(headLosses(head, output, target), 'f64')
  if (weights === undefined) return { sum: total(losses) }
  const w = cast(weights, 'f64')
  return { sum: total(mul(w, losses)), weight: total(w) }
}

/** the loss of a batch; and the sum of the weights of its examples, where they have some */
export const lossOutputs = (
  c: ValidTraining,
  output: Several<Expr>,
  target: Several<Expr>,
  weights: Expr | undefined
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
  x: Several<Expr>,
  training: boolean,
  key = stepKey()
): { readonly value: Several<Expr>; readonly layers: Tree<Expr> } => {
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
  // that no output is a tuple of tuples was checked with the training
  return { value: applied.value as Several<Expr>, layers: applied.state }
}

export interface Pass {
  readonly output: Several<Expr>
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
  readonly x: Several<Expr>
  readonly target: Several<Expr>
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
  const losses = lossOutputs(c, value, target, weights)
  return { output: value, layers: after, ...losses, gradients: by => gradients(losses.loss, by) }
}

/** the outputs of shards as those of the whole batch */
const joined = (parts: readonly Several<Expr>[]): Several<Expr> =>
  mapSeveral(parts[0] as Several<Expr>, (_, i) =>
    concat(
      parts.map(part => (i === undefined ? part : listOf(part)[i]) as Expr),
      0
    )
  )

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
    weight === undefined
      ? constant(listOf(x)[0]?.shape[0] ?? 1, { dtype: 'f64', shape: [] })
      : select(equal(weight, 0), 1, weight)
  const shards = Array.from({ length: count }, (_, j) => {
    const cut = (e: Expr): Expr => shardOf(e, count, j)
    const mine = mapSeveral(x, cut)
    const { value, layers: after } = forward(strict, params, layers, mine, training, shardKey(stepKey(), j))
    const own = exampleLosses(c, value, mapSeveral(target, cut))
    const losses = cast(own, 'f64')
    const sum = total(weights === undefined ? losses : mul(cast(cut(weights), 'f64'), losses))
    return { value, after: new Map(treeLeaves<Expr>(after)), sum, loss: cast(div(sum, whole), own.dtype) }
  })
  return {
    output: joined(shards.map(s => s.value)),
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
  target: mapSeveral(y, (t, i) => lossTargets(c, c.heads[i ?? 0] as Head, t)),
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
