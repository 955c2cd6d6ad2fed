/** Stochastic gradient descent. */
import { mul } from '../../expr/build.js'
import { positiveSetting, type Setting } from '../schedule/schedule.js'
import { plain, type OptimizerDefinition } from './optimizer.js'

export interface Sgd {
  readonly tag: 'sgd'
  readonly rate: Setting
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly sgd: Sgd
  }
}

/** w <- w - rate g */
export const sgd = (rate: Setting = 0.01): Sgd => Object.freeze({ tag: 'sgd', rate })

export const sgdKind: OptimizerDefinition<Sgd> = {
  tag: 'sgd',
  fields: ({ schedule }) => ({ rate: positiveSetting(schedule, 0.01) }),
  slots: () => ({}),
  settings: ({ rate }) => ({ rate }),
  update: (_, given) => plain(gradient => mul(given.setting('rate'), gradient))(given),
  tex: 'w \\leftarrow w - \\eta g',
  samples: [sgd(0.1)]
}
