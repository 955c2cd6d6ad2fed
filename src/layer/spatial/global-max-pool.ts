/** The largest number of each channel. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { reshape } from '../../expr/build.js'
import { sizeOf } from '../../value/shape.js'
import { batchShape, tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import { spatialOf, type GlobalOut } from './axes.js'
import { firstMax } from './pool.js'

export interface GlobalMaxPool {
  readonly tag: 'globalMaxPool'
}
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly globalMaxPool: GlobalMaxPool
  }
  interface ShapeRules<L, In> {
    readonly globalMaxPool: GlobalOut<In>
  }
}

/**
 * The largest number of each channel over all other axes: [height, width, channels] -> [channels]. NaN wins; of several that are largest
 * the first in row-major order gets the gradient.
 *
 * @example model(input(100, 8), conv1d(16, 3), relu, globalMaxPool, dense(2))
 */
export const globalMaxPool: GlobalMaxPool = Object.freeze({ tag: 'globalMaxPool' })

/** the kind of `globalMaxPool` */
export const globalMaxPoolDefinition: LayerDefinition<GlobalMaxPool> = {
  tag: 'globalMaxPool',
  fields: () => ({}),
  show: () => 'global max pool',
  place: (_, input) =>
    pipe(
      spatialOf(input),
      E.map(({ sizes, channels }) => {
        const output = [channels]
        return tensorLayer({
          output,
          formula: x =>
            reshape(firstMax(reshape(x, batchShape(x, [sizeOf(sizes), channels])), 1), batchShape(x, output))
        })
      })
    ),
  samples: [
    { layer: globalMaxPool, input: [3, 2, 2] },
    { layer: globalMaxPool, input: [4, 1] }
  ]
}
