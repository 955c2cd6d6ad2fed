/** Gradient descent with a velocity. */
import { add, mul } from '../../expr/build.js'
import { fractionSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import { perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

interface Velocity {
  readonly rate: Setting
  readonly momentum: Setting
}
export interface Momentum extends Velocity {
  readonly tag: 'momentum'
}
export interface Nesterov extends Velocity {
  readonly tag: 'nesterov'
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly momentum: Momentum
    readonly nesterov: Nesterov
  }
}

/**
 * v <- m v + rate g, w <- w - v (Polyak 1964): the textbook's form, with the rate inside the velocity.
 *
 * @param momentum m, from 0 up to, not including, 1
 */
export const momentum = (rate: Setting = 0.01, momentum: Setting = 0.9): Momentum =>
  Object.freeze({ tag: 'momentum', rate, momentum })

/**
 * v <- m v + rate g, w <- w - (m v + rate g): momentum that looks ahead, with the gradient taken where the parameters
 * are (the form of Sutskever et al. 2013 after a change of variables).
 *
 * @param momentum m, from 0 up to, not including, 1
 */
export const nesterov = (rate: Setting = 0.01, momentum: Setting = 0.9): Nesterov =>
  Object.freeze({ tag: 'nesterov', rate, momentum })

const withVelocity: Pick<OptimizerDefinition<Momentum | Nesterov>, 'fields' | 'slots' | 'settings'> = {
  fields: ({ schedule }) => ({ rate: positiveSetting(schedule, 0.01), momentum: fractionSetting(schedule, 0.9) }),
  slots: () => ({ v: zeros }),
  settings: ({ rate, momentum }) => ({ rate, momentum })
}

export const momentumKind: OptimizerDefinition<Momentum> = {
  ...withVelocity,
  tag: 'momentum',
  update: (_, given) =>
    perParameter(({ gradient, slot }) => {
      const v = add(mul(slot('v'), given.setting('momentum')), mul(given.setting('rate'), gradient))
      return { update: v, slots: { v } }
    })(given),
  tex: 'v \\leftarrow \\mu v + \\eta g,\\; w \\leftarrow w - v',
  samples: [momentum(0.05)]
}

export const nesterovKind: OptimizerDefinition<Nesterov> = {
  ...withVelocity,
  tag: 'nesterov',
  update: (_, given) =>
    perParameter(({ gradient, slot }) => {
      const m = given.setting('momentum')
      const pull = mul(given.setting('rate'), gradient)
      const v = add(mul(slot('v'), m), pull)
      return { update: add(mul(v, m), pull), slots: { v } }
    })(given),
  tex: 'v \\leftarrow \\mu v + \\eta g,\\; w \\leftarrow w - (\\mu v + \\eta g)',
  samples: [nesterov(0.05)]
}
