/** The settings of Weka's MultilayerPerceptron. */
import { dense as denseOf } from '../../layer/dense.js'
import type { Initializer } from '../../layer/initializer.js'
import { momentum } from '../optimizer/momentum.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import type { Setting } from '../schedule/schedule.js'

const initial: Initializer = Object.freeze({ tag: 'uniform', limit: 0.05 })
/** a layer: weights and biases uniform within 0.05 */
const dense = <const N extends number>(units: N) => denseOf(units, { initializer: initial, biasInitializer: initial })
/** gradient descent one row at a time with the rate inside of the velocity: use `batchSize` 1 and `halfSquaredError` */
const sgd = (rate: Setting = 0.3, m = 0.2): Optimizer => momentum(rate, m)

/** The initial values and the optimizer of Weka's MultilayerPerceptron. */
export const weka = Object.freeze({ dense, sgd })
