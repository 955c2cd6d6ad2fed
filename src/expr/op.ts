/**
 * The closed language: every computation of gradfold is a graph of these nodes. Only they have a shape rule, a gradient and an
 * evaluation in each backend; whatever else has a name (layers, losses, optimizers, sigmoid) is a formula over them.
 */
import type { Aval } from '../value/tensor.js'
import type { ElementwiseOps } from './ops/elementwise.js'
import type { ImageOps } from './ops/image.js'
import type { IndexingOps } from './ops/indexing.js'
import type { LeafOps } from './ops/leaf.js'
import type { LinearOps } from './ops/linear.js'
import type { RandomOps } from './ops/random.js'
import type { ReduceOps } from './ops/reduce.js'
import type { ScanOps } from './ops/scan.js'
import type { ShapeOps } from './ops/shape.js'

export type { Window } from './ops/image.js'
export type { Distribution } from './ops/random.js'
export type { None } from './ops/rules.js'

/** Every op with its attributes. A new row in a group makes the compiler list the tables that lack it. */
export interface Ops
  extends LeafOps, ElementwiseOps, ReduceOps, LinearOps, ShapeOps, IndexingOps, ImageOps, RandomOps, ScanOps {}

export type Op = keyof Ops

/** One node: a frozen record. Graphs share nodes, so identity matters: the same record is the same value. */
export interface Node<K extends Op> extends Aval {
  readonly op: K
  readonly args: readonly Expr[]
  readonly attrs: Ops[K]
}
/** a node of one of the given ops */
export type ExprOf<K extends Op> = { readonly [P in K]: Node<P> }[K]
export type Expr = ExprOf<Op>

/**
 * A node's row of a table of functions, one for each op, to be called with that node. A table indexed by a union gives a union of
 * functions, which accepts no argument; seen through the type parameter, the row and the node belong together.
 */
export const row = <K extends Op, A extends readonly unknown[], R>(
  table: { readonly [P in K]: (node: Node<P>, ...rest: A) => R },
  n: Node<K>
): ((node: Node<K>, ...rest: A) => R) => table[n.op]

/** All nodes below these, each once, arguments before users. Iterative, since graphs are thousands of nodes deep. */
export const topological = (roots: readonly Expr[]): readonly Expr[] => {
  const done = new Set<Expr>()
  const out: Expr[] = []
  const stack: { readonly node: Expr; next: number }[] = []
  for (const root of roots) {
    if (done.has(root)) continue
    done.add(root)
    stack.push({ node: root, next: 0 })
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { readonly node: Expr; next: number }
      const arg = top.node.args[top.next++]
      if (arg === undefined) {
        out.push(top.node)
        stack.pop()
      } else if (!done.has(arg)) {
        done.add(arg)
        stack.push({ node: arg, next: 0 })
      }
    }
  }
  return out
}
