/** Decides which nodes are stored in memory, and which are recomputed wherever they are needed. */
import { topological, type Expr } from '../../expr/op.js'
import { factsOf, hasRole, readsKey } from '../../expr/ops/table.js'
import { sizeOf } from '../../value/shape.js'
import { tilesOf } from './unroll.js'

const isMap = (n: Expr): boolean => hasRole(n, 'map')
const costOf = (n: Expr): number => {
  const facts = factsOf(n)
  return facts.role === 'map' ? facts.cost : 0
}
const keepAbove = 3

/** The nodes that are stored in memory. */
export const materializedNodes = (order: readonly Expr[], outputs: readonly Expr[]): ReadonlySet<Expr> => {
  const users = new Map<Expr, Expr[]>()
  for (const n of order) for (const a of new Set(n.args)) users.set(a, [...(users.get(a) ?? []), n])
  const stored = new Set<Expr>(outputs)
  /** windows whose image is computed from their places, without them */
  const imageOf = new Map(order.flatMap(n => (tilesOf(n)?.inside ?? []).map(e => [e, n] as const)))
  const consumers = new Map<Expr, ReadonlySet<Expr>>()
  const cost = new Map<Expr, number>()
  // a first estimate of each node's cost: of everything below it down to nodes that are stored in any case
  for (const n of order) {
    const below = isMap(n) ? n.args.reduce((s, a) => s + (isMap(a) ? (cost.get(a) ?? 0) : 0), 0) : 0
    cost.set(n, below + costOf(n))
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const n = order[i] as Expr
    const image = imageOf.get(n)
    if (image !== undefined && !stored.has(n)) {
      consumers.set(n, new Set([image]))
      continue
    }
    if (!isMap(n)) {
      if (!hasRole(n, 'view')) stored.add(n)
      consumers.set(n, new Set([n]))
      continue
    }
    const mine = users.get(n) ?? []
    const passes = (u: Expr): boolean => (isMap(u) || imageOf.has(u)) && !stored.has(u)
    const kernels = new Set(mine.flatMap(u => (passes(u) ? [...(consumers.get(u) ?? [])] : [u])))
    const forced = mine.some(u => !imageOf.has(u) && (hasRole(u, 'view') || hasRole(u, 'heavy') || readsKey(u)))
    const heavyColumns = mine.some(u => hasRole(u, 'reduce') && (cost.get(n) ?? 0) > 2 * keepAbove && !reducesRows(u))
    if (forced || heavyColumns || (kernels.size > 1 && (cost.get(n) ?? 0) > keepAbove)) stored.add(n)
    consumers.set(n, stored.has(n) ? new Set([n]) : kernels)
  }
  return stored
}
/** whether the last axes are reduced, so that one loop reads memory in order */
const reducesRows = (n: Expr): boolean => {
  if (!hasRole(n, 'reduce')) return false
  const shape = (n.args[0] as Expr).shape
  // axes are in ascending order
  const first = n.attrs.axes[0] ?? shape.length
  return shape.every((s, i) => i < first || s === 1 || n.attrs.axes.includes(i))
}

/**
 * Puts single numbers that depend on nothing larger first (rates, powers of beta), so that no kernel over tensors waits
 * for them.
 */
const smallFirst = (order: readonly Expr[]): readonly Expr[] => {
  const small = new Set<Expr>()
  for (const n of order) if (sizeOf(n.shape) === 1 && n.args.every(a => small.has(a))) small.add(n)
  return [...order.filter(n => small.has(n)), ...order.filter(n => !small.has(n))]
}

/** the nodes of a graph in the order of computation, and which of them are stored */
export interface Materialized {
  readonly outputs: Readonly<Record<string, Expr>>
  readonly order: readonly Expr[]
  readonly materialized: ReadonlySet<Expr>
}
/** Decides the order of a graph's nodes, and which of them are stored. */
export const materialize = (outputs: Readonly<Record<string, Expr>>): Materialized => {
  const order = smallFirst(topological(Object.values(outputs)))
  return { outputs, order, materialized: materializedNodes(order, Object.values(outputs)) }
}
