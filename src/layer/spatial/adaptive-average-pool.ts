/** Means of as many windows as are wanted. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { cast, constant, div, gather, iota, less, select, sum, reshape, transpose } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { largest } from '../../value/largest.js'
import type { Dims } from '../../value/shape.js'
import { tensorView } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import { checkSizes, type AllSized, type KnownSize } from '../types/size.js'
import {
  checkLists,
  frozenSetting,
  listOf,
  perAxis,
  showPerAxis,
  spatialOf,
  spread,
  type Chosen,
  type Listed,
  type ListOf,
  type PerAxis,
  type SpatialOf,
  type Spread
} from './axes.js'

export interface AdaptiveAveragePool<M extends PerAxis = PerAxis> {
  readonly tag: 'adaptiveAveragePool'
  /** how many windows each axis has */
  readonly output: M
}
type AnyAdaptiveAveragePool = AdaptiveAveragePool
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly adaptiveAveragePool: AnyAdaptiveAveragePool
  }
  interface ShapeRules<L, In> {
    readonly adaptiveAveragePool: L extends AdaptiveAveragePool<infer M>
      ? Chosen<[M], AllSized<ListOf<M>, Adapted<SpatialOf<In>, M>>>
      : never
  }
}
type Adapted<X, M> = X extends [infer Ns extends readonly number[], infer C extends number]
  ? Listed<[M], Ns, [...Known<Spread<M, Ns>>, C]>
  : X
type Known<Ms> = Ms extends readonly [infer M extends number, ...infer T] ? [KnownSize<M>, ...Known<T>] : []

/**
 * The mean of each of m windows along each axis, whatever its size n: the i-th one goes from floor(i n / m) up to, not including,
 * ceil((i + 1) n / m), so windows may overlap, and a number is in at least one. These are the windows of PyTorch and Keras.
 *
 * @param output how many windows, one number for all axes or a list with one for each
 * @example model(input(30, 40, 3), conv2d(8, 3), relu, adaptiveAveragePool([7, 7]), flatten, dense(10))
 */
export const adaptiveAveragePool = <const M extends PerAxis>(output: M): AdaptiveAveragePool<M> =>
  Object.freeze({ tag: 'adaptiveAveragePool', output: frozenSetting(output) })

/** means of m windows along an axis of f64 numbers */
const averageAlong = (x: Expr, axis: number, m: number): Expr => {
  const n = x.shape[axis] ?? 1
  if (m === n) return x
  const starts = Array.from({ length: m }, (_, i) => Math.floor((i * n) / m))
  const lengths = starts.map((start, i) => Math.ceil(((i + 1) * n) / m) - start)
  const longest = largest(lengths, 1)
  // shorter windows read on, and what they read is left out
  const index = starts.flatMap(start => Array.from({ length: longest }, (_, j) => Math.min(start + j, n - 1)))
  const front = [axis, ...[...x.shape.keys()].filter(a => a !== axis)]
  const rest = front.slice(1).map(a => x.shape[a] ?? 1)
  const ones = rest.map(() => 1)
  const count = constant(tensorView('f64', [m, 1, ...ones], Float64Array.from(lengths)))
  const all = gather(transpose(x, front), constant(tensorView('u32', [m, longest], Uint32Array.from(index))))
  const inside = less(iota('f64', [1, longest, ...ones], 1), count)
  const means = reshape(div(sum(select(inside, all, 0), [1]), count), [m, ...rest])
  return transpose(
    means,
    [...x.shape.keys()].map(a => front.indexOf(a))
  )
}
const average = (x: Expr, output: Dims): Expr =>
  cast(
    output.reduce((y, m, i) => averageAlong(y, i + 1, m), cast(x, 'f64')),
    x.dtype
  )

/** the kind of `adaptiveAveragePool` */
export const adaptiveAveragePoolDefinition: LayerDefinition<AdaptiveAveragePool> = {
  tag: 'adaptiveAveragePool',
  fields: () => ({ output: perAxis }),
  show: ({ output }) => `adaptive average pool ${showPerAxis(output)}`,
  place: ({ output }, input) =>
    pipe(
      checkSizes(listOf(output)),
      E.chain(() => spatialOf(input)),
      E.chainFirst(({ sizes }) => checkLists([output], sizes)),
      E.map(({ sizes, channels }) => {
        const windows = spread(output, sizes.length)
        return tensorLayer({ output: [...windows, channels], formula: x => average(x, windows) })
      })
    ),
  samples: [
    { layer: adaptiveAveragePool([2, 3]), input: [3, 4, 2] },
    { layer: adaptiveAveragePool(3), input: [2, 1] }
  ]
}
