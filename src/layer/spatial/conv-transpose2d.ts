/** Transposed convolution of images. */
import type { LayerDefinition } from '../definition.js'
import type { PerAxis } from './axes.js'
import type { Padding } from './slide.js'
import { placeTransposed, showTransposed, transposedData, transposedFields } from './transpose.js'
import type { TransposedConvolution, TransposedOut, TransposedParams, TransposedSettings } from './transpose-shape.js'

export interface ConvTranspose2d<
  N extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends Padding = Padding,
  O extends PerAxis = PerAxis,
  G extends number = number,
  B extends boolean = boolean
> extends TransposedConvolution<N, K, S, D, P, O, G, B> {
  readonly tag: 'convTranspose2d'
}
type AnyConvTranspose2d = ConvTranspose2d
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly convTranspose2d: AnyConvTranspose2d
  }
  interface ShapeRules<L, In> {
    readonly convTranspose2d: TransposedOut<L, In, 2>
  }
  interface OutputRangeRules<L> {
    readonly convTranspose2d: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly convTranspose2d: TransposedParams<L, In>
  }
}
// a bias chosen at run time is a choice of layers, which the compiler cannot check
type ConvTranspose2dOf<
  N extends number,
  K extends PerAxis,
  S extends PerAxis,
  D extends PerAxis,
  P extends Padding,
  O extends PerAxis,
  G extends number,
  B
> = B extends boolean ? ConvTranspose2d<N, K, S, D, P, O, G, B> : never

/**
 * Transposed convolution of an image [height, width, channels], the adjoint of `conv2d`: each input puts its product with weights
 * [kh, kw, channels, out / groups] under the kernel, s places further for each input, and where windows overlap they add up:
 *
 *     y[i s + u d - p, j s + v d - q, o] += sum over c of x[i, j, c] w[u, v, c, o], then b[o] is added
 *
 * s: stride, d: dilation, p and q: padding before, which cuts places off. An axis of n places gives
 * (n - 1) s + d (k - 1) + 1 - padding + output padding. 'valid' (the default) cuts nothing; 'same' leaves n s places, the odd one
 * cut at the end, and 'sameLower' at the start: the sizes that `conv2d` with that padding and stride makes n from. Output padding
 * adds places at the end, which tell n s from n s - 1, where a convolution makes n of both.
 *
 * Other libraries: PyTorch has channels first and weights [in, out / groups, kh, kw]. Keras has weights [kh, kw, out, in], and its
 * 'valid' leaves (n - 1) s + max(k, s) places.
 *
 * @param channels how many numbers each place of the output has
 * @param kernel one size for both axes, or [height, width]
 * @example model(input(7, 7, 32), convTranspose2d(16, 3, { stride: 2, padding: 'same' }), relu) // gives [14, 14, 16]
 * @example convTranspose2d(3, 4, { stride: 2, padding: 1 }) // twice the height and width, as PyTorch's GANs have it
 */
export const convTranspose2d = <
  const N extends number,
  const K extends PerAxis,
  const S extends PerAxis = 1,
  const D extends PerAxis = 1,
  const P extends Padding = 'valid',
  const O extends PerAxis = 0,
  const G extends number = 1,
  const B extends boolean = true
>(
  channels: N,
  kernel: K,
  settings: TransposedSettings<S, D, P, O, G, B> = {}
): ConvTranspose2dOf<N, K, S, D, P, O, G, B> =>
  Object.freeze({
    tag: 'convTranspose2d',
    ...transposedData(channels, kernel, settings)
  }) as unknown as ConvTranspose2dOf<N, K, S, D, P, O, G, B>

/** the kind of `convTranspose2d`: parameters weight and bias */
export const convTranspose2dDefinition: LayerDefinition<ConvTranspose2d> = {
  tag: 'convTranspose2d',
  fields: ({ initializer }) => transposedFields(initializer),
  show: showTransposed,
  place: placeTransposed(2),
  samples: [
    { layer: convTranspose2d(2, 2), input: [2, 3, 2] },
    { layer: convTranspose2d(2, 3, { stride: 2, padding: 1, outputPadding: 1 }), input: [2, 2, 1] },
    {
      layer: convTranspose2d(4, [1, 2], { stride: [3, 1], padding: 'same', groups: 2, bias: false }),
      input: [2, 2, 2]
    },
    { layer: convTranspose2d(1, 2, { dilation: 2, padding: 'sameLower', outputPadding: [0, 1] }), input: [2, 3, 2] }
  ]
}
