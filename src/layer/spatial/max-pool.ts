/** The largest number of each window. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { reshape } from '../../expr/build.js'
import { batchShape, tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import type { PerAxis } from './axes.js'
import {
  firstMax,
  placePooling,
  poolingData,
  poolingFields,
  showPooling,
  tapsOf,
  type Pooling,
  type PoolingOut,
  type PoolingSettings
} from './pool.js'
import type { Padding } from './slide.js'
import { windowsAlong } from './windows.js'

export interface MaxPool<
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  P extends Padding = Padding
> extends Pooling<K, S, P> {
  readonly tag: 'maxPool'
}
type AnyMaxPool = MaxPool
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly maxPool: AnyMaxPool
  }
  interface ShapeRules<L, In> {
    readonly maxPool: PoolingOut<L, In>
  }
}

/**
 * The largest number of each window, for each channel by itself, along every axis but the last: sequences [length, channels], images
 * [height, width, channels], volumes [depth, height, width, channels]. An axis of n places gives (n + padding - size) / stride + 1,
 * rounded down. Padding counts as -Infinity, so it never wins; NaN always does.
 *
 * Of several that are largest the first in row-major order gets the whole gradient, as in PyTorch; after relu that is common.
 * Other libraries: the stride is the size by default in Keras and PyTorch too; in Flax it is 1.
 *
 * @param size one size for all axes, or a list with one for each
 * @example model(input(28, 28, 1), conv2d(16, 3), relu, maxPool(2))
 * @example maxPool([3, 2], { stride: 2, padding: [[1, 1], [0, 0]] })
 */
export const maxPool = <const K extends PerAxis, const S extends PerAxis = K, const P extends Padding = 'valid'>(
  size: K,
  settings: PoolingSettings<S, P> = {}
): MaxPool<K, S, P> => Object.freeze({ tag: 'maxPool', ...poolingData(size, settings) }) as unknown as MaxPool<K, S, P>

/** the kind of `maxPool` */
export const maxPoolDefinition: LayerDefinition<MaxPool> = {
  tag: 'maxPool',
  fields: poolingFields,
  show: showPooling,
  place: (layer, input) =>
    pipe(
      placePooling(layer, input),
      E.map(({ spatial, slide }) => {
        const output = [...slide.output, spatial.channels]
        const rank = slide.output.length
        return tensorLayer({
          output,
          formula: x =>
            reshape(firstMax(tapsOf(windowsAlong(x, slide, -Infinity), rank), rank + 1), batchShape(x, output))
        })
      })
    ),
  samples: [
    { layer: maxPool(2), input: [4, 5, 2] },
    { layer: maxPool([3, 2], { stride: [1, 2], padding: 'same' }), input: [3, 3, 1] },
    { layer: maxPool(3, { stride: 2, padding: [[1, 2]] }), input: [4, 2] },
    { layer: maxPool([1, 2, 2], { stride: 1, padding: 'sameLower' }), input: [2, 2, 2, 1] }
  ]
}
