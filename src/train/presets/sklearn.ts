/** The settings of scikit-learn's MLP. Compared with numbers of scikit-learn 1.9 in spec/train/presets.spec.ts. */
import { dense as denseOf } from '../../layer/dense.js'
import type { Initializer } from '../../layer/initializer.js'
import { adam as adamOf } from '../optimizer/adam.js'
import { chain } from '../optimizer/chain.js'
import { masked } from '../optimizer/masked.js'
import { momentum as momentumOf, nesterov as nesterovOf } from '../optimizer/momentum.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import { weightDecay } from '../optimizer/scale.js'
import { exceptBiasAndNorm } from '../optimizer/selector.js'
import type { Setting } from '../schedule/schedule.js'
import { optionsOf } from '../../value/argument.js'

/**
 * A layer of an MLP: weights and biases uniform within sqrt(6 / (in + out)), for the activation 'logistic' within sqrt(2 / (in + out)).
 *
 * @param activation that of the hidden layers, which decides for the output layer too
 */
const dense = <const N extends number>(units: N, activation: 'identity' | 'logistic' | 'tanh' | 'relu' = 'relu') => {
  const initial: Initializer = { tag: 'fanUniform', factor: activation === 'logistic' ? 2 : 6, fan: 'both' }
  return denseOf(units, { initializer: initial, biasInitializer: initial })
}

export interface SklearnPenalty {
  /** factor of the penalty on weights; default 0.0001 */
  readonly alpha?: number
  /** rows of a batch, which must divide the rows of the data: alpha is divided by the rows of each batch */
  readonly batchSize: number
}
const penalised = (penalty: SklearnPenalty, optimizer: Optimizer): Optimizer => {
  const { alpha = 0.0001, batchSize } = optionsOf(penalty)
  // anything but numbers gives a penalty that a training refuses
  const share = typeof alpha === 'number' && typeof batchSize === 'number' ? alpha / batchSize : NaN
  return alpha === 0 ? optimizer : chain(masked(exceptBiasAndNorm, weightDecay(share)), optimizer)
}

export interface SklearnSgd {
  readonly momentum?: number
  readonly nesterov?: boolean
}
/** `solver='sgd'`: momentum 0.9 with Nesterov's look ahead, the rate inside of the velocity */
const sgd = (rate: Setting, penalty: SklearnPenalty, options: SklearnSgd = {}): Optimizer => {
  const { momentum = 0.9, nesterov = true } = optionsOf(options)
  return penalised(penalty, nesterov ? nesterovOf(rate, momentum) : momentumOf(rate, momentum))
}
export interface SklearnAdam {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}
/** `solver='adam'`: epsilon stands beside the uncorrected root ("epsilon hat") */
const adam = (rate: Setting, penalty: SklearnPenalty, options: SklearnAdam = {}): Optimizer => {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = optionsOf(options)
  return penalised(penalty, adamOf(rate, { beta1, beta2, epsilon, form: 'efficient' }))
}

/** The initial values and optimizers of scikit-learn's MLP. Its regressor follows `halfSquaredError`, its classifier `softmaxCrossEntropy`. */
export const sklearn = Object.freeze({ dense, sgd, adam })
