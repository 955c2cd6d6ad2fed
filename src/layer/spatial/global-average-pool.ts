/** The mean of each channel. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { mean, reshape } from '../../expr/build.js'
import { batchShape, tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import { spatialOf, type GlobalOut } from './axes.js'

export interface GlobalAveragePool {
  readonly tag: 'globalAveragePool'
}
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly globalAveragePool: GlobalAveragePool
  }
  interface ShapeRules<L, In> {
    readonly globalAveragePool: GlobalOut<In>
  }
}

/**
 * The mean of each channel over all other axes: [height, width, channels] -> [channels]. What it gives does not depend on the size of the
 * image, so it stands where flatten stood in older nets.
 *
 * @example model(input(32, 32, 3), conv2d(16, 3), relu, globalAveragePool, dense(10))
 */
export const globalAveragePool: GlobalAveragePool = Object.freeze({ tag: 'globalAveragePool' })

/** the kind of `globalAveragePool` */
export const globalAveragePoolDefinition: LayerDefinition<GlobalAveragePool> = {
  tag: 'globalAveragePool',
  fields: () => ({}),
  show: () => 'global average pool',
  place: (_, input) =>
    pipe(
      spatialOf(input),
      E.map(({ channels }) => {
        const output = [channels]
        return tensorLayer({
          output,
          formula: x => reshape(mean(x, [...input.keys()].slice(1)), batchShape(x, output))
        })
      })
    ),
  samples: [
    { layer: globalAveragePool, input: [3, 2, 2] },
    { layer: globalAveragePool, input: [4, 1] }
  ]
}
