/** Convolution of each channel of an image by itself. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { add, reshape } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { size, withDefault } from '../../value/codec.js'
import { sizeOf } from '../../value/shape.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import type { LayerDefinition, ParamSpec } from '../definition.js'
import { frozen, type Initializer } from '../initializer.js'
import type { Mul } from '../types/nat.js'
import type { KnownSize } from '../types/size.js'
import {
  frozenSetting,
  perAxis,
  showPerAxis,
  spatialOf,
  type Chosen,
  type PerAxis,
  type SpatialOf,
  type Spread
} from './axes.js'
import { showSliding, type Biased, type ConvolutionSettings, type List, type WithChannels } from './conv.js'
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
import { windowProduct, windowsAlong } from './windows.js'

export interface DepthwiseConv2d<
  M extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends Padding = Padding,
  B extends boolean = boolean
> {
  readonly tag: 'depthwiseConv2d'
  readonly kernel: K
  /** outputs for each channel */
  readonly multiplier: M
  readonly stride: S
  readonly dilation: D
  readonly padding: P
  readonly bias: B
  readonly initializer: Initializer
}
type AnyDepthwiseConv2d = DepthwiseConv2d
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly depthwiseConv2d: AnyDepthwiseConv2d
  }
  interface ShapeRules<L, In> {
    readonly depthwiseConv2d: DepthwiseOut<L, In>
  }
  interface OutputRangeRules<L> {
    readonly depthwiseConv2d: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly depthwiseConv2d: L extends DepthwiseConv2d<infer M, infer K, PerAxis, PerAxis, Padding, infer B>
      ? In extends readonly [...infer Ns extends readonly number[], infer C extends number]
        ? Biased<B, Tensor<[...List<Spread<K, Ns>>, C, KnownSize<M>], FloatType>, Mul<C, KnownSize<M>>>
        : never
      : never
  }
}
type DepthwiseOut<L, In> =
  L extends DepthwiseConv2d<infer M, infer K, infer S, infer D, infer P>
    ? DepthwiseSlid<[M], K, S, D, P, In, MultipliedChannels<In, M>>
    : never
type MultipliedChannels<In, M extends number> = In extends readonly [...number[], infer C extends number]
  ? Mul<C, KnownSize<M>>
  : number
/** the output of a window over an image, with Out channels, or a Fail; First: sizes that are checked before the others */
export type DepthwiseSlid<First extends readonly unknown[], K, S, D, P, In, Out extends number> =
  Chosen<[K, S, D, P], CheckedSliding<First, K, S, D, P, []>> extends infer Checked
    ? Checked extends true
      ? SpatialOf<In, 2> extends infer X
        ? X extends [infer Ns extends readonly number[], unknown]
          ? ListedSliding<K, S, D, P, Ns, WithChannels<SlideOver<Ns, K, S, D, P>, Out>>
          : X
        : never
      : Checked
    : never
type DepthwiseConv2dOf<
  M extends number,
  K extends PerAxis,
  S extends PerAxis,
  D extends PerAxis,
  P extends Padding,
  B
> = B extends boolean ? DepthwiseConv2d<M, K, S, D, P, B> : never

/**
 * Depthwise convolution: `conv2d` with as many groups as channels, each channel giving `multiplier` outputs of its own, with weights
 * [kh, kw, channels, multiplier]. Output c multiplier + m comes from channel c, as in Keras and PyTorch.
 *
 * @param kernel one size for both axes, or [height, width]
 * @example model(input(32, 32, 3), conv2d(8, 1), depthwiseConv2d(3, { padding: 'same' }), relu)
 */
export const depthwiseConv2d = <
  const K extends PerAxis,
  const M extends number = 1,
  const S extends PerAxis = 1,
  const D extends PerAxis = 1,
  const P extends Padding = 'valid',
  const B extends boolean = true
>(
  kernel: K,
  settings: Omit<ConvolutionSettings<S, D, P, 1, B>, 'groups'> & { readonly multiplier?: M } = {}
): DepthwiseConv2dOf<M, K, S, D, P, B> =>
  Object.freeze({
    tag: 'depthwiseConv2d',
    kernel: frozenSetting(kernel),
    multiplier: settings.multiplier ?? 1,
    stride: frozenSetting(settings.stride ?? 1),
    dilation: frozenSetting(settings.dilation ?? 1),
    padding: frozenSetting(settings.padding ?? 'valid'),
    bias: settings.bias ?? true,
    initializer: frozen(settings.initializer ?? 'glorotUniform')
  }) as unknown as DepthwiseConv2dOf<M, K, S, D, P, B>

/** each channel of an image by itself: weights [kh, kw, channels, multiplier] */
export const depthwiseProduct = (x: Expr, slide: Slide, weight: Expr): Expr => {
  const [channels = 1, multiplier = 1] = weight.shape.slice(-2)
  const each = reshape(weight, [...slide.kernel, 1, channels * multiplier])
  return windowProduct(windowsAlong(x, slide), each, slide.output.length, channels)
}

/** the kind of `depthwiseConv2d`: parameters weight [kh, kw, channels, multiplier] and bias */
export const depthwiseConv2dDefinition: LayerDefinition<DepthwiseConv2d> = {
  tag: 'depthwiseConv2d',
  fields: ({ initializer }) => ({
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
      `depthwiseConv2d ${showPerAxis(layer.kernel)}`,
      ...(layer.multiplier === 1 ? [] : [`multiplier ${layer.multiplier}`]),
      ...showSliding(layer),
      ...(layer.bias ? [] : ['no bias'])
    ].join(', '),
  place: (layer, input, { dtype }) =>
    pipe(
      checkSliding([layer.multiplier], layer),
      E.chain(() => spatialOf(input, 2)),
      E.chainFirst(({ sizes }) => checkSlidingLists(layer, sizes)),
      E.chain(({ sizes, channels }) =>
        pipe(
          slideOver(layer, sizes),
          E.map(slide => {
            const { multiplier, initializer, bias } = layer
            const [outputs, taps] = [channels * multiplier, sizeOf(slide.kernel)]
            const shared = { dtype, fan: { in: taps, out: taps * multiplier } }
            const shape = [...slide.kernel, channels, multiplier]
            const weight: ParamSpec = { ...shared, shape, initializer, role: 'weight' }
            return tensorLayer({
              output: [...slide.output, outputs],
              gives: 'numbers',
              params: bias
                ? { weight, bias: { ...shared, shape: [outputs], initializer: 'zeros', role: 'bias' } }
                : { weight },
              formula: (x, param) => {
                const y = depthwiseProduct(x, slide, param('weight'))
                return bias ? add(y, param('bias')) : y
              }
            })
          })
        )
      )
    ),
  samples: [
    { layer: depthwiseConv2d(2), input: [3, 3, 2] },
    { layer: depthwiseConv2d([2, 1], { multiplier: 2, stride: 2, padding: 'same', bias: false }), input: [3, 2, 2] },
    { layer: depthwiseConv2d(2, { dilation: 2, padding: 1, initializer: 'heNormal' }), input: [2, 3, 1] }
  ]
}
