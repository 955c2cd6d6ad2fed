/** Lookahead (Zhang et al. 2019): every k steps, back part of the way. */
import { add, constant, equal, mul, select, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { inRange, size, withDefault } from '../../value/codec.js'
import { adam } from './adam.js'
import { copied, get, mapByPath, none, type Optimizer, type OptimizerDefinition } from './optimizer.js'
import { around, label } from './wrapper.js'

export interface Lookahead {
  readonly tag: 'lookahead'
  readonly optimizer: Optimizer
  readonly steps: number
  readonly share: number
}
type AnyLookahead = Lookahead
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly lookahead: AnyLookahead
  }
}
export interface LookaheadOptions {
  /** k, the steps of the fast parameters for one of the slow ones; default 6 */
  readonly steps?: number
  /** alpha, the share of the way that the slow parameters go; default 0.5 */
  readonly share?: number
}

/**
 * The optimizer inside moves the parameters; after every k-th step slow <- slow + alpha (w - slow), and w <- slow. The slots of the
 * optimizer inside stay as they are then, as in Optax. Scores, `best` and the parameters of the result are the slow ones.
 *
 * @example lookahead(adam(0.001), { steps: 6, share: 0.5 })
 */
export const lookahead = (optimizer: Optimizer, { steps = 6, share = 0.5 }: LookaheadOptions = {}): Lookahead =>
  Object.freeze({ tag: 'lookahead', optimizer, steps, share })

const own = { slow: 'slow', count: 'lookaheadSteps' } as const

export const lookaheadKind: OptimizerDefinition<Lookahead> = {
  ...around,
  tag: 'lookahead',
  fields: ({ optimizer }) => ({
    optimizer,
    steps: withDefault(size, 6),
    share: withDefault(
      inRange('a number above 0, at most 1', n => n > 0 && n <= 1),
      0.5
    )
  }),
  slots: ({ optimizer }, self) => ({ [own.slow]: copied, [own.count]: none, ...self.slots(optimizer, label) }),
  update: ({ optimizer, steps, share }, given, self) => {
    const inner = self.update(optimizer, label, given)
    const count = add(given.scalar(own.count), 1)
    const due = equal(count, steps)
    const before = given.slots(own.slow)
    const slow = mapByPath(inner.updates, (update, path): Expr => {
      const [s, fast] = [get(before, path), sub(get(given.params, path), update)]
      return select(due, add(s, mul(share, sub(fast, s))), s)
    })
    return {
      updates: mapByPath(inner.updates, (u, path) => select(due, sub(get(given.params, path), get(slow, path)), u)),
      slots: { ...inner.slots, [own.slow]: slow },
      scalars: { ...inner.scalars, [own.count]: select(due, constant(0, count), count) }
    }
  },
  average: () => own.slow,
  tex: 's \\leftarrow s + \\alpha (w - s),\\; w \\leftarrow s \\text{ in every } k\\text{-th step}',
  samples: [lookahead(adam(0.01), { steps: 2 })]
}
