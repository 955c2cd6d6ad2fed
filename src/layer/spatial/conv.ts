/** What convolutions along one, two and three axes share: settings, the rule of their shapes, and the formula. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { add } from '../../expr/build.js'
import { size, withDefault, type Codec } from '../../value/codec.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { sizeOf, type Shape } from '../../value/shape.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import type { BuiltLayer, BuildContext, ParamSpec } from '../definition.js'
import { frozen, type Initializer } from '../initializer.js'
import type { AnyFail, Fail, Show } from '../types/fail.js'
import type { Div, Mul, Sub } from '../types/nat.js'
import type { KnownSize } from '../types/size.js'
import {
  frozenSetting,
  perAxis,
  showMargins,
  showPerAxis,
  spatialOf,
  type Chosen,
  type PerAxis,
  type Rank,
  type Spatial,
  type SpatialOf,
  type Spread
} from './axes.js'
import {
  checkSliding,
  checkSlidingLists,
  slideOver,
  type CheckedSliding,
  type ListedSliding,
  type SequencePadding,
  type Slide,
  type SlideOver,
  type Sliding
} from './slide.js'
import { windowProduct, windowsAlong } from './windows.js'

/** a convolution as data */
export interface Convolution<
  N extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends SequencePadding = SequencePadding,
  G extends number = number,
  B extends boolean = boolean
> {
  /** how many numbers each place of the output has */
  readonly channels: N
  readonly kernel: K
  readonly stride: S
  /** how far apart the numbers under the kernel are */
  readonly dilation: D
  readonly padding: P
  readonly groups: G
  readonly bias: B
  readonly initializer: Initializer
}
export interface ConvolutionSettings<S, D, P, G, B> {
  /** how far the kernel moves from one output to the next; default 1 */
  readonly stride?: S
  /** how far apart the numbers under the kernel are; default 1: side by side */
  readonly dilation?: D
  /** 'valid' (none, the default), 'same', 'sameLower', or numbers of zeros */
  readonly padding?: P
  /** parts of the channels that do not see each other; default 1 */
  readonly groups?: G
  /** whether a bias is added; default true */
  readonly bias?: B
  /** how the weights begin; default glorotUniform. The bias begins at 0. */
  readonly initializer?: Initializer
}
type Given = ConvolutionSettings<PerAxis, PerAxis, SequencePadding, number, boolean>

/** settings with what was left out */
export const convolutionData = (channels: number, kernel: PerAxis, given: Given) => ({
  channels,
  kernel: frozenSetting(kernel),
  stride: frozenSetting(given.stride ?? 1),
  dilation: frozenSetting(given.dilation ?? 1),
  padding: frozenSetting(given.padding ?? 'valid'),
  groups: given.groups ?? 1,
  bias: given.bias ?? true,
  initializer: frozen(given.initializer ?? 'glorotUniform')
})

// ---- the rule of shapes

/** the groups divide the channels of the input and of the output */
export const checkGroups = (groups: number, channels: number, out: number): E.Either<ShapeError, unknown> =>
  channels % groups !== 0
    ? E.left(shapeError([], `input channels that ${groups} groups divide`, `${channels}`))
    : out % groups !== 0
      ? E.left(shapeError([], `output channels that ${groups} groups divide`, `${out}`))
      : E.right(undefined)

/** whether G divides C; where only data can tell, not */
export type Divided<C extends number, G extends number, What extends string, O> = G extends 1
  ? O
  : number extends C | G
    ? Fail<'sizes that the compiler knows', `${Show<C>} ${What} channels in ${Show<G>} groups`, 'use checkModel'>
    : Sub<C, Mul<Div<C, G>, G>> extends 0
      ? O
      : Fail<`${What} channels that ${G} groups divide`, `${C}`>

/** the output of a convolution along R axes, or a Fail */
export type ConvolutionOut<L, In, R extends Rank> =
  L extends Convolution<infer N, infer K, infer S, infer D, infer P, infer G>
    ? Chosen<[K, S, D, P], CheckedSliding<[N], K, S, D, P, [G]>> extends infer Checked
      ? // only then: arithmetic with a stride of 0 would not end
        Checked extends true
        ? Convolved<SpatialOf<In, R>, N, K, S, D, P, G>
        : Checked
      : never
    : never
type Convolved<X, N extends number, K, S, D, P, G extends number> = X extends [
  infer Ns extends readonly number[],
  infer C extends number
]
  ? ListedSliding<
      K,
      S,
      D,
      P,
      Ns,
      Divided<C, G, 'input', Divided<KnownSize<N>, G, 'output', WithChannels<SlideOver<Ns, K, S, D, P>, KnownSize<N>>>>
    >
  : X
/** sizes and channels, or the Fail in place of the sizes */
export type WithChannels<Sizes, N extends number> = Sizes extends AnyFail
  ? Sizes
  : Sizes extends readonly number[]
    ? [...Sizes, N]
    : never

/** the parameters of a convolution */
export type ConvolutionParams<L, In> =
  L extends Convolution<infer N, infer K, PerAxis, PerAxis, SequencePadding, infer G, infer B>
    ? In extends readonly [...infer Ns extends readonly number[], infer C extends number]
      ? Biased<B, Tensor<[...List<Spread<K, Ns>>, G extends 1 ? C : Div<C, G>, KnownSize<N>], FloatType>, KnownSize<N>>
      : never
    : never
/** weight, and bias where there is one */
export type Biased<B, W, N extends number> = B extends true
  ? { readonly weight: W; readonly bias: Tensor<[N], FloatType> }
  : { readonly weight: W }
/** as a list of numbers, in a type that can be spread */
export type List<X> = X extends readonly number[] ? X : never

// ---- what the definitions share

/** how the settings are read from JSON */
export const convolutionFields = <P extends SequencePadding>(
  initializer: Codec<Initializer>,
  padding: Codec<P | 'valid'>
) => ({
  channels: size,
  kernel: perAxis,
  stride: withDefault(perAxis, 1),
  dilation: withDefault(perAxis, 1),
  padding: withDefault<P | 'valid'>(padding, 'valid'),
  groups: withDefault(size, 1),
  bias: withDefault(t.boolean, true),
  initializer: withDefault(initializer, 'glorotUniform')
})

/** the settings of a window that are not the default: `stride 2, padding same` */
export const showSliding = ({ stride, dilation, padding }: Omit<Sliding, 'kernel'>): readonly string[] => [
  ...(stride === 1 ? [] : [`stride ${showPerAxis(stride)}`]),
  ...(dilation === 1 ? [] : [`dilation ${showPerAxis(dilation)}`]),
  ...(padding === 'valid' ? [] : [`padding ${typeof padding === 'string' ? padding : showMargins(padding)}`])
]
/** `conv2d 16, 3 x 3, stride 2` */
export const showConvolution = (layer: Convolution & { readonly tag: string }): string =>
  [
    `${layer.tag} ${layer.channels}`,
    showPerAxis(layer.kernel),
    ...showSliding(layer),
    ...(layer.groups === 1 ? [] : [`${layer.groups} groups`]),
    ...(layer.bias ? [] : ['no bias'])
  ].join(', ')

const built = (layer: Convolution, { sizes, channels: own }: Spatial, slide: Slide, dtype: FloatType): BuiltLayer => {
  const { channels, groups, initializer, bias } = layer
  const rank = sizes.length
  const taps = sizeOf(slide.kernel)
  const shared = { dtype, fan: { in: (taps * own) / groups, out: (taps * channels) / groups } }
  const shape = [...slide.kernel, own / groups, channels]
  const weight: ParamSpec = { ...shared, shape, initializer, role: 'weight' }
  return tensorLayer({
    output: [...slide.output, channels],
    gives: 'numbers',
    params: bias ? { weight, bias: { ...shared, shape: [channels], initializer: 'zeros', role: 'bias' } } : { weight },
    formula: (x, param) => {
      const y = windowProduct(windowsAlong(x, slide), param('weight'), rank, groups)
      return bias ? add(y, param('bias')) : y
    }
  })
}
/** a convolution along a number of axes: parameters weight [...kernel, in / groups, out] and bias [out] */
export const placeConvolution =
  (rank: Rank) =>
  (layer: Convolution, input: Shape, { dtype }: BuildContext): E.Either<ShapeError, BuiltLayer> =>
    pipe(
      checkSliding([layer.channels], layer, [layer.groups]),
      E.chain(() => spatialOf(input, rank)),
      E.chainFirst(({ sizes }) => checkSlidingLists(layer, sizes)),
      E.chainFirst(({ channels }) => checkGroups(layer.groups, channels, layer.channels)),
      E.chain(spatial =>
        pipe(
          slideOver(layer, spatial.sizes),
          E.map(slide => built(layer, spatial, slide, dtype))
        )
      )
    )
