/** Normalisation of groups of channels. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, mean, mul, reshape, square, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { positive, size, withDefault } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { sizeOf } from '../../value/shape.js'
import { tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import { inverseDeviation, normParams, type NormParams } from '../normalised.js'
import { checkSizes, type SizeOf } from '../types/size.js'
import { spatialOf, type SpatialOf } from './axes.js'
import type { Divided } from './conv.js'

export interface GroupNorm<G extends number = number> {
  readonly tag: 'groupNorm'
  readonly groups: G
  readonly epsilon: number
}
type AnyGroupNorm = GroupNorm
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly groupNorm: AnyGroupNorm
  }
  interface ShapeRules<L, In> {
    readonly groupNorm: L extends GroupNorm<infer G>
      ? SizeOf<G> extends number
        ? SpatialOf<In> extends infer X
          ? X extends [unknown, infer C extends number]
            ? Divided<C, G, 'input', In>
            : X
          : never
        : SizeOf<G>
      : never
  }
  interface ParamRules<L, In> {
    readonly groupNorm: NormParams<In>
  }
}

const defaultEpsilon = 1e-5

/**
 * Group normalisation (Wu and He 2018): y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and biased variance of each
 * example over all places of a group of neighbouring channels. It does not depend on the batch: training and inference are the same.
 * One group is layer normalisation over the whole image, as many as channels is `instanceNorm`. gamma begins at 1, beta at 0, one of
 * each for every channel.
 *
 * @param groups how many groups, a divisor of the channels
 * @param settings epsilon above 0 (default 1e-5, as in PyTorch; Keras has 1e-3)
 * @example model(input(8, 8, 6), conv2d(8, 3), groupNorm(4), relu)
 */
export const groupNorm = <const G extends number>(
  groups: G,
  { epsilon = defaultEpsilon }: { readonly epsilon?: number } = {}
): GroupNorm<G> => Object.freeze({ tag: 'groupNorm', groups, epsilon })

/** mean 0 and variance about 1 in each group of channels of each example */
export const normaliseGroups = (x: Expr, groups: number, epsilon: number): Expr => {
  const [b = 1, ...example] = x.shape
  const channels = example.at(-1) ?? 1
  const parts = reshape(x, [b, sizeOf(example) / channels, groups, channels / groups])
  const centred = sub(parts, mean(parts, [1, 3]))
  return reshape(mul(centred, inverseDeviation(mean(square(centred), [1, 3]), epsilon)), x.shape)
}

/** the kind of `groupNorm`: parameters gamma and beta */
export const groupNormDefinition: LayerDefinition<GroupNorm> = {
  tag: 'groupNorm',
  fields: () => ({ groups: size, epsilon: withDefault(positive, defaultEpsilon) }),
  show: ({ groups }) => `group norm, ${groups} groups`,
  place: ({ groups, epsilon }, input, { dtype }) =>
    pipe(
      checkSizes([groups]),
      E.chain(() => spatialOf(input)),
      E.chain(({ sizes, channels }) =>
        channels % groups !== 0
          ? E.left(shapeError([], `input channels that ${groups} groups divide`, `${channels}`))
          : E.right(
              tensorLayer({
                output: [...sizes, channels],
                params: normParams(channels, dtype),
                formula: (x, param) => add(mul(normaliseGroups(x, groups, epsilon), param('gamma')), param('beta'))
              })
            )
      )
    ),
  samples: [
    { layer: groupNorm(2, { epsilon: 0.1 }), input: [2, 3, 4] },
    { layer: groupNorm(1, { epsilon: 0.01 }), input: [3, 2] }
  ]
}
