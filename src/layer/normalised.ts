/** What the normalising layers share: the place they take, and their parameters. */
import * as E from 'fp-ts/lib/Either.js'
import { add, div, sqrt } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { isDims, showShape, type Dims, type Shape } from '../value/shape.js'
import type { FloatType, Tensor } from '../value/tensor.js'
import type { Branch } from '../value/tree.js'
import type { ParamSpec } from './definition.js'
import type { Fail, Show } from './types/fail.js'

/** one tensor with a last axis keeps its shape */
export type Normalised<In> = In extends readonly [number, ...number[]]
  ? In
  : Fail<'one tensor with a last axis', Show<In>>
/** one gamma and one beta for each place along the last axis */
export type NormParams<In> = In extends readonly [...number[], infer N extends number]
  ? { readonly gamma: Tensor<[N], FloatType>; readonly beta: Tensor<[N], FloatType> }
  : never

/** the input, and the size of its last axis */
export const withLastAxis = (input: Shape): E.Either<ShapeError, { readonly input: Dims; readonly size: number }> => {
  const size = isDims(input) ? input.at(-1) : undefined
  return isDims(input) && size !== undefined
    ? E.right({ input, size })
    : E.left(shapeError([], 'one tensor with a last axis', showShape(input)))
}

/** gamma begins at 1, beta at 0 */
export const normParams = (size: number, dtype: FloatType): Branch<ParamSpec> => {
  const one = { dtype, shape: [size], fan: { in: size, out: size } }
  return {
    gamma: { ...one, initializer: 'ones', role: 'scale' },
    beta: { ...one, initializer: 'zeros', role: 'shift' }
  }
}

/** 1 / sqrt(variance + epsilon) */
export const inverseDeviation = (variance: Expr, epsilon: number): Expr => div(1, sqrt(add(variance, epsilon)))
