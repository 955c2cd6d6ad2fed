/** Adam (Kingma and Ba, 2015), in both forms that textbooks give. */
import { add, div, mul, sqrt, square, sub } from '../../expr/build.js'
import { fraction, oneOf, positive, withDefault } from '../../value/codec.js'
import { positiveSetting, type Setting } from '../schedule/schedule.js'
import { perParameter, type OptimizerKind } from './optimizer.js'

export interface Adam {
  readonly tag: 'adam'
  readonly rate: Setting
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** where the bias is corrected: in the moments (the paper's algorithm 1), or in the rate (its more efficient order, where epsilon weighs differently) */
  readonly form: 'corrected' | 'efficient'
}
declare module './optimizer.js' {
  interface Optimizers {
    readonly adam: Adam
  }
}
export type AdamOptions = Partial<Omit<Adam, 'tag' | 'rate'>>

/**
 * m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2, then
 * - `corrected`: w <- w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
 * - `efficient`: w <- w - rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt v + epsilon)
 */
export const adam = (rate: Setting = 0.001, options: AdamOptions = {}): Adam =>
  Object.freeze({ tag: 'adam', rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, form: 'corrected', ...options })

export const adamKind: OptimizerKind<Adam> = {
  tag: 'adam',
  fields: (_, schedule) => ({
    rate: positiveSetting(schedule, 0.001),
    beta1: withDefault(fraction, 0.9),
    beta2: withDefault(fraction, 0.999),
    epsilon: withDefault(positive, 1e-8),
    form: withDefault(oneOf('corrected', 'efficient'), 'corrected')
  }),
  slots: () => ({
    m: { per: 'parameter', value: 0 },
    v: { per: 'parameter', value: 0 },
    // b1^t and b2^t as running products: a power function would not be the same on every engine
    power1: { per: 'run', value: 1 },
    power2: { per: 'run', value: 1 }
  }),
  settings: ({ rate }) => ({ rate }),
  update: ({ beta1, beta2, epsilon, form }, given) => {
    const power1 = mul(given.scalar('power1'), beta1)
    const power2 = mul(given.scalar('power2'), beta2)
    const rate = given.setting('rate')
    const efficient = div(mul(rate, sqrt(sub(1, power2))), sub(1, power1))
    return perParameter(
      ({ gradient, slot }) => {
        const m = add(mul(slot('m'), beta1), mul(gradient, 1 - beta1))
        const v = add(mul(slot('v'), beta2), mul(square(gradient), 1 - beta2))
        const update =
          form === 'efficient'
            ? div(mul(efficient, m), add(sqrt(v), epsilon))
            : div(mul(rate, div(m, sub(1, power1))), add(sqrt(div(v, sub(1, power2))), epsilon))
        return { update, slots: { m, v } }
      },
      { power1, power2 }
    )(given)
  },
  tex: 'm \\leftarrow \\beta_1 m + (1 - \\beta_1) g,\\; v \\leftarrow \\beta_2 v + (1 - \\beta_2) g^2,\\; w \\leftarrow w - \\eta \\frac{m / (1 - \\beta_1^t)}{\\sqrt{v / (1 - \\beta_2^t)} + \\epsilon}',
  samples: [adam(), adam(0.01, { form: 'efficient' })]
}
