/** Zeros around sequences, images and volumes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { tensorLayer } from '../compose.js'
import { movesIndexes } from '../indexes.js'
import type { LayerDefinition } from '../definition.js'
import type { AnyFail } from '../types/fail.js'
import type { Add } from '../types/nat.js'
import {
  checkLists,
  checkMargins,
  frozenSetting,
  margins,
  showMargins,
  spatialOf,
  spreadMargins,
  type Chosen,
  type Counted,
  type Listed,
  type Margins,
  type SpatialOf,
  type SpreadMargins
} from './axes.js'
import { padAxes } from './windows.js'

export interface ZeroPad<M extends Margins = Margins> {
  readonly tag: 'zeroPad'
  /** places before and after each axis */
  readonly places: M
}
type AnyZeroPad = ZeroPad
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly zeroPad: AnyZeroPad
  }
  interface ShapeRules<L, In> {
    readonly zeroPad: L extends ZeroPad<infer M>
      ? Chosen<[M], Counted<M, true>> extends infer Checked
        ? Checked extends AnyFail
          ? Checked
          : Padded<SpatialOf<In>, M>
        : never
      : never
  }
}
type Padded<X, M> = X extends [infer Ns extends readonly number[], infer C extends number]
  ? Listed<[M], Ns, [...Sums<Ns, SpreadMargins<M, Ns>>, C]>
  : X
type Sums<Ns, Ps> = Ns extends readonly [infer N extends number, ...infer NT]
  ? Ps extends readonly [readonly [infer A extends number, infer B extends number], ...infer PT]
    ? [Add<Add<A, N>, B>, ...Sums<NT, PT>]
    : []
  : []

/**
 * Zeros before and after every axis but the last. Convolutions and pools have padding of their own; this is for what they do not say,
 * such as the padding of other libraries.
 *
 * @param places one number for every side, or a pair [before, after] for each axis
 * @example model(input(28, 28, 1), zeroPad(2), conv2d(6, 5)) // gives [28, 28, 6]
 * @example zeroPad([[0, 1], [0, 1]])
 */
export const zeroPad = <const M extends Margins>(places: M): ZeroPad<M> =>
  Object.freeze({ tag: 'zeroPad', places: frozenSetting(places) })

/** the kind of `zeroPad` */
export const zeroPadDefinition: LayerDefinition<ZeroPad> = {
  tag: 'zeroPad',
  fields: () => ({ places: margins }),
  show: ({ places }) => `zero pad ${showMargins(places)}`,
  place: ({ places }, input) =>
    pipe(
      checkMargins(places),
      E.chain(() => spatialOf(input)),
      E.chainFirst(({ sizes }) => checkLists([places], sizes)),
      E.map(({ sizes, channels }) => {
        const sides = spreadMargins(places, sizes.length)
        const output = [...sizes.map((n, i) => n + (sides[i]?.[0] ?? 0) + (sides[i]?.[1] ?? 0)), channels]
        // the index 0 is below every limit
        return { ...tensorLayer({ output, formula: x => padAxes(x, sides, 0) }), ...movesIndexes }
      })
    ),
  samples: [
    { layer: zeroPad(1), input: [2, 3, 2] },
    {
      layer: zeroPad([
        [0, 2],
        [1, 0]
      ]),
      input: [2, 2, 1]
    },
    { layer: zeroPad([[3, 0]]), input: [2, 2] }
  ]
}
