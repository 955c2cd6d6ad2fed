/**
 * The gradient rule of every op: from the cotangent of a node to the cotangents of its arguments (`undefined`: none flows there).
 * Where a function has a kink the rule states its choice: sign(0) = 0; in max, min and reduceMax ties share equally.
 */
import type { Dims } from '../../value/shape.js'
import { isFloat } from '../../value/tensor.js'
import * as b from '../build.js'
import type { Expr, Node, Op } from '../op.js'

export type GradientRule<K extends Op> = (node: Node<K>, g: Expr) => readonly (Expr | undefined)[]

const none = (): readonly undefined[] => []
const arg = (n: Node<Op>, i: number): Expr => n.args[i] as Expr
/** the node itself, as the value it computes: exp' = exp */
const self = (n: Node<Op>): Expr => n as unknown as Expr
const at = (d: Dims, i: number): number => d[i] as number

const twoOverRootPi = 2 / Math.sqrt(Math.PI)
const extremum =
  (first: (x: Expr, y: Expr) => Expr) =>
  (n: Node<Op>, g: Expr): readonly Expr[] => {
    const [x, y] = [arg(n, 0), arg(n, 1)]
    const tie = b.select(b.equal(x, y), b.mul(g, 0.5), 0)
    return [b.select(first(x, y), g, tie), b.select(first(y, x), g, tie)]
  }
const inverse = (permutation: Dims): Dims => permutation.map((_, i) => permutation.indexOf(i))

export const gradientRules: { readonly [K in Op]: GradientRule<K> } = {
  input: none,
  constant: none,
  iota: none,
  invalid: none,

  neg: (_, g) => [b.neg(g)],
  abs: (n, g) => [b.mul(g, b.sign(arg(n, 0)))],
  sign: none,
  floor: none,
  sqrt: (n, g) => [b.div(b.mul(g, 0.5), self(n))],
  exp: (n, g) => [b.mul(g, self(n))],
  log: (n, g) => [b.div(g, arg(n, 0))],
  log1p: (n, g) => [b.div(g, b.add(arg(n, 0), 1))],
  // exp(x), as expm1(x) + 1 where that keeps its digits
  expm1: (n, g) => {
    const [x, from] = [arg(n, 0), n.dtype === 'f32' ? -0.5 : -15]
    return [b.mul(g, b.select(b.less(x, from), b.exp(x), b.add(self(n), 1)))]
  },
  tanh: (n, g) => [b.mul(g, b.sub(1, b.square(self(n))))],
  erf: (n, g) => [b.mul(g, b.mul(b.exp(b.neg(b.square(arg(n, 0)))), twoOverRootPi))],
  sin: (n, g) => [b.mul(g, b.cos(arg(n, 0)))],
  cos: (n, g) => [b.neg(b.mul(g, b.sin(arg(n, 0))))],
  cast: (n, g) => (isFloat(arg(n, 0).dtype) ? [b.cast(g, arg(n, 0).dtype)] : []),
  stopGradient: none,

  add: (_, g) => [g, g],
  sub: (_, g) => [g, b.neg(g)],
  mul: (n, g) => [b.mul(g, arg(n, 1)), b.mul(g, arg(n, 0))],
  div: (n, g) => [b.div(g, arg(n, 1)), b.neg(b.div(b.mul(g, self(n)), arg(n, 1)))],
  max: extremum((x, y) => b.less(y, x)),
  min: extremum((x, y) => b.less(x, y)),
  // x^y: y x^(y-1) and x^y log x, with 0 where the other factor is 0 (0^0 = 1 is constant in neither direction that stays real)
  pow: (n, g) => {
    const [x, y] = [arg(n, 0), arg(n, 1)]
    const flat = b.equal(y, 0)
    return [
      b.mul(g, b.select(flat, 0, b.mul(y, b.pow(x, b.sub(b.select(flat, 1, y), 1))))),
      b.mul(g, b.select(b.less(0, x), b.mul(self(n), b.log(b.select(b.less(0, x), x, 1))), 0))
    ]
  },
  equal: none,
  less: none,
  lessEqual: none,
  select: (n, g) => [undefined, b.select(arg(n, 0), g, 0), b.select(arg(n, 0), 0, g)],

  sum: (n, g) => [b.broadcast(g, arg(n, 0).shape)],
  reduceMax: (n, g) => {
    const x = arg(n, 0)
    const isMax = b.cast(b.equal(x, b.broadcast(self(n), x.shape)), x.dtype)
    return [b.mul(isMax, b.broadcast(b.div(g, b.sum(isMax, n.attrs.axes)), x.shape))]
  },

  matmul: (n, g) => [b.matmul(g, b.transposed(arg(n, 1))), b.matmul(b.transposed(arg(n, 0)), g)],

  reshape: (n, g) => [b.reshape(g, arg(n, 0).shape)],
  transpose: (n, g) => [b.transpose(g, inverse(n.attrs.permutation))],
  broadcast: (n, g) => [
    b.sum(
      g,
      [...n.shape.keys()].filter(i => at(arg(n, 0).shape, i) !== at(n.shape, i))
    )
  ],
  slice: (n, g) => {
    const { start, shape } = n.attrs
    return [
      b.pad(
        g,
        start,
        start.map((s, i) => at(arg(n, 0).shape, i) - s - at(shape, i))
      )
    ]
  },
  concat: (n, g) => {
    const { axis } = n.attrs
    const starts = n.args.map((_, i) => n.args.slice(0, i).reduce((s, a) => s + at(a.shape, axis), 0))
    return n.args.map((a, i) =>
      b.slice(
        g,
        a.shape.map((_, d) => (d === axis ? at(starts, i) : 0)),
        a.shape
      )
    )
  },
  pad: (n, g) => [b.slice(g, n.attrs.low, arg(n, 0).shape)],

  gather: (n, g) => (isFloat(arg(n, 0).dtype) ? [b.scatterAdd(g, arg(n, 1), at(arg(n, 0).shape, 0))] : []),
  scatterAdd: (n, g) => [b.gather(g, arg(n, 1))],
  oneHot: none,

  windows: (n, g) => [b.unwindows(g, n.attrs, at(arg(n, 0).shape, 1), at(arg(n, 0).shape, 2))],
  unwindows: (n, g) => [b.windows(g, n.attrs.size, n.attrs.stride, n.attrs.dilation)],

  fingerprint: none,

  foldIn: none,
  random: none
}
