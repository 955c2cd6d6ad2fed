import * as E from 'fp-ts/lib/Either.js'
import { evaluate, type Values } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import type { Expr } from '../../src/expr/op.js'
import { program } from '../../src/expr/program.js'
import { showError, type Problem } from '../../src/value/error.js'
import type { Dims } from '../../src/value/shape.js'
import { allocate, numbersOf, tensorView, type DType, type Tensor } from '../../src/value/tensor.js'

export const right = <A>(e: E.Either<Problem<string>, A>): A => {
  if (E.isLeft(e)) throw new Error(`expected Right, got Left: ${showError(e.left)}`)
  return e.right
}
export const left = <A>(e: E.Either<Problem<string>, A>): string => {
  if (E.isRight(e)) throw new Error('expected Left, got Right')
  return showError(e.left)
}

export const tensorOf = <D extends DType>(dtype: D, shape: Dims, numbers: ArrayLike<number>): Tensor<Dims, D> =>
  tensorView(dtype, shape, allocate(dtype, numbers))

/** the value of one expression */
export const run = (y: Expr, inputs: Values = {}): Tensor => right(evaluate(reference)({ y }, inputs)).y
export const numbers = (y: Expr, inputs: Values = {}): readonly number[] => Array.from(numbersOf(run(y, inputs)))

/** the message of what is wrong with an expression */
export const wrong = (y: Expr): string => left(program({ y }))
