/** Layer normalisation. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, mean, mul, square, sub } from '../expr/build.js'
import { positive, withDefault } from '../value/codec.js'
import type { LayerDefinition } from './definition.js'
import { inverseDeviation, normParams, withLastAxis, type Normalised, type NormParams } from './normalised.js'
import { tensorLayer } from './compose.js'

export interface LayerNorm {
  readonly tag: 'layerNorm'
  readonly epsilon: number
}
declare module './definition.js' {
  interface BuiltInLayers {
    readonly layerNorm: LayerNorm
  }
  interface ShapeRules<L, In> {
    readonly layerNorm: Normalised<In>
  }
  interface ParamRules<L, In> {
    readonly layerNorm: NormParams<In>
  }
}

const defaultEpsilon = 1e-5

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016): y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and biased
 * variance over the last axis, for each example by itself: training and inference are the same. gamma begins at 1, beta at 0, one of
 * each for every place along the last axis.
 *
 * @param settings epsilon above 0 (default 1e-5, as in PyTorch; Keras has 1e-3)
 * @example model(input(64), residual(sequential(layerNorm(), dense(64), gelu)))
 */
export const layerNorm = ({ epsilon = defaultEpsilon }: { readonly epsilon?: number } = {}): LayerNorm =>
  Object.freeze({ tag: 'layerNorm', epsilon })

/** the definition of `layerNorm`: parameters gamma and beta */
export const layerNormDefinition: LayerDefinition<LayerNorm> = {
  tag: 'layerNorm',
  fields: () => ({ epsilon: withDefault(positive, defaultEpsilon) }),
  show: () => 'layer norm',
  place: ({ epsilon }, input, { dtype }) =>
    pipe(
      withLastAxis(input),
      E.map(({ input, size }) =>
        tensorLayer({
          output: input,
          params: normParams(size, dtype),
          formula: (x, param) => {
            const last = [x.shape.length - 1]
            const centred = sub(x, mean(x, last))
            const scale = inverseDeviation(mean(square(centred), last), epsilon)
            return add(mul(mul(centred, scale), param('gamma')), param('beta'))
          }
        })
      )
    ),
  samples: [
    { layer: layerNorm({ epsilon: 0.1 }), input: [3] },
    { layer: layerNorm({ epsilon: 0.01 }), input: [2, 4] }
  ]
}
