/** Blocks of convolutional networks: plain functions from settings to layers, made of the layers beside them. */
import { identity, relu, relu6, sigmoid, type Activation } from './activation.js'
import { batchNorm, type BatchNorm } from './batch-norm.js'
import { fanOut, type FanOut } from './combinator/branches.js'
import { mergeAdd, mergeConcat, mergeScale, type Merge } from './combinator/merge.js'
import { named, type Named } from './combinator/named.js'
import { repeat } from './combinator/repeat.js'
import { residual, type Residual } from './combinator/residual.js'
import { sequential, type Sequential } from './combinator/sequential.js'
import type { Layer } from './definition.js'
import { dense } from './dense.js'
import { conv2d, type Conv2d } from './spatial/conv2d.js'
import { depthwiseConv2d, type DepthwiseConv2d } from './spatial/depthwise-conv2d.js'
import { globalAveragePool } from './spatial/global-average-pool.js'
import type { Mul } from './types/nat.js'

// the types are written out: TypeScript 5.9 and 6 overflow their stack where functions inside one another infer them
type Conv1<N extends number, S extends number> = Conv2d<N, 1, S, 1, 'valid', 1, false>
type Conv3<N extends number, S extends number> = Conv2d<N, 3, S, 1, 1, 1, false>
// no bias: the norm after each convolution has one
const shared = { bias: false, initializer: 'heNormal' } as const
const conv1 = <const N extends number, const S extends number>(channels: N, stride: S): Conv1<N, S> =>
  conv2d(channels, 1, { ...shared, stride })
const conv3 = <const N extends number, const S extends number>(channels: N, stride: S): Conv3<N, S> =>
  conv2d(channels, 3, { ...shared, stride, padding: 1 })

type TwoConvolutions<N extends number, S extends number> = Sequential<
  [Conv3<N, S>, BatchNorm, Activation<'relu'>, Conv3<N, 1>, BatchNorm]
>
const twoConvolutions = <const N extends number, const S extends number>(
  channels: N,
  stride: S
): TwoConvolutions<N, S> => sequential(conv3(channels, stride), batchNorm(), relu, conv3(channels, 1), batchNorm())

type PlainBlock<N extends number> = Sequential<[Residual<TwoConvolutions<N, 1>>, Activation<'relu'>]>
const plainBlock = <const N extends number>(channels: N): PlainBlock<N> =>
  sequential(residual(twoConvolutions(channels, 1)), relu)

type ProjectedBlock<N extends number, S extends number> = Sequential<
  [
    FanOut<[Named<'body', TwoConvolutions<N, S>>, Named<'shortcut', Sequential<[Conv1<N, S>, BatchNorm]>>]>,
    Merge<'add'>,
    Activation<'relu'>
  ]
>
const projectedBlock = <const N extends number, const S extends number>(channels: N, stride: S): ProjectedBlock<N, S> =>
  sequential(
    fanOut(
      named('body')(twoConvolutions(channels, stride)),
      named('shortcut')(sequential(conv1(channels, stride), batchNorm()))
    ),
    mergeAdd,
    relu
  )
/** with a skip connection, or with a projection where a stride is given */
export type ResidualBlock<N extends number, S> = S extends number ? ProjectedBlock<N, S> : PlainBlock<N>

/**
 * The basic block of a ResNet (He et al. 2016): relu(f(x) + shortcut(x)), where f is two 3 x 3 convolutions, each with `batchNorm`, and
 * relu between them. Without a stride the shortcut is x itself, so the block keeps the shape; with one, which may be 1, it is a 1 x 1
 * convolution with that stride and `batchNorm` (option B of the paper, as in PyTorch), so the channels may change. Weights begin as
 * heNormal; padding is 1 on every side.
 *
 * @example model(input(32, 32, 3), conv2d(16, 3, { padding: 1 }), residualBlock(16), residualBlock(32, { stride: 2 })) // [16, 16, 32]
 */
export const residualBlock = <const N extends number, const S extends number | undefined = undefined>(
  channels: N,
  { stride }: { readonly stride?: S } = {}
): ResidualBlock<N, S> =>
  (stride === undefined ? plainBlock(channels) : projectedBlock(channels, stride)) as ResidualBlock<N, S>

type DepthwiseBody<N extends number, S extends number> = [
  DepthwiseConv2d<1, 3, S, 1, 1, false>,
  BatchNorm,
  Activation<'relu6'>,
  Conv1<N, 1>,
  BatchNorm
]
const depthwiseBody = (channels: number, stride: number): Layer =>
  sequential(depthwiseConv2d(3, { ...shared, stride, padding: 1 }), batchNorm(), relu6, conv1(channels, 1), batchNorm())
const expandedBody = (hidden: number, channels: number, stride: number): Layer =>
  sequential(conv1(hidden, 1), batchNorm(), relu6, depthwiseBody(channels, stride))
type InvertedBody<I extends number, N extends number, S extends number, E extends number> = E extends 1
  ? Sequential<DepthwiseBody<N, S>>
  : Sequential<[Conv1<Mul<I, E>, 1>, BatchNorm, Activation<'relu6'>, ...DepthwiseBody<N, S>]>
/** with a skip connection where the shape stays */
export type InvertedResidual<I extends number, N extends number, S extends number, E extends number> =
  InvertedBody<I, N, S, E> extends infer B extends Layer ? (S extends 1 ? (N extends I ? Residual<B> : B) : B) : never

/**
 * The block of MobileNetV2 (Sandler et al. 2018): a 1 x 1 convolution to `expand` times the channels of the input (default 6; left out
 * for 1), a 3 x 3 depthwise one with the stride, and a 1 x 1 one to the channels of the output; `batchNorm` after each, relu6 after
 * the first two. The input is added where the stride is 1 and the channels stay. Weights begin as heNormal.
 *
 * @param inputs channels of the input
 * @param channels channels of the output
 * @example sequential(invertedResidual(16, 24, { stride: 2 }), invertedResidual(24, 24))
 */
export const invertedResidual = <
  const I extends number,
  const N extends number,
  const S extends number = 1,
  const E extends number = 6
>(
  inputs: I,
  channels: N,
  settings: { readonly stride?: S; readonly expand?: E } = {}
): InvertedResidual<I, N, S, E> => {
  const { stride = 1, expand = 6 }: { readonly stride?: number; readonly expand?: number } = settings
  const body = expand === 1 ? depthwiseBody(channels, stride) : expandedBody(inputs * expand, channels, stride)
  const block: Layer = stride === 1 && (inputs as number) === channels ? residual(body) : body
  return block as InvertedResidual<I, N, S, E>
}

/**
 * A dense block (Huang et al. 2017): each of `times` steps appends `growth` channels to those that reach it, made of all of them by
 * `batchNorm`, relu and a 3 x 3 convolution. So c channels become c + times growth.
 *
 * @example model(input(32, 32, 3), conv2d(16, 3, { padding: 1 }), denseBlock(4, 12)) // gives [32, 32, 64]
 */
export const denseBlock = <const T extends number, const G extends number>(times: T, growth: G) =>
  repeat(times)(sequential(fanOut(identity, sequential(batchNorm(), relu, conv3(growth, 1))), mergeConcat))

/**
 * Squeeze and excitation (Hu et al. 2018): each channel times a factor from 0 to 1, made of the means of all channels by a dense layer
 * with `reduced` units, relu, a dense layer and sigmoid.
 *
 * @param channels channels of the input, which stay
 * @param reduced units between the two dense layers; the paper has channels / 16
 * @example model(input(8, 8, 32), conv2d(32, 3), relu, squeezeExcite(32, 2))
 */
export const squeezeExcite = <const C extends number, const R extends number>(channels: C, reduced: R) =>
  sequential(
    fanOut(identity, sequential(globalAveragePool, dense(reduced), relu, dense(channels), sigmoid)),
    mergeScale
  )
