/** Normalisation by the root of the mean square. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { mean, mul, square } from '../expr/build.js'
import { positive, withDefault } from '../value/codec.js'
import type { FloatType, Tensor } from '../value/tensor.js'
import { tensorLayer } from './compose.js'
import type { LayerDefinition } from './definition.js'
import { inverseDeviation, normParams, withLastAxis, type Normalised } from './normalised.js'

export interface RmsNorm {
  readonly tag: 'rmsNorm'
  readonly epsilon: number
}
declare module './definition.js' {
  interface BuiltInLayers {
    readonly rmsNorm: RmsNorm
  }
  interface ShapeRules<L, In> {
    readonly rmsNorm: Normalised<In>
  }
  interface ParamRules<L, In> {
    readonly rmsNorm: In extends readonly [...number[], infer N extends number]
      ? { readonly gamma: Tensor<[N], FloatType> }
      : never
  }
}

const defaultEpsilon = 1e-6

/**
 * Normalisation by the root mean square (Zhang and Sennrich 2019): y = gamma x / sqrt(mean of x^2 + epsilon), with the mean over the last
 * axis, for each example by itself. Unlike `layerNorm` it subtracts no mean and adds no beta. gamma begins at 1.
 *
 * @param settings epsilon above 0 (default 1e-6, as in Keras; PyTorch takes the machine epsilon)
 * @example model(input(64), residual(sequential(rmsNorm(), dense(64), gelu)))
 */
export const rmsNorm = ({ epsilon = defaultEpsilon }: { readonly epsilon?: number } = {}): RmsNorm =>
  Object.freeze({ tag: 'rmsNorm', epsilon })

/** the kind of `rmsNorm`: parameter gamma */
export const rmsNormDefinition: LayerDefinition<RmsNorm> = {
  tag: 'rmsNorm',
  fields: () => ({ epsilon: withDefault(positive, defaultEpsilon) }),
  show: () => 'RMS norm',
  place: ({ epsilon }, input, { dtype }) =>
    pipe(
      withLastAxis(input),
      E.map(({ input, size }) => {
        const { gamma } = normParams(size, dtype)
        return tensorLayer({
          output: input,
          params: gamma === undefined ? {} : { gamma },
          formula: (x, param) => {
            const scale = inverseDeviation(mean(square(x), [x.shape.length - 1]), epsilon)
            return mul(mul(x, scale), param('gamma'))
          }
        })
      })
    ),
  samples: [
    { layer: rmsNorm({ epsilon: 0.1 }), input: [3] },
    { layer: rmsNorm({ epsilon: 0.01 }), input: [2, 4] }
  ]
}
