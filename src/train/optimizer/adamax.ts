/** AdaMax (Kingma and Ba 2015, section 7.1): Adam by the largest gradient so far. */
import { abs, add, div, max, mul } from '../../expr/build.js'
import { defined } from '../../value/defined.js'
import type { Setting } from '../schedule/schedule.js'
import { momentFields, momentSettings, usual, type WithMoments } from './moments.js'
import { average, complement, one, perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface Adamax extends WithMoments {
  readonly tag: 'adamax'
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly adamax: Adamax
  }
}
export type AdamaxOptions = Partial<Omit<Adamax, 'tag' | 'rate'>>

/**
 * m <- b1 m + (1 - b1) g, u <- max(b2 u, |g|), w <- w - rate (m / (1 - b1^t)) / (u + epsilon), as in Optax and Keras
 * (PyTorch adds epsilon to |g| instead); beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 by default
 */
export const adamax = (rate: Setting = 0.001, options: AdamaxOptions = {}): Adamax =>
  Object.freeze({ tag: 'adamax', rate, ...usual, ...defined(options) })

export const adamaxKind: OptimizerDefinition<Adamax> = {
  tag: 'adamax',
  fields: ({ schedule }) => momentFields(schedule),
  slots: () => ({ m: zeros, u: zeros, power1: one }),
  settings: momentSettings,
  update: (_, given) => {
    const [beta1, beta2] = [given.setting('beta1'), given.setting('beta2')]
    const power1 = mul(given.scalar('power1'), beta1)
    const rate = div(given.setting('rate'), complement(power1))
    return perParameter(
      ({ gradient, slot }) => {
        const m = average(beta1, slot('m'), gradient)
        const u = max(mul(beta2, slot('u')), abs(gradient))
        return { update: div(mul(rate, m), add(u, given.setting('epsilon'))), slots: { m, u } }
      },
      { power1 }
    )(given)
  },
  tex: 'm \\leftarrow \\beta_1 m + (1 - \\beta_1) g,\\; u \\leftarrow \\max(\\beta_2 u, |g|),\\; w \\leftarrow w - \\eta \\frac{m / (1 - \\beta_1^t)}{u + \\epsilon}',
  samples: [adamax(0.01)]
}
