/** Transformations of each number by itself: a factor, and weight decay in both its forms. */
import { add, mul } from '../../expr/build.js'
import { finiteSetting, nonNegativeSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import { plain, type OptimizerDefinition } from './optimizer.js'

export interface ScaleBy {
  readonly tag: 'scale'
  readonly factor: Setting
}
export interface WeightDecay {
  readonly tag: 'weightDecay'
  readonly decay: Setting
}
export interface DecoupledWeightDecay {
  readonly tag: 'decoupledWeightDecay'
  readonly decay: Setting
  readonly rate: Setting
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly scale: ScaleBy
    readonly weightDecay: WeightDecay
    readonly decoupledWeightDecay: DecoupledWeightDecay
  }
}

/** g <- factor g. Below 0 it turns descent into ascent. */
export const scaleBy = (factor: Setting): ScaleBy => Object.freeze({ tag: 'scale', factor })

/**
 * Weight decay as an L2 penalty: g <- g + decay w, as if decay / 2 times the sum of the squares of all parameters were
 * part of the loss. Put it first in a chain: `chain(weightDecay(0.01), sgd(0.1))`.
 *
 * @param decay 0 or more
 */
export const weightDecay = (decay: Setting = 0.01): WeightDecay => Object.freeze({ tag: 'weightDecay', decay })

/**
 * Weight decay beside the update: update <- update + rate decay w, which no moment or clipping before it sees. Put it
 * last in a chain: `chain(adam(0.001), decoupledWeightDecay(0.01, 0.001))` is `adamw(0.001)`.
 *
 * @param decay 0 or more
 * @param rate the rate of the optimizer before it
 */
export const decoupledWeightDecay = (decay: Setting = 0.01, rate: Setting = 0.001): DecoupledWeightDecay =>
  Object.freeze({ tag: 'decoupledWeightDecay', decay, rate })

export const scaleKind: OptimizerDefinition<ScaleBy> = {
  tag: 'scale',
  fields: ({ schedule }) => ({ factor: finiteSetting(schedule) }),
  slots: () => ({}),
  settings: ({ factor }) => ({ factor }),
  update: (_, given) => plain(gradient => mul(given.setting('factor'), gradient))(given),
  tex: 'g \\leftarrow c g',
  samples: [scaleBy(0.5)]
}

export const weightDecayKind: OptimizerDefinition<WeightDecay> = {
  tag: 'weightDecay',
  fields: ({ schedule }) => ({ decay: nonNegativeSetting(schedule, 0.01) }),
  slots: () => ({}),
  settings: ({ decay }) => ({ decay }),
  update: (_, given) => plain((gradient, w) => add(gradient, mul(given.setting('decay'), w)))(given),
  tex: 'g \\leftarrow g + \\lambda w',
  samples: [weightDecay(0.01)]
}

export const decoupledWeightDecayKind: OptimizerDefinition<DecoupledWeightDecay> = {
  tag: 'decoupledWeightDecay',
  fields: ({ schedule }) => ({ decay: nonNegativeSetting(schedule, 0.01), rate: positiveSetting(schedule, 0.001) }),
  slots: () => ({}),
  settings: ({ decay, rate }) => ({ decay, rate }),
  update: (_, given) => {
    const amount = mul(given.setting('rate'), given.setting('decay'))
    return plain((update, w) => add(update, mul(amount, w)))(given)
  },
  tex: '\\Delta \\leftarrow \\Delta + \\eta \\lambda w',
  samples: [decoupledWeightDecay(0.1, 0.01)]
}
