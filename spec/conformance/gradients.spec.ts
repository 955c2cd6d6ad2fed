/** Gradients of random well-typed networks against central differences in f64: of every parameter and every input. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { add, constant, mul, neg, square, total } from '../../src/expr/build.js'
import type { Expr } from '../../src/expr/op.js'
import { networks } from '../../src/laws/networks.js'
import { build } from '../../src/model/build.js'
import { initFrom } from '../../src/model/init.js'
import { childKey, rootKey } from '../../src/random/index.js'
import { checkGradient } from '../../src/backend/gradient-check.js'
import type { Dims } from '../../src/value/shape.js'
import { numbersOf, tensorView, type Tensor } from '../../src/value/tensor.js'
import { mapTree, type Branch } from '../../src/value/tree.js'
import { right } from '../support/either.js'
import { minutes, runs } from '../support/runs.js'
import { numbers, seed } from '../support/tensors.js'

type F64 = Tensor<Dims, 'f64'>
const key = tensorView('u32', [2], Uint32Array.of(7, 11))

/** parameters that are nowhere special: first values, shaken (biases begin at 0, where many functions have kinks) */
const shaken = (t: Tensor, path: string): F64 => {
  const noise = numbersOf(numbers('f64', t.shape, path.length * 7919 + t.shape.length, 0.3))
  return tensorView(
    'f64',
    t.shape,
    Float64Array.from(numbersOf(t), (x, i) => x + (noise[i] as number))
  )
}

describe('random networks', () => {
  it('have the gradients that central differences give, for parameters and inputs', { timeout: minutes(60) }, () => {
    const seen = { compared: 0, kinks: 0 }
    fc.assert(
      fc.property(networks(), fc.integer({ min: 1, max: 3 }), seed, (net, batch, s) => {
        const placed = right(build(net.model, undefined, 'f64'))
        const params = mapTree<Tensor, F64>(shaken)(initFrom(placed, childKey(rootKey(s), 'init'))) as Branch<F64>
        const x = numbers('f64', [batch, ...(net.model.input as Dims)], s) as F64
        // any scalar of the output will do as a loss; this one weighs every number differently
        const weights = numbers('f64', [batch, ...net.output], s + 1)
        const layers = mapTree<Tensor, Expr>(t => constant(t))(
          mapTree<{ readonly dtype: 'f32' | 'f64'; readonly shape: Dims; readonly value: number }, Tensor>(st =>
            tensorView(st.dtype, st.shape, new Float64Array(st.shape.reduce((a, b) => a * b, 1)).fill(st.value))
          )(placed.state)
        ) as Branch<Expr>
        const checked = right(
          checkGradient(
            reference,
            (at: { readonly x: Expr; readonly params: Branch<Expr> }) => {
              const applied = placed.apply(
                {
                  params: at.params,
                  state: layers,
                  shared: {},
                  training: true,
                  allowSingle: true,
                  key: constant(key),
                  path: ''
                },
                at.x
              )
              const y = applied.value as Expr
              return total(add(mul(y, constant(weights)), mul(square(y), 0.1)))
            },
            { x, params },
            { most: 24, tolerance: 2e-6 }
          )
        )
        seen.compared += checked.compared
        seen.kinks += checked.kinks.length
        expect(checked.ok, JSON.stringify({ worst: checked.worst, model: net.model })).toBe(true)
      }),
      { numRuns: runs(300) }
    )
    // kinks are left out, but they must stay the exception
    expect(seen.compared).toBeGreaterThan(20 * seen.kinks)
  })

  it('a wrong rule would be noticed', () => {
    const x = numbers('f64', [3], 5) as F64
    // the value is x^2, the gradient that of -x^2: as if the rule of mul had a wrong sign
    const planted = checkGradient(reference, ({ x: e }: { readonly x: Expr }) => wrongSquare(e), { x })
    expect(E.isRight(planted) && planted.right.ok).toBe(false)
  })
})

/** total(x^2) to evaluate, -2x to differentiate */
const wrongSquare = (x: Expr): Expr => {
  const value = square(x)
  const hidden = constant(0, { dtype: 'f64' })
  return add(total(add(neg(value), mul(stop(value), 2))), hidden)
}
const stop = (x: Expr): Expr =>
  Object.freeze({ op: 'stopGradient', args: [x], attrs: {}, dtype: x.dtype, shape: x.shape })
