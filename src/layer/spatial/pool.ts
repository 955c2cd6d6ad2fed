/** What pooling layers share: a window that slides over each channel by itself. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { equal, iota, reduceMax, reshape, select, sub, sum } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { withDefault } from '../../value/codec.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { sizeOf, type Shape } from '../../value/shape.js'
import type { AnyFail, Fail } from '../types/fail.js'
import type { Add, Sub } from '../types/nat.js'
import {
  frozenSetting,
  perAxis,
  showPerAxis,
  spatialOf,
  type Chosen,
  type PerAxis,
  type Spatial,
  type SpatialOf,
  type Spread,
  type SpreadMargins
} from './axes.js'
import { showSliding, type WithChannels } from './conv.js'
import {
  checkSliding,
  checkSlidingLists,
  padding,
  slideOver,
  type CheckedSliding,
  type ListedSliding,
  type Padding,
  type Slide,
  type SlideOver
} from './slide.js'

/** a pooling layer as data */
export interface Pooling<K extends PerAxis = PerAxis, S extends PerAxis = PerAxis, P extends Padding = Padding> {
  /** the window */
  readonly size: K
  readonly stride: S
  readonly padding: P
}
export interface PoolingSettings<S, P> {
  /** how far the window moves from one output to the next; default its size */
  readonly stride?: S
  /** 'valid' (none, the default), 'same', 'sameLower', or numbers of places, fewer than the window has */
  readonly padding?: P
}

/** settings with what was left out */
export const poolingData = (size: PerAxis, given: PoolingSettings<PerAxis, Padding>) => ({
  size: frozenSetting(size),
  stride: frozenSetting(given.stride ?? size),
  padding: frozenSetting(given.padding ?? 'valid')
})
/** how the settings are read from JSON */
export const poolingFields = () => ({
  size: perAxis,
  stride: perAxis,
  padding: withDefault<Padding>(padding, 'valid')
})
/** `maxPool 3, stride 2` */
export const showPooling = (layer: Pooling & { readonly tag: string }): string => {
  const { tag, size, stride, padding } = layer
  const moves = showPerAxis(stride) === showPerAxis(size) ? 1 : stride
  return [`${tag} ${showPerAxis(size)}`, ...showSliding({ stride: moves, dilation: 1, padding })].join(', ')
}

// ---- the rule of shapes

const tooMuchPadding = ({ kernel, sides }: Slide): ShapeError | undefined => {
  const bad = sides.findIndex((pair, i) => pair.some(n => n >= (kernel[i] as number)))
  const pair = sides[bad]
  return pair === undefined
    ? undefined
    : shapeError([], `padding smaller than the window of ${kernel[bad]}`, `${pair[0]} and ${pair[1]}`)
}

/** the output of a pooling layer, or a Fail */
export type PoolingOut<L, In> =
  L extends Pooling<infer K, infer S, infer P>
    ? Chosen<[K, S, P], CheckedSliding<[], K, S, 1, P, []>> extends infer Checked
      ? Checked extends true
        ? Pooled<SpatialOf<In>, K, S, P>
        : Checked
      : never
    : never
type Pooled<X, K, S, P> = X extends [infer Ns extends readonly number[], infer C extends number]
  ? ListedSliding<
      K,
      S,
      1,
      P,
      Ns,
      SlideOver<Ns, K, S, 1, P> extends infer O
        ? O extends AnyFail
          ? O
          : P extends string
            ? WithChannels<O, C>
            : SmallPadding<SpreadMargins<P, Ns>, Spread<K, Ns>, WithChannels<O, C>>
        : never
    >
  : X
type SmallPadding<Ps, Ks, O> = Ps extends readonly [
  readonly [infer A extends number, infer B extends number],
  ...infer PT
]
  ? Ks extends readonly [infer K extends number, ...infer KT]
    ? [Sub<K, Add<A, 1>>] extends [never]
      ? Fail<`padding smaller than the window of ${K}`, `${A} and ${B}`>
      : [Sub<K, Add<B, 1>>] extends [never]
        ? Fail<`padding smaller than the window of ${K}`, `${A} and ${B}`>
        : SmallPadding<PT, KT, O>
    : never
  : O

/** a window along the axes of an example; Left where it does not fit */
export const placePooling = (
  { size, stride, padding }: Pooling,
  input: Shape
): E.Either<ShapeError, { readonly spatial: Spatial; readonly slide: Slide }> => {
  const sliding = { kernel: size, stride, dilation: 1, padding }
  return pipe(
    checkSliding([], sliding),
    E.chain(() => spatialOf(input)),
    E.chainFirst(({ sizes }) => checkSlidingLists(sliding, sizes)),
    E.bindTo('spatial'),
    E.bind('slide', ({ spatial }) => slideOver(sliding, spatial.sizes)),
    E.chain(found => {
      const error = tooMuchPadding(found.slide)
      return error === undefined ? E.right(found) : E.left(error)
    })
  )
}

// ---- formulas

/** windows [b, ...output, ...kernel, c] -> [b, ...output, taps, c] */
export const tapsOf = (all: Expr, rank: number): Expr =>
  reshape(all, [...all.shape.slice(0, rank + 1), sizeOf(all.shape.slice(rank + 1, -1)), all.shape.at(-1) ?? 1])

/**
 * The largest along an axis, which stays with size 1. NaN wins, as in `max`. Of several that are largest the first one is taken, and gets
 * the whole gradient: `reduceMax` shares it, and zeros of relu are often equal.
 */
export const firstMax = (x: Expr, axis: number): Expr => {
  const n = x.shape[axis] ?? 1
  const along = x.shape.map((_, i) => (i === axis ? n : 1))
  // n at the first place, 1 at the last: the largest is the first
  const order = sub(n, iota(x.dtype, along, axis))
  const candidates = select(equal(x, reduceMax(x, [axis])), order, select(equal(x, x), 0, order))
  const first = equal(candidates, reduceMax(candidates, [axis]))
  return sum(select(first, x, 0), [axis])
}
