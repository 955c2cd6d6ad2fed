/** Weights of PyTorch modules: predictions are PyTorch's, and what goes there comes back. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { fromTorch, toTorch } from '../../../src/format/mapping/torch.js'
import { decodeSafetensors } from '../../../src/format/safetensors.js'
import { predict } from '../../../src/infer/index.js'
import * as g from '../../../src/index.js'
import { reference } from '../../../src/ndarray.js'
import { showError } from '../../../src/value/error.js'
import { numbersOf, tensorView, toTypedArray, type Tensor } from '../../../src/value/tensor.js'
import { right } from '../../support/either.js'

const at = (name: string): URL => new URL(`fixtures/${name}`, import.meta.url)
const { tensors } = right(decodeSafetensors(readFileSync(at('torch.safetensors'))))
const said = JSON.parse(readFileSync(at('torch.json'), 'utf8')) as {
  readonly torch: string
  readonly x: readonly number[]
  readonly y: readonly number[]
}

const net = g.model(
  g.input(6, 7, 2),
  g.conv2d(4, [3, 2], { stride: [1, 2], padding: 1 }),
  g.relu,
  g.residualBlock(4),
  g.depthwiseConv2d(3, { multiplier: 2, padding: 1 }),
  g.relu,
  g.conv2d(6, 1, { groups: 2 }),
  g.maxPool(2),
  g.convTranspose2d(3, 2, { stride: 2 }),
  g.groupNorm(3),
  g.flatten,
  g.batchNorm(),
  g.relu,
  g.dense(5),
  g.layerNorm(),
  g.dense(3)
)
const modules = {
  conv2d: 'stem',
  'residual/conv2d': 'block.conv1',
  'residual/batchNorm': 'block.bn1',
  'residual/conv2d2': 'block.conv2',
  'residual/batchNorm2': 'block.bn2',
  depthwiseConv2d: 'depth',
  conv2d2: 'grouped',
  convTranspose2d: 'up',
  groupNorm: 'norm',
  batchNorm: 'head.1',
  dense: 'head.3',
  layerNorm: 'head.4',
  dense2: 'head.5'
}
const counters = ['block.bn1', 'block.bn2', 'head.1'].map(m => `${m}.num_batches_tracked`)
const read = right(fromTorch(net, { modules })(tensors))

describe('a PyTorch state dict', () => {
  test('predicts what PyTorch 1.13 predicts', () => {
    const x = tensorView('f64', [3, 6, 7, 2], Float64Array.from(said.x))
    const { params, layers } = read
    const y = right(predict(net, params as never, { backend: reference, layers })(x))
    const got = numbersOf(y)
    expect(got).toHaveLength(said.y.length)
    for (const [i, wanted] of said.y.entries())
      expect(Math.abs((got[i] as number) - wanted) / Math.max(1, Math.abs(wanted))).toBeLessThan(1e-12)
  })
  test('is reported: what became what, and what was left', () => {
    expect(read.report.left.slice().sort((a, b) => (a < b ? -1 : 1))).toEqual(counters)
    expect(read.report.matched).toHaveLength(Object.keys(tensors).length - counters.length)
    expect(read.report.matched).toContainEqual(['params/depthwiseConv2d/weight', 'depth.weight'])
    expect(read.report.matched).toContainEqual(['layers/batchNorm/mean', 'head.1.running_mean'])
  })
  test('comes back as it was, to the bit', () => {
    const back = right(toTorch(net, { modules })(read))
    expect(Object.keys(back).sort((a, b) => (a < b ? -1 : 1))).toEqual(
      Object.keys(tensors)
        .filter(name => !counters.includes(name))
        .sort((a, b) => (a < b ? -1 : 1))
    )
    for (const [name, t] of Object.entries(back)) {
      expect([name, t.shape]).toEqual([name, tensors[name]?.shape])
      expect(toTypedArray(t)).toEqual(toTypedArray(tensors[name] as Tensor))
    }
  })
  test('has the order of channels first in all that an image reaches after flatten, under any names', () => {
    const flat = g.model(
      g.input(2, 3, 2),
      g.named('features')(g.sequential(g.relu, g.flatten)),
      g.layerNorm(),
      g.named('head')(g.sequential(g.relu, g.dense(4), g.relu, g.dense(3)))
    )
    const numbers = (n: number, step: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(step * (i + 1)))
    const [gamma, beta, w1, b1] = [numbers(12, 1), numbers(12, 2), numbers(48, 3), numbers(4, 4)]
    const [w2, b2] = [numbers(12, 5), numbers(3, 6)]
    const tensor = (shape: readonly number[], n: readonly number[]) => tensorView('f64', shape, Float64Array.from(n))
    const dict = {
      'layerNorm.weight': tensor([12], gamma),
      'layerNorm.bias': tensor([12], beta),
      'head.dense.weight': tensor([4, 12], w1),
      'head.dense.bias': tensor([4], b1),
      'head.dense2.weight': tensor([3, 4], w2),
      'head.dense2.bias': tensor([3], b2)
    }
    const here = right(fromTorch(flat)(dict))
    const x = numbers(12, 7)
    // as PyTorch computes: [2, 3, 2] -> [2, 2, 3] -> [12]
    const image = Array.from({ length: 12 }, (_, i) => Math.max(0, x[(i % 6) * 2 + Math.floor(i / 6)] ?? 0))
    const mean = image.reduce((a, b) => a + b, 0) / 12
    const deviation = Math.sqrt(image.reduce((a, b) => a + (b - mean) ** 2, 0) / 12 + 1e-5)
    const linear = (w: readonly number[], b: readonly number[], v: readonly number[]): number[] =>
      b.map((c, o) => v.reduce((sum, a, i) => sum + a * (w[o * v.length + i] ?? 0), c))
    const relu = (v: readonly number[]): number[] => v.map(a => Math.max(0, a))
    const normed = image.map((a, i) => ((a - mean) / deviation) * (gamma[i] ?? 0) + (beta[i] ?? 0))
    const wanted = linear(w2, b2, relu(linear(w1, b1, relu(normed))))
    const y = right(
      predict(flat, here.params as never, { backend: reference })(tensorView('f64', [1, 2, 3, 2], Float64Array.from(x)))
    )
    expect(numbersOf(y)).toHaveLength(3)
    for (const [i, v] of wanted.entries()) expect(numbersOf(y)[i]).toBeCloseTo(v, 12)
    expect(Object.keys(right(toTorch(flat)(here))).length).toBe(6)
    for (const [name, t] of Object.entries(right(toTorch(flat)(here))))
      expect(toTypedArray(t)).toEqual(toTypedArray(dict[name as keyof typeof dict]))
  })
  test.each([
    ['a sum of a flattened image and other numbers', [g.flatten, g.residual(g.dense(12)), g.dense(2)]],
    ['a repeated layer after flatten', [g.flatten, g.repeat(2)(g.dense(12))]],
    [
      'branches of which one flattens',
      [g.fanOut(g.flatten, g.sequential(g.flatten, g.dense(2))), g.mergeConcat, g.dense(2)]
    ],
    ['an image that comes back', [g.flatten, g.reshape(3, 2, 2), g.conv2d(2, 1)]]
  ] as const)('is refused for %s', (_, layers) => {
    const net: g.ModelData = {
      input: [2, 3, 2],
      tag: 'model',
      layer: g.sequential(...layers)
    }
    const params = right(g.init(net as never, g.rootKey(1)))
    expect(pipe(toTorch(net)({ params }), E.mapLeft(showError))).toEqual(
      E.left(expect.stringContaining('got those of an image that was flattened'))
    )
  })
  const numbered = { dense: tensorView('f32', [1, 6], Float32Array.of(1, 2, 3, 4, 5, 6)) }
  const behind = (...layers: readonly unknown[]): readonly number[] => {
    const net = { input: [3, 2], tag: 'model', layer: g.sequential(...(layers as never[])) } as g.ModelData
    const there = right(toTorch(net)({ params: right(g.init(net as never, g.rootKey(1))) }))
    const dict = { ...there, 'dense.weight': numbered.dense }
    const { params, report } = right(fromTorch(net)(dict))
    expect(report.left).toEqual([])
    return Array.from(numbersOf((params as never as { dense: { weight: Tensor } }).dense.weight))
  }
  // [positions, features] stay in this order in PyTorch, [channels, places] are what a convolution gives there
  test.each([
    ['that is the input', [g.relu, g.flatten, g.dense(1)], [1, 2, 3, 4, 5, 6]],
    [
      'of a recurrent layer',
      [g.lstm(2, { outputs: 'all' }), g.dropout(0.5), g.flatten, g.dense(1)],
      [1, 2, 3, 4, 5, 6]
    ],
    ['of attention', [g.residual(g.selfAttention(1)), g.relu, g.flatten, g.dense(1)], [1, 2, 3, 4, 5, 6]],
    [
      'of a convolution before a norm of features',
      [g.conv1d(2, 1), g.layerNorm(), g.flatten, g.dense(1)],
      [1, 2, 3, 4, 5, 6]
    ],
    ['of a convolution', [g.conv1d(2, 1), g.relu, g.flatten, g.dense(1)], [1, 4, 2, 5, 3, 6]],
    ['of a convolution in a residual', [g.residual(g.conv1d(2, 1)), g.flatten, g.dense(1)], [1, 4, 2, 5, 3, 6]],
    ['of a pool', [g.maxPool(1), g.flatten, g.dense(1)], [1, 4, 2, 5, 3, 6]]
  ] as const)('has the order of PyTorch after a flatten of two axes %s', (_, layers, wanted) => {
    expect(behind(...layers)).toEqual(wanted)
  })
  test('has the paths of the layers as names where no module is said', () => {
    const small = g.model(g.input(2), g.residual(g.dense(2)))
    const params = right(g.init(small, g.rootKey(1)))
    const there = right(toTorch(small)({ params }))
    expect(Object.keys(there)).toEqual(['residual.dense.weight', 'residual.dense.bias'])
    expect(right(fromTorch(small)(there)).params).toEqual(params)
  })
})

describe('what does not fit is refused', () => {
  const rest = Object.fromEntries(Object.entries(tensors).filter(([name]) => name !== 'stem.weight'))
  const separable = g.model(g.input(4, 4, 2), g.separableConv2d(3, 2))
  test.each([
    [
      'a tensor is missing',
      fromTorch(net, { modules })(rest),
      'torch/stem.weight: expected f64[4, 2, 3, 2] for params/conv2d/weight, got nothing; the option modules says which module is which layer'
    ],
    [
      'another shape',
      fromTorch(net, { modules })({ ...rest, 'stem.weight': tensorView('f64', [1], Float64Array.of(1)) }),
      'torch/stem.weight: expected f64[4, 2, 3, 2] for params/conv2d/weight, got f64[1]; the option modules says which module is which layer'
    ],
    [
      'no tensor',
      fromTorch(net, { modules })({ ...rest, 'stem.weight': 3 as never }),
      'torch/stem.weight: expected f64[4, 2, 3, 2] for params/conv2d/weight, got no tensor; the option modules says which module is which layer'
    ],
    [
      'a module of no layer',
      fromTorch(g.model(g.input(2), g.dense(1)), { modules: { conv: 'a' } })(tensors),
      'modules/conv: expected the path of a layer, got another; the layers are dense'
    ],
    [
      'a layer without a module',
      fromTorch(separable)(tensors),
      'torch/params/separableConv2d/depthwise: expected a layer that PyTorch has weights for, got separableConv2d'
    ],
    ['no state dict', fromTorch(net)(3 as never), 'tensors: expected an object, got 3'],
    ['no weights', toTorch(net)(undefined as never), 'params: expected a tree of tensors, got nothing'],
    [
      'an unknown setting',
      toTorch(net, { names: {} } as never)(read),
      'options: expected only modules, registry, got "names"'
    ]
  ])('%s', (_, result, message) => {
    expect(pipe(result as E.Either<g.Problem<string>, unknown>, E.mapLeft(showError))).toEqual(E.left(message))
  })
})
