/** Keras layers of sequences, images and volumes: convolutions, pools, and what changes their sizes. */
import type { Layer } from '../../layer/definition.js'
import { averagePool } from '../../layer/spatial/average-pool.js'
import { conv1d } from '../../layer/spatial/conv1d.js'
import { conv2d } from '../../layer/spatial/conv2d.js'
import { conv3d } from '../../layer/spatial/conv3d.js'
import { convTranspose1d } from '../../layer/spatial/conv-transpose1d.js'
import { convTranspose2d } from '../../layer/spatial/conv-transpose2d.js'
import { crop } from '../../layer/spatial/crop.js'
import { depthwiseConv2d } from '../../layer/spatial/depthwise-conv2d.js'
import { globalAveragePool } from '../../layer/spatial/global-average-pool.js'
import { globalMaxPool } from '../../layer/spatial/global-max-pool.js'
import { maxPool } from '../../layer/spatial/max-pool.js'
import { separableConv2d } from '../../layer/spatial/separable-conv2d.js'
import { upsample } from '../../layer/spatial/upsample.js'
import { zeroPad } from '../../layer/spatial/zero-pad.js'
import { count } from '../../value/codec.js'
import type { Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import { activationIn } from './activations.js'
import { at, fixed, flagIn, isMissing, missing, sizeIn, sizesIn, textIn, type Missing } from './config.js'
import { turned } from '../tensors.js'
import { all, followed, made, plainly, rankIs, type Result, type Row, type Site } from './site.js'

const channelsLast = (s: Site): Missing | undefined => fixed(s.config, { data_format: ['channels_last'] })
type Rule = 'valid' | 'same' | 'causal'
const paddingIn = (s: Site, ...rules: readonly Rule[]): Rule | Missing => {
  const rule = textIn(s.config, 'padding', 'valid')
  return isMissing(rule) || rules.includes(rule as Rule)
    ? (rule as Rule | Missing)
    : missing(`padding ${rules.join(' or ')}`, rule.slice(0, 40))
}
/** as one number where all axes have the same */
const short = (d: Dims): number | Dims => (d.every(n => n === d[0]) ? (d[0] as number) : d)
const channelsOf = (s: Site): number => s.sizes.at(-1) ?? 1

interface Sliding {
  readonly kernel: Dims
  readonly bias: boolean
  readonly settings: {
    readonly stride: number | Dims
    readonly dilation: number | Dims
    readonly padding: 'valid' | 'same'
    readonly bias: boolean
  }
}
const slidingIn = (s: Site, rank: number, then: (slide: Sliding) => Result): Result => {
  const rules: readonly Rule[] = rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same']
  return (
    rankIs(s, rank + 1) ??
    channelsLast(s) ??
    all(
      [
        sizesIn(s.config, 'kernel_size', rank),
        sizesIn(s.config, 'strides', rank),
        sizesIn(s.config, 'dilation_rate', rank),
        paddingIn(s, ...rules),
        flagIn(s.config, 'use_bias', true)
      ],
      (kernel, stride, dilation, padding, bias) =>
        // conv1d alone has the rule causal
        then({
          kernel,
          bias,
          settings: { stride: short(stride), dilation: short(dilation), padding: padding as 'same', bias }
        })
    )
  )
}
/** a layer with its weights and bias, and the activation that is a setting there */
const learned = (s: Site, layer: () => Layer, weights: readonly (Tensor | Missing)[]): Result =>
  followed(
    all(weights, (...tensors) => made([layer()], tensors)),
    activationIn(s.config, s.dialect)
  )
const biasOf = (s: Site, has: boolean, place: number, channels: number): readonly (Tensor | Missing)[] =>
  has ? [s.weight(['bias'], place, [channels])] : []

const convRow =
  (rank: 1 | 2 | 3): Row =>
  s =>
    slidingIn(s, rank, ({ kernel, bias, settings }) =>
      all([sizeIn(s.config, 'filters'), sizeIn(s.config, 'groups', 1)], (filters, groups) => {
        const shape = [...kernel, channelsOf(s) / groups, filters]
        const layer = { 1: conv1d, 2: conv2d, 3: conv3d }[rank] as (n: number, k: number | Dims, s: object) => Layer
        return channelsOf(s) % groups !== 0
          ? missing(`channels that ${groups} groups divide`, `${channelsOf(s)}`)
          : learned(s, () => layer(filters, short(kernel), { ...settings, groups }), [
              s.weight(['kernel'], 0, shape),
              ...biasOf(s, bias, 1, filters)
            ])
      })
    )
const depthwiseRow: Row = s =>
  slidingIn(s, 2, ({ kernel, bias, settings }) =>
    settings.dilation !== 1 && s.dialect === 'tfjs'
      ? missing('a dilation of 1', 'another', 'the layer of tfjs computes as if it were 1')
      : all([sizeIn(s.config, 'depth_multiplier', 1)], multiplier => {
          const shape = [...kernel, channelsOf(s), multiplier]
          return learned(s, () => depthwiseConv2d(short(kernel), { ...settings, multiplier }), [
            s.weight(['depthwise_kernel', 'kernel'], 0, shape),
            ...biasOf(s, bias, 1, channelsOf(s) * multiplier)
          ])
        })
  )
const separableRow: Row = s =>
  slidingIn(s, 2, ({ kernel, bias, settings }) =>
    all([sizeIn(s.config, 'filters'), sizeIn(s.config, 'depth_multiplier', 1)], (filters, multiplier) =>
      learned(s, () => separableConv2d(filters, short(kernel), { ...settings, multiplier }), [
        s.weight(['depthwise_kernel'], 0, [...kernel, channelsOf(s), multiplier]),
        s.weight(['pointwise_kernel'], 1, [1, 1, channelsOf(s) * multiplier, filters]),
        ...biasOf(s, bias, 2, filters)
      ])
    )
  )
/** the kernel is [..., out, in] there; "valid" leaves max(kernel, stride) places for the last input */
const transposedRow =
  (rank: 1 | 2): Row =>
  s =>
    slidingIn(s, rank, ({ kernel, bias, settings }) => {
      const wrong = fixed(s.config, { output_padding: [] })
      const filters = sizeIn(s.config, 'filters')
      if (wrong !== undefined || isMissing(filters)) return wrong ?? (filters as Missing)
      if (settings.dilation !== 1) return missing('a dilation of 1', 'another')
      const strides =
        typeof settings.stride === 'number' ? kernel.map(() => settings.stride as number) : settings.stride
      const more = kernel.map((k, i) => (settings.padding === 'valid' ? Math.max((strides[i] as number) - k, 0) : 0))
      const layer = { 1: convTranspose1d, 2: convTranspose2d }[rank] as (
        n: number,
        k: number | Dims,
        s: object
      ) => Layer
      const there = s.weight(['kernel'], 0, [...kernel, filters, channelsOf(s)])
      const axes = kernel.map((_, i) => i)
      const weight = isMissing(there) ? there : turned(there, [...axes, rank + 1, rank])
      return learned(s, () => layer(filters, short(kernel), { ...settings, outputPadding: short(more) }), [
        weight,
        ...biasOf(s, bias, 1, filters)
      ])
    })

const poolRow =
  (rank: 1 | 2 | 3, layer: (size: number | Dims, settings: object) => Layer): Row =>
  s =>
    rankIs(s, rank + 1) ??
    channelsLast(s) ??
    all([sizesIn(s.config, 'pool_size', rank, 2), paddingIn(s, 'valid', 'same')], (size, padding) =>
      all([sizesIn(s.config, 'strides', rank, size)], stride =>
        made([layer(short(size), { stride: short(stride), padding })])
      )
    )
const globalRow =
  (rank: 1 | 2 | 3, layer: Layer): Row =>
  s =>
    plainly(rankIs(s, rank + 1) ?? channelsLast(s) ?? fixed(s.config, { keepdims: [false] }), () => layer)

type Pair = readonly [number, number]
const isPair = (u: unknown): u is Pair => Array.isArray(u) && u.length === 2 && u.every(count.is)
/** places before and after each axis: one number, one for each axis, or a pair for each */
const marginsIn = (s: Site, key: string, rank: number): readonly Pair[] | Missing => {
  const u = at(s.config, key) ?? 1
  if (count.is(u)) return Array.from({ length: rank }, () => [u, u] as const)
  if (rank === 1 && isPair(u)) return [u]
  const pairs = Array.isArray(u) && u.length === rank ? u.map((p: unknown) => (count.is(p) ? [p, p] : p)) : []
  return pairs.length === rank && pairs.every(isPair)
    ? pairs
    : missing(`places for ${rank} axes as ${key}`, 'other values')
}
const marginRow =
  (rank: 1 | 2 | 3, key: string, layer: (places: readonly Pair[]) => Layer): Row =>
  s =>
    rankIs(s, rank + 1) ?? channelsLast(s) ?? all([marginsIn(s, key, rank)], places => made([layer(places)]))
const upsampleRow =
  (rank: 1 | 2 | 3): Row =>
  s =>
    rankIs(s, rank + 1) ??
    channelsLast(s) ??
    all([sizesIn(s.config, 'size', rank, 2), textIn(s.config, 'interpolation', 'nearest')], (factor, by) =>
      by === 'bilinear' && s.dialect === 'tfjs'
        ? missing(
            'bilinear between the centres of places, as in Keras',
            'between their corners',
            'tfjs computes other numbers'
          )
        : by === 'nearest' || by === 'bilinear'
          ? made([upsample(short(factor), by)])
          : missing('the interpolation nearest or bilinear', by.slice(0, 40))
    )

export const spatialRows: Readonly<Record<string, Row>> = {
  Conv1D: convRow(1),
  Conv2D: convRow(2),
  Conv3D: convRow(3),
  DepthwiseConv2D: depthwiseRow,
  SeparableConv2D: separableRow,
  Conv1DTranspose: transposedRow(1),
  Conv2DTranspose: transposedRow(2),
  MaxPooling1D: poolRow(1, maxPool),
  MaxPooling2D: poolRow(2, maxPool),
  MaxPooling3D: poolRow(3, maxPool),
  AveragePooling1D: poolRow(1, averagePool),
  AveragePooling2D: poolRow(2, averagePool),
  AveragePooling3D: poolRow(3, averagePool),
  GlobalMaxPooling1D: globalRow(1, globalMaxPool),
  GlobalMaxPooling2D: globalRow(2, globalMaxPool),
  GlobalMaxPooling3D: globalRow(3, globalMaxPool),
  GlobalAveragePooling1D: globalRow(1, globalAveragePool),
  GlobalAveragePooling2D: globalRow(2, globalAveragePool),
  GlobalAveragePooling3D: globalRow(3, globalAveragePool),
  ZeroPadding1D: marginRow(1, 'padding', zeroPad),
  ZeroPadding2D: marginRow(2, 'padding', zeroPad),
  ZeroPadding3D: marginRow(3, 'padding', zeroPad),
  Cropping1D: marginRow(1, 'cropping', crop),
  Cropping2D: marginRow(2, 'cropping', crop),
  Cropping3D: marginRow(3, 'cropping', crop),
  UpSampling1D: upsampleRow(1),
  UpSampling2D: upsampleRow(2),
  UpSampling3D: upsampleRow(3)
}
