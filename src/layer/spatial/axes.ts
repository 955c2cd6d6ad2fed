/** Settings for each spatial axis: those of an example [..., channels] between the batch and the channels. */
import * as E from 'fp-ts/lib/Either.js'
import { count, refined, type Codec } from '../../value/codec.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isDims, isSize, showShape, type Dims, type Shape } from '../../value/shape.js'
import type { AnyFail, Fail, IsUnion, Show } from '../types/fail.js'

/** one number for every axis, or a list with one for each */
export type PerAxis = number | readonly number[]
/** places before and after an axis */
export type Sides = readonly [before: number, after: number]
/** one number for every side, or a pair for each axis */
export type Margins = number | readonly Sides[]

/** how many spatial axes an example may have */
export type Rank = 1 | 2 | 3
export const namesOf = (rank: number): readonly string[] =>
  rank === 1 ? ['length'] : ['depth', 'height', 'width'].slice(-rank)

export const perAxis: Codec<PerAxis> = refined(
  'a positive whole number, or a list with one for each axis',
  (u): u is PerAxis => isSize(u) || (Array.isArray(u) && u.length > 0 && u.every(isSize))
)
/** one number for every axis, or a list with one for each: 0 or more */
export const isCounts = (u: unknown): u is PerAxis =>
  count.is(u) || (Array.isArray(u) && u.length > 0 && u.every(count.is))
const isSides = (u: unknown): u is Sides => Array.isArray(u) && u.length === 2 && u.every(count.is)
export const isMargins = (u: unknown): u is Margins =>
  count.is(u) || (Array.isArray(u) && u.length > 0 && u.every(isSides))
export const margins: Codec<Margins> = refined(
  'a whole number, 0 or more, or a pair [before, after] for each axis',
  isMargins
)

/** the numbers of a setting, as they were given */
export const listOf = (x: PerAxis): Dims => (typeof x === 'number' ? [x] : x)
/** one number for each axis */
export const spread = (x: PerAxis, rank: number): Dims =>
  typeof x === 'number' ? Array.from({ length: rank }, () => x) : x
export const spreadMargins = (x: Margins, rank: number): readonly Sides[] =>
  typeof x === 'number' ? Array.from({ length: rank }, (): Sides => [x, x]) : x

/** `3`, or `3 x 1` */
export const showPerAxis = (x: PerAxis): string => listOf(x).join(' x ')

/** `1`, `0+1 x 0+1` */
export const showMargins = (x: Margins): string =>
  typeof x === 'number' ? `${x}` : x.map(([before, after]) => `${before}+${after}`).join(' x ')

const frozenItem = (x: unknown): unknown =>
  Array.isArray(x) ? Object.freeze(x.map((item: unknown) => frozenItem(item))) : x
/** a frozen copy */
export const frozenSetting = <A>(x: A): A => frozenItem(x) as A

/** an example with this number of axes */
const wanted: Readonly<Record<Rank, string>> = {
  1: 'a sequence [length, channels]',
  2: 'an image [height, width, channels]',
  3: 'a volume [depth, height, width, channels]'
}
const anyRank = 'a sequence, an image or a volume [..., channels]'

export interface Spatial {
  readonly sizes: Dims
  readonly channels: number
}
/** an example as sizes and channels; Left where it has another number of axes */
export const spatialOf = (input: Shape, rank?: Rank): E.Either<ShapeError, Spatial> => {
  const channels = isDims(input) ? input.at(-1) : undefined
  const axes = input.length - 1
  return isDims(input) && channels !== undefined && (rank === undefined ? axes > 0 && axes < 4 : axes === rank)
    ? E.right({ sizes: input.slice(0, -1), channels })
    : E.left(shapeError([], rank === undefined ? anyRank : wanted[rank], showShape(input), 'put reshape before it'))
}
/** lists have one item for each axis */
export const checkLists = (
  lists: readonly (PerAxis | Margins | string)[],
  sizes: Dims
): E.Either<ShapeError, unknown> => {
  const bad = lists.find(l => typeof l === 'object' && l.length !== sizes.length)
  return bad === undefined
    ? E.right(undefined)
    : E.left(shapeError([], `settings for ${sizes.length} spatial axes`, `a list of ${(bad as Dims).length}`))
}
const isCount = (n: number): boolean => count.is(n)
/** places to add or to take are whole numbers */
export const checkCounts = (ns: Dims): E.Either<ShapeError, unknown> => {
  const bad = ns.find(n => !isCount(n))
  return bad === undefined ? E.right(undefined) : E.left(shapeError([], count.name, `${bad}`))
}
export const checkMargins = (x: Margins): E.Either<ShapeError, unknown> =>
  checkCounts(typeof x === 'number' ? [x] : x.flat())

// ---- the same by the compiler

export type NamesOf<Ns extends readonly unknown[]> = Ns['length'] extends 1
  ? ['length']
  : Ns['length'] extends 2
    ? ['height', 'width']
    : ['depth', 'height', 'width']

/** the numbers of a setting, as they were given */
export type ListOf<X> = X extends readonly number[] ? X : [X]
/** one number for each axis of Ns */
export type Spread<X, Ns> = X extends number ? { [I in keyof Ns]: X } : X
/** a pair for each axis of Ns */
export type SpreadMargins<X, Ns> = X extends number ? { [I in keyof Ns]: [X, X] } : X

interface Wanted {
  readonly 1: 'a sequence [length, channels]'
  readonly 2: 'an image [height, width, channels]'
  readonly 3: 'a volume [depth, height, width, channels]'
}
/** [sizes, channels], or a Fail */
export type SpatialOf<In, R extends Rank = Rank> = In extends readonly [
  ...infer Ns extends readonly [number, ...number[]],
  infer C extends number
]
  ? Ns['length'] extends R
    ? [Ns, C]
    : WrongRank<In, R>
  : WrongRank<In, R>
type WrongRank<In, R extends Rank> = Fail<
  [Rank] extends [R] ? 'a sequence, an image or a volume [..., channels]' : Wanted[R],
  Show<In>,
  'put reshape before it'
>

/** the channels alone, or a Fail */
export type GlobalOut<In> =
  SpatialOf<In> extends infer X ? (X extends [unknown, infer C extends number] ? [C] : X) : never

/** the type O, unless one of the settings is a union */
export type Chosen<Xs extends readonly unknown[], O> = Xs extends readonly [infer X, ...infer T]
  ? IsUnion<X> extends true
    ? Fail<'one setting', 'a choice made at run time', 'use checkModel'>
    : Chosen<T, O>
  : O
/** the type O, unless a list is of another length than Ns */
export type Listed<Xs extends readonly unknown[], Ns extends readonly unknown[], O> = Xs extends readonly [
  infer X,
  ...infer T
]
  ? X extends readonly unknown[]
    ? X['length'] extends Ns['length']
      ? Listed<T, Ns, O>
      : Fail<`settings for ${Ns['length']} spatial axes`, `a list of ${X['length']}`>
    : Listed<T, Ns, O>
  : O
type IsCount<N extends number> = `${N}` extends
  `-${string}` | `${string}.${string}` | `${string}e${string}` | 'NaN' | 'Infinity'
  ? false
  : true
/** the type O, unless one of a list is no whole number */
export type CountedList<Xs, O> = Xs extends readonly [infer N extends number, ...infer T]
  ? number extends N
    ? Fail<'a size that the compiler knows', 'number', 'use a literal, or checkModel'>
    : IsCount<N> extends true
      ? CountedList<T, O>
      : Fail<'a whole number, 0 or more', `${N}`>
  : O
/** the type O, unless places to add or to take are no whole numbers */
export type Counted<X, O> = X extends number
  ? CountedList<[X], O>
  : X extends readonly [infer H, ...infer T]
    ? CountedList<H, O> extends infer R
      ? R extends AnyFail
        ? R
        : Counted<T, O>
      : never
    : O
