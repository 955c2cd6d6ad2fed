/** AdaBelief (Zhuang et al. 2020): large steps where gradients are what their average said. */
import { add, div, mul, sqrt, square, sub } from '../../expr/build.js'
import { defined } from '../../value/defined.js'
import { positiveSetting, type Setting } from '../schedule/schedule.js'
import { momentFields, momentSettings, usual, type WithMoments } from './moments.js'
import { average, complement, one, perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface Adabelief extends WithMoments {
  readonly tag: 'adabelief'
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly adabelief: Adabelief
  }
}
export type AdabeliefOptions = Partial<Omit<Adabelief, 'tag' | 'rate'>>

/**
 * m <- b1 m + (1 - b1) g, s <- b2 s + (1 - b2) (g - m)^2 + epsilon, w <- w - rate (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) +
 * epsilon), with one epsilon in both places as in Optax; beta1 = 0.9, beta2 = 0.999, epsilon = 1e-16 by default
 */
export const adabelief = (rate: Setting = 0.001, options: AdabeliefOptions = {}): Adabelief =>
  Object.freeze({ tag: 'adabelief', rate, ...usual, epsilon: 1e-16, ...defined(options) })

export const adabeliefKind: OptimizerDefinition<Adabelief> = {
  tag: 'adabelief',
  fields: ({ schedule }) => ({ ...momentFields(schedule), epsilon: positiveSetting(schedule, 1e-16) }),
  slots: () => ({ m: zeros, s: zeros, power1: one, power2: one }),
  settings: momentSettings,
  update: (_, given) => {
    const [beta1, beta2, epsilon] = [given.setting('beta1'), given.setting('beta2'), given.setting('epsilon')]
    const power1 = mul(given.scalar('power1'), beta1)
    const power2 = mul(given.scalar('power2'), beta2)
    const rate = div(given.setting('rate'), complement(power1))
    const correction2 = div(1, complement(power2))
    return perParameter(
      ({ gradient, slot }) => {
        const m = average(beta1, slot('m'), gradient)
        const s = add(average(beta2, slot('s'), square(sub(gradient, m))), epsilon)
        return { update: div(mul(rate, m), add(sqrt(mul(s, correction2)), epsilon)), slots: { m, s } }
      },
      { power1, power2 }
    )(given)
  },
  tex: 'm \\leftarrow \\beta_1 m + (1 - \\beta_1) g,\\; s \\leftarrow \\beta_2 s + (1 - \\beta_2) (g - m)^2 + \\epsilon,\\; w \\leftarrow w - \\eta \\frac{m / (1 - \\beta_1^t)}{\\sqrt{s / (1 - \\beta_2^t)} + \\epsilon}',
  samples: [adabelief(0.01)]
}
