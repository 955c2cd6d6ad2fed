/** Layers of images: what is refused and in which words, what they show, and what golden-layers.spec.ts cannot ask. */
import { describe, expect, test } from 'vitest'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { denseBlock, invertedResidual, residualBlock, squeezeExcite } from '../../src/layer/blocks.js'
import { mergeScale } from '../../src/layer/combinator/merge.js'
import type { Layer } from '../../src/layer/definition.js'
import { inputs, modelData } from '../../src/layer/model.js'
import { averagePool } from '../../src/layer/spatial/average-pool.js'
import { conv2d } from '../../src/layer/spatial/conv2d.js'
import { convTranspose1d } from '../../src/layer/spatial/conv-transpose1d.js'
import { convTranspose2d } from '../../src/layer/spatial/conv-transpose2d.js'
import { crop } from '../../src/layer/spatial/crop.js'
import { groupNorm } from '../../src/layer/spatial/group-norm.js'
import { maxPool } from '../../src/layer/spatial/max-pool.js'
import { separableConv2d } from '../../src/layer/spatial/separable-conv2d.js'
import { spatialDropout } from '../../src/layer/spatial/spatial-dropout.js'
import { upsample } from '../../src/layer/spatial/upsample.js'
import { zeroPad } from '../../src/layer/spatial/zero-pad.js'
import { checkModel, outputOf } from '../../src/model/model.js'
import { rootKey } from '../../src/random/index.js'
import { allocate, numbersOf, tensorView } from '../../src/value/tensor.js'
import type { Shape } from '../../src/value/shape.js'
import { left, right } from '../support/either.js'
import { apply } from './one-layer.js'

const said = (input: Shape, ...layers: readonly Layer[]): string => left(checkModel(modelData(input, ...layers)))

describe('what does not fit is refused in a sentence', () => {
  test.each<[string, string]>([
    [
      said([784], separableConv2d(4, 3)),
      'separableConv2d: expected an image [height, width, channels], got [784]; put reshape before it'
    ],
    [
      said([1, 1, 3], separableConv2d(4, 3)),
      'separableConv2d: expected a height of at least 3, padding included, got 1 (0 before, 1, 0 after); use a smaller kernel or more padding'
    ],
    [
      said([1, 1, 3], maxPool(2)),
      'maxPool: expected a height of at least 2, padding included, got 1 (0 before, 1, 0 after); use a smaller kernel or more padding'
    ],
    [said([4, 4, 3], averagePool(2, { stride: 0 })), 'averagePool: expected a positive whole number, got 0'],
    [said([4, 4, 3], convTranspose2d(2, 3, { stride: 0 })), 'convTranspose2d: expected a positive whole number, got 0'],
    [
      said([4, 4, 3], convTranspose2d(2, 3, { groups: 2 })),
      'convTranspose2d: expected input channels that 2 groups divide, got 3'
    ],
    [
      said([4, 4, 4], convTranspose2d(3, 3, { groups: 2 })),
      'convTranspose2d: expected output channels that 2 groups divide, got 3'
    ],
    [
      said([4, 2], convTranspose1d(2, 3, { stride: 2, outputPadding: 2 })),
      'convTranspose1d: expected output padding smaller than the stride of 2 or the dilation of 1, got 2'
    ],
    [
      said([4, 4, 2], convTranspose2d(2, 3, { outputPadding: -1 })),
      'convTranspose2d: expected a whole number, 0 or more, got -1'
    ],
    [
      said([4, 4, 2], convTranspose2d(2, 3, { outputPadding: [0] })),
      'convTranspose2d: expected settings for 2 spatial axes, got a list of 1'
    ],
    [
      said([1, 2], convTranspose1d(2, 3, { padding: [[2, 1]] })),
      'convTranspose1d: expected padding smaller than the length of 3, got 2 before and 1 after'
    ],
    [said([4, 3, 2], crop(2)), 'crop: expected a height of at least 5, got 4; 2 before and 2 after are cut off'],
    [said([4, 3, 2], zeroPad(-1)), 'zeroPad: expected a whole number, 0 or more, got -1'],
    [said([4, 3, 2], zeroPad([[1, 1]])), 'zeroPad: expected settings for 2 spatial axes, got a list of 1'],
    [
      said([4], spatialDropout(0.5)),
      'spatialDropout: expected a sequence, an image or a volume [..., channels], got [4]; put reshape before it'
    ],
    [said([4, 4, 2], spatialDropout(1)), 'spatialDropout: expected a number from 0 up to, not including, 1, got 1'],
    [said([4, 4, 3], groupNorm(2)), 'groupNorm: expected input channels that 2 groups divide, got 3'],
    [
      said(inputs([4, 4, 3], [4]), mergeScale),
      'scale: expected a tensor [..., n] and its factors [n], got [4, 4, 3] and [4]'
    ],
    [
      said([8, 8, 3], squeezeExcite(4, 2)),
      'scale: expected a tensor [..., n] and its factors [n], got [8, 8, 3] and [4]'
    ],
    [
      said([8, 8, 3], residualBlock(4)),
      'residual: expected a block that keeps the shape [8, 8, 3], got a block that gives [8, 8, 4]'
    ]
  ])('%s', (got, wanted) => expect(got).toBe(wanted))

  test('a training batch of one example with one number for each channel', () => {
    const x = tensorView('f64', [1, 1, 1, 2], Float64Array.of(1, 2))
    expect(() => apply(batchNorm(), { x, training: true })).toThrow(
      'expected training batches with two or more numbers for each channel, got a batch of shape [1, 1, 1, 2]'
    )
  })
  test('but not one example of a larger image', () => {
    const x = tensorView('f64', [1, 2, 1, 1], Float64Array.of(1, 3))
    expect(Array.from(numbersOf(apply(batchNorm({ epsilon: 1e-300 }), { x, training: true }).y))).toEqual([-1, 1])
  })
})

test.each<[Layer, Shape, Shape]>([
  // an image of one pixel
  [conv2d(2, 3, { padding: 'same' }), [1, 1, 1], [1, 1, 2]],
  [maxPool(2, { padding: 'same' }), [1, 1, 3], [1, 1, 3]],
  [convTranspose2d(2, 3), [1, 1, 1], [3, 3, 2]],
  [convTranspose2d(2, 2, { stride: 5, padding: 'same' }), [1, 2, 1], [5, 10, 2]],
  [upsample(3, 'bilinear'), [1, 1, 1], [3, 3, 1]],
  // the places that PyTorch and Keras give
  [convTranspose2d(1, 4, { stride: 2, padding: 1 }), [7, 7, 3], [14, 14, 1]],
  [convTranspose2d(1, 5, { stride: 2, padding: 2, outputPadding: 1 }), [7, 7, 3], [14, 14, 1]],
  [convTranspose2d(1, 3, { stride: 3, padding: 'same', outputPadding: [0, 2] }), [7, 5, 3], [21, 17, 1]],
  [convTranspose1d(1, 3, { dilation: 4, stride: 2 }), [7, 1], [21, 1]],
  // blocks
  [invertedResidual(3, 5, { stride: 2 }), [7, 8, 3], [4, 4, 5]],
  [invertedResidual(3, 3, { expand: 1 }), [7, 8, 3], [7, 8, 3]],
  [denseBlock(3, 4), [5, 5, 2], [5, 5, 14]]
])('the output sizes of %j', (layer, input, output) => expect(right(outputOf(modelData(input, layer)))).toEqual(output))

test("'same' of a transposed convolution is the adjoint of 'same' of a convolution", () => {
  const cases = ['same', 'sameLower'].flatMap(padding =>
    [1, 2, 3].flatMap(stride => [1, 2, 3, 4].map(kernel => ({ padding, stride, kernel }) as const))
  ) as readonly { readonly padding: 'same' | 'sameLower'; readonly stride: number; readonly kernel: number }[]
  const wave = (shape: readonly number[]) =>
    tensorView(
      'f64',
      shape,
      allocate(
        'f64',
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 11) - 5)
      )
    )
  for (const { padding, stride, kernel } of cases) {
    const [small, large] = [wave([1, 3, 2, 1]), wave([1, 3 * stride, 2 * stride, 1])]
    const weight = wave([kernel, kernel, 1, 1])
    const settings = { stride, padding, bias: false } as const
    const forward = apply(conv2d(1, kernel, settings), {
      x: large,
      c: small,
      training: false,
      params: { 'conv2d/weight': weight }
    })
    const back = apply(convTranspose2d(1, kernel, settings), {
      x: small,
      c: large,
      training: false,
      params: { 'convTranspose2d/weight': weight }
    })
    expect(Array.from(numbersOf(back.y))).toEqual(Array.from(numbersOf(forward.dx)))
  }
})

describe('spatial dropout', () => {
  const x = tensorView(
    'f64',
    [3, 2, 2, 4],
    Float64Array.from({ length: 48 }, (_, i) => i + 1)
  )
  const dropped = (training: boolean, convention?: 'textbook') =>
    numbersOf(apply(spatialDropout(0.5, convention), { x, training, key: rootKey(5) }).y)
  test('drops a channel of an example at all places or at none', () => {
    const kept = Array.from(dropped(true), v => v !== 0)
    const channels = Array.from({ length: 12 }, (_, i) => {
      const [example, channel] = [Math.floor(i / 4), i % 4]
      return [0, 1, 2, 3].map(place => kept[example * 16 + place * 4 + channel])
    })
    expect(channels.every(c => new Set(c).size === 1)).toBe(true)
    expect(new Set(channels.map(c => c[0])).size).toBe(2)
  })
  test('doubles what it keeps of a half, and keeps all in inference', () => {
    expect(Array.from(dropped(true)).every((v, i) => v === 0 || v === 2 * (i + 1))).toBe(true)
    expect(Array.from(dropped(false))).toEqual(Array.from(numbersOf(x)))
    expect(Array.from(dropped(false, 'textbook'))).toEqual(Array.from(numbersOf(x), v => v / 2))
  })
})
