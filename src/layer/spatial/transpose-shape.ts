/** Transposed convolutions as data, and the rule of their shapes: when the program runs, and by the compiler. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import type { Dims } from '../../value/shape.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import type { Fail, Show } from '../types/fail.js'
import type { Add, Div, Mul, Sub } from '../types/nat.js'
import type { KnownSize } from '../types/size.js'
import {
  namesOf,
  spread,
  spreadMargins,
  type Chosen,
  type CountedList,
  type Listed,
  type ListOf,
  type NamesOf,
  type PerAxis,
  type Rank,
  type Sides,
  type SpatialOf,
  type Spread,
  type SpreadMargins
} from './axes.js'
import type { Biased, Convolution, ConvolutionSettings, Divided, List, WithChannels } from './conv.js'
import { spanOf, type CheckedSliding, type ListedSliding, type Padding, type Span } from './slide.js'

/** a transposed convolution as data */
export interface TransposedConvolution<
  N extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends Padding = Padding,
  O extends PerAxis = PerAxis,
  G extends number = number,
  B extends boolean = boolean
> extends Convolution<N, K, S, D, P, G, B> {
  /** places more at the end of each axis */
  readonly outputPadding: O
}
export interface TransposedSettings<S, D, P, O, G, B> extends Omit<
  ConvolutionSettings<S, D, P, G, B>,
  'stride' | 'padding'
> {
  /** how far apart the inputs are put in the output; default 1 */
  readonly stride?: S
  /** what is cut off at the sides: 'valid' (nothing, the default), 'same' or 'sameLower' (n stride places stay), or numbers */
  readonly padding?: P
  /** places more at the end of each axis, fewer than the stride or the dilation; default 0 */
  readonly outputPadding?: O
}

// ---- the rule of shapes

/** where the windows of the inputs are put along one axis, and which places stay */
export interface PlacedAxis {
  /** places that the windows cover */
  readonly full: number
  readonly sides: Sides
  /** places more at the end */
  readonly more: number
  readonly output: number
}
interface Axis {
  readonly name: string
  readonly n: number
  readonly span: number
  readonly stride: number
  readonly dilation: number
  readonly more: number
}

const placedBySame = (rule: 'same' | 'sameLower', { n, span, stride, more }: Axis, full: number): PlacedAxis => {
  const cut = Math.max(span - stride, 0)
  const less = Math.floor(cut / 2)
  return {
    full,
    sides: rule === 'same' ? [less, cut - less] : [cut - less, less],
    more: more + Math.max(stride - span, 0),
    output: n * stride + more
  }
}
const placeAxis = (axis: Axis, given: 'same' | 'sameLower' | Sides): E.Either<ShapeError, PlacedAxis> => {
  const { name, n, span, stride, dilation, more } = axis
  const full = (n - 1) * stride + span
  if (more > 0 && more >= Math.max(stride, dilation))
    return E.left(
      shapeError([], `output padding smaller than the stride of ${stride} or the dilation of ${dilation}`, `${more}`)
    )
  if (typeof given === 'string') return E.right(placedBySame(given, axis, full))
  const [before, after] = given
  const output = full + more - before - after
  return output < 1
    ? E.left(
        shapeError([], `padding smaller than the ${name} of ${full + more}`, `${before} before and ${after} after`)
      )
    : E.right({ full, sides: given, more, output })
}

export const placeAxes = (layer: TransposedConvolution, sizes: Dims): E.Either<ShapeError, readonly PlacedAxis[]> => {
  const rank = sizes.length
  const names = namesOf(rank)
  const [kernel, stride, dilation, more] = [layer.kernel, layer.stride, layer.dilation, layer.outputPadding].map(s =>
    spread(s, rank)
  ) as [Dims, Dims, Dims, Dims]
  const { padding } = layer
  const sides =
    padding === 'same' || padding === 'sameLower'
      ? undefined
      : spreadMargins(padding === 'valid' || typeof padding === 'string' ? 0 : padding, rank)
  const at = (list: Dims, i: number): number => list[i] as number
  return E.sequenceArray(
    sizes.map((n, i) => {
      const [s, d] = [at(stride, i), at(dilation, i)]
      const axis = { name: names[i] as string, n, span: spanOf(at(kernel, i), d), stride: s, dilation: d }
      const given = sides === undefined ? (padding as 'same' | 'sameLower') : (sides[i] as Sides)
      return placeAxis({ ...axis, more: at(more, i) }, given)
    })
  )
}

/** the output of a transposed convolution along R axes, or a Fail */
export type TransposedOut<L, In, R extends Rank> =
  L extends TransposedConvolution<infer N, infer K, infer S, infer D, infer P, infer O, infer G>
    ? Chosen<[K, S, D, P, O], CheckedSliding<[N], K, S, D, P, [G]>> extends infer Checked
      ? Checked extends true
        ? CountedList<ListOf<O>, true> extends infer Counted
          ? Counted extends true
            ? Transposed<SpatialOf<In, R>, N, K, S, D, P, O, G>
            : Counted
          : never
        : Checked
      : never
    : never
type Transposed<X, N extends number, K, S, D, P, O, G extends number> = X extends [
  infer Ns extends readonly number[],
  infer C extends number
]
  ? ListedSliding<
      K,
      S,
      D,
      P,
      Ns,
      Listed<
        [O],
        Ns,
        Divided<
          C,
          G,
          'input',
          Divided<
            KnownSize<N>,
            G,
            'output',
            WithChannels<
              WalkAxes<
                Ns,
                Spread<K, Ns>,
                Spread<S, Ns>,
                Spread<D, Ns>,
                P extends string ? P : SpreadMargins<P, Ns>,
                Spread<O, Ns>,
                NamesOf<Ns>
              >,
              KnownSize<N>
            >
          >
        >
      >
    >
  : X
/** the first of a list, or never */
type Head<X> = X extends readonly [infer H extends number, ...unknown[]] ? H : never
type Tail<X> = X extends readonly [unknown, ...infer T] ? T : X
type WalkAxes<Ns, Ks, Ss, Ds, Ps, Os, Names, Out extends readonly number[] = []> = Ns extends readonly [
  infer N extends number,
  ...infer NT
]
  ? Names extends [infer Name extends string, ...infer NamesT]
    ? OneAxis<N, Head<Ks>, Head<Ss>, Head<Ds>, SidesAt<Ps>, Head<Os>, Name> extends infer O
      ? O extends number
        ? WalkAxes<NT, Tail<Ks>, Tail<Ss>, Tail<Ds>, Tail<Ps>, Tail<Os>, NamesT, [...Out, O]>
        : O
      : never
    : never
  : Out
type SidesAt<P> = P extends 'valid' ? [0, 0] : P extends readonly [infer H, ...unknown[]] ? H : 'kept'

type OneAxis<
  N extends number,
  K extends number,
  S extends number,
  D extends number,
  P,
  O extends number,
  Name extends string
> =
  SmallOutput<O, S, D> extends true
    ? P extends readonly [infer A extends number, infer B extends number]
      ? number extends N | K | S | D
        ? Fail<'sizes that the compiler knows', `a ${Name} of ${Show<N>}`, 'use checkModel'>
        : Cut<Add<Add<Mul<Sub<N, 1>, S>, Span<K, D>>, O>, A, B, Name>
      : Add<Mul<N, S>, O>
    : Fail<`output padding smaller than the stride of ${S} or the dilation of ${D}`, `${O}`>
/** whether output padding is smaller than the stride or the dilation */
type SmallOutput<O extends number, S extends number, D extends number> = O extends 0
  ? true
  : number extends S | D
    ? true
    : [Sub<S, Add<O, 1>>] extends [never]
      ? [Sub<D, Add<O, 1>>] extends [never]
        ? false
        : true
      : true
type Cut<All extends number, A extends number, B extends number, Name extends string> =
  Sub<All, Add<Add<A, B>, 1>> extends infer R
    ? [R] extends [never]
      ? Fail<`padding smaller than the ${Name} of ${All}`, `${A} before and ${B} after`>
      : Add<R & number, 1>
    : never

/** the parameters of a transposed convolution */
export type TransposedParams<L, In> =
  L extends TransposedConvolution<infer N, infer K, PerAxis, PerAxis, Padding, PerAxis, infer G, infer B>
    ? In extends readonly [...infer Ns extends readonly number[], infer C extends number]
      ? Biased<
          B,
          Tensor<[...List<Spread<K, Ns>>, C, G extends 1 ? KnownSize<N> : Div<KnownSize<N>, G>], FloatType>,
          KnownSize<N>
        >
      : never
    : never
