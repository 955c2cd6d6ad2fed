/** Every op with its rules. The unions of ops by what they are come from here, so that tables over them are exhaustive. */
import type { Expr, ExprOf, Node, Op, Ops } from '../op.js'
import { elementwise } from './elementwise.js'
import { image } from './image.js'
import { indexing } from './indexing.js'
import { leaf } from './leaf.js'
import { linear } from './linear.js'
import { random } from './random.js'
import { reduce } from './reduce.js'
import type { Facts, Group, OpRules, Role } from './rules.js'
import { scan } from './scan.js'
import { shape } from './shape.js'

const table = {
  ...leaf,
  ...elementwise,
  ...reduce,
  ...linear,
  ...shape,
  ...indexing,
  ...image,
  ...random,
  ...scan
} as const
export const ops: Group<Ops> = table

/** the rules of an op */
export const rulesOf = <K extends Op>(op: K): OpRules<Ops[K]> => ops[op]
/** what engines ask about a node's op */
export const factsOf = (n: Expr): Facts<Ops[Op]> => rulesOf<Op>(n.op).facts

type Known = typeof table
/** the ops of a role */
export type OpOf<R extends Role> = {
  readonly [K in Op]: Known[K]['facts'] extends { readonly role: R } ? K : never
}[Op]
/** the ops whose numbers depend on their place in the tensor */
export type PlacedOp = {
  readonly [K in Op]: Known[K]['facts'] extends { readonly placed: true } ? K : never
}[Op]

export const hasRole = <R extends Role>(n: Expr, role: R): n is ExprOf<OpOf<R>> => ops[n.op].facts.role === role
export const isPlaced = (n: Expr): n is ExprOf<PlacedOp> => {
  const facts = factsOf(n)
  return 'placed' in facts && facts.placed
}
/** whether each number of a node needs its argument, a key, whole */
export const readsKey = (n: Expr): boolean => {
  const facts = factsOf(n)
  return facts.role === 'map' && facts.readsKey
}
/** whether an engine computes a node by calls of the JavaScript function */
export const callsJs = <K extends Op>(n: Node<K>): boolean => {
  const { facts } = rulesOf(n.op)
  return facts.role === 'map' && facts.callsJs(n.attrs)
}
