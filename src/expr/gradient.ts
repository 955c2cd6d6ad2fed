/** Reverse-mode differentiation. It maps expressions to expressions, so it can be applied repeatedly. */
import { shapeError } from '../value/error.js'
import { sizeOf, showShape } from '../value/shape.js'
import { isFloat } from '../value/tensor.js'
import { treeLeaves, rebuild, type Tree } from '../value/tree.js'
import * as build from './build.js'
import { topological, type Expr, type Op } from './op.js'
import { rulesOf } from './ops/table.js'

/**
 * dy/dx for each x, as expressions with the shape of x. y must hold one number. An x that y does not depend on has
 * gradient 0. Shared sub-expressions are differentiated once. Cotangents of one node are added in the order of the
 * graph.
 */
export const gradients = (y: Expr, xs: readonly Expr[]): readonly Expr[] => {
  if (y.op === 'invalid') return xs.map(() => y)
  if (sizeOf(y.shape) !== 1 || !isFloat(y.dtype))
    return xs.map(() =>
      build.node('invalid', [], {
        error: shapeError(
          ['gradient'],
          'a function whose value is one number',
          `${y.dtype}${showShape(y.shape)}`,
          isFloat(y.dtype) ? 'use mean or total' : 'cast it first'
        )
      })
    )
  const order = topological([y])
  const wanted = new Set(xs)
  const active = new Set<Expr>()
  for (const n of order) if (wanted.has(n) || n.args.some(a => active.has(a))) active.add(n)
  const cotangents = new Map<Expr, Expr>([[y, build.constant(1, y)]])
  for (let i = order.length - 1; i >= 0; i--) {
    const n = order[i] as Expr
    const g = cotangents.get(n)
    if (g === undefined || !active.has(n) || !n.args.some(a => active.has(a))) continue
    const cotangentsBelow = rulesOf<Op>(n.op).gradient<Expr>(n, g, build)
    cotangentsBelow.forEach((c, k) => {
      const a = n.args[k] as Expr
      if (c === undefined || !active.has(a)) return
      const sofar = cotangents.get(a)
      cotangents.set(a, sofar === undefined ? c : build.add(sofar, c))
    })
  }
  return xs.map(x => cotangents.get(x) ?? build.constant(0, x))
}

/**
 * The value of a function and its gradient, which has the structure of the argument. An argument is the expression
 * itself, wherever it occurs, also where the function uses it by closure. If the same expression is passed as two
 * arguments, each gets the derivative with respect to both.
 */
export const valueAndGrad =
  <X extends Tree<Expr>>(f: (x: X) => Expr) =>
  (x: X): { readonly value: Expr; readonly gradient: X } => {
    const value = f(x)
    const at = treeLeaves<Expr>(x)
    const gs = gradients(
      value,
      at.map(([, e]) => e)
    )
    const byPath = new Map(at.map(([path], i) => [path, gs[i] as Expr]))
    return { value, gradient: rebuild<Expr, Expr>(x, path => byPath.get(path) as Expr) as X }
  }

/**
 * The gradient of a function whose value is one number. The result is again a function of expressions: `grad(x =>
 * total(grad(f)(x)))`.
 */
export const grad =
  <X extends Tree<Expr>>(f: (x: X) => Expr) =>
  (x: X): X =>
    valueAndGrad(f)(x).gradient
