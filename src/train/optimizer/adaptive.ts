/** A step of its own for every number, by the squares of its gradients so far: AdaGrad, RMSProp, Adadelta. */
import { add, div, mul, sqrt, square } from '../../expr/build.js'
import { defined } from '../../value/defined.js'
import { fractionSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import { average, perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface Adagrad {
  readonly tag: 'adagrad'
  readonly rate: Setting
  readonly epsilon: Setting
}
export interface Rmsprop {
  readonly tag: 'rmsprop'
  readonly rate: Setting
  readonly rho: Setting
  readonly epsilon: Setting
}
export interface Adadelta {
  readonly tag: 'adadelta'
  readonly rate: Setting
  readonly rho: Setting
  readonly epsilon: Setting
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly adagrad: Adagrad
    readonly rmsprop: Rmsprop
    readonly adadelta: Adadelta
  }
}
export type AdagradOptions = Partial<Omit<Adagrad, 'tag' | 'rate'>>
export type RmspropOptions = Partial<Omit<Rmsprop, 'tag' | 'rate'>>
export type AdadeltaOptions = Partial<Omit<Adadelta, 'tag' | 'rate'>>

/** h <- h + g^2, w <- w - rate g / (epsilon + sqrt h), with h = 0 at first (Duchi et al. 2011); epsilon = 1e-7 */
export const adagrad = (rate: Setting = 0.01, options: AdagradOptions = {}): Adagrad =>
  Object.freeze({ tag: 'adagrad', rate, epsilon: 1e-7, ...defined(options) })

/** h <- rho h + (1 - rho) g^2, w <- w - rate g / (epsilon + sqrt h) (Hinton 2012); rho = 0.9, epsilon = 1e-7 */
export const rmsprop = (rate: Setting = 0.001, options: RmspropOptions = {}): Rmsprop =>
  Object.freeze({ tag: 'rmsprop', rate, rho: 0.9, epsilon: 1e-7, ...defined(options) })

/**
 * h <- rho h + (1 - rho) g^2, d = g sqrt(s + epsilon) / sqrt(h + epsilon), s <- rho s + (1 - rho) d^2, w <- w - rate d
 * (Zeiler 2012); rate = 1, rho = 0.95, epsilon = 1e-6
 */
export const adadelta = (rate: Setting = 1, options: AdadeltaOptions = {}): Adadelta =>
  Object.freeze({ tag: 'adadelta', rate, rho: 0.95, epsilon: 1e-6, ...defined(options) })

export const adagradKind: OptimizerDefinition<Adagrad> = {
  tag: 'adagrad',
  fields: ({ schedule }) => ({ rate: positiveSetting(schedule, 0.01), epsilon: positiveSetting(schedule, 1e-7) }),
  slots: () => ({ h: zeros }),
  settings: ({ rate, epsilon }) => ({ rate, epsilon }),
  update: (_, given) =>
    perParameter(({ gradient, slot }) => {
      const h = add(slot('h'), square(gradient))
      const update = div(mul(given.setting('rate'), gradient), add(sqrt(h), given.setting('epsilon')))
      return { update, slots: { h } }
    })(given),
  tex: 'h \\leftarrow h + g^2,\\; w \\leftarrow w - \\frac{\\eta g}{\\epsilon + \\sqrt h}',
  samples: [adagrad(0.1)]
}

export const rmspropKind: OptimizerDefinition<Rmsprop> = {
  tag: 'rmsprop',
  fields: ({ schedule }) => ({
    rate: positiveSetting(schedule, 0.001),
    rho: fractionSetting(schedule, 0.9),
    epsilon: positiveSetting(schedule, 1e-7)
  }),
  slots: () => ({ h: zeros }),
  settings: ({ rate, rho, epsilon }) => ({ rate, rho, epsilon }),
  update: (_, given) =>
    perParameter(({ gradient, slot }) => {
      const h = average(given.setting('rho'), slot('h'), square(gradient))
      const update = div(mul(given.setting('rate'), gradient), add(sqrt(h), given.setting('epsilon')))
      return { update, slots: { h } }
    })(given),
  tex: 'h \\leftarrow \\rho h + (1 - \\rho) g^2,\\; w \\leftarrow w - \\frac{\\eta g}{\\epsilon + \\sqrt h}',
  samples: [rmsprop(0.01)]
}

export const adadeltaKind: OptimizerDefinition<Adadelta> = {
  tag: 'adadelta',
  fields: ({ schedule }) => ({
    rate: positiveSetting(schedule, 1),
    rho: fractionSetting(schedule, 0.95),
    epsilon: positiveSetting(schedule, 1e-6)
  }),
  slots: () => ({ h: zeros, s: zeros }),
  settings: ({ rate, rho, epsilon }) => ({ rate, rho, epsilon }),
  update: (_, given) =>
    perParameter(({ gradient, slot }) => {
      const [rho, epsilon] = [given.setting('rho'), given.setting('epsilon')]
      const h = average(rho, slot('h'), square(gradient))
      const d = mul(gradient, div(sqrt(add(slot('s'), epsilon)), sqrt(add(h, epsilon))))
      return { update: mul(given.setting('rate'), d), slots: { h, s: average(rho, slot('s'), square(d)) } }
    })(given),
  tex: 'h \\leftarrow \\rho h + (1 - \\rho) g^2,\\; d = \\frac{\\sqrt{s + \\epsilon}}{\\sqrt{h + \\epsilon}} g,\\; s \\leftarrow \\rho s + (1 - \\rho) d^2,\\; w \\leftarrow w - \\eta d',
  samples: [adadelta()]
}
