/** Reverse-mode differentiation. It maps expressions to expressions, so it can be applied repeatedly. */
import { shapeError } from '../value/error.js'
import { sizeOf, showShape, type Dims } from '../value/shape.js'
import { isFloat } from '../value/tensor.js'
import { treeLeaves, rebuild, type Tree } from '../value/tree.js'
import * as build from './build.js'
import { loopsIn, type ScanNode } from './loop.js'
import { topological, type Expr, type Node, type Op } from './op.js'
import { rulesOf } from './ops/table.js'
import { scanGradient, type PullBack } from './scan-gradient.js'

interface Piece {
  readonly value: Expr
  readonly from: number
  readonly to: number
}
/** the axis along which zeros stand around each of these, if it is one axis only */
const paddedAxis = (all: readonly Node<'pad'>[], rank: number): number | undefined => {
  const isPadded = (axis: number): boolean =>
    all.some(({ attrs: { low, high } }) => low[axis] !== 0 || high[axis] !== 0)
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(isPadded)
  return axes.length === 1 ? axes[0] : undefined
}
/**
 * The sum of parts of a tensor, each with zeros around it, where the parts stand side by side: they are joined instead, since a sum of T
 * whole tensors would take T times the work. Each number then is x + 0, as in the sum: -0 becomes 0.
 */
const joinParts = (all: readonly Expr[]): Expr | undefined => {
  const pads = all.filter((c): c is Node<'pad'> => c.op === 'pad' && c.attrs.value === 0)
  const shape = all[0]?.shape ?? []
  const axis = all.length > 1 && pads.length === all.length ? paddedAxis(pads, shape.length) : undefined
  if (axis === undefined) return undefined
  const pieces = pads
    .map((p): Piece => {
      const [value, from] = [p.args[0] as Expr, p.attrs.low[axis] as number]
      return { value, from, to: from + (value.shape[axis] as number) }
    })
    .sort((p, q) => p.from - q.from)
  const [low, high] = [pieces[0]?.from ?? 0, pieces.at(-1)?.to ?? 0]
  if (pieces.some((p, i) => i > 0 && p.from !== pieces[i - 1]?.to)) return undefined
  const around = (n: number): Dims => shape.map((_, i) => (i === axis ? n : 0))
  const joined = build.concat(
    pieces.map(p => build.add(p.value, 0)),
    axis
  )
  return low === 0 && high === shape[axis]
    ? joined
    : build.pad(joined, around(low), around((shape[axis] as number) - high))
}
const addUp = (all: readonly Expr[]): Expr => joinParts(all) ?? all.reduce((a, b) => build.add(a, b))

/**
 * From the cotangents of roots to those of other expressions; undefined where none flows. Those of one node are added in the reverse order of
 * the graph, after those that it is given.
 */
const pullBack: PullBack = (roots, given, wanted) => {
  const order = topological(roots)
  const loops = loopsIn(order)
  const isWanted = new Set(wanted)
  const active = new Set<Expr>()
  for (const n of order) if (isWanted.has(n) || n.args.some(a => active.has(a))) active.add(n)
  const cotangents = new Map([...given].map(([n, all]) => [n, [...all]]))
  const sums = new Map<Expr, Expr>()
  const sumAt = (n: Expr): Expr | undefined => {
    const all = cotangents.get(n)
    const sum = sums.get(n) ?? (all === undefined ? undefined : addUp(all))
    if (sum !== undefined) sums.set(n, sum)
    return sum
  }
  const push = (a: Expr, c: Expr | undefined): void => {
    if (c === undefined || !active.has(a)) return
    const all = cotangents.get(a)
    if (all === undefined) cotangents.set(a, [c])
    else all.push(c)
  }
  const throughLoop = (all: readonly ScanNode[]): void => {
    const results = all.flatMap(n => {
      const g = active.has(n) ? sumAt(n) : undefined
      return g === undefined ? [] : [[n, g] as const]
    })
    const before = (a: Expr): Expr | undefined => {
      const sum = cotangents.get(a)
      return sum === undefined ? undefined : addUp(sum)
    }
    for (const { to, cotangent, isSum } of scanGradient(results, a => active.has(a), before, pullBack))
      if (isSum) cotangents.set(to, [cotangent])
      else push(to, cotangent)
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const n = order[i] as Expr
    if (!active.has(n) || !n.args.some(a => active.has(a))) continue
    if (n.op === 'scan') {
      // all users of a loop come after its first node
      const all = loops.get(n) as readonly ScanNode[]
      if (all[0] === n) throughLoop(all)
      continue
    }
    const g = sumAt(n)
    if (g === undefined) continue
    rulesOf<Op>(n.op)
      .gradient<Expr>(n, g, build)
      .forEach((c, k) => {
        push(n.args[k] as Expr, c)
      })
  }
  return wanted.map(sumAt)
}

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
  const sums = pullBack([y], new Map([[y, [build.constant(1, y)]]]), xs)
  return xs.map((x, i) => sums[i] ?? build.constant(0, x))
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
