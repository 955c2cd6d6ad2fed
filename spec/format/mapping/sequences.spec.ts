/** Weights of recurrent layers and attention from PyTorch, Keras and ONNX: the same outputs, gradients, and the way back. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { constant, input, mul, total } from '../../../src/expr/build.js'
import { gradients } from '../../../src/expr/gradient.js'
import type { Expr } from '../../../src/expr/op.js'
import { fromKeras, toKeras } from '../../../src/format/mapping/keras.js'
import { fromOnnx, toOnnx } from '../../../src/format/mapping/onnx.js'
import { fromTorch, toTorch } from '../../../src/format/mapping/torch.js'
import * as g from '../../../src/index.js'
import { build } from '../../../src/model/build.js'
import { showError } from '../../../src/value/error.js'
import {
  allocate,
  numbersOf,
  permutedView,
  tensorView,
  toTypedArray,
  type DType,
  type Tensor
} from '../../../src/value/tensor.js'
import { mapTree, treeLeaves, type Branch } from '../../../src/value/tree.js'
import { right } from '../../support/either.js'

interface Golden {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
type Dict = Readonly<Record<string, Golden>>
interface Case {
  readonly weights: Dict
  readonly inputs: readonly Golden[]
  readonly y: Golden
  readonly cotangent: Golden
  readonly gradients: Dict
  readonly mask: Golden
}
const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`fixtures/sequences-${name}.json`, import.meta.url), 'utf8')) as T
const tensor = ({ shape, data }: Golden, dtype: DType = 'f64'): Tensor =>
  tensorView(dtype, shape, allocate(dtype, data))
const tensors = (all: Dict, dtype: DType = 'f64'): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(all).map(([name, t]) => [name, tensor(t, dtype)]))
const errorOf = (got: Tensor, wanted: Golden): number => {
  const numbers = numbersOf(got)
  return numbers.length !== wanted.data.length
    ? Infinity
    : wanted.data.reduce((w, b, i) => Math.max(w, Math.abs((numbers[i] as number) - b) / Math.max(1, Math.abs(b))), 0)
}

/** what a model gives in training, and the gradients of a weighed sum of it */
const applied = (
  net: g.ModelData,
  params: Branch<Tensor>,
  xs: readonly Tensor[],
  c: Golden
): { readonly y: Tensor; readonly gradients: Branch<Tensor> } => {
  const placed = right(build(net, undefined, 'f64'))
  const leaves = treeLeaves<Tensor>(params)
  const p = mapTree<Tensor, Expr>((t, path) => input(path, t.dtype, t.shape))(params) as Branch<Expr>
  const at = xs.map((x, i) => input(`x${i}`, x.dtype, x.shape))
  const key = constant(tensorView('u32', [2], Uint32Array.of(0, 0)))
  const context = { params: p, state: {}, shared: {}, training: true, key, path: '' }
  const y = placed.apply(context, at.length === 1 ? (at[0] as Expr) : at).value as Expr
  const ds = gradients(
    total(mul(y, constant(tensor(c)))),
    treeLeaves<Expr>(p).map(([, e]) => e)
  )
  const got: Readonly<Record<string, Tensor>> = right(
    evaluate(reference)(
      { y, ...Object.fromEntries(leaves.map(([path], i) => [`d/${path}`, ds[i] as Expr])) },
      { ...Object.fromEntries(xs.map((x, i) => [`x${i}`, x])), ...Object.fromEntries(leaves) }
    )
  )
  return {
    y: got['y'] as Tensor,
    gradients: mapTree<Tensor, Tensor>((_, path) => got[`d/${path}`] as Tensor)(params) as Branch<Tensor>
  }
}
const sameTensors = (got: Readonly<Record<string, Tensor>>, wanted: Readonly<Record<string, Tensor>>): void => {
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort())
  for (const [name, t] of Object.entries(got)) {
    expect([name, t.shape]).toEqual([name, wanted[name]?.shape])
    expect(toTypedArray(t)).toEqual(toTypedArray(wanted[name] as Tensor))
  }
}

describe('PyTorch', () => {
  const { net: whole, cross } = read<{ readonly net: Case; readonly cross: Case }>('torch')
  const both = { outputs: 'all' } as const
  const net = g.ofIndices(
    g.model(
      g.input(4),
      g.embedding(7, 4),
      g.transformerBlock(4, 2, { hidden: 5 }),
      g.bidirectional(g.lstm(3, both)),
      g.bidirectional(g.lstm(3, both)),
      g.bidirectional(g.gru(2, both)),
      g.simpleRnn(3),
      g.dense(2)
    )
  )
  const sides = (path: string, tag: string, module: string): Readonly<Record<string, string>> => ({
    [`${path}/forward/${tag}`]: module,
    [`${path}/backward/${tag}`]: module
  })
  const modules = {
    embedding: 'embed',
    'residual/layerNorm': 'block.norm1',
    'residual/selfAttention': 'block.self_attn',
    'residual2/layerNorm': 'block.norm2',
    'residual2/perPosition/dense': 'block.linear1',
    'residual2/perPosition/dense2': 'block.linear2',
    ...sides('fanOut', 'lstm', 'rnn'),
    ...sides('fanOut2', 'lstm', 'rnn:1'),
    ...sides('fanOut3', 'gru', 'gru'),
    simpleRnn: 'last',
    dense: 'head'
  }
  const firstGates = (name: string): number => (!name.includes('bias_hh') ? 0 : name.startsWith('gru') ? 4 : Infinity)

  test('gives the same with an embedding, an encoder layer, stacked LSTMs and a GRU in both directions, and an RNN', () => {
    const { params, report } = right(fromTorch(net, { modules })(tensors(whole.weights)))
    expect(report.left).toEqual([])
    const [x] = whole.inputs
    const result = applied(net, params, [tensor(x as Golden, 'u32')], whole.cotangent)
    expect(errorOf(result.y, whole.y)).toBeLessThan(1e-12)
    const there = right(toTorch(net, { modules })({ params: result.gradients }))
    expect(Object.keys(there).sort()).toEqual(Object.keys(whole.gradients).sort())
    for (const [name, t] of Object.entries(there)) {
      const { data } = whole.gradients[name] as Golden
      // the second of two biases that are one here has the gradient of the first
      const part = Array.from(numbersOf(t)).slice(firstGates(name))
      const got = tensor({ shape: [part.length], data: part })
      expect(errorOf(got, { shape: [part.length], data: data.slice(firstGates(name)) }), name).toBeLessThan(1e-12)
    }
  })
  test('has weights that are the same model after they went there and came back', () => {
    const { params } = right(fromTorch(net, { modules })(tensors(whole.weights)))
    const back = right(fromTorch(net, { modules })(right(toTorch(net, { modules })({ params }))))
    sameTensors(Object.fromEntries(treeLeaves(back.params)), Object.fromEntries(treeLeaves(params)))
  })
  test('has three matrices for keys of another width, and a mask of the keys that is true for those left out', () => {
    const two = g.model(g.inputs(g.input(3, 4), g.input(4, 3), g.input(4)), g.crossAttention(2))
    const names = { modules: { crossAttention: '' } }
    const { params } = right(fromTorch(two, names)(tensors(cross.weights)))
    const xs = [cross.inputs[0], cross.inputs[1], cross.mask].map(t => tensor(t as Golden))
    const result = applied(two, params, xs, cross.cotangent)
    expect(errorOf(result.y, cross.y)).toBeLessThan(1e-12)
    for (const [name, t] of Object.entries(right(toTorch(two, names)({ params: result.gradients }))))
      expect(errorOf(t, cross.gradients[name] as Golden), name).toBeLessThan(1e-12)
    sameTensors(right(toTorch(two, names)({ params })), tensors(cross.weights))
  })
  test('has no GRU that resets before the product', () => {
    const small = g.model(g.input(2, 2), g.gru(1, { reset: 'before' }))
    const params = right(g.init(small, g.rootKey(1)))
    expect(pipe(toTorch(small)({ params: params as never }), E.mapLeft(showError))).toEqual(
      E.left("torch/params/gru/weight: expected a gru with reset 'after', got gru")
    )
  })
})

describe('Keras', () => {
  const { sequences, images } = read<{ readonly sequences: Case; readonly images: Case }>('keras')
  const all = { outputs: 'all' } as const
  const net = g.ofIndices(
    g.model(
      g.input(4),
      g.embedding(7, 4),
      g.selfAttention(2),
      g.layerNorm(),
      g.bidirectional(g.lstm(3, all)),
      g.conv1d(3, 2),
      g.gru(2, all),
      g.gru(2, { ...all, reset: 'before' }),
      g.simpleRnn(3, all),
      g.flatten,
      g.batchNorm(),
      g.dense(2)
    )
  )
  const modules = {
    embedding: 'embed',
    selfAttention: 'attention',
    layerNorm: 'norm',
    'fanOut/forward/lstm': 'both/forward_lstm',
    'fanOut/backward/lstm': 'both/backward_lstm',
    conv1d: 'conv',
    gru: 'after',
    gru2: 'before',
    simpleRnn: 'simple',
    batchNorm: 'batch',
    dense: 'head'
  }
  test('gives the same with attention, an LSTM in both directions, both kinds of GRU, and a simple RNN', () => {
    const given = tensors(sequences.weights)
    const { params, layers, report } = right(fromKeras(net, { modules })(given))
    expect(report.left).toEqual([])
    const x = tensor(sequences.inputs[0] as Golden, 'u32')
    const y = right(g.predict(net, params as never, { backend: reference, layers })(x))
    expect(errorOf(y, sequences.y)).toBeLessThan(1e-6)
    const back = right(toKeras(net, { modules })({ params, layers }))
    // the two rows of biases of a GRU are one here but for the candidate
    const { 'after/gru_cell/bias': _, ...rest } = given
    const { 'after/gru_cell/bias': bias, ...there } = back
    sameTensors(there, rest)
    const again = right(fromKeras(net, { modules })({ ...there, 'after/gru_cell/bias': bias as Tensor }))
    expect(again.params).toEqual(params)
  })
  test('gives the same with convolutions, whose channels are last there too', () => {
    const net = g.model(
      g.input(3, 4, 2),
      g.conv2d(3, [2, 3]),
      g.convTranspose2d(2, 2, { stride: 2 }),
      g.depthwiseConv2d(2, { multiplier: 2 }),
      g.separableConv2d(4, 2),
      g.groupNorm(2),
      g.flatten,
      g.dense(2)
    )
    const modules = {
      conv2d: 'conv',
      convTranspose2d: 'up',
      depthwiseConv2d: 'depth',
      separableConv2d: 'separable',
      groupNorm: 'group'
    }
    const { params } = right(fromKeras(net, { modules })(tensors(images.weights)))
    const x = tensor(images.inputs[0] as Golden)
    expect(errorOf(right(g.predict(net, params as never, { backend: reference })(x)), images.y)).toBeLessThan(1e-6)
    sameTensors(right(toKeras(net, { modules })({ params })), tensors(images.weights))
  })
})

interface Node {
  readonly kind: 'RNN' | 'LSTM' | 'GRU'
  readonly direction: 'forward' | 'reverse' | 'bidirectional'
  readonly reset?: 'after' | 'before'
  readonly weights: Dict
  readonly x: Golden
  readonly y: Golden
}
const layerOf = ({ kind, reset }: Node, direction: 'forward' | 'backward'): g.SimpleRnn | g.Lstm | g.Gru => {
  const settings = { outputs: 'all', direction } as const
  return kind === 'RNN'
    ? g.simpleRnn(2, settings)
    : kind === 'LSTM'
      ? g.lstm(2, settings)
      : g.gru(2, { ...settings, reset: reset ?? 'after' })
}

describe('ONNX', () => {
  test.each(read<{ readonly cases: readonly Node[] }>('onnx').cases)(
    'gives what onnxruntime gives for $kind $direction $reset, to its rounding',
    node => {
      const tag = { RNN: 'simpleRnn', LSTM: 'lstm', GRU: 'gru' }[node.kind]
      const two = node.direction === 'bidirectional'
      const net: g.ModelData = {
        tag: 'model',
        input: [4, 3],
        layer: two
          ? g.bidirectional(layerOf(node, 'forward'))
          : layerOf(node, node.direction === 'reverse' ? 'backward' : 'forward')
      }
      const paths = two ? [`fanOut/forward/${tag}`, `fanOut/backward/${tag}`] : [tag]
      const modules = Object.fromEntries(paths.map(path => [path, 'rnn']))
      const given = Object.fromEntries(Object.entries(node.weights).map(([k, t]) => [`rnn.${k}`, tensor(t, 'f32')]))
      const { params } = right(fromOnnx(net, { modules })(given))
      // time first there
      const x = permutedView(tensor(node.x, 'f32'), [1, 0, 2])
      const y = right(g.predict(net as never, params as never, { backend: reference })(x))
      const sides = two ? 2 : 1
      const wanted = permutedView(tensor(node.y, 'f32'), [2, 0, 1, 3])
      expect(errorOf(y, { shape: [2, 4, 2 * sides], data: Array.from(numbersOf(wanted)) })).toBeLessThan(1e-6)
      const there = right(toOnnx(net, { modules })({ params }))
      expect(right(fromOnnx(net, { modules })(there)).params).toEqual(params)
      for (const k of ['rnn.W', 'rnn.R'])
        expect(toTypedArray(there[k] as Tensor)).toEqual(toTypedArray(given[k] as Tensor))
    }
  )
  test('gives a linear layer the weights of Gemm', () => {
    const net = g.model(g.input(2), g.dense(1))
    const given = { 'gemm.B': tensor({ shape: [1, 2], data: [3, 4] }), 'gemm.C': tensor({ shape: [1], data: [5] }) }
    const { params } = right(fromOnnx(net, { modules: { dense: 'gemm' } })(given))
    expect(params).toEqual({ dense: { weight: tensor({ shape: [2, 1], data: [3, 4] }), bias: given['gemm.C'] } })
  })
})
