/** Convolution of sequences. */
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
import { sequencePadding, type SequencePadding } from './slide.js'

export interface Conv1d<
  N extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends SequencePadding = SequencePadding,
  G extends number = number,
  B extends boolean = boolean
> extends Convolution<N, K, S, D, P, G, B> {
  readonly tag: 'conv1d'
}
type AnyConv1d = Conv1d
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly conv1d: AnyConv1d
  }
  interface ShapeRules<L, In> {
    readonly conv1d: ConvolutionOut<L, In, 1>
  }
  interface OutputRangeRules<L> {
    readonly conv1d: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly conv1d: ConvolutionParams<L, In>
  }
}
// a bias chosen at run time is a choice of layers, which the compiler cannot check
type Conv1dOf<
  N extends number,
  K extends PerAxis,
  S extends PerAxis,
  D extends PerAxis,
  P extends SequencePadding,
  G extends number,
  B
> = B extends boolean ? Conv1d<N, K, S, D, P, G, B> : never

/**
 * Convolution of a sequence [length, channels]: each place of the output is the product of the numbers under the kernel with weights
 * [k, channels / groups, out], plus the bias:
 *
 *     y[i, o] = b[o] + sum over u, c of x[i s + u d - p, c] w[u, c, o]        s: stride, d: dilation, p: padding before
 *
 * The kernel is not flipped. The output has (n + padding - d (k - 1) - 1) / s + 1 places, rounded down. Padding adds zeros: none
 * ('valid'), as many as keep ceil(n / s) places with the odd one at the end ('same', as in TensorFlow) or at the start
 * ('sameLower'), all before so that no output sees a later input ('causal'), or numbers: 1 for every side, [[1, 0]] for each.
 * conv2d says what groups do and how other libraries differ.
 *
 * @example model(input(100, 8), conv1d(16, 3, { padding: 'causal', dilation: 2 }), relu)
 */
export const conv1d = <
  const N extends number,
  const K extends PerAxis,
  const S extends PerAxis = 1,
  const D extends PerAxis = 1,
  const P extends SequencePadding = 'valid',
  const G extends number = 1,
  const B extends boolean = true
>(
  channels: N,
  kernel: K,
  settings: ConvolutionSettings<S, D, P, G, B> = {}
): Conv1dOf<N, K, S, D, P, G, B> =>
  Object.freeze({ tag: 'conv1d', ...convolutionData(channels, kernel, settings) }) as Conv1dOf<N, K, S, D, P, G, B>

/** the kind of `conv1d`: parameters weight and bias */
export const conv1dDefinition: LayerDefinition<Conv1d> = {
  tag: 'conv1d',
  fields: ({ initializer }) => convolutionFields(initializer, sequencePadding),
  show: showConvolution,
  place: placeConvolution(1),
  samples: [
    { layer: conv1d(2, 3), input: [5, 2] },
    { layer: conv1d(2, 2, { stride: 2, padding: 'causal', dilation: 2, initializer: 'heNormal' }), input: [5, 1] },
    { layer: conv1d(4, [2], { padding: [[0, 2]], groups: 2, bias: false }), input: [3, 2] }
  ]
}
