import { describe, expect, test } from 'vitest'
import type { Layer } from '../../src/layer/definition.js'
import { modelData } from '../../src/layer/model.js'
import { conv1d } from '../../src/layer/spatial/conv1d.js'
import { conv2d } from '../../src/layer/spatial/conv2d.js'
import { encodeModel, parseModel } from '../../src/model/codec.js'
import { checkModel, outputOf } from '../../src/model/model.js'
import type { Shape } from '../../src/value/shape.js'
import { numbersOf, tensorView } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { apply } from './one-layer.js'

const said = (input: Shape, ...layers: readonly Layer[]): string => left(checkModel(modelData(input, ...layers)))

describe('what does not fit is said in a sentence', () => {
  test.each<[string, string]>([
    [
      said([784], conv2d(4, 3)),
      'conv2d: expected an image [height, width, channels], got [784]; put reshape before it'
    ],
    [
      said([8, 8, 1], conv1d(4, 3)),
      'conv1d: expected a sequence [length, channels], got [8, 8, 1]; put reshape before it'
    ],
    [
      said([28, 4, 1], conv2d(4, 5)),
      'conv2d: expected a width of at least 5, padding included, got 4 (0 before, 4, 0 after); use a smaller kernel or more padding'
    ],
    [
      said([1, 1, 3], conv2d(4, 7, { padding: 2 })),
      'conv2d: expected a height of at least 7, padding included, got 5 (2 before, 1, 2 after); use a smaller kernel or more padding'
    ],
    [
      said([4, 2], conv1d(1, 3, { dilation: 2, padding: [[0, 0]] })),
      'conv1d: expected a length of at least 5, padding included, got 4 (0 before, 4, 0 after); use a smaller kernel or more padding'
    ],
    [said([8, 8, 1], conv2d(4, 3, { stride: 0 })), 'conv2d: expected a positive whole number, got 0'],
    [said([8, 8, 1], conv2d(4, [3, 1.5])), 'conv2d: expected a positive whole number, got 1.5'],
    [said([8, 8, 1], conv2d(4, 3, { padding: -1 })), 'conv2d: expected a whole number, 0 or more, got -1'],
    [said([8, 8, 4], conv2d(6, 3, { groups: 3 })), 'conv2d: expected input channels that 3 groups divide, got 4'],
    [said([8, 8, 6], conv2d(4, 3, { groups: 3 })), 'conv2d: expected output channels that 3 groups divide, got 4']
  ])('%s', (got, wanted) => expect(got).toBe(wanted))

  test('also of JSON', () => {
    const parsed = (layer: object): string =>
      left(
        parseModel(
          JSON.stringify({ tag: 'model', input: [8, 8, 1], layer: { tag: 'conv2d', channels: 2, kernel: 3, ...layer } })
        )
      )
    expect(parsed({ stride: 0 })).toBe(
      '$/layer/stride: expected a positive whole number, or a list with one for each axis, got 0'
    )
    expect(parsed({ padding: 'causal' })).toBe(
      "$/layer/padding: expected 'valid', 'same', 'sameLower', a whole number, 0 or more, or a pair [before, after] for each axis, got \"causal\""
    )
    expect(parsed({ kernel: [3, 3, 3] })).toBe('conv2d: expected settings for 2 spatial axes, got a list of 3')
  })
})

test('JSON keeps every setting; what is left out is filled in', () => {
  const full = modelData(
    [8, 8, 4],
    conv2d(4, [3, 1], {
      stride: 2,
      dilation: [1, 2],
      padding: [
        [1, 0],
        [0, 0]
      ],
      groups: 2,
      bias: false
    })
  )
  expect(right(parseModel(JSON.stringify(encodeModel(right(checkModel(full))))))).toEqual(full)
  const short = '{ "tag": "model", "input": [8, 8, 4], "layer": { "tag": "conv2d", "channels": 3, "kernel": 2 } }'
  expect(right(parseModel(short))).toEqual(modelData([8, 8, 4], conv2d(3, 2)))
})

test.each<[Layer, Shape, Shape]>([
  [conv2d(2, 3, { stride: 2, padding: 'same' }), [5, 6, 1], [3, 3, 2]],
  [conv2d(2, 4, { padding: 'sameLower' }), [5, 6, 1], [5, 6, 2]],
  [conv1d(2, 3, { padding: 'causal', dilation: 4, stride: 2 }), [7, 1], [4, 2]],
  // a padding that reaches beyond the input on both sides
  [conv2d(1, 2, { stride: 3, padding: 4 }), [1, 1, 1], [3, 3, 1]]
])('the output sizes of %j', (layer, input, output) => expect(right(outputOf(modelData(input, layer)))).toEqual(output))

describe('padding by a rule puts the odd place', () => {
  // a kernel of two ones adds neighbours: 1 + 2, 2 + 4, 4 + 8, and at one end a number and a zero
  const sums = (padding: 'same' | 'sameLower' | 'causal'): readonly number[] => {
    const x = tensorView('f64', [1, 4, 1], Float64Array.of(1, 2, 4, 8))
    const weight = tensorView('f64', [2, 1, 1], Float64Array.of(1, 1))
    return Array.from(
      numbersOf(
        apply(conv1d(1, 2, { padding, bias: false }), { x, training: false, params: { 'conv1d/weight': weight } }).y
      )
    )
  }
  test('at the end', () => expect(sums('same')).toEqual([3, 6, 12, 8]))
  test('at the start', () => expect(sums('sameLower')).toEqual([1, 3, 6, 12]))
  test('before, where no output may see a later input', () => expect(sums('causal')).toEqual([1, 3, 6, 12]))
})
