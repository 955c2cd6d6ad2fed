/** Ops that make one number of many. The reduced axes of sum and reduceMax stay, with size 1. */
import * as E from 'fp-ts/lib/Either.js'
import { showShape, type Dims } from '../../value/shape.js'
import { isFloat } from '../../value/tensor.js'
import * as a from './attributes.js'
import { call, operatorname, over } from './notation.js'
import { argument, noGradient, type Group, type None, type ShapeRule } from './rules.js'
import { arg, at, castHint, no, show } from './shapes.js'

export interface Axes {
  readonly axes: Dims
}
export interface ReduceOps {
  readonly sum: Axes
  readonly reduceMax: Axes
  /** numbers -> u32 [2]: 64 bits that tell their bits apart (value/fingerprint), low half first */
  readonly fingerprint: None
}

const reduced =
  (op: string): ShapeRule<Axes> =>
  ({ axes }, args) => {
    const x = arg(args, 0)
    const rank = x.shape.length
    if (!isFloat(x.dtype)) return no(op, 'floating-point numbers', show(x), castHint)
    if (!axes.every((a, i) => Number.isInteger(a) && a >= 0 && a < rank && (i === 0 || a > at(axes, i - 1))))
      return no(op, `axes of ${show(x)}, rising`, showShape(axes))
    return E.right({ dtype: x.dtype, shape: x.shape.map((n, a) => (axes.includes(a) ? 1 : n)) })
  }

export const reduce = {
  sum: {
    arity: 1,
    attrs: { axes: a.counts },
    shape: reduced('sum'),
    gradient: (n, g, b) => [b.broadcast(g, argument(n, 0).shape)],
    notation: over('\\sum'),
    facts: { role: 'reduce' }
  },
  reduceMax: {
    arity: 1,
    attrs: { axes: a.counts },
    shape: reduced('reduceMax'),
    // ties share equally
    gradient: (n, g, b) => {
      const x = argument(n, 0)
      const isMax = b.cast(b.equal(x, b.broadcast(n, x.shape)), x.dtype)
      return [b.mul(isMax, b.broadcast(b.div(g, b.sum(isMax, n.attrs.axes)), x.shape))]
    },
    notation: over('\\max'),
    facts: { role: 'reduce' }
  },
  fingerprint: {
    arity: 1,
    attrs: {},
    shape: (_, args) =>
      isFloat(arg(args, 0).dtype)
        ? E.right({ dtype: 'u32', shape: [2] })
        : no('fingerprint', 'floating-point numbers', show(arg(args, 0)), castHint),
    gradient: noGradient,
    notation: call(operatorname('fingerprint')),
    facts: { role: 'heavy', placed: false, products: () => 0 }
  }
} as const satisfies Group<ReduceOps>
