/** LAMB (You et al. 2020): Adam whose step is as long as the parameters it changes, for large batches. */
import { add, cast, div, less, mul, select, sqrt, square, total } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { defined } from '../../value/defined.js'
import { nonNegativeSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import { momentFields, momentSettings, momentSlots, momentsOf, usual, type WithMoments } from './moments.js'
import { perParameter, type OptimizerDefinition } from './optimizer.js'

export interface Lamb extends WithMoments {
  readonly tag: 'lamb'
  readonly decay: Setting
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly lamb: Lamb
  }
}
export type LambOptions = Partial<Omit<Lamb, 'tag' | 'rate'>>

/**
 * u = (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon) + decay w with Adam's m and v, and for each tensor
 * w <- w - rate (|w| / |u|) u, where the quotient is 1 if one of both norms is 0 (You et al. 2020, with the norm itself for phi, as in
 * Optax); beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6, decay = 0 by default
 */
export const lamb = (rate: Setting = 0.001, options: LambOptions = {}): Lamb =>
  Object.freeze({ tag: 'lamb', rate, ...usual, epsilon: 1e-6, decay: 0, ...defined(options) })

/** in f64: the squares of large f32 numbers are not finite */
const norm = (x: Expr): Expr => sqrt(total(square(cast(x, 'f64'))))

export const lambKind: OptimizerDefinition<Lamb> = {
  tag: 'lamb',
  fields: ({ schedule }) => ({
    ...momentFields(schedule),
    epsilon: positiveSetting(schedule, 1e-6),
    decay: nonNegativeSetting(schedule, 0)
  }),
  slots: () => momentSlots,
  settings: o => ({ ...momentSettings(o), decay: o.decay }),
  update: (_, given) => {
    const { m: nextM, v: nextV, unbiased1, unbiased2, powers } = momentsOf(given)
    return perParameter(({ gradient, param, slot }) => {
      const m = nextM(slot, gradient)
      const v = nextV(slot, gradient)
      const adapted = div(unbiased1(m), add(sqrt(unbiased2(v)), given.setting('epsilon')))
      const u = add(adapted, mul(given.setting('decay'), param))
      const [ofParam, ofUpdate] = [norm(param), norm(u)]
      const both = less(0, mul(ofParam, ofUpdate))
      const trust = select(both, div(ofParam, select(both, ofUpdate, 1)), 1)
      return { update: mul(mul(given.setting('rate'), cast(trust, u.dtype)), u), slots: { m, v } }
    }, powers)(given)
  },
  tex: 'm \\leftarrow \\beta_1 m + (1 - \\beta_1) g,\\; v \\leftarrow \\beta_2 v + (1 - \\beta_2) g^2,\\; u = \\frac{m / (1 - \\beta_1^t)}{\\sqrt{v / (1 - \\beta_2^t)} + \\epsilon} + \\lambda w,\\; w \\leftarrow w - \\eta \\frac{\\lVert w \\rVert}{\\lVert u \\rVert} u',
  samples: [lamb(0.01, { decay: 0.1 })]
}
