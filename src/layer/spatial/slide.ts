/** Where a window comes to stand as it slides along each axis: padding, output sizes, and why a window does not fit. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { refined, type Codec } from '../../value/codec.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import type { Dims } from '../../value/shape.js'
import { checkSizes, type AllSized } from '../types/size.js'
import type { Fail, Show } from '../types/fail.js'
import type { Add, Div, Mul, Sub } from '../types/nat.js'
import {
  checkLists,
  checkMargins,
  isMargins,
  listOf,
  namesOf,
  spread,
  spreadMargins,
  type Listed,
  type ListOf,
  type Margins,
  type NamesOf,
  type PerAxis,
  type Sides,
  type Spread,
  type SpreadMargins,
  type Counted
} from './axes.js'

/** padding by a rule: none; as much as keeps ceil(n / stride) outputs, the odd place at the end, or at the start */
export type PaddingRule = 'valid' | 'same' | 'sameLower'
/** a rule, or numbers of places: one for every side, or a pair [before, after] for each axis */
export type Padding = PaddingRule | Margins
/** along one axis there is also 'causal': all padding before, so that no output sees a later input */
export type SequencePadding = Padding | 'causal'

const words = 'a whole number, 0 or more, or a pair [before, after] for each axis'
const rules: readonly unknown[] = ['valid', 'same', 'sameLower']
export const padding: Codec<Padding> = refined(
  `'valid', 'same', 'sameLower', ${words}`,
  (u): u is Padding => rules.includes(u) || isMargins(u)
)
export const sequencePadding: Codec<SequencePadding> = refined(
  `'valid', 'same', 'sameLower', 'causal', ${words}`,
  (u): u is SequencePadding => u === 'causal' || padding.is(u)
)

export interface Sliding {
  readonly kernel: PerAxis
  readonly stride: PerAxis
  readonly dilation: PerAxis
  readonly padding: SequencePadding
}
/** all numbers of a window that slides, an item for each axis */
export interface Slide {
  readonly kernel: Dims
  readonly stride: Dims
  readonly dilation: Dims
  readonly sides: readonly Sides[]
  readonly output: Dims
}

/** places from the first to the last number of a window */
export const spanOf = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1

const sidesOf = (rule: PaddingRule | 'causal', n: number, span: number, stride: number): Sides => {
  if (rule === 'valid') return [0, 0]
  if (rule === 'causal') return [span - 1, 0]
  const all = Math.max((Math.ceil(n / stride) - 1) * stride + span - n, 0)
  const less = Math.floor(all / 2)
  return rule === 'same' ? [less, all - less] : [all - less, less]
}

const tooLarge = (name: string, span: number, n: number, [before, after]: Sides): ShapeError =>
  shapeError(
    [],
    `a ${name} of at least ${span}, padding included`,
    `${before + n + after} (${before} before, ${n}, ${after} after)`,
    'use a smaller kernel or more padding'
  )

/** the settings are sizes, and padding is counted in whole numbers */
export const checkSliding = (first: Dims, { kernel, stride, dilation, padding }: Sliding, last: Dims = []) =>
  pipe(
    checkSizes([...first, ...listOf(kernel), ...listOf(stride), ...listOf(dilation), ...last]),
    E.chain(() => (typeof padding === 'string' ? E.right(undefined as unknown) : checkMargins(padding)))
  )
/** a window along axes of these sizes; Left where it does not fit */
export const slideOver = (sliding: Sliding, sizes: Dims): E.Either<ShapeError, Slide> => {
  const rank = sizes.length
  const [kernel, stride, dilation] = [sliding.kernel, sliding.stride, sliding.dilation].map(s => spread(s, rank)) as [
    Dims,
    Dims,
    Dims
  ]
  const at = (list: Dims, i: number): number => list[i] as number
  const spans = kernel.map((k, i) => spanOf(k, at(dilation, i)))
  const { padding } = sliding
  const sides =
    typeof padding === 'string'
      ? sizes.map((n, i) => sidesOf(padding, n, at(spans, i), at(stride, i)))
      : spreadMargins(padding, rank)
  const room = sizes.map((n, i) => n + (sides[i] as Sides)[0] + (sides[i] as Sides)[1] - at(spans, i))
  const bad = room.findIndex(r => r < 0)
  return bad < 0
    ? E.right({ kernel, stride, dilation, sides, output: room.map((r, i) => Math.floor(r / at(stride, i)) + 1) })
    : E.left(tooLarge(namesOf(rank)[bad] as string, at(spans, bad), at(sizes, bad), sides[bad] as Sides))
}
export const checkSlidingLists = ({ kernel, stride, dilation, padding }: Sliding, sizes: Dims) =>
  checkLists([kernel, stride, dilation, padding], sizes)

// ---- the same by the compiler

/** true, unless a setting is no size or no number of places */
export type CheckedSliding<First extends readonly unknown[], K, S, D, P, Last extends readonly unknown[]> = AllSized<
  [...First, ...ListOf<K>, ...ListOf<S>, ...ListOf<D>, ...Last],
  P extends string ? true : Counted<P, true>
>
export type ListedSliding<K, S, D, P, Ns extends readonly unknown[], O> = Listed<[K, S, D, P], Ns, O>

/** the output sizes of a window along axes of sizes Ns, or a Fail */
export type SlideOver<Ns extends readonly number[], K, S, D, P> = WalkAxes<
  Ns,
  Spread<K, Ns>,
  Spread<S, Ns>,
  Spread<D, Ns>,
  P extends string ? P : SpreadMargins<P, Ns>,
  NamesOf<Ns>
>
type WalkAxes<Ns, Ks, Ss, Ds, Ps, Names, Out extends readonly number[] = []> = Ns extends readonly [
  infer N extends number,
  ...infer NT
]
  ? Ks extends readonly [infer K extends number, ...infer KT]
    ? Ss extends readonly [infer S extends number, ...infer ST]
      ? Ds extends readonly [infer D extends number, ...infer DT]
        ? Names extends [infer Name extends string, ...infer NamesT]
          ? OneAxis<N, K, S, D, SidesAt<Ps>, Name> extends infer O
            ? O extends number
              ? WalkAxes<NT, KT, ST, DT, Others<Ps>, NamesT, [...Out, O]>
              : O
            : never
          : never
        : never
      : never
    : never
  : Out
type SidesAt<P> = P extends 'valid' ? [0, 0] : P extends readonly [infer H, ...unknown[]] ? H : 'kept'
type Others<P> = P extends readonly [unknown, ...infer T] ? T : P

type OneAxis<
  N extends number,
  K extends number,
  S extends number,
  D extends number,
  P,
  Name extends string
> = P extends readonly [infer A extends number, infer B extends number]
  ? number extends N | K | S | D
    ? Fail<'sizes that the compiler knows', `a ${Name} of ${Show<N>}`, 'use checkModel'>
    : Fits<Add<Add<A, N>, B>, Span<K, D>, S, `${A} before, ${N}, ${B} after`, Name>
  : CeilDiv<N, S>
type Fits<All extends number, Sp extends number, S extends number, Parts extends string, Name extends string> =
  Sub<All, Sp> extends infer R
    ? [R] extends [never]
      ? Fail<
          `a ${Name} of at least ${Sp}, padding included`,
          `${All} (${Parts})`,
          'use a smaller kernel or more padding'
        >
      : Add<Div<R & number, S>, 1>
    : never
/** places from the first to the last number of a window */
export type Span<K extends number, D extends number> = K extends 1 ? 1 : Add<Mul<D, Sub<K, 1>>, 1>
export type CeilDiv<N extends number, S extends number> = S extends 1 ? N : Div<Add<N, Sub<S, 1>>, S>
