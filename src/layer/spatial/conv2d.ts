/** Convolution of images. */
import type { LayerDefinition } from '../definition.js'
import type { PerAxis } from './axes.js'
import {
  convolutionData,
  convolutionFields,
  placeConvolution,
  showConvolution,
  type Convolution,
  type ConvolutionOut,
  type ConvolutionParams,
  type ConvolutionSettings
} from './conv.js'
import { padding, type Padding } from './slide.js'

export interface Conv2d<
  N extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends Padding = Padding,
  G extends number = number,
  B extends boolean = boolean
> extends Convolution<N, K, S, D, P, G, B> {
  readonly tag: 'conv2d'
}
type AnyConv2d = Conv2d
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly conv2d: AnyConv2d
  }
  interface ShapeRules<L, In> {
    readonly conv2d: ConvolutionOut<L, In, 2>
  }
  interface OutputRangeRules<L> {
    readonly conv2d: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly conv2d: ConvolutionParams<L, In>
  }
}
// a bias chosen at run time is a choice of layers, which the compiler cannot check
type Conv2dOf<
  N extends number,
  K extends PerAxis,
  S extends PerAxis,
  D extends PerAxis,
  P extends Padding,
  G extends number,
  B
> = B extends boolean ? Conv2d<N, K, S, D, P, G, B> : never

/**
 * Convolution of an image [height, width, channels]: each place of the output is the product of the numbers under the kernel with
 * weights [kh, kw, channels / groups, out], plus the bias:
 *
 *     y[i, j, o] = b[o] + sum over u, v, c of x[i s + u d - p, j s + v d - q, c] w[u, v, c, o]
 *
 * s: stride, d: dilation, p and q: padding before. The kernel is not flipped. Each axis of n places gives
 * (n + padding - d (k - 1) - 1) / s + 1, rounded down. Padding adds zeros: none ('valid', the default); as many as keep ceil(n / s)
 * places, the odd one at the end ('same', as in TensorFlow) or at the start ('sameLower'); or numbers: 1 for every side,
 * [[top, bottom], [left, right]] for each. With groups, the g-th part of the outputs is made of the g-th part of the channels alone.
 *
 * Other libraries: PyTorch has channels first and weights [out, in / groups, kh, kw]; its 'same' is for stride 1 only. Keras has the
 * same layout, weights and 'same' as this one.
 *
 * @param channels how many numbers each place of the output has
 * @param kernel one size for both axes, or [height, width]
 * @example model(input(28, 28, 1), conv2d(16, 3, { padding: 'same' }), relu, maxPool(2), flatten, dense(10))
 * @example conv2d(32, [3, 1], { stride: 2, padding: [[1, 1], [0, 0]], groups: 4, bias: false })
 */
export const conv2d = <
  const N extends number,
  const K extends PerAxis,
  const S extends PerAxis = 1,
  const D extends PerAxis = 1,
  const P extends Padding = 'valid',
  const G extends number = 1,
  const B extends boolean = true
>(
  channels: N,
  kernel: K,
  settings: ConvolutionSettings<S, D, P, G, B> = {}
): Conv2dOf<N, K, S, D, P, G, B> =>
  Object.freeze({ tag: 'conv2d', ...convolutionData(channels, kernel, settings) }) as Conv2dOf<N, K, S, D, P, G, B>

/** the kind of `conv2d`: parameters weight and bias */
export const conv2dDefinition: LayerDefinition<Conv2d> = {
  tag: 'conv2d',
  fields: ({ initializer }) => convolutionFields(initializer, padding),
  show: showConvolution,
  place: placeConvolution(2),
  samples: [
    { layer: conv2d(2, 2), input: [3, 4, 2] },
    {
      layer: conv2d(2, [3, 2], { stride: 2, padding: 'same', bias: false, initializer: 'heNormal' }),
      input: [4, 3, 1]
    },
    { layer: conv2d(4, 2, { dilation: [1, 2], padding: 'sameLower', groups: 2 }), input: [2, 3, 2] },
    {
      layer: conv2d(1, [1, 3], {
        stride: [1, 2],
        padding: [
          [1, 0],
          [0, 2]
        ]
      }),
      input: [2, 3, 1]
    },
    { layer: conv2d(2, 3, { padding: 1 }), input: [2, 2, 1] }
  ]
}
