/** How a node is written. */
import type { Expr } from '../../expr/op.js'
import type { Computed, Held } from './graph.js'
import type { Scope } from './values.js'

/** from which nodes a node is written, and as what */
export interface Plan {
  readonly sources: readonly Expr[]
  readonly write: (s: Scope, sources: readonly Held[]) => Computed
}
/** what is asked about nodes around */
export interface Around {
  /** how many nodes use this one */
  readonly uses: (node: Expr) => number
  /** whether its numbers do not depend on the input of the model */
  readonly isConstant: (node: Expr) => boolean
}
export type Find = (n: Expr, around: Around) => Plan | undefined
