/** Transposed convolution of sequences. */
import type { LayerDefinition } from '../definition.js'
import type { PerAxis } from './axes.js'
import type { Padding } from './slide.js'
import { placeTransposed, showTransposed, transposedData, transposedFields } from './transpose.js'
import type { TransposedConvolution, TransposedOut, TransposedParams, TransposedSettings } from './transpose-shape.js'

export interface ConvTranspose1d<
  N extends number = number,
  K extends PerAxis = PerAxis,
  S extends PerAxis = PerAxis,
  D extends PerAxis = PerAxis,
  P extends Padding = Padding,
  O extends PerAxis = PerAxis,
  G extends number = number,
  B extends boolean = boolean
> extends TransposedConvolution<N, K, S, D, P, O, G, B> {
  readonly tag: 'convTranspose1d'
}
type AnyConvTranspose1d = ConvTranspose1d
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly convTranspose1d: AnyConvTranspose1d
  }
  interface ShapeRules<L, In> {
    readonly convTranspose1d: TransposedOut<L, In, 1>
  }
  interface OutputRangeRules<L> {
    readonly convTranspose1d: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly convTranspose1d: TransposedParams<L, In>
  }
}
// a bias chosen at run time is a choice of layers, which the compiler cannot check
type ConvTranspose1dOf<
  N extends number,
  K extends PerAxis,
  S extends PerAxis,
  D extends PerAxis,
  P extends Padding,
  O extends PerAxis,
  G extends number,
  B
> = B extends boolean ? ConvTranspose1d<N, K, S, D, P, O, G, B> : never

/**
 * Transposed convolution of a sequence [length, channels], the adjoint of `conv1d`: each input puts its product with weights
 * [k, channels, out / groups] under the kernel, s places further for each input, and where windows overlap they add up:
 *
 *     y[i s + u d - p, o] += sum over c of x[i, c] w[u, c, o], then b[o] is added        s: stride, d: dilation, p: padding before
 *
 * n places give (n - 1) s + d (k - 1) + 1 - padding + output padding. `convTranspose2d` says what padding and output padding do, and
 * how other libraries differ.
 *
 * @example model(input(25, 16), convTranspose1d(8, 4, { stride: 2, padding: 1 }), relu) // gives [50, 8]
 */
export const convTranspose1d = <
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
): ConvTranspose1dOf<N, K, S, D, P, O, G, B> =>
  Object.freeze({
    tag: 'convTranspose1d',
    ...transposedData(channels, kernel, settings)
  }) as unknown as ConvTranspose1dOf<N, K, S, D, P, O, G, B>

/** the kind of `convTranspose1d`: parameters weight and bias */
export const convTranspose1dDefinition: LayerDefinition<ConvTranspose1d> = {
  tag: 'convTranspose1d',
  fields: ({ initializer }) => transposedFields(initializer),
  show: showTransposed,
  place: placeTransposed(1),
  samples: [
    { layer: convTranspose1d(2, 3), input: [3, 2] },
    { layer: convTranspose1d(2, [2], { stride: 3, padding: 'same', outputPadding: 1 }), input: [2, 1] },
    {
      layer: convTranspose1d(2, 3, { stride: 2, dilation: 2, padding: [[2, 1]], groups: 2, bias: false }),
      input: [2, 2]
    }
  ]
}
