/** ONNX files as models: the trip out and in, networks as PyTorch writes them, and what is refused. */
import { readFileSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import * as E from 'fp-ts/lib/Either.js'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { exportOnnx } from '../../../src/format/onnx/onnx.js'
import type { ImportedModel } from '../../../src/format/import/imported.js'
import { importOnnx } from '../../../src/format/onnx/import/import.js'
import { encodeOnnx, type OnnxModel, type OnnxNode } from '../../../src/format/onnx/proto.js'
import * as g from '../../../src/index.js'
import { predict, type Examples } from '../../../src/infer/index.js'
import type { ModelData } from '../../../src/layer/model.js'
import { modelData } from '../../../src/layer/model.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import type { DecodeError } from '../../../src/value/error.js'
import { mistakesOf } from '../../../src/value/error.js'
import { numbersOf, permutedView, sameBits, tensorView, type Tensor } from '../../../src/value/tensor.js'
import { treeLeaves } from '../../../src/value/tree.js'
import { left, right } from '../../support/either.js'
import { cases, examplesOf, weightsOf } from './cases.js'
import { damagedFile, otherwise } from './damage.js'

const flat = (x: Examples): readonly Tensor[] =>
  Array.isArray(x) ? (x as readonly Examples[]).flatMap(flat) : [x as Tensor]
const predicted = (m: Pick<ImportedModel, 'model' | 'params' | 'layers'>, x: Examples): readonly Tensor[] =>
  flat(right(predict(m.model as never, m.params as never, { backend: wasm, layers: m.layers })(x)))

/** layers whose graph is none of layers that the import knows: their errors name the operators */
const refused =
  /^(dropout 0.2, textbook|spatial dropout 0.2, textbook|multiply|adaptive average pool|group norm|instance norm|upsample|convTranspose1d 2, 3, stride 2, dilation 2|simpleRnn|lstm|gru|embedding|per position|positions|self-attention|cross-attention|mask padding|a custom)/

describe('a network that was exported', () => {
  test.each(cases.filter(c => !refused.test(c.name)).map(c => [c.name, c] as const))(
    'predicts the same bits when it was imported: %s',
    (_, { model, weights, registry }) => {
      const imported = right(importOnnx(right(exportOnnx(model, { registry })(weights))))
      const x = examplesOf(model, 3)
      const before = predicted({ model, params: weights.params, layers: weights.layers ?? {} }, x)
      const after = predicted(imported, x)
      expect(after.map((t, i) => sameBits(t, before[i] as Tensor))).toEqual(before.map(() => true))
    }
  )
  test.each(cases.filter(c => refused.test(c.name)).map(c => [c.name, c] as const))(
    'is refused by the names of its nodes where it has no form here: %s',
    (_, { model, weights, registry }) => {
      const e = importOnnx(right(exportOnnx(model, { registry })(weights)))
      expect(E.isLeft(e) ? mistakesOf(e.left).map(m => m.path[0]) : []).toContain('onnx')
    }
  )
  test('is trained on with the same bits as without the trip', () => {
    const net = modelData(
      [8, 8, 2],
      g.conv2d(4, 3, { padding: 1, bias: false }),
      g.batchNorm(),
      g.relu,
      g.maxPool(2),
      g.residualBlock(4),
      g.depthwiseConv2d(3, { padding: 1 }),
      g.averagePool(3, { stride: 1, padding: 1 }),
      g.flatten,
      g.dense(6),
      g.layerNorm(),
      g.gelu,
      g.dense(3)
    )
    const weights = weightsOf(net)
    const trip = right(importOnnx(right(exportOnnx(net)(weights))))
    const x = examplesOf(net, 8) as Tensor
    const y = tensorView(
      'u32',
      [8],
      Uint32Array.from({ length: 8 }, (_, i) => i % 3)
    )
    const data = right(g.dataset({ x, y, classes: 3 }))
    const trained = (model: ModelData, start: Pick<ImportedModel, 'params' | 'layers'>): readonly Tensor[] => {
      const options = {
        model: right(g.checkModel(model)),
        loss: g.softmaxCrossEntropy,
        optimizer: g.adam(0.01),
        batchSize: 4,
        stop: g.steps(4),
        seed: 3
      }
      const fresh = right(g.startState(g.training(options as never), { params: start.params }))
      const from = { ...fresh, layers: start.layers }
      const { state } = right(g.train(options as never, { backend: wasm, from })(data))
      const { params, layers } = state as Pick<ImportedModel, 'params' | 'layers'>
      return [...treeLeaves(params), ...treeLeaves(layers)].map(([, t]) => t)
    }
    const before = trained(net, weights as ImportedModel)
    const after = trained(trip.model, trip)
    expect(before.length).toBe(after.length)
    expect(after.map((t, i) => sameBits(t, before[i] as Tensor))).toEqual(before.map(() => true))
    expect(sameBits(before[0] as Tensor, treeLeaves(weights.params)[0]?.[1] as Tensor)).toBe(false)
  })
})

describe('a network of PyTorch 2.13', () => {
  const numbers = JSON.parse(readFileSync(new URL('torch/numbers.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, { readonly shape: readonly number[]; readonly x: readonly number[]; readonly y: readonly number[] }>
  >
  test.each(Object.entries(numbers))('predicts what it predicts there: %s', (name, { shape, x, y }) => {
    const imported = right(importOnnx(readFileSync(new URL(`torch/${name}.onnx`, import.meta.url))))
    const there = tensorView('f32', [3, ...shape], Float32Array.from(x))
    const order = shape.length === 1 ? [0, 1] : [0, ...shape.keys()].filter(i => i !== 1).concat([shape.length, 1])
    const last = shape.length === 1 ? there : permutedView(there, [...new Set(order)])
    const here = tensorView('f32', last.shape, numbersOf(last))
    const got = numbersOf(predicted(imported, here)[0] as Tensor)
    expect(got.length).toBe(y.length)
    for (const [i, v] of y.entries()) expect(Math.abs((got[i] as number) - v)).toBeLessThan(1e-6)
  })
  test('has the layers that it was made of, and numbers that can be trained', () => {
    const { model, layers } = right(importOnnx(readFileSync(new URL('torch/resnet.onnx', import.meta.url))))
    const json = JSON.stringify(model)
    expect([json.includes('"residual"'), json.includes('"fanOut"'), json.includes('"maxPool"')]).toEqual([
      true,
      true,
      true
    ])
    expect(model.input).toEqual([12, 12, 3])
    expect(treeLeaves(layers)).toEqual([])
  })
})

// ---- graphs written here

const weight = { name: 'w', type: 1, dims: [2, 2], raw: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) }
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = {}
): OnnxNode => ({
  name: `the ${output}`,
  op,
  inputs,
  outputs: [output],
  attributes
})
const file = (nodes: readonly OnnxNode[], more: Partial<OnnxModel> = {}): Uint8Array =>
  encodeOnnx({
    ir: 8,
    opset: 17,
    producer: 'spec',
    name: 'graph',
    nodes,
    initializers: [weight],
    inputs: [{ name: 'x', type: 1, dims: ['N', 2] }],
    outputs: [{ name: 'y', type: 1, dims: ['N', 2] }],
    metadata: [['classes', 'a b']],
    ...more
  })

describe('a graph', () => {
  test('names all nodes at once that no layer stands for', () => {
    const e = importOnnx(
      file([
        node('Sin', ['x'], 'a'),
        node('MatMul', ['a', 'w'], 'b'),
        node('Erf', ['b'], 'c'),
        node('Elu', ['x'], 'd', { alpha: { float: 2 } }),
        node('Add', ['c', 'd'], 'y')
      ])
    )
    expect(left(e).split('\n')).toEqual([
      'onnx/the a (Sin): expected an operator that a layer has, got Sin',
      'onnx/the c (Erf): expected an operator that a layer has, got Erf',
      'onnx/the d (Elu): expected alpha = 1, as elu has it, got 2'
    ])
  })
  test('keeps its texts as data', () => {
    expect(right(importOnnx(file([node('MatMul', ['x', 'w'], 'y')]))).metadata).toEqual({ classes: 'a b' })
  })
  test('is read for the outputs that are asked for', () => {
    const two = file([node('MatMul', ['x', 'w'], 'y'), node('Sin', ['y'], 'z')], {
      outputs: [
        { name: 'y', type: 1, dims: ['N', 2] },
        { name: 'z', type: 1, dims: ['N', 2] }
      ]
    })
    expect(right(importOnnx(two, { outputs: ['y'] })).model.layer.tag).toBe('dense')
    expect(left(importOnnx(two))).toContain('Sin')
    expect(left(importOnnx(two, { outputs: ['q'] }))).toBe('onnx/outputs: expected some of y, z, got q')
  })
  test.each([
    ['numbers in another order', [node('Transpose', ['x'], 'y', { perm: { ints: [1, 0] } })], 'axes of examples'],
    ['a value of a later node', [node('Relu', ['a'], 'y'), node('Relu', ['x'], 'a')], 'values that earlier nodes give'],
    ['weights of another size', [node('Gemm', ['x', 'w', 'w'], 'y')], 'a bias of 2 numbers'],
    ['a name twice', [node('Relu', ['x'], 'y'), node('Relu', ['x'], 'y')], 'y twice'],
    [
      'paths that cross',
      [node('Relu', ['x'], 'a'), node('Tanh', ['a'], 'b'), node('Add', ['a', 'b'], 'c'), node('Mul', ['b', 'c'], 'y')],
      'a value that several paths use'
    ],
    ['no node for its output', [node('Relu', ['x'], 'a')], 'an input']
  ])('with %s is refused', (_, nodes, part) => {
    expect(left(importOnnx(file(nodes)))).toContain(part)
  })
  test.each([undefined, null, 3, 'x', new Uint8Array(), Uint8Array.of(1, 2, 3)])('of %j is no file', u => {
    expect(E.isLeft(importOnnx(u as never))).toBe(true)
  })
  test('with numbers in another file is refused: no text of a file is a path', () => {
    const there = fromBinary(ModelProtoSchema, file([node('MatMul', ['x', 'w'], 'y')]))
    expect(there.graph?.initializer[0]?.externalData).toEqual([])
    const e = importOnnx(readFileSync(new URL('torch/outside.onnx', import.meta.url))) as E.Left<DecodeError>
    expect(left(e)).toContain('numbers in the file itself')
  })
})

test('a damaged file ends in an error, or in what its bytes say to another reader', () => {
  for (let seed = 0; seed < 100; seed++) expect([seed, otherwise(damagedFile(seed))]).toEqual([seed, undefined])
})
