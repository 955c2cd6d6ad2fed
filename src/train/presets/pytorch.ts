/** PyTorch's settings. Each optimizer is compared with numbers of PyTorch 1.13 in spec/train/presets.spec.ts. */
import { batchNorm as norm } from '../../layer/batch-norm.js'
import { dense } from '../../layer/dense.js'
import type { Initializer } from '../../layer/initializer.js'
import { adadelta as adadeltaOf, adagrad as adagradOf, rmsprop as rmspropOf } from '../optimizer/adaptive.js'
import { adam as adamOf, adamw as adamwOf } from '../optimizer/adam.js'
import { chain } from '../optimizer/chain.js'
import { momentum as momentumOf, nesterov as nesterovOf } from '../optimizer/momentum.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import { scaleBy, weightDecay as weightDecayOf } from '../optimizer/scale.js'
import { sgd as sgdOf } from '../optimizer/sgd.js'
import type { Setting } from '../schedule/schedule.js'
import { optionsOf } from '../../value/argument.js'

/** uniform within 1 / sqrt(in), for weights and biases */
const initial: Initializer = Object.freeze({ tag: 'fanUniform', factor: 1, fan: 'in' })

/** `nn.Linear(n, units)`: weights and bias uniform within 1 / sqrt(n) */
const linear = <const N extends number>(units: N) => dense(units, { initializer: initial, biasInitializer: initial })

/** `nn.BatchNorm1d`, whose momentum 0.1 is 0.9 here; its running variance is divided by n - 1, which this one is not */
const batchNorm = (momentum = 0.1, epsilon = 1e-5) =>
  norm({ momentum: typeof momentum === 'number' ? 1 - momentum : NaN, epsilon })

/** the penalty is part of the gradient, before all else */
const decayed = (decay: number, optimizer: Optimizer): Optimizer =>
  decay === 0 ? optimizer : chain(weightDecayOf(decay), optimizer)

export interface TorchSgd {
  readonly momentum?: number
  readonly nesterov?: boolean
  readonly weightDecay?: number
}
/** `optim.SGD`: the rate is outside of the velocity, v <- m v + g, w <- w - rate v, so that a schedule acts at once */
const sgd = (rate: Setting = 0.001, options: TorchSgd = {}): Optimizer => {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = optionsOf(options)
  return decayed(
    weightDecay,
    momentum === 0 ? sgdOf(rate) : chain(nesterov ? nesterovOf(1, momentum) : momentumOf(1, momentum), scaleBy(rate))
  )
}

export interface TorchAdam {
  readonly betas?: readonly [number, number]
  readonly eps?: number
  readonly weightDecay?: number
}
/** anything but a pair gives betas that the optimizer refuses */
const pair = (betas: TorchAdam['betas'] = [0.9, 0.999]): readonly [number, number] =>
  Array.isArray(betas) && betas.length === 2 ? betas : [NaN, NaN]
/** `optim.Adam`: epsilon beside the corrected root, the penalty in the gradient */
const adam = (rate: Setting = 0.001, options: TorchAdam = {}): Optimizer => {
  const { betas, eps = 1e-8, weightDecay = 0 } = optionsOf(options)
  const [beta1, beta2] = pair(betas)
  return decayed(weightDecay, adamOf(rate, { beta1, beta2, epsilon: eps }))
}
/** `optim.AdamW`: the penalty beside the update, 0.01 by default */
const adamw = (rate: Setting = 0.001, options: TorchAdam = {}): Optimizer => {
  const { betas, eps = 1e-8, weightDecay = 0.01 } = optionsOf(options)
  const [beta1, beta2] = pair(betas)
  return adamwOf(rate, { beta1, beta2, epsilon: eps, decay: weightDecay })
}

export interface TorchRmsprop {
  readonly alpha?: number
  readonly eps?: number
  readonly weightDecay?: number
}
/** `optim.RMSprop`: alpha 0.99 and epsilon 1e-8, outside of the root */
const rmsprop = (rate: Setting = 0.01, options: TorchRmsprop = {}): Optimizer => {
  const { alpha = 0.99, eps = 1e-8, weightDecay = 0 } = optionsOf(options)
  return decayed(weightDecay, rmspropOf(rate, { rho: alpha, epsilon: eps }))
}
export interface TorchAdagrad {
  readonly eps?: number
  readonly weightDecay?: number
}
/** `optim.Adagrad`: epsilon 1e-10, outside of the root */
const adagrad = (rate: Setting = 0.01, options: TorchAdagrad = {}): Optimizer => {
  const { eps = 1e-10, weightDecay = 0 } = optionsOf(options)
  return decayed(weightDecay, adagradOf(rate, { epsilon: eps }))
}
export interface TorchAdadelta {
  readonly rho?: number
  readonly eps?: number
  readonly weightDecay?: number
}
/** `optim.Adadelta`: rate 1, rho 0.9, epsilon 1e-6 inside of both roots */
const adadelta = (rate: Setting = 1, options: TorchAdadelta = {}): Optimizer => {
  const { rho = 0.9, eps = 1e-6, weightDecay = 0 } = optionsOf(options)
  return decayed(weightDecay, adadeltaOf(rate, { rho, epsilon: eps }))
}

/** PyTorch's initial values, batch normalisation and optimizers, by its names and with its defaults. */
export const pytorch = Object.freeze({ linear, batchNorm, sgd, adam, adamw, rmsprop, adagrad, adadelta })
