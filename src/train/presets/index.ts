/** Settings that reproduce other libraries. */
import { keras } from './keras.js'
import { pytorch } from './pytorch.js'
import { sklearn } from './sklearn.js'
import { weka } from './weka.js'

/**
 * Layers and optimizers with the conventions of other libraries, by library: initial values, where epsilon and the rate are, what a
 * penalty acts on. The values are plain layers and optimizers.
 *
 * @example model(input(4), presets.pytorch.linear(8), relu, presets.pytorch.linear(3))
 * @example presets.pytorch.sgd(0.1, { momentum: 0.9 }) // the rate outside of the velocity
 */
export const presets = Object.freeze({
  /** PyTorch */
  pytorch,
  /** Keras */
  keras,
  /** scikit-learn's MLP */
  sklearn,
  /** Weka's MultilayerPerceptron */
  weka
})
