/** Lion (Chen et al. 2023): the sign of a running average is the step. */
import { mul, sign } from '../../expr/build.js'
import { defined } from '../../value/defined.js'
import { fractionSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import { average, perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface Lion {
  readonly tag: 'lion'
  readonly rate: Setting
  readonly beta1: Setting
  readonly beta2: Setting
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly lion: Lion
  }
}
export type LionOptions = Partial<Omit<Lion, 'tag' | 'rate'>>

/**
 * w <- w - rate sign(b1 m + (1 - b1) g), then m <- b2 m + (1 - b2) g; beta1 = 0.9, beta2 = 0.99. The paper's weight
 * decay is `chain(lion(rate), decoupledWeightDecay(decay, rate))`.
 */
export const lion = (rate: Setting = 0.0001, options: LionOptions = {}): Lion =>
  Object.freeze({ tag: 'lion', rate, beta1: 0.9, beta2: 0.99, ...defined(options) })

export const lionKind: OptimizerDefinition<Lion> = {
  tag: 'lion',
  fields: ({ schedule }) => ({
    rate: positiveSetting(schedule, 0.0001),
    beta1: fractionSetting(schedule, 0.9),
    beta2: fractionSetting(schedule, 0.99)
  }),
  slots: () => ({ m: zeros }),
  settings: ({ rate, beta1, beta2 }) => ({ rate, beta1, beta2 }),
  update: (_, given) =>
    perParameter(({ gradient, slot }) => ({
      update: mul(given.setting('rate'), sign(average(given.setting('beta1'), slot('m'), gradient))),
      slots: { m: average(given.setting('beta2'), slot('m'), gradient) }
    }))(given),
  tex: 'w \\leftarrow w - \\eta \\, \\mathrm{sign}(\\beta_1 m + (1 - \\beta_1) g),\\; m \\leftarrow \\beta_2 m + (1 - \\beta_2) g',
  samples: [lion(0.01)]
}
