/** Schedules that fall. */
import { fraction, oneOf, positive, withDefault } from '../../value/codec.js'
import { pow } from '../../value/elementary.js'
import type { ScheduleKind } from './schedule.js'

export interface ExponentialDecay {
  readonly tag: 'exponentialDecay'
  readonly initial: number
  /** the factor per unit of time */
  readonly factor: number
  readonly per: 'step' | 'epoch'
}
declare module './schedule.js' {
  interface Schedules {
    readonly exponentialDecay: ExponentialDecay
  }
}

/** initial * factor^t, with t counted in steps or in whole epochs */
export const exponentialDecay = (initial: number, factor: number, per: 'step' | 'epoch' = 'epoch'): ExponentialDecay =>
  Object.freeze({ tag: 'exponentialDecay', initial, factor, per })

export const exponentialDecayKind: ScheduleKind<ExponentialDecay> = {
  tag: 'exponentialDecay',
  fields: () => ({ initial: positive, factor: fraction, per: withDefault(oneOf('step', 'epoch'), 'epoch') }),
  value: ({ initial, factor, per }, at) => initial * pow(factor, at[per]),
  tex: '\\eta_t = \\eta_0 \\gamma^t',
  samples: [exponentialDecay(0.1, 0.9), exponentialDecay(0.1, 0.99, 'step')]
}
