/** Depthwise convolution of images, then a product of the channels at each place. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { add } from '../../expr/build.js'
import { size, withDefault } from '../../value/codec.js'
import { sizeOf } from '../../value/shape.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import type { BuiltLayer, LayerDefinition, ParamSpec } from '../definition.js'
import { frozen, type Initializer } from '../initializer.js'
import type { Mul } from '../types/nat.js'
import type { KnownSize } from '../types/size.js'
import { frozenSetting, perAxis, showPerAxis, spatialOf, type PerAxis, type Spatial, type Spread } from './axes.js'
import { showSliding, type ConvolutionSettings, type List } from './conv.js'
import { depthwiseProduct, type DepthwiseSlid } from './depthwise-conv2d.js'
import { checkSliding, checkSlidingLists, padding, slideOver, type Padding, type Slide } from './slide.js'
import { windowProduct } from './windows.js'

export interface SeparableConv2d<
  N extends number = number,
  K extends PerAxis = PerAxis,
  M extends number = number,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends Padding = Padding,
  B extends boolean = boolean
> {
  readonly tag: 'separableConv2d'
  /** how many numbers each place of the output has */
  readonly channels: N
  readonly kernel: K
  /** outputs of the depthwise part for each channel */
  readonly multiplier: M
  readonly stride: S
  readonly dilation: D
  readonly padding: P
  readonly bias: B
  readonly initializer: Initializer
}
type AnySeparableConv2d = SeparableConv2d
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly separableConv2d: AnySeparableConv2d
  }
  interface ShapeRules<L, In> {
    readonly separableConv2d: L extends SeparableConv2d<infer N, infer K, infer M, infer S, infer D, infer P>
      ? DepthwiseSlid<[N, M], K, S, D, P, In, KnownSize<N>>
      : never
  }
  interface OutputRangeRules<L> {
    readonly separableConv2d: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly separableConv2d: L extends SeparableConv2d<infer N, infer K, infer M, PerAxis, PerAxis, Padding, infer B>
      ? In extends readonly [...infer Ns extends readonly number[], infer C extends number]
        ? SeparableParams<
            B,
            Tensor<[...List<Spread<K, Ns>>, C, KnownSize<M>], FloatType>,
            Tensor<[1, 1, Mul<C, KnownSize<M>>, KnownSize<N>], FloatType>,
            KnownSize<N>
          >
        : never
      : never
  }
}
type SeparableParams<B, Depthwise, Pointwise, N extends number> = B extends true
  ? { readonly depthwise: Depthwise; readonly pointwise: Pointwise; readonly bias: Tensor<[N], FloatType> }
  : { readonly depthwise: Depthwise; readonly pointwise: Pointwise }
type SeparableConv2dOf<
  N extends number,
  K extends PerAxis,
  M extends number,
  S extends PerAxis,
  D extends PerAxis,
  P extends Padding,
  B
> = B extends boolean ? SeparableConv2d<N, K, M, S, D, P, B> : never

/**
 * Separable convolution (Chollet 2017): `depthwiseConv2d` without bias, weights `depthwise` [kh, kw, channels, multiplier], then a
 * product of the channels at each place, weights `pointwise` [1, 1, channels multiplier, out], and one bias at the end, as in Keras.
 * It has about k k times fewer parameters and products than `conv2d`.
 *
 * @param channels how many numbers each place of the output has
 * @param kernel one size for both axes, or [height, width]
 * @example model(input(32, 32, 3), separableConv2d(16, 3, { padding: 'same' }), relu) // 3 * 3 * 3 + 3 * 16 + 16 parameters
 */
export const separableConv2d = <
  const N extends number,
  const K extends PerAxis,
  const M extends number = 1,
  const S extends PerAxis = 1,
  const D extends PerAxis = 1,
  const P extends Padding = 'valid',
  const B extends boolean = true
>(
  channels: N,
  kernel: K,
  settings: Omit<ConvolutionSettings<S, D, P, 1, B>, 'groups'> & { readonly multiplier?: M } = {}
): SeparableConv2dOf<N, K, M, S, D, P, B> =>
  Object.freeze({
    tag: 'separableConv2d',
    channels,
    kernel: frozenSetting(kernel),
    multiplier: settings.multiplier ?? 1,
    stride: frozenSetting(settings.stride ?? 1),
    dilation: frozenSetting(settings.dilation ?? 1),
    padding: frozenSetting(settings.padding ?? 'valid'),
    bias: settings.bias ?? true,
    initializer: frozen(settings.initializer ?? 'glorotUniform')
  }) as unknown as SeparableConv2dOf<N, K, M, S, D, P, B>

const built = (layer: SeparableConv2d, { channels: own }: Spatial, slide: Slide, dtype: FloatType): BuiltLayer => {
  const { channels, multiplier, initializer, bias } = layer
  const [between, taps] = [own * multiplier, sizeOf(slide.kernel)]
  const weights = { dtype, initializer, role: 'weight' } as const
  const depthwise: ParamSpec = {
    ...weights,
    shape: [...slide.kernel, own, multiplier],
    fan: { in: taps, out: taps * multiplier }
  }
  const fan = { in: between, out: channels }
  const pointwise: ParamSpec = { ...weights, shape: [1, 1, between, channels], fan }
  return tensorLayer({
    output: [...slide.output, channels],
    gives: 'numbers',
    params: bias
      ? { depthwise, pointwise, bias: { dtype, fan, shape: [channels], initializer: 'zeros', role: 'bias' } }
      : { depthwise, pointwise },
    formula: (x, param) => {
      const y = windowProduct(depthwiseProduct(x, slide, param('depthwise')), param('pointwise'), 2, 1)
      return bias ? add(y, param('bias')) : y
    }
  })
}

/** the kind of `separableConv2d`: parameters depthwise, pointwise and bias */
export const separableConv2dDefinition: LayerDefinition<SeparableConv2d> = {
  tag: 'separableConv2d',
  fields: ({ initializer }) => ({
    channels: size,
    kernel: perAxis,
    multiplier: withDefault(size, 1),
    stride: withDefault(perAxis, 1),
    dilation: withDefault(perAxis, 1),
    padding: withDefault<Padding>(padding, 'valid'),
    bias: withDefault(t.boolean, true),
    initializer: withDefault(initializer, 'glorotUniform')
  }),
  show: layer =>
    [
      `separableConv2d ${layer.channels}`,
      showPerAxis(layer.kernel),
      ...(layer.multiplier === 1 ? [] : [`multiplier ${layer.multiplier}`]),
      ...showSliding(layer),
      ...(layer.bias ? [] : ['no bias'])
    ].join(', '),
  place: (layer, input, { dtype }) =>
    pipe(
      checkSliding([layer.channels, layer.multiplier], layer),
      E.chain(() => spatialOf(input, 2)),
      E.chainFirst(({ sizes }) => checkSlidingLists(layer, sizes)),
      E.chain(spatial =>
        pipe(
          slideOver(layer, spatial.sizes),
          E.map(slide => built(layer, spatial, slide, dtype))
        )
      )
    ),
  samples: [
    { layer: separableConv2d(3, 2), input: [3, 3, 2] },
    {
      layer: separableConv2d(2, [2, 1], { multiplier: 2, stride: 2, padding: 'same', bias: false }),
      input: [3, 2, 2]
    },
    { layer: separableConv2d(1, 2, { dilation: 2, padding: 1, initializer: 'heNormal' }), input: [2, 3, 1] }
  ]
}
