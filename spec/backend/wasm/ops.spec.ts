/** Every op alone: the compiled engine gives the reference's bits, on edge shapes and on special values. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, type Values } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import type { Expr } from '../../../src/expr/op.js'
import { numbersOf, type FloatType } from '../../../src/value/tensor.js'
import { ops, runnable, samplesOf } from '../../expr/arbitrary.js'
import { right } from '../../support/either.js'

/** NaN has many bit patterns and the contract promises none of them; all other numbers must agree to the bit */
const agree = (y: Expr, inputs: Values): void => {
  const [a, b] = [reference, wasm].map(backend => right(evaluate(backend)({ y }, inputs)).y)
  expect(b?.dtype).toBe(a?.dtype)
  expect(b?.shape).toEqual(a?.shape)
  if (a !== undefined && b !== undefined) expect(Array.from(numbersOf(b))).toEqual(Array.from(numbersOf(a)))
}

describe('each op on both backends', () => {
  for (const op of runnable)
    for (const dtype of ['f32', 'f64'] satisfies FloatType[])
      it(`${op} ${dtype}`, () => {
        fc.assert(
          fc.property(samplesOf(op, { dtype, numbers: 'any' }), s => {
            agree(s.node, s.inputs)
          }),
          { numRuns: 40 }
        )
      })
  it('covers the whole language', () => {
    expect(runnable.length).toBe(ops.length - 1)
  })
})
