/** Rprop (Riedmiller and Braun 1993): the sign of a gradient alone decides; for full batches. */
import { add, constant, equal, less, max, min, mul, select, sign } from '../../expr/build.js'
import { fraction, inRange, positive, withDefault } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import { settingError } from '../../value/error.js'
import { perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface Rprop {
  readonly tag: 'rprop'
  /** the first step of every number */
  readonly rate: number
  /** the factor of a step after a change of sign, below 1 */
  readonly shrink: number
  /** the factor of a step where the sign stays, above 1 */
  readonly grow: number
  readonly smallest: number
  readonly largest: number
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly rprop: Rprop
  }
}
export type RpropOptions = Partial<Omit<Rprop, 'tag' | 'rate'>>

/**
 * With s the sign of g times that of the gradient before: step <- min(grow step, largest) where s is 1; step <- max(shrink step,
 * smallest) and g <- 0 where s is -1; then w <- w - sign(g) step (the form without backtracking, as in PyTorch). A gradient of 0 changes
 * nothing. Meant for full batches: set `batchSize` to the number of examples.
 *
 * @param rate the first step of every number; default 0.01
 * @param options shrink = 0.5, grow = 1.2, smallest = 1e-6, largest = 50 by default
 */
export const rprop = (rate = 0.01, options: RpropOptions = {}): Rprop =>
  Object.freeze({ tag: 'rprop', rate, shrink: 0.5, grow: 1.2, smallest: 1e-6, largest: 50, ...defined(options) })

export const rpropKind: OptimizerDefinition<Rprop> = {
  tag: 'rprop',
  fields: () => ({
    rate: withDefault(positive, 0.01),
    shrink: withDefault(fraction, 0.5),
    grow: withDefault(
      inRange('a number above 1', n => n > 1),
      1.2
    ),
    smallest: withDefault(positive, 1e-6),
    largest: withDefault(positive, 50)
  }),
  slots: ({ rate }) => ({ before: zeros, step: { per: 'parameter', value: rate } }),
  settings: () => ({}),
  update: ({ shrink, grow, smallest, largest }, given) =>
    perParameter(({ gradient, slot }) => {
      const turn = mul(sign(gradient), sign(slot('before')))
      const turned = less(turn, 0)
      const factor = select(less(0, turn), constant(grow, gradient), select(turned, constant(shrink, gradient), 1))
      const step = select(equal(turn, 0), slot('step'), min(max(mul(slot('step'), factor), smallest), largest))
      const now = select(turned, constant(0, gradient), gradient)
      return { update: mul(sign(now), step), slots: { before: add(now, 0), step } }
    })(given),
  check: ({ smallest, largest }) =>
    smallest <= largest
      ? undefined
      : settingError(['rprop', 'smallest'], `at most ${largest}, the largest step`, String(smallest)),
  tex: 's = \\mathrm{sign}(g) \\, \\mathrm{sign}(g_{-1}),\\; (g, \\delta) \\leftarrow \\begin{cases} (g, \\min(\\eta^+ \\delta, \\delta_{\\max})) & \\text{if } s = 1 \\\\ (0, \\max(\\eta^- \\delta, \\delta_{\\min})) & \\text{if } s = -1 \\\\ (g, \\delta) & \\text{otherwise} \\end{cases},\\; w \\leftarrow w - \\delta \\, \\mathrm{sign}(g)',
  samples: [rprop(0.05)]
}
