/** The inner part of sequences, images and volumes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { slice } from '../../expr/build.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { batchShape, tensorLayer } from '../compose.js'
import { takesIndexes } from '../indexes.js'
import type { LayerDefinition } from '../definition.js'
import type { AnyFail, Fail } from '../types/fail.js'
import type { Add, Sub } from '../types/nat.js'
import {
  checkLists,
  checkMargins,
  frozenSetting,
  margins,
  namesOf,
  showMargins,
  spatialOf,
  spreadMargins,
  type Chosen,
  type Counted,
  type Listed,
  type Margins,
  type NamesOf,
  type Sides,
  type SpatialOf,
  type SpreadMargins
} from './axes.js'
import type { WithChannels } from './conv.js'

export interface Crop<M extends Margins = Margins> {
  readonly tag: 'crop'
  /** places cut off before and after each axis */
  readonly places: M
}
type AnyCrop = Crop
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly crop: AnyCrop
  }
  interface ShapeRules<L, In> {
    readonly crop: L extends Crop<infer M>
      ? Chosen<[M], Counted<M, true>> extends infer Checked
        ? Checked extends AnyFail
          ? Checked
          : Cropped<SpatialOf<In>, M>
        : never
      : never
  }
}
type Cropped<X, M> = X extends [infer Ns extends readonly number[], infer C extends number]
  ? Listed<[M], Ns, WithChannels<Rests<Ns, SpreadMargins<M, Ns>, NamesOf<Ns>>, C>>
  : X
type Rests<Ns, Ps, Names, Out extends readonly number[] = []> = Ns extends readonly [
  infer N extends number,
  ...infer NT
]
  ? Ps extends readonly [readonly [infer A extends number, infer B extends number], ...infer PT]
    ? Names extends [infer Name extends string, ...infer NamesT]
      ? Sub<N, Add<Add<A, B>, 1>> extends infer R
        ? [R] extends [never]
          ? Fail<`a ${Name} of at least ${Add<Add<A, B>, 1>}`, `${N}`, `${A} before and ${B} after are cut off`>
          : Rests<NT, PT, NamesT, [...Out, Add<R & number, 1>]>
        : never
      : never
    : never
  : Out

/**
 * Cuts places off before and after every axis but the last.
 *
 * @param places one number for every side, or a pair [before, after] for each axis
 * @example model(input(32, 32, 3), crop(2)) // gives [28, 28, 3]
 * @example crop([[0, 1], [2, 0]])
 */
export const crop = <const M extends Margins>(places: M): Crop<M> =>
  Object.freeze({ tag: 'crop', places: frozenSetting(places) })

const tooSmall = (sizes: Dims, sides: readonly Sides[]): ShapeError | undefined => {
  const bad = sizes.findIndex((n, i) => n <= (sides[i]?.[0] ?? 0) + (sides[i]?.[1] ?? 0))
  const [before, after] = sides[bad] ?? [0, 0]
  return bad < 0
    ? undefined
    : shapeError(
        [],
        `a ${namesOf(sizes.length)[bad]} of at least ${before + after + 1}`,
        `${sizes[bad]}`,
        `${before} before and ${after} after are cut off`
      )
}

/** the places that stay, in row-major order */
const placesOf = (sizes: Dims, sides: readonly Sides[], channels: number): readonly number[] =>
  sizes
    .reduce<readonly number[]>(
      (starts, n, i) => {
        const [before, after] = sides[i] ?? [0, 0]
        return starts.flatMap(start => Array.from({ length: n - before - after }, (_, k) => start * n + before + k))
      },
      [0]
    )
    .flatMap(start => Array.from({ length: channels }, (_, k) => start * channels + k))

/** the kind of `crop` */
export const cropDefinition: LayerDefinition<Crop> = {
  tag: 'crop',
  fields: () => ({ places: margins }),
  show: ({ places }) => `crop ${showMargins(places)}`,
  place: ({ places }, input) =>
    pipe(
      checkMargins(places),
      E.chain(() => spatialOf(input)),
      E.chainFirst(({ sizes }) => checkLists([places], sizes)),
      E.chain(({ sizes, channels }) => {
        const sides = spreadMargins(places, sizes.length)
        const error = tooSmall(sizes, sides)
        const output = [...sizes.map((n, i) => n - (sides[i]?.[0] ?? 0) - (sides[i]?.[1] ?? 0)), channels]
        return error === undefined
          ? E.right({
              ...tensorLayer({
                output,
                formula: x => slice(x, [0, ...sides.map(s => s[0]), 0], batchShape(x, output))
              }),
              ...takesIndexes(sizeOf(sizes) * channels, placesOf(sizes, sides, channels))
            })
          : E.left(error)
      })
    ),
  samples: [
    { layer: crop(1), input: [3, 4, 2] },
    {
      layer: crop([
        [0, 2],
        [1, 0]
      ]),
      input: [3, 2, 1]
    },
    { layer: crop([[1, 1]]), input: [4, 2] }
  ]
}
