import { evaluate, type Values } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import type { Expr } from '../../src/expr/op.js'
import { program } from '../../src/expr/program.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'

/** the value of one expression */
export const run = (y: Expr, inputs: Values = {}): Tensor => right(evaluate(reference)({ y }, inputs)).y
export const numbers = (y: Expr, inputs: Values = {}): readonly number[] => Array.from(numbersOf(run(y, inputs)))

/** the message of what is wrong with an expression */
export const wrong = (y: Expr): string => left(program({ y }))
