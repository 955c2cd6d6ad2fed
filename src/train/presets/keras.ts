/** Keras's settings. Each optimizer is compared with numbers of Keras 3.15 in spec/train/presets.spec.ts. */
import { batchNorm as norm } from '../../layer/batch-norm.js'
import { dense as denseOf } from '../../layer/dense.js'
import { adadelta as adadeltaOf } from '../optimizer/adaptive.js'
import { adam as adamOf } from '../optimizer/adam.js'
import { momentum as momentumOf, nesterov as nesterovOf } from '../optimizer/momentum.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import { sgd as sgdOf } from '../optimizer/sgd.js'
import type { Setting } from '../schedule/schedule.js'
import { optionsOf } from '../../value/argument.js'

/** `layers.Dense(units)`: weights Glorot uniform, bias 0 */
const dense = <const N extends number>(units: N) => denseOf(units)
/** `layers.BatchNormalization`: 0.99 of the old and epsilon 1e-3 */
const batchNorm = (momentum = 0.99, epsilon = 1e-3) => norm({ momentum, epsilon })

export interface KerasSgd {
  readonly momentum?: number
  readonly nesterov?: boolean
}
/** `optimizers.SGD`: the rate is inside of the velocity */
const sgd = (rate: Setting = 0.01, options: KerasSgd = {}): Optimizer => {
  const { momentum = 0, nesterov = false } = optionsOf(options)
  return momentum === 0 ? sgdOf(rate) : nesterov ? nesterovOf(rate, momentum) : momentumOf(rate, momentum)
}
export interface KerasAdam {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}
/** `optimizers.Adam`: the correction is in the rate, so that epsilon, 1e-7, stands beside the uncorrected root ("epsilon hat") */
const adam = (rate: Setting = 0.001, options: KerasAdam = {}): Optimizer => {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = optionsOf(options)
  return adamOf(rate, { beta1, beta2, epsilon, form: 'efficient' })
}
export interface KerasAdadelta {
  readonly rho?: number
  readonly epsilon?: number
}
/** `optimizers.Adadelta`: rate 0.001, rho 0.95, epsilon 1e-7 inside of both roots */
const adadelta = (rate: Setting = 0.001, options: KerasAdadelta = {}): Optimizer => {
  const { rho = 0.95, epsilon = 1e-7 } = optionsOf(options)
  return adadeltaOf(rate, { rho, epsilon })
}

/** Keras's initial values, batch normalisation and optimizers, by its names and with its defaults. */
export const keras = Object.freeze({ dense, batchNorm, sgd, adam, adadelta })
