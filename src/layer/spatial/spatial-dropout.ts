/** Dropout of whole channels. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { fraction, oneOf, withDefault } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { tensorOf } from '../compose.js'
import { keepsIndexes } from '../indexes.js'
import type { LayerDefinition } from '../definition.js'
import { droppedOut, type DropoutConvention, type RateOf } from '../dropout.js'
import { spatialOf, type SpatialOf } from './axes.js'

export interface SpatialDropout<P extends number = number, C extends DropoutConvention = DropoutConvention> {
  readonly tag: 'spatialDropout'
  /** the chance of a channel to be dropped */
  readonly rate: P
  readonly convention: C
}
type AnySpatialDropout = SpatialDropout
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly spatialDropout: AnySpatialDropout
  }
  interface ShapeRules<L, In> {
    readonly spatialDropout: L extends SpatialDropout<infer P>
      ? SpatialOf<In> extends infer X
        ? RateOf<P, X extends [unknown, number] ? In : X>
        : never
      : never
  }
}

/**
 * Dropout of whole channels (Tompson et al. 2015): neighbouring places of an image are alike, so dropping single numbers hides little.
 * In training each channel of each example becomes 0 at all places with the chance p = rate; what is kept is scaled as in `dropout`.
 *
 * One number is drawn for each example and channel, in row-major order, from a key made of the run's seed, the step and the labels
 * down to this layer. PyTorch calls it Dropout1d, 2d and 3d, Keras SpatialDropout1D, 2D and 3D.
 *
 * @param rate from 0 up to, not including, 1
 * @example model(input(28, 28, 1), conv2d(16, 3), relu, spatialDropout(0.2), conv2d(16, 3))
 */
export const spatialDropout = <const P extends number, const C extends DropoutConvention = 'inverted'>(
  rate: P,
  convention?: C
): SpatialDropout<P, C> => Object.freeze({ tag: 'spatialDropout', rate, convention: convention ?? ('inverted' as C) })

/** the kind of `spatialDropout` */
export const spatialDropoutDefinition: LayerDefinition<SpatialDropout> = {
  tag: 'spatialDropout',
  fields: () => ({ rate: fraction, convention: withDefault(oneOf('inverted', 'textbook'), 'inverted') }),
  show: ({ rate, convention }) => `spatial dropout ${rate}${convention === 'inverted' ? '' : `, ${convention}`}`,
  place: (layer, input) => {
    const known: boolean = fraction.is(layer.rate)
    if (!known) return E.left(shapeError([], fraction.name, `${layer.rate}`))
    return pipe(
      spatialOf(input),
      E.map(({ sizes, channels }) => ({
        output: [...sizes, channels],
        params: {},
        state: {},
        shared: {},
        rows: [],
        ...keepsIndexes,
        apply: (context, value) => {
          const x = tensorOf(value)
          const mask = [x.shape[0] ?? 1, ...sizes.map(() => 1), channels]
          return { value: droppedOut(layer, context, x, mask), state: {}, seen: [] }
        }
      }))
    )
  },
  samples: [
    { layer: spatialDropout(0.5), input: [2, 3, 4] },
    { layer: spatialDropout(0.2, 'textbook'), input: [3, 2] }
  ]
}
