/** What Adam and its kin share: running averages of the gradient and of its square, and how their bias is corrected. */
import type * as t from 'io-ts'
import { div, mul, square } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { fractionSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import type { Fields } from '../../value/codec.js'
import { average, complement, one, zeros, type UpdateArguments, type Slot } from './optimizer.js'

export interface WithMoments {
  readonly rate: Setting
  readonly beta1: Setting
  readonly beta2: Setting
  readonly epsilon: Setting
}
export const usual = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const

export const momentFields = (schedule: t.Mixed): Fields => ({
  rate: positiveSetting(schedule, 0.001),
  beta1: fractionSetting(schedule, usual.beta1),
  beta2: fractionSetting(schedule, usual.beta2),
  epsilon: positiveSetting(schedule, usual.epsilon)
})
export const momentSettings = ({ rate, beta1, beta2, epsilon }: WithMoments): Readonly<Record<string, Setting>> => ({
  rate,
  beta1,
  beta2,
  epsilon
})

/** b1^t and b2^t are running products: a power function would not be the same on every engine */
export const momentSlots: Readonly<Record<string, Slot>> = { m: zeros, v: zeros, power1: one, power2: one }

export interface Moments {
  /** m <- b1 m + (1 - b1) g */
  readonly m: (slot: (name: string) => Expr, gradient: Expr) => Expr
  /** v <- b2 v + (1 - b2) g^2 */
  readonly v: (slot: (name: string) => Expr, gradient: Expr) => Expr
  /** x 1 / (1 - b1^t), where the fraction is one number for the whole step: a division for each parameter would take as long as all the rest */
  readonly unbiased1: (x: Expr) => Expr
  /** x 1 / (1 - b2^t) */
  readonly unbiased2: (x: Expr) => Expr
  /** b1^t and b2^t */
  readonly powers: { readonly power1: Expr; readonly power2: Expr }
}
export const momentsOf = (given: UpdateArguments): Moments => {
  const [beta1, beta2] = [given.setting('beta1'), given.setting('beta2')]
  const power1 = mul(given.scalar('power1'), beta1)
  const power2 = mul(given.scalar('power2'), beta2)
  const [correction1, correction2] = [div(1, complement(power1)), div(1, complement(power2))]
  return {
    m: (slot, gradient) => average(beta1, slot('m'), gradient),
    v: (slot, gradient) => average(beta2, slot('v'), square(gradient)),
    unbiased1: x => mul(x, correction1),
    unbiased2: x => mul(x, correction2),
    powers: { power1, power2 }
  }
}
