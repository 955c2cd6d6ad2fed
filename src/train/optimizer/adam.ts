/** Adam (Kingma and Ba, 2015) in both published forms, and AdamW. */
import { add, div, mul, sqrt, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { oneOf, withDefault } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import { nonNegativeSetting, type Setting } from '../schedule/schedule.js'
import { momentFields, momentSettings, momentSlots, momentsOf, usual, type WithMoments } from './moments.js'
import { perParameter, type UpdateArguments, type OptimizerDefinition } from './optimizer.js'

/**
 * where the bias is corrected: in the moments (the paper's algorithm 1), or in the rate (its more efficient form, where
 * epsilon has another weight)
 */
export type AdamForm = 'corrected' | 'efficient'
export interface Adam extends WithMoments {
  readonly tag: 'adam'
  readonly form: AdamForm
}
export interface Adamw extends WithMoments {
  readonly tag: 'adamw'
  readonly decay: Setting
  readonly form: AdamForm
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly adam: Adam
    readonly adamw: Adamw
  }
}
export type AdamOptions = Partial<Omit<Adam, 'tag' | 'rate'>>
export type AdamwOptions = Partial<Omit<Adamw, 'tag' | 'rate'>>

/**
 * m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2, then
 * - `corrected`: w <- w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
 * - `efficient`: w <- w - rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt v + epsilon)
 *
 * with beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 by default
 */
export const adam = (rate: Setting = 0.001, options: AdamOptions = {}): Adam =>
  Object.freeze({ tag: 'adam', rate, ...usual, form: 'corrected', ...defined(options) })

/**
 * Adam with a weight decay that its moments don't see (Loshchilov and Hutter 2019): w <- w - rate decay w - (the step
 * of Adam); decay = 0.01 by default. To decay some parameters only: `chain(adam(rate), masked(selector,
 * decoupledWeightDecay(decay, rate)))`.
 */
export const adamw = (rate: Setting = 0.001, options: AdamwOptions = {}): Adamw =>
  Object.freeze({ tag: 'adamw', rate, ...usual, decay: 0.01, form: 'corrected', ...defined(options) })

const adamStep = (form: AdamForm, given: UpdateArguments, more: (update: Expr, param: Expr) => Expr) => {
  const { m: nextM, v: nextV, unbiased1, unbiased2, powers } = momentsOf(given)
  const [rate, epsilon] = [given.setting('rate'), given.setting('epsilon')]
  const efficient = unbiased1(mul(rate, sqrt(sub(1, powers.power2))))
  return perParameter(({ gradient, param, slot }) => {
    const m = nextM(slot, gradient)
    const v = nextV(slot, gradient)
    const update =
      form === 'efficient'
        ? div(mul(efficient, m), add(sqrt(v), epsilon))
        : div(mul(unbiased1(rate), m), add(sqrt(unbiased2(v)), epsilon))
    return { update: more(update, param), slots: { m, v } }
  }, powers)(given)
}
const form = withDefault(oneOf('corrected', 'efficient'), 'corrected')
const averages = 'm \\leftarrow \\beta_1 m + (1 - \\beta_1) g,\\; v \\leftarrow \\beta_2 v + (1 - \\beta_2) g^2'
const step = '\\eta \\frac{m / (1 - \\beta_1^t)}{\\sqrt{v / (1 - \\beta_2^t)} + \\epsilon}'

export const adamKind: OptimizerDefinition<Adam> = {
  tag: 'adam',
  fields: ({ schedule }) => ({ ...momentFields(schedule), form }),
  slots: () => momentSlots,
  settings: momentSettings,
  update: ({ form }, given) => adamStep(form, given, update => update),
  tex: `${averages},\\; w \\leftarrow w - ${step}`,
  samples: [adam(), adam(0.01, { form: 'efficient' })]
}

export const adamwKind: OptimizerDefinition<Adamw> = {
  tag: 'adamw',
  fields: ({ schedule }) => ({ ...momentFields(schedule), decay: nonNegativeSetting(schedule, 0.01), form }),
  slots: () => momentSlots,
  settings: o => ({ ...momentSettings(o), decay: o.decay }),
  update: ({ form }, given) => {
    const decay = mul(given.setting('rate'), given.setting('decay'))
    return adamStep(form, given, (update, w) => add(update, mul(decay, w)))
  },
  tex: `${averages},\\; w \\leftarrow w - ${step} - \\eta \\lambda w`,
  samples: [adamw(), adamw(0.01, { decay: 0.1, form: 'efficient' })]
}
