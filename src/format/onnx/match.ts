/** Whether a graph computes a formula: the formulas are those that layers are made of, so that what is found is never stale. */
import type { Expr } from '../../expr/op.js'
import { sameData } from '../../value/equal.js'
import { sameShape } from '../../value/shape.js'
import { sameBits, scalarOf, type Tensor } from '../../value/tensor.js'

export const filled = (t: Tensor): boolean => t.stride.every(s => s === 0)
export const sameTensor = (a: Tensor, b: Tensor): boolean =>
  a === b ||
  (filled(a) && filled(b)
    ? a.dtype === b.dtype && sameShape(a.shape, b.shape) && Object.is(scalarOf(a), scalarOf(b))
    : sameBits(a, b))
const sameAttributes = (a: Expr, b: Expr): boolean =>
  a.op === 'constant' && b.op === 'constant' ? sameTensor(a.attrs.value, b.attrs.value) : sameData(a.attrs, b.attrs)

/**
 * Whether a node computes the formula of the pattern, given the holes of the pattern; these are bound to whatever is at
 * their place. A node of the pattern that is a node of the graph matches itself.
 */
export const match = (pattern: Expr, node: Expr, holes: readonly Expr[] = []): ReadonlyMap<Expr, Expr> | undefined => {
  const found = new Map<Expr, Expr>()
  const stack: (readonly [Expr, Expr])[] = [[pattern, node]]
  while (stack.length > 0) {
    const [p, n] = stack.pop() as readonly [Expr, Expr]
    const known = found.get(p)
    if (known !== undefined) {
      if (known !== n) return undefined
      continue
    }
    if (p.dtype !== n.dtype || !sameShape(p.shape, n.shape)) return undefined
    if (!holes.includes(p) && p !== n) {
      if (p.op !== n.op || p.args.length !== n.args.length || !sameAttributes(p, n)) return undefined
      for (const [i, arg] of p.args.entries()) stack.push([arg, n.args[i] as Expr])
    }
    found.set(p, n)
  }
  return found
}

/** whether two graphs compute the same in the same way */
export const sameFormula = (a: Expr, b: Expr): boolean => match(a, b) !== undefined
