/** Sequences, images and volumes made larger by a whole factor. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, broadcast, constant, gather, mul, reshape, transpose } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { oneOf, withDefault } from '../../value/codec.js'
import { allocate, tensorView, type FloatType } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import { movesIndexes } from '../indexes.js'
import type { LayerDefinition } from '../definition.js'
import type { Mul } from '../types/nat.js'
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

/** how new places get their numbers: each number again, or on straight lines between neighbours */
export type UpsampleBy = 'nearest' | 'bilinear'
export interface Upsample<F extends PerAxis = PerAxis> {
  readonly tag: 'upsample'
  readonly factor: F
  readonly by: UpsampleBy
}
type AnyUpsample = Upsample
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly upsample: AnyUpsample
  }
  interface ShapeRules<L, In> {
    readonly upsample: L extends Upsample<infer F>
      ? Chosen<[F], AllSized<ListOf<F>, true>> extends infer Checked
        ? Checked extends true
          ? Upsampled<SpatialOf<In>, F>
          : Checked
        : never
      : never
  }
}
type Upsampled<X, F> = X extends [infer Ns extends readonly number[], infer C extends number]
  ? Listed<[F], Ns, [...Products<Ns, Spread<F, Ns>>, C]>
  : X
type Products<Ns, Fs> = Ns extends readonly [infer N extends number, ...infer NT]
  ? Fs extends readonly [infer F extends number, ...infer FT]
    ? [Mul<N, KnownSize<F>>, ...Products<NT, FT>]
    : []
  : []

/**
 * k places for each place of every axis but the last. 'nearest' (default) repeats numbers. 'bilinear' takes them from straight lines
 * between neighbours, axis by axis, where the i-th new place is at (i + 1/2) / k - 1/2 and numbers at the ends reach beyond them:
 * half-pixel centres, as in Keras and in PyTorch without align_corners.
 *
 * @param factor one factor for all axes, or a list with one for each
 * @example model(input(7, 7, 16), upsample(2), conv2d(8, 3, { padding: 'same' }), relu)
 * @example upsample([2, 1], 'bilinear')
 */
export const upsample = <const F extends PerAxis>(factor: F, by: UpsampleBy = 'nearest'): Upsample<F> =>
  Object.freeze({ tag: 'upsample', factor: frozenSetting(factor), by })

const repeatAlong = (x: Expr, axis: number, k: number): Expr => {
  const [before, n, after] = [x.shape.slice(0, axis), x.shape[axis] ?? 1, x.shape.slice(axis + 1)]
  const apart = reshape(x, [...before, n, 1, ...after])
  return reshape(broadcast(apart, [...before, n, k, ...after]), [...before, n * k, ...after])
}
const blendAlong = (x: Expr, axis: number, k: number): Expr => {
  const n = x.shape[axis] ?? 1
  const places = Array.from({ length: n * k }, (_, i) => Math.max((i + 0.5) / k - 0.5, 0))
  const lower = places.map(Math.floor)
  const front = [axis, ...[...x.shape.keys()].filter(a => a !== axis)]
  const table = transpose(x, front)
  const rows = (index: readonly number[]): Expr =>
    gather(table, constant(tensorView('u32', [n * k], Uint32Array.from(index))))
  const dtype = x.dtype as FloatType
  const share = (of: (place: number, i: number) => number): Expr =>
    constant(tensorView(dtype, [n * k, ...front.slice(1).map(() => 1)], allocate(dtype, places.map(of))))
  const whole = lower.map(i => Math.min(i + 1, n - 1))
  const below = mul(
    rows(lower),
    share((p, i) => 1 - (p - (lower[i] as number)))
  )
  const above = mul(
    rows(whole),
    share((p, i) => p - (lower[i] as number))
  )
  return transpose(
    add(below, above),
    [...x.shape.keys()].map(a => front.indexOf(a))
  )
}

/** the kind of `upsample` */
export const upsampleDefinition: LayerDefinition<Upsample> = {
  tag: 'upsample',
  fields: () => ({ factor: perAxis, by: withDefault(oneOf('nearest', 'bilinear'), 'nearest') }),
  show: ({ factor, by }) => `upsample ${showPerAxis(factor)}, ${by}`,
  place: ({ factor, by }, input) =>
    pipe(
      checkSizes(listOf(factor)),
      E.chain(() => spatialOf(input)),
      E.chainFirst(({ sizes }) => checkLists([factor], sizes)),
      E.map(({ sizes, channels }) => {
        const factors = spread(factor, sizes.length)
        const along = by === 'nearest' ? repeatAlong : blendAlong
        const output = [...sizes.map((n, i) => n * (factors[i] as number)), channels]
        const formula = (x: Expr): Expr => factors.reduce((y, k, i) => (k === 1 ? y : along(y, i + 1, k)), x)
        return { ...tensorLayer({ output, formula }), ...movesIndexes }
      })
    ),
  samples: [
    { layer: upsample(2), input: [2, 3, 2] },
    { layer: upsample([3, 1], 'bilinear'), input: [2, 3, 1] },
    { layer: upsample(2, 'bilinear'), input: [3, 2] }
  ]
}
