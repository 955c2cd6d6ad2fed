/** Normalisation of each channel of each example. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, mul } from '../../expr/build.js'
import { positive, withDefault } from '../../value/codec.js'
import { tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import { normParams, type NormParams } from '../normalised.js'
import { spatialOf, type SpatialOf } from './axes.js'
import { normaliseGroups } from './group-norm.js'

export interface InstanceNorm {
  readonly tag: 'instanceNorm'
  readonly epsilon: number
}
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly instanceNorm: InstanceNorm
  }
  interface ShapeRules<L, In> {
    readonly instanceNorm: SpatialOf<In> extends infer X ? (X extends [unknown, number] ? In : X) : never
  }
  interface ParamRules<L, In> {
    readonly instanceNorm: NormParams<In>
  }
}

const defaultEpsilon = 1e-5

/**
 * Instance normalisation (Ulyanov, Vedaldi and Lempitsky 2016): y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and biased
 * variance of each channel of each example over its places. Training and inference are the same. gamma begins at 1, beta at 0.
 * PyTorch has neither gamma nor beta by default.
 *
 * @param settings epsilon above 0 (default 1e-5)
 * @example model(input(8, 8, 3), conv2d(4, 3), instanceNorm(), relu)
 */
export const instanceNorm = ({ epsilon = defaultEpsilon }: { readonly epsilon?: number } = {}): InstanceNorm =>
  Object.freeze({ tag: 'instanceNorm', epsilon })

/** the kind of `instanceNorm`: parameters gamma and beta */
export const instanceNormDefinition: LayerDefinition<InstanceNorm> = {
  tag: 'instanceNorm',
  fields: () => ({ epsilon: withDefault(positive, defaultEpsilon) }),
  show: () => 'instance norm',
  place: ({ epsilon }, input, { dtype }) =>
    pipe(
      spatialOf(input),
      E.map(({ sizes, channels }) =>
        tensorLayer({
          output: [...sizes, channels],
          params: normParams(channels, dtype),
          formula: (x, param) => add(mul(normaliseGroups(x, channels, epsilon), param('gamma')), param('beta'))
        })
      )
    ),
  samples: [
    { layer: instanceNorm({ epsilon: 0.1 }), input: [2, 3, 2] },
    { layer: instanceNorm({ epsilon: 0.01 }), input: [4, 3] }
  ]
}
