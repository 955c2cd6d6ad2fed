/** Losses: a member is data; its definition here says which outputs and targets it takes, and its formula. */
import * as E from 'fp-ts/lib/Either.js'
import { cast, div, equal, input, mean, mul, node, reshape, select, sum, total } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import type { Definition } from '../../registry/definition.js'
import { sameShape, showShape, type Dims } from '../../value/shape.js'
import type { Codec } from '../../value/codec.js'
import type { Aval, DType, FloatType } from '../../value/tensor.js'
import type { Losses, ScaleRules } from './open.js'

export type { BuiltInLosses, Losses, ScaleRules } from './open.js'

export type Loss = Losses[keyof Losses]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly loss: Loss
  }
}

/**
 * the meaning of a model's outputs: any real numbers, scores before a softmax or sigmoid, probabilities, or parameters of a
 * distribution of the targets
 */
export type Scale = 'values' | 'logits' | 'probabilities' | 'parameters'

export type ScaleOf<L> = L extends { readonly tag: infer T } ? ScaleRules<L>[T & keyof ScaleRules<L>] : never

/** which outputs and targets a loss takes */
export interface Takes {
  readonly expects: Scale
  /** whether targets may be class indexes (u32, one per example) instead of tensors of the output's shape */
  readonly classIndexes: boolean
  /** whether each number of the output is a label that is true or false: an example may have several */
  readonly labels?: boolean
  /** the shape of one example's target, if it differs from the output's */
  readonly targetShape?: (output: Dims) => Dims
  /** for parameters of a distribution: its mean, in the targets' shape, which metrics of values compare with targets */
  readonly values?: (output: Expr) => Expr
  /** a class index of targets that need not be one of the classes: its places do not count */
  readonly ignore?: number
  /** the valid numbers of targets (default: any finite number) */
  readonly target?: Codec<number>
  /** the hint of the error about numbers that are not finite (default: a smaller learning rate) */
  readonly ifNotFinite?: string
}
/** a loss made of another loss takes the same outputs and targets */
export interface MadeOf<L> {
  inner(loss: L): Loss
}

export type LossDefinition<L extends { readonly tag: string }> = LossMember<L> & (Takes | MadeOf<L>)
export interface LossMember<L extends { readonly tag: string }> extends Definition {
  readonly tag: L['tag']
  /**
   * The loss of each example [K], from the model's output [K, ...] and targets of the same shape. The loss of a batch
   * is their mean; `batchLoss` applies weights, so formulas don't.
   */
  formula(loss: L, output: Expr, target: Expr, self: Interpreter): Expr
  /** the class index whose places do not count, if it has one */
  ignored?(loss: L): number | undefined
  /** the loss of a batch as TeX; for a loss made of another one, its effect on the other */
  readonly tex: string
  readonly samples: readonly L[]
}

/** for losses made of other losses */
export interface Interpreter {
  readonly takes: (loss: Loss) => Takes
  readonly formula: (loss: Loss, output: Expr, target: Expr) => Expr
}

/** a loss with its definition */
export interface KnownLoss extends Takes {
  readonly tag: string
  readonly formula: (output: Expr, target: Expr) => Expr
}
/** the shape of one example's target, for outputs of a shape */
export const targetShapeOf = ({ targetShape }: Pick<Takes, 'targetShape'>, output: Dims): Dims =>
  targetShape?.(output) ?? output

// ---- from numbers to examples, and from examples to the batch

const axesOfOne = (x: Expr): Dims => [...x.shape.keys()].slice(1)
const perExample =
  (reduce: (x: Expr, axes: Dims) => Expr) =>
  (x: Expr): Expr =>
    x.shape.length === 1 ? x : reshape(reduce(x, axesOfOne(x)), x.shape.slice(0, 1))
/** [K, ...] -> [K]: the sum over the numbers of each example */
export const exampleSum = perExample(sum)
/** [K, ...] -> [K]: their mean */
export const exampleMean = perExample(mean)

const notPerExample = (losses: Expr): Expr =>
  losses.op === 'invalid'
    ? losses
    : node('invalid', [], {
        error: shapeError(
          ['loss'],
          'one number for each example, of shape [K]',
          showShape(losses.shape),
          'use exampleSum or exampleMean'
        )
      })

/** losses [K] of K examples as they are; others are refused, since a sum over other numbers is no loss of the batch */
export const lossesOf = (losses: Expr, examples: number): Expr =>
  sameShape(losses.shape, [examples]) ? losses : notPerExample(losses)

/**
 * The loss of a batch: 1/K sum_k l_k, or sum_k w_k l_k / sum_k w_k with weights (0 if all weights are 0). It is summed
 * and divided in f64 and rounded once, as `mean` is; so weights that are all 1 change no bit.
 */
export const batchLoss = (losses: Expr, weights?: Expr): Expr => {
  if (losses.op === 'invalid' || losses.shape.length !== 1) return notPerExample(losses)
  if (weights === undefined) return reshape(mean(losses), [])
  const w = cast(weights, 'f64')
  const whole = total(w)
  return cast(div(total(mul(w, cast(losses, 'f64'))), select(equal(whole, 0), 1, whole)), losses.dtype)
}

// ---- whether targets and outputs suit a loss

/** whether targets are class indexes, one for each list along the output's last axis */
export const areIndexes = (
  { classIndexes }: Pick<Takes, 'classIndexes'>,
  output: Dims,
  { dtype, shape }: Pick<Aval, 'dtype' | 'shape'>
): boolean =>
  classIndexes &&
  output.length >= 1 &&
  sameShape(shape.slice(1), output.slice(0, -1)) &&
  (dtype === 'u32' || dtype === 'u8')

/** element types that any precision represents exactly, besides that of the training */
const exact: readonly DType[] = ['f32', 'u8', 'u32', 'bool']
const isExact =
  (dtype: FloatType) =>
  (d: DType): boolean =>
    d === dtype || exact.includes(d)

/**
 * Targets never broadcast: they have the output's shape, or are class indexes if the loss takes them. A single output
 * may have one number for each example.
 *
 * @returns the required shape of one example's target, given the targets
 */
export const checkTarget = (
  loss: KnownLoss,
  output: Dims,
  target: Pick<Aval, 'dtype' | 'shape'>,
  dtype: FloatType
): ShapeError | undefined => {
  const perExample = target.shape.slice(1)
  const wanted = targetShapeOf(loss, output)
  const isSingle = sameShape(wanted, [1]) && perExample.length === 0
  const fits = isSingle || sameShape(perExample, wanted)
  if (areIndexes(loss, output, target) || (fits && isExact(dtype)(target.dtype))) return undefined
  const hint = fits
    ? 'nothing is rounded on the way in: make them with tensor, or train in f64'
    : `targets never broadcast: give numbers of that shape${loss.classIndexes ? '; oneHot makes rows of class indexes' : ''}`
  return shapeError(
    ['targets'],
    `${dtype} of shape ${showShape(wanted)} for each example${loss.classIndexes ? ', or class indexes (u32)' : ''}, for the loss ${loss.tag}`,
    `${target.dtype} of shape ${showShape(perExample)}`,
    hint
  )
}

const checkScale = (
  { tag, expects }: KnownLoss,
  gives: 'numbers' | 'probabilities' | undefined
): ShapeError | undefined =>
  expects === 'logits' && gives === 'probabilities'
    ? shapeError(
        ['loss', tag],
        'logits',
        'a model that ends in probabilities',
        'leave out its last activation, which this loss applies itself, or use a loss of probabilities'
      )
    : expects === 'probabilities' && gives === 'numbers'
      ? shapeError(
          ['loss', tag],
          'probabilities',
          'a model that ends in any real numbers',
          'end it with softmax, or use a loss of logits (softmaxCrossEntropy, or sigmoidCrossEntropy for yes or no)'
        )
      : undefined

/** with a single class, every output has the same loss */
const checkClasses = ({ tag, classIndexes }: KnownLoss, output: Dims): ShapeError | undefined =>
  classIndexes && (output.at(-1) ?? 1) < 2
    ? shapeError(
        ['loss', tag],
        'outputs for at least 2 classes along the last axis',
        `the output shape ${showShape(output)}`,
        'for a question of yes or no take sigmoidCrossEntropy, or two classes'
      )
    : undefined

/**
 * Whether a loss suits a model's outputs: their meaning must be what the loss takes (an unknown meaning passes), and
 * the formula must give one number for each of two examples.
 */
export const checkLoss = (
  loss: KnownLoss,
  output: Dims,
  gives: 'numbers' | 'probabilities' | undefined,
  dtype: FloatType
): E.Either<ShapeError, KnownLoss> => {
  const wrong = checkScale(loss, gives) ?? checkClasses(loss, output)
  if (wrong !== undefined) return E.left(wrong)
  const of = (name: string, shape: Dims): Expr => input(name, dtype, [2, ...shape])
  const tried = batchLoss(loss.formula(of('output', output), of('target', targetShapeOf(loss, output))))
  return tried.op === 'invalid' ? E.left(tried.attrs.error) : E.right(loss)
}
