/** Losses: a member is data, its record here says which targets it takes and what its formula is. */
import type { Expr } from '../../expr/op.js'
import type { ShapeError } from '../../value/error.js'
import { shapeError } from '../../value/error.js'
import { sameShape, showShape, type Dims } from '../../value/shape.js'
import type { Aval, FloatType } from '../../value/tensor.js'
import type { Member } from '../../value/family.js'

/** tag -> the data type of that loss; extended by declaration merging */
export interface Losses {}
export type Loss = Losses[keyof Losses]

/** what the model's last layer gives: any real numbers, scores before a softmax or sigmoid, or probabilities */
export type Scale = 'values' | 'logits' | 'probabilities'

export interface LossKind<L extends { readonly tag: string }> extends Member {
  readonly tag: L['tag']
  readonly expects: Scale
  /** whether targets may be class indexes (u32, one per example) instead of tensors of the output's own shape */
  readonly classIndexes: boolean
  /** a scalar: the loss of a batch, from the model's output [K, ...] and targets of the same shape */
  formula(loss: L, output: Expr, target: Expr): Expr
  /** the formula as TeX */
  readonly tex: string
  readonly samples: readonly L[]
}

/**
 * Targets never broadcast: they have the output's shape, or are class indexes where the loss takes them.
 *
 * @returns what one example's target must be, given the targets at hand
 */
export const checkTarget = (kind: LossKind<Loss>, output: Dims, target: Aval, dtype: FloatType): ShapeError | undefined => {
  const perExample = target.shape.slice(1)
  const indexes = kind.classIndexes && output.length >= 1 && sameShape(perExample, output.slice(0, -1)) && (target.dtype === 'u32' || target.dtype === 'u8')
  const values = sameShape(perExample, output) && (target.dtype === dtype || target.dtype === 'f32')
  return indexes || values
    ? undefined
    : shapeError(
        ['targets'],
        `${dtype} of shape ${showShape(output)} for each example${kind.classIndexes ? ', or class indexes (u32)' : ''}, for the loss ${kind.tag}`,
        `${target.dtype} of shape ${showShape(perExample)}`,
        'targets never broadcast: reshape them or use oneHot'
      )
}
