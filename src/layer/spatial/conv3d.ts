/** Convolution of volumes. */
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

export interface Conv3d<
  N extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends Padding = Padding,
  G extends number = number,
  B extends boolean = boolean
> extends Convolution<N, K, S, D, P, G, B> {
  readonly tag: 'conv3d'
}
type AnyConv3d = Conv3d
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly conv3d: AnyConv3d
  }
  interface ShapeRules<L, In> {
    readonly conv3d: ConvolutionOut<L, In, 3>
  }
  interface OutputRangeRules<L> {
    readonly conv3d: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly conv3d: ConvolutionParams<L, In>
  }
}
// a bias chosen at run time is a choice of layers, which the compiler cannot check
type Conv3dOf<
  N extends number,
  K extends PerAxis,
  S extends PerAxis,
  D extends PerAxis,
  P extends Padding,
  G extends number,
  B
> = B extends boolean ? Conv3d<N, K, S, D, P, G, B> : never

/**
 * Convolution of a volume [depth, height, width, channels], or of a film with time as its depth: `conv2d` along three axes, with weights
 * [kd, kh, kw, channels / groups, out].
 *
 * @param channels how many numbers each place of the output has
 * @param kernel one size for all axes, or [depth, height, width]
 * @example model(input(8, 16, 16, 1), conv3d(8, 3, { padding: 'same' }), relu)
 */
export const conv3d = <
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
): Conv3dOf<N, K, S, D, P, G, B> =>
  Object.freeze({ tag: 'conv3d', ...convolutionData(channels, kernel, settings) }) as Conv3dOf<N, K, S, D, P, G, B>

/** the kind of `conv3d`: parameters weight and bias */
export const conv3dDefinition: LayerDefinition<Conv3d> = {
  tag: 'conv3d',
  fields: ({ initializer }) => convolutionFields(initializer, padding),
  show: showConvolution,
  place: placeConvolution(3),
  samples: [
    { layer: conv3d(2, [2, 1, 2]), input: [2, 2, 3, 1] },
    {
      layer: conv3d(2, 2, { stride: [1, 2, 1], dilation: [1, 1, 2], padding: 'same', groups: 2, bias: false }),
      input: [2, 3, 2, 2]
    },
    {
      layer: conv3d(1, [1, 2, 1], {
        padding: [
          [0, 1],
          [0, 0],
          [1, 0]
        ]
      }),
      input: [1, 2, 1, 1]
    }
  ]
}
