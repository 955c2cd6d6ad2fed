/** The mean of each window. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { cast, constant, div, reshape, sum } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { oneOf, withDefault } from '../../value/codec.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { tensorView, type Tensor } from '../../value/tensor.js'
import { batchShape, tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import type { PerAxis, Sides } from './axes.js'
import {
  placePooling,
  poolingData,
  poolingFields,
  showPooling,
  tapsOf,
  type Pooling,
  type PoolingOut,
  type PoolingSettings
} from './pool.js'
import type { Padding, Slide } from './slide.js'
import { windowsAlong } from './windows.js'

/** by what a sum is divided: the numbers of the example inside the window, or all places of the window, padding included */
export type Dividing = 'inside' | 'window'
export interface AveragePool<
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  P extends Padding = Padding
> extends Pooling<K, S, P> {
  readonly tag: 'averagePool'
  readonly dividing: Dividing
}
type AnyAveragePool = AveragePool
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly averagePool: AnyAveragePool
  }
  interface ShapeRules<L, In> {
    readonly averagePool: PoolingOut<L, In>
  }
}

/**
 * The mean of each window, for each channel by itself, along every axis but the last. The sum is added in f64 and divided before it is
 * rounded. At an edge with padding it is divided by the numbers inside the window ('inside', the default, as in Keras), or by
 * all its places ('window', as in PyTorch by default).
 *
 * @param size one size for all axes, or a list with one for each
 * @example model(input(28, 28, 1), averagePool(2))
 * @example averagePool(3, { stride: 2, padding: 1, dividing: 'window' })
 */
export const averagePool = <const K extends PerAxis, const S extends PerAxis = K, const P extends Padding = 'valid'>(
  size: K,
  settings: PoolingSettings<S, P> & { readonly dividing?: Dividing } = {}
): AveragePool<K, S, P> =>
  Object.freeze({
    tag: 'averagePool',
    ...poolingData(size, settings),
    dividing: settings.dividing ?? 'inside'
  }) as unknown as AveragePool<K, S, P>

/** how many places of an axis of n are inside each window */
const insideAlong = (n: number, outputs: number, kernel: number, stride: number, [before]: Sides): Dims =>
  Array.from({ length: outputs }, (_, i) => {
    const start = i * stride - before
    return Math.min(start + kernel, n) - Math.max(start, 0)
  })
/** numbers inside each window: f64 [1, ...output, 1, 1] */
const insideCounts = (sizes: Dims, { kernel, stride, sides, output }: Slide): Tensor => {
  const along = sizes.map((n, i) =>
    insideAlong(n, output[i] as number, kernel[i] as number, stride[i] as number, sides[i] as Sides)
  )
  const counts = along.reduce<Dims>((all, axis) => all.flatMap(a => axis.map(b => a * b)), [1])
  return tensorView('f64', [1, ...output, 1, 1], Float64Array.from(counts))
}
const divisor = (dividing: Dividing, sizes: Dims, slide: Slide): number | Expr =>
  dividing === 'window' || slide.sides.every(([a, b]) => a + b === 0)
    ? sizeOf(slide.kernel)
    : constant(insideCounts(sizes, slide))

/** the kind of `averagePool` */
export const averagePoolDefinition: LayerDefinition<AveragePool> = {
  tag: 'averagePool',
  fields: () => ({ ...poolingFields(), dividing: withDefault(oneOf('inside', 'window'), 'inside') }),
  show: layer => `${showPooling(layer)}${layer.dividing === 'inside' ? '' : ', dividing by the window'}`,
  place: (layer, input) =>
    pipe(
      placePooling(layer, input),
      E.map(({ spatial, slide }) => {
        const output = [...slide.output, spatial.channels]
        const rank = slide.output.length
        const by = divisor(layer.dividing, spatial.sizes, slide)
        return tensorLayer({
          output,
          formula: x => {
            const all = cast(tapsOf(windowsAlong(x, slide), rank), 'f64')
            return reshape(cast(div(sum(all, [rank + 1]), by), x.dtype), batchShape(x, output))
          }
        })
      })
    ),
  samples: [
    { layer: averagePool(2), input: [4, 5, 2] },
    { layer: averagePool(3, { stride: 2, padding: 1 }), input: [4, 3, 1] },
    { layer: averagePool([3, 2], { stride: 2, padding: 'same', dividing: 'window' }), input: [4, 3, 1] },
    { layer: averagePool([2], { stride: 1, padding: [[1, 0]] }), input: [3, 2] }
  ]
}
