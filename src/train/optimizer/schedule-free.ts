/** Schedule-free AdamW (Defazio et al. 2024): averages of the parameters in the place of a schedule. */
import { add, div, max, mul, sqrt, square, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { defined } from '../../value/defined.js'
import { nonNegativeSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import { momentFields, momentSettings, usual, type WithMoments } from './moments.js'
import { average, complement, copied, none, one, perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface ScheduleFree extends WithMoments {
  readonly tag: 'scheduleFree'
  readonly decay: Setting
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly scheduleFree: ScheduleFree
  }
}
export type ScheduleFreeOptions = Partial<Omit<ScheduleFree, 'tag' | 'rate'>>

/**
 * AdamW without a schedule. Gradients g are taken at y; x is the average to predict with:
 *
 *     v <- b2 v + (1 - b2) g^2,  d = g / (sqrt(v / (1 - b2^t)) + epsilon) + decay y,  z <- z - rate d,
 *     c = r^2 / (sum of all r^2 so far) with r the largest rate so far,  x <- x + c (z - x),  y <- z + b1 (x - z)
 *
 * The parameters of a state are y. Scores over the validation set, `best` and the parameters of the result are x. A warm-up is
 * advised: `scheduleFree(warmUp(steps(500), 0.0025))`. beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 by default.
 */
export const scheduleFree = (rate: Setting = 0.0025, options: ScheduleFreeOptions = {}): ScheduleFree =>
  Object.freeze({ tag: 'scheduleFree', rate, ...usual, decay: 0, ...defined(options) })

export const scheduleFreeKind: OptimizerDefinition<ScheduleFree> = {
  tag: 'scheduleFree',
  fields: ({ schedule }) => ({
    ...momentFields(schedule),
    rate: positiveSetting(schedule, 0.0025),
    decay: nonNegativeSetting(schedule, 0)
  }),
  slots: () => ({ x: copied, z: copied, v: zeros, power2: one, largest: none, weights: none }),
  settings: o => ({ ...momentSettings(o), decay: o.decay }),
  update: (_, given) => {
    const [rate, beta1, beta2] = [given.setting('rate'), given.setting('beta1'), given.setting('beta2')]
    const power2 = mul(given.scalar('power2'), beta2)
    const correction2 = div(1, complement(power2))
    const largest = max(given.scalar('largest'), rate)
    const weight = square(largest)
    const weights = add(given.scalar('weights'), weight)
    const share = div(weight, weights)
    /** exact where both are equal, unlike a sum of two products */
    const between = (a: Expr, b: Expr, t: Expr): Expr => add(a, mul(sub(b, a), t))
    return perParameter(
      ({ gradient, param, slot }) => {
        const v = average(beta2, slot('v'), square(gradient))
        const adapted = div(gradient, add(sqrt(mul(v, correction2)), given.setting('epsilon')))
        const z = sub(slot('z'), mul(rate, add(adapted, mul(given.setting('decay'), param))))
        const x = between(slot('x'), z, share)
        return { update: sub(param, between(z, x, beta1)), slots: { x, z, v } }
      },
      { power2, largest, weights }
    )(given)
  },
  average: () => 'x',
  tex: 'v \\leftarrow \\beta_2 v + (1 - \\beta_2) g^2,\\; z \\leftarrow z - \\eta \\left(\\frac{g}{\\sqrt{v / (1 - \\beta_2^t)} + \\epsilon} + \\lambda w\\right),\\; x \\leftarrow x + \\frac{\\hat\\eta_t^2}{\\sum_{i \\le t} \\hat\\eta_i^2} (z - x),\\; w \\leftarrow (1 - \\beta_1) z + \\beta_1 x',
  samples: [scheduleFree(0.01, { decay: 0.1 })]
}
