/** Layers of images against numbers of PyTorch, in f64: values, and gradients of inputs and parameters. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Layer } from '../../src/layer/definition.js'
import { conv1d } from '../../src/layer/spatial/conv1d.js'
import { conv2d } from '../../src/layer/spatial/conv2d.js'
import { conv3d } from '../../src/layer/spatial/conv3d.js'
import { maxPool } from '../../src/layer/spatial/max-pool.js'
import { averagePool } from '../../src/layer/spatial/average-pool.js'
import { globalAveragePool } from '../../src/layer/spatial/global-average-pool.js'
import { adaptiveAveragePool } from '../../src/layer/spatial/adaptive-average-pool.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { rmsNorm } from '../../src/layer/rms-norm.js'
import { depthwiseConv2d } from '../../src/layer/spatial/depthwise-conv2d.js'
import { groupNorm } from '../../src/layer/spatial/group-norm.js'
import { instanceNorm } from '../../src/layer/spatial/instance-norm.js'
import { convTranspose1d } from '../../src/layer/spatial/conv-transpose1d.js'
import { convTranspose2d } from '../../src/layer/spatial/conv-transpose2d.js'
import { crop } from '../../src/layer/spatial/crop.js'
import { globalMaxPool } from '../../src/layer/spatial/global-max-pool.js'
import { separableConv2d } from '../../src/layer/spatial/separable-conv2d.js'
import { zeroPad } from '../../src/layer/spatial/zero-pad.js'
import { residualBlock, squeezeExcite } from '../../src/layer/blocks.js'
import { upsample } from '../../src/layer/spatial/upsample.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { apply, fromGolden, type Golden } from './one-layer.js'

type Pair = readonly [number, number]
/** each kind of case has some of these */
interface Settings {
  readonly kernel: Pair
  readonly size: Pair
  readonly stride: Pair
  readonly dilation: Pair | undefined
  readonly padLow: readonly number[]
  readonly padHigh: readonly number[]
  readonly groups: number | undefined
  readonly multiplier: number
  readonly padding: number
  readonly outputPadding: number
  readonly output: Pair
  readonly factor: number
  readonly channels: number
  readonly reduced: number
  readonly epsilon: number
}
interface Case {
  readonly kind: string
  readonly settings: Settings
  readonly in: Readonly<Record<string, Golden>>
  readonly cotangent: Golden
  readonly out: Golden
  readonly gradients: Readonly<Record<string, Golden>>
}
const casesOf = (file: string): readonly Case[] =>
  (
    JSON.parse(readFileSync(join(import.meta.dirname, '../golden', file), 'utf8')) as {
      readonly cases: readonly Case[]
    }
  ).cases
// more-layers.json is made by spec/scripts/layers_torch.py
const cases = [...casesOf('layers.json'), ...casesOf('more-layers.json')]

const sides = ({ padLow, padHigh }: Settings): readonly Pair[] =>
  padLow.map((low, i): Pair => [low, padHigh[i] as number])
const sides2 = (s: Settings): readonly [Pair, Pair] => sides(s) as readonly [Pair, Pair]
const channels = (c: Case): number => c.in['weight']?.shape.at(-1) as number
const out = (c: Case): number => c.out.shape.at(-1) as number

/** a case as a layer of ours */
const layers: Readonly<Record<string, (settings: Settings, c: Case) => Layer>> = {
  conv1d: (s, c) => {
    const { kernel, stride, dilation, groups } = s
    return conv1d(channels(c), kernel[0], {
      stride: stride[0],
      dilation: dilation?.[0] ?? 1,
      groups: groups ?? 1,
      padding: sides(s) as readonly [Pair]
    })
  },
  conv2d: (s, c) =>
    conv2d(channels(c), s.kernel, {
      stride: s.stride,
      dilation: s.dilation ?? 1,
      groups: s.groups ?? 1,
      padding: sides2(s)
    }),
  'conv2d-same': ({ kernel, stride }, c) => conv2d(channels(c), kernel, { stride, padding: 'same' }),
  conv3d: (s, c) =>
    conv3d(channels(c), s.kernel, {
      stride: s.stride,
      dilation: s.dilation ?? 1,
      groups: s.groups ?? 1,
      padding: sides(s)
    }),
  maxPool1d: ({ size, stride }) => maxPool(size, { stride }),
  maxPool2d: ({ size, stride, padding }) => maxPool(size, { stride, padding }),
  maxPool3d: ({ size, stride, padding }) => maxPool(size, { stride, padding }),
  'averagePool1d-inside': ({ size, stride, padding }) => averagePool(size, { stride, padding }),
  'averagePool1d-window': ({ size, stride, padding }) => averagePool(size, { stride, padding, dividing: 'window' }),
  'averagePool2d-inside': ({ size, stride, padding }) => averagePool(size, { stride, padding }),
  'averagePool2d-window': ({ size, stride, padding }) => averagePool(size, { stride, padding, dividing: 'window' }),
  globalAveragePool: () => globalAveragePool,
  globalMaxPool: () => globalMaxPool,
  adaptiveAveragePool1d: ({ output }) => adaptiveAveragePool(output),
  crop: s => crop(sides(s)),
  zeroPad: s => zeroPad(sides(s)),
  convTranspose1d: (s, c) =>
    convTranspose1d(out(c), s.kernel, {
      stride: s.stride,
      dilation: s.dilation ?? 1,
      padding: s.padding,
      outputPadding: s.outputPadding,
      groups: s.groups ?? 1
    }),
  convTranspose2d: (s, c) =>
    convTranspose2d(out(c), s.kernel, {
      stride: s.stride,
      dilation: s.dilation ?? 1,
      padding: s.padding,
      outputPadding: s.outputPadding,
      groups: s.groups ?? 1
    }),
  separableConv2d: (s, c) =>
    separableConv2d(out(c), s.kernel, {
      stride: s.stride,
      multiplier: s.multiplier,
      padding: sides(s)
    }),
  squeezeExcite: ({ channels, reduced }) => squeezeExcite(channels, reduced),
  residualBlock: ({ channels, stride }) => residualBlock(channels, { stride: stride[0] }),
  adaptiveAveragePool2d: ({ output }) => adaptiveAveragePool(output),
  depthwiseConv2d: s => depthwiseConv2d(s.kernel, { stride: s.stride, multiplier: s.multiplier, padding: sides(s) }),
  'upsample-nearest': ({ factor }) => upsample(factor),
  'upsample-bilinear': ({ factor }) => upsample(factor, 'bilinear'),
  'batchNorm2d-training': ({ epsilon }) => batchNorm({ epsilon }),
  groupNorm: ({ groups, epsilon }) => groupNorm(groups ?? 1, { epsilon }),
  instanceNorm: ({ epsilon }) => instanceNorm({ epsilon }),
  rmsNorm: ({ epsilon }) => rmsNorm({ epsilon })
}

/** where the parameters of a block are */
const insideBlocks: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  squeezeExcite: {
    w1: 'fanOut/sequential/dense/weight',
    b1: 'fanOut/sequential/dense/bias',
    w2: 'fanOut/sequential/dense2/weight',
    b2: 'fanOut/sequential/dense2/bias'
  },
  residualBlock: {
    w1: 'fanOut/body/conv2d/weight',
    g1: 'fanOut/body/batchNorm/gamma',
    b1: 'fanOut/body/batchNorm/beta',
    w2: 'fanOut/body/conv2d2/weight',
    g2: 'fanOut/body/batchNorm2/gamma',
    b2: 'fanOut/body/batchNorm2/beta',
    ws: 'fanOut/shortcut/conv2d/weight',
    gs: 'fanOut/shortcut/batchNorm/gamma',
    bs: 'fanOut/shortcut/batchNorm/beta'
  }
}

/** the largest error, in parts of |expected| where that is above 1 */
const errorOf = (got: Tensor | undefined, wanted: Golden): number => {
  if (got === undefined || got.shape.join() !== wanted.shape.join()) return Infinity
  const numbers = numbersOf(got)
  return wanted.data.reduce(
    (worst, b, i) => Math.max(worst, Math.abs((numbers[i] as number) - b) / Math.max(1, Math.abs(b))),
    0
  )
}

describe('PyTorch gives the same numbers to 1e-12', () => {
  test.each(cases.map((c, i) => [`${i}: ${c.kind} ${JSON.stringify(c.settings)}`, c] as const))('%s', (_, c) => {
    const layer = layers[c.kind]?.(c.settings, c) as Layer
    const { x, ...given } = c.in
    const label = (name: string): string => insideBlocks[c.kind]?.[name] ?? `${layer.tag}/${name}`
    const result = apply(layer, {
      x: fromGolden(x as Golden),
      c: fromGolden(c.cotangent),
      training: true,
      params: Object.fromEntries(Object.entries(given).map(([name, t]) => [label(name), fromGolden(t)]))
    })
    const { x: dx, ...gradients } = c.gradients
    expect(errorOf(result.y, c.out)).toBeLessThan(1e-12)
    expect(errorOf(result.dx, dx as Golden)).toBeLessThan(1e-12)
    expect(Object.keys(result.params).sort()).toEqual(Object.keys(given).map(label).sort())
    for (const [name, g] of Object.entries(gradients))
      expect(errorOf(result.params[label(name)], g), name).toBeLessThan(1e-12)
  })
})
test('every kind of case has a layer', () =>
  expect(cases.map(c => c.kind).filter(kind => layers[kind] === undefined)).toEqual([]))
