/** The body of a kernel: the nodes that it computes, what it reads from memory, and the indexes that it counts. */
import { row, type Expr, type Node } from '../../expr/op.js'
import { isPlaced, readsKey, type PlacedOp } from '../../expr/ops/table.js'
import { stridesOf, type Dims } from '../../value/shape.js'
import { bytesOf, type View } from './ir.js'
import { uniformValue } from './simplify.js'

/** a value in memory or a counted index, and the strides along which it is read */
export interface Walk {
  readonly steps: Dims
}
export interface Read extends Walk {
  readonly node: Expr
  readonly view: View
}
export interface IndexSource extends Walk {
  readonly node: Expr
  /** the first index */
  readonly first: number
}

export interface Body {
  /** nodes to compute, arguments first */
  readonly nodes: readonly Expr[]
  readonly reads: readonly Read[]
  readonly places: readonly IndexSource[]
  /** where the keys of random draws are stored */
  readonly keys: ReadonlyMap<Expr, View>
}

const scaled = (v: View): Dims => v.stride.map(s => s * bytesOf[v.buffer.dtype])
const along = (axis: number, shape: Dims): Dims => shape.map((_, a) => (a === axis ? 1 : 0))
const placeSteps: { readonly [K in PlacedOp]: (n: Node<K>, shape: Dims) => Dims } = {
  iota: (n, shape) => along(n.attrs.axis, shape),
  oneHot: (_, shape) => along(shape.length - 1, shape),
  random: (_, shape) => stridesOf(shape)
}

/** The body that computes the roots, given what is read from memory. */
export const bodyOf = (
  roots: readonly Expr[],
  reads: ReadonlyMap<Expr, View>,
  shape: Dims,
  start: Dims = shape.map(() => 0)
): Body => {
  const nodes: Expr[] = []
  const seen = new Set<Expr>()
  const keys = new Map<Expr, View>()
  const visit = (root: Expr): void => {
    const stack: { readonly n: Expr; next: number }[] = [{ n: root, next: 0 }]
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { readonly n: Expr; next: number }
      if (top.next === 0 && seen.has(top.n)) {
        stack.pop()
        continue
      }
      const stops = reads.has(top.n) || uniformValue(top.n) !== undefined || readsKey(top.n)
      const arg = stops ? undefined : top.n.args[top.next++]
      if (arg !== undefined) {
        if (!seen.has(arg)) stack.push({ n: arg, next: 0 })
        continue
      }
      seen.add(top.n)
      nodes.push(top.n)
      if (readsKey(top.n) && !reads.has(top.n)) {
        const key = top.n.args[0] as Expr
        keys.set(key, reads.get(key) as View)
      }
      stack.pop()
    }
  }
  for (const r of roots) visit(r)
  const used = nodes.filter(n => reads.has(n))
  return {
    nodes,
    reads: used.map(node => ({ node, view: reads.get(node) as View, steps: scaled(reads.get(node) as View) })),
    places: nodes
      .filter(n => !reads.has(n))
      .filter(isPlaced)
      .map(node => {
        const steps = row(placeSteps, node)(node, shape)
        return { node, steps, first: steps.reduce((at, st, a) => at + st * (start[a] as number), 0) }
      }),
    keys
  }
}
