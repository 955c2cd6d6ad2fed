/** Adam with other ideas: a second moment that never falls (AMSGrad), Nesterov's look ahead (NAdam). */
import { add, div, max, mul, sqrt } from '../../expr/build.js'
import { defined } from '../../value/defined.js'
import type { Setting } from '../schedule/schedule.js'
import { momentFields, momentSettings, momentSlots, momentsOf, usual, type WithMoments } from './moments.js'
import { complement, perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface Amsgrad extends WithMoments {
  readonly tag: 'amsgrad'
}
export interface Nadam extends WithMoments {
  readonly tag: 'nadam'
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly amsgrad: Amsgrad
    readonly nadam: Nadam
  }
}
export type AmsgradOptions = Partial<Omit<Amsgrad, 'tag' | 'rate'>>
export type NadamOptions = Partial<Omit<Nadam, 'tag' | 'rate'>>

/**
 * Adam's m and v, and u <- max(u, v), w <- w - rate (m / (1 - b1^t)) / (sqrt(u / (1 - b2^t)) + epsilon) (Reddi et al.
 * 2018, with the corrections of the bias that Adam has, as in PyTorch; the paper has none)
 */
export const amsgrad = (rate: Setting = 0.001, options: AmsgradOptions = {}): Amsgrad =>
  Object.freeze({ tag: 'amsgrad', rate, ...usual, ...defined(options) })

/**
 * Adam's m and v, and w <- w - rate (b1 m / (1 - b1^(t+1)) + (1 - b1) g / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) +
 * epsilon) (Dozat 2016, with one b1 for all steps, as in Optax; PyTorch and Keras let it rise with t)
 */
export const nadam = (rate: Setting = 0.001, options: NadamOptions = {}): Nadam =>
  Object.freeze({ tag: 'nadam', rate, ...usual, ...defined(options) })

const averages = 'm \\leftarrow \\beta_1 m + (1 - \\beta_1) g,\\; v \\leftarrow \\beta_2 v + (1 - \\beta_2) g^2'

export const amsgradKind: OptimizerDefinition<Amsgrad> = {
  tag: 'amsgrad',
  fields: ({ schedule }) => momentFields(schedule),
  slots: () => ({ ...momentSlots, u: zeros }),
  settings: momentSettings,
  update: (_, given) => {
    const { m: nextM, v: nextV, unbiased1, unbiased2, powers } = momentsOf(given)
    return perParameter(({ gradient, slot }) => {
      const m = nextM(slot, gradient)
      const v = nextV(slot, gradient)
      const u = max(slot('u'), v)
      const update = div(mul(unbiased1(given.setting('rate')), m), add(sqrt(unbiased2(u)), given.setting('epsilon')))
      return { update, slots: { m, v, u } }
    }, powers)(given)
  },
  tex: `${averages},\\; u \\leftarrow \\max(u, v),\\; w \\leftarrow w - \\eta \\frac{m / (1 - \\beta_1^t)}{\\sqrt{u / (1 - \\beta_2^t)} + \\epsilon}`,
  samples: [amsgrad(0.01)]
}

export const nadamKind: OptimizerDefinition<Nadam> = {
  tag: 'nadam',
  fields: ({ schedule }) => momentFields(schedule),
  slots: () => momentSlots,
  settings: momentSettings,
  update: (_, given) => {
    const { m: nextM, v: nextV, unbiased1, unbiased2, powers } = momentsOf(given)
    const beta1 = given.setting('beta1')
    const ahead = div(beta1, complement(mul(powers.power1, beta1)))
    const now = unbiased1(complement(beta1))
    return perParameter(({ gradient, slot }) => {
      const m = nextM(slot, gradient)
      const v = nextV(slot, gradient)
      const direction = add(mul(ahead, m), mul(now, gradient))
      const update = div(mul(given.setting('rate'), direction), add(sqrt(unbiased2(v)), given.setting('epsilon')))
      return { update, slots: { m, v } }
    }, powers)(given)
  },
  tex: `${averages},\\; w \\leftarrow w - \\eta \\frac{\\beta_1 m / (1 - \\beta_1^{t+1}) + (1 - \\beta_1) g / (1 - \\beta_1^t)}{\\sqrt{v / (1 - \\beta_2^t)} + \\epsilon}`,
  samples: [nadam(0.01)]
}
