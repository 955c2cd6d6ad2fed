/** Layers of sequences, images and volumes in the words of tfjs, which has the channels last too. */
import * as E from 'fp-ts/lib/Either.js'
import { spread, spreadMargins, type Margins, type PerAxis, type Sides } from '../../layer/spatial/axes.js'
import type { AveragePool } from '../../layer/spatial/average-pool.js'
import type { Convolution } from '../../layer/spatial/conv.js'
import type { ConvTranspose2d } from '../../layer/spatial/conv-transpose2d.js'
import type { Crop } from '../../layer/spatial/crop.js'
import type { DepthwiseConv2d } from '../../layer/spatial/depthwise-conv2d.js'
import type { MaxPool } from '../../layer/spatial/max-pool.js'
import type { SeparableConv2d } from '../../layer/spatial/separable-conv2d.js'
import { slideOver, type Sliding } from '../../layer/spatial/slide.js'
import type { Upsample } from '../../layer/spatial/upsample.js'
import type { ZeroPad } from '../../layer/spatial/zero-pad.js'
import type { Dims } from '../../value/shape.js'
import { missing, type Config, type Missing } from './config.js'
import { turned } from '../tensors.js'
import { said, weighted, type Said, type SaidLayers, type Writer, type WriteSite } from './write-site.js'

const last = { data_format: 'channels_last' }
const isMissing = (x: object): x is Missing => 'expected' in x

/** padding as tfjs says it: by a rule, or zeros of a layer before */
interface Padded {
  readonly rule: 'valid' | 'same'
  readonly before: readonly Said[]
}
const none: readonly Said[] = []
const sidesOf = (sliding: Sliding, sizes: Dims): readonly Sides[] => {
  const slide = slideOver(sliding, sizes)
  return E.isRight(slide) ? slide.right.sides : []
}
const equalSides = (a: readonly Sides[], b: readonly Sides[]): boolean =>
  a.length === b.length && a.every(([x, y], i) => x === b[i]?.[0] && y === b[i]?.[1])
/** zeros around an image; no other shape has such a layer in tfjs */
const zerosAround = (sides: readonly Sides[]): readonly Said[] | Missing =>
  sides.length === 2
    ? [said('ZeroPadding2D', { padding: sides, ...last })]
    : missing("the padding 'valid' or 'same'", 'another', 'tfjs has zeros around images alone')

/** `zeros`: whether numbers outside count as zeros, which a layer before can put there */
const paddedOf = (sliding: Sliding, s: WriteSite, zeros: boolean): Padded | Missing => {
  const { padding } = sliding
  if (padding === 'valid' || padding === 'same') return { rule: padding, before: none }
  const sizes = s.sizes.slice(0, -1)
  const sides = sidesOf(sliding, sizes)
  if (sides.every(([a, b]) => a + b === 0)) return { rule: 'valid', before: none }
  if (equalSides(sides, sidesOf({ ...sliding, padding: 'same' }, sizes))) return { rule: 'same', before: none }
  if (!zeros)
    return missing("the padding 'valid' or 'same'", 'another', 'zeros around an image would count as numbers of it')
  const before = zerosAround(sides)
  return isMissing(before) ? before : { rule: 'valid', before }
}

const rankOf = (s: WriteSite): number => s.sizes.length - 1
const movesFar = (x: PerAxis, rank: number): boolean => spread(x, rank).some(n => n > 1)

/** a window with weights; tfjs computes a stride or a dilation, not both */
const windowed = (
  layer: Sliding & { readonly bias: boolean },
  s: WriteSite,
  write: (config: Config) => Said
): SaidLayers => {
  const rank = rankOf(s)
  if (movesFar(layer.stride, rank) && movesFar(layer.dilation, rank))
    return missing('a stride or a dilation of 1', 'both larger', 'tfjs refuses them together')
  const padded = paddedOf(layer, s, true)
  return isMissing(padded)
    ? padded
    : [
        ...padded.before,
        write({
          kernel_size: spread(layer.kernel, rank),
          strides: spread(layer.stride, rank),
          padding: padded.rule,
          ...last,
          dilation_rate: spread(layer.dilation, rank),
          activation: 'linear',
          use_bias: layer.bias
        })
      ]
}
const convolution =
  (rank: 1 | 2 | 3) =>
  (layer: Convolution, s: WriteSite): SaidLayers =>
    layer.groups !== 1
      ? missing('one group', `${layer.groups}`, 'tfjs has no groups of channels')
      : windowed(layer, s, config =>
          said(`Conv${rank}D`, { filters: layer.channels, ...config }, weighted(s, layer.bias))
        )
const depthwise = (layer: DepthwiseConv2d, s: WriteSite): SaidLayers =>
  movesFar(layer.dilation, rankOf(s))
    ? missing('a dilation of 1', 'another', 'the layer of tfjs computes as if it were 1')
    : windowed(layer, s, config =>
        said(
          'DepthwiseConv2D',
          { depth_multiplier: layer.multiplier, ...config },
          weighted(s, layer.bias, 'depthwise_kernel')
        )
      )
const separable = (layer: SeparableConv2d, s: WriteSite): SaidLayers =>
  windowed(layer, s, config =>
    said('SeparableConv2D', { filters: layer.channels, depth_multiplier: layer.multiplier, ...config }, [
      ['depthwise_kernel', s.tensor('depthwise')],
      ['pointwise_kernel', s.tensor('pointwise')],
      ...(layer.bias ? ([['bias', s.tensor('bias')]] as const) : [])
    ])
  )
const transposed = (layer: ConvTranspose2d, s: WriteSite): SaidLayers => {
  const [kernel, stride, more] = [layer.kernel, layer.stride, layer.outputPadding].map(x => spread(x, 2)) as [
    Dims,
    Dims,
    Dims
  ]
  const { padding, groups, channels, bias } = layer
  if (groups !== 1) return missing('one group', `${groups}`, 'tfjs has no groups of channels')
  if (movesFar(layer.dilation, 2)) return missing('a dilation of 1', 'another')
  // "valid" leaves max(kernel, stride) places for the last input there
  const wanted = kernel.map((k, i) => (padding === 'valid' ? Math.max((stride[i] as number) - k, 0) : 0))
  const rule = padding === 'valid' || padding === 'same' ? padding : padding === 0 ? 'valid' : undefined
  if (rule === undefined || more.some((n, i) => n !== wanted[i]))
    return missing("the padding 'valid' or 'same' without output padding", 'another')
  const weight = s.tensor('weight')
  return [
    said(
      'Conv2DTranspose',
      {
        filters: channels,
        kernel_size: kernel,
        strides: stride,
        padding: rule,
        ...last,
        activation: 'linear',
        use_bias: bias
      },
      [['kernel', turned(weight, [0, 1, 3, 2])], ...(bias ? ([['bias', s.tensor('bias')]] as const) : [])]
    )
  ]
}

const pool =
  (name: string) =>
  (layer: MaxPool | AveragePool, s: WriteSite): SaidLayers => {
    const rank = rankOf(s)
    const sliding: Sliding = { kernel: layer.size, stride: layer.stride, dilation: 1, padding: layer.padding }
    const byWindow = layer.tag === 'averagePool' && layer.dividing === 'window'
    const sides = sidesOf(sliding, s.sizes.slice(0, -1))
    const around = byWindow && sides.some(([a, b]) => a + b > 0) ? zerosAround(sides) : undefined
    const padded =
      around === undefined
        ? paddedOf(sliding, s, false)
        : isMissing(around)
          ? around
          : { rule: 'valid', before: around }
    return isMissing(padded)
      ? padded
      : [
          ...padded.before,
          said(`${name}${rank}D`, {
            pool_size: spread(layer.size, rank),
            strides: spread(layer.stride, rank),
            padding: padded.rule,
            ...last
          })
        ]
  }
const overAll =
  (name: string): Writer =>
  (_, s) =>
    rankOf(s) > 2
      ? missing('a sequence or an image', 'a volume')
      : [said(`${name}${rankOf(s)}D`, rankOf(s) === 1 ? {} : last)]

const ofImages = (s: WriteSite, write: () => Said): SaidLayers =>
  rankOf(s) === 2 ? [write()] : missing('an image', 'a sequence or a volume', 'tfjs has this layer for images alone')
const margins = (places: Margins): readonly Sides[] => spreadMargins(places, 2)
const upsample = ({ factor, by }: Upsample, s: WriteSite): SaidLayers =>
  by === 'bilinear'
    ? missing("the interpolation 'nearest'", "'bilinear'", 'tfjs takes the corners of places, not their centres')
    : ofImages(s, () => said('UpSampling2D', { size: spread(factor, 2), ...last, interpolation: 'nearest' }))

export const spatialWriters: Readonly<Record<string, Writer>> = {
  conv1d: convolution(1),
  conv2d: convolution(2),
  conv3d: convolution(3),
  depthwiseConv2d: depthwise,
  separableConv2d: separable,
  convTranspose2d: transposed,
  maxPool: pool('MaxPooling'),
  averagePool: pool('AveragePooling'),
  globalMaxPool: overAll('GlobalMaxPooling'),
  globalAveragePool: overAll('GlobalAveragePooling'),
  zeroPad: ({ places }: ZeroPad, s: WriteSite) =>
    ofImages(s, () => said('ZeroPadding2D', { padding: margins(places), ...last })),
  crop: ({ places }: Crop, s: WriteSite) =>
    ofImages(s, () => said('Cropping2D', { cropping: margins(places), ...last })),
  upsample: upsample
}
