/** ONNX files: read by the official schema, the ones that were run in onnxruntime, and refusals. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { ModelProtoSchema, type GraphProto, type ModelProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { expr } from '../../../src/index.js'
import { builtIn, extend, tensorLayer, type LayerDefinition } from '../../../src/extend.js'
import { exportOnnx, type OnnxOptions } from '../../../src/format/onnx/onnx.js'
import { batchNorm, conv2d, dense, dropout, modelData, relu, residual, sequential } from '../../../src/layer/index.js'
import { ops } from '../../../src/format/onnx/ops.js'
import { showError } from '../../../src/value/error.js'
import { filledTensor } from '../../../src/value/tensor.js'
import { left, right } from '../../support/either.js'
import { cases, weightsOf, type Case } from './cases.js'
import { referenceOf, type Measured } from './table.js'

const measured = JSON.parse(readFileSync(new URL('measured.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Measured>
>
const written = ({ model, weights, registry }: Case, options: OnnxOptions = {}): Uint8Array =>
  right(exportOnnx(model, { registry, ...options })(weights))
const readBy = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes)
const graphOf = (m: ModelProto): GraphProto => m.graph as GraphProto

/** what the official checker asks of a graph, and that nothing is written twice or for nobody */
const mistakes = (graph: GraphProto): readonly string[] => {
  const known = new Set([...graph.input.map(v => v.name), ...graph.initializer.map(t => t.name)])
  const names = [...graph.initializer.map(t => t.name), ...graph.node.flatMap(n => n.output)]
  const used = new Set([...graph.node.flatMap(n => n.input), ...graph.output.map(v => v.name)])
  const widths: Readonly<Record<number, number>> = { 1: 4, 2: 1, 7: 8, 9: 1, 11: 8 }
  const wrong: string[] = []
  for (const n of graph.node) {
    for (const name of n.input) if (!known.has(name)) wrong.push(`${n.name} uses ${name} before it is there`)
    for (const name of n.output) known.add(name)
  }
  for (const v of graph.output) if (!known.has(v.name)) wrong.push(`nothing gives ${v.name}`)
  if (new Set(names).size !== names.length) wrong.push('a name twice')
  for (const name of names) if (!used.has(name)) wrong.push(`nothing uses ${name}`)
  for (const t of graph.initializer) {
    const count = t.dims.reduce((p, n) => p * Number(n), 1)
    if (t.rawData.length !== count * (widths[t.dataType] ?? NaN)) wrong.push(`${t.name} has another length`)
  }
  return wrong
}

describe('an ONNX file', () => {
  // what is not measured yet is exported and checked below; `npm run sweep:onnx` measures it
  test.each(cases.filter(c => c.name in measured).map(c => [c.name, c] as const))(
    'of %s is the one that ran in onnxruntime',
    (name, c) => {
      expect(createHash('sha256').update(written(c)).digest('hex')).toBe(measured[name]?.sha256)
      expect(measured[name]?.difference).toBeLessThan(2e-6)
    }
  )
  test('was run for no case that is gone', () => {
    const names = new Set(cases.map(c => c.name))
    expect(Object.keys(measured).filter(name => !names.has(name))).toEqual([])
  })
  test('has a row in the reference', () => {
    expect(readFileSync('docs/reference/onnx.md', 'utf8')).toBe(referenceOf(measured))
  })
  test('is read by the official schema, with every value used and given once, before it is used', () => {
    for (const c of cases) {
      const read = readBy(written(c))
      expect([read.producerName, read.irVersion, read.opsetImport[0]?.version]).toEqual(['gradfold', 8n, 17n])
      expect([c.name, ...mistakes(graphOf(read))]).toEqual([c.name])
    }
  })
  test('names the size of the batch, and has the shapes of the model', () => {
    const { input, output } = graphOf(readBy(written(cases.find(c => c.name === 'a LeNet') as Case)))
    const dims = (v: (typeof input)[number] | undefined): readonly unknown[] =>
      v?.type?.value.case === 'tensorType' ? (v.type.value.value.shape?.dim.map(d => d.value.value) ?? []) : []
    expect([input[0]?.name, ...dims(input[0])]).toEqual(['x', 'N', 28n, 28n, 1n])
    expect([output[0]?.name, ...dims(output[0])]).toEqual(['y', 'N', 10n])
  })
  test('has the operators of the layers, and their paths as names', () => {
    const { node } = graphOf(readBy(written(cases.find(c => c.name === 'a LeNet') as Case)))
    expect(node.map(n => n.opType).join(' ')).toBe(
      'Transpose Conv Relu MaxPool Conv Relu MaxPool Transpose Reshape Gemm Relu Gemm'
    )
    expect(node.slice(1, 4).map(n => n.name)).toEqual(['conv2d/Conv', 'relu/Relu', 'maxPool/MaxPool'])
  })
  test('states the version of operators and format that was asked for', () => {
    const c = cases[0] as Case
    const versions = ([17, 18, 19, 20, 21] as const).map(opset => readBy(written(c, { opset })))
    expect(versions.map(m => [Number(m.opsetImport[0]?.version), Number(m.irVersion)])).toEqual([
      [17, 8],
      [18, 8],
      [19, 9],
      [20, 9],
      [21, 10]
    ])
  })
  test('is for one size of the batch where that is asked for', () => {
    const { input } = graphOf(readBy(written(cases[0] as Case, { batch: 32 })))
    const type = input[0]?.type?.value
    expect(type?.case === 'tensorType' && type.value.shape?.dim.map(d => d.value.value)).toEqual([32n, 4n])
  })
  test('holds texts, whatever the order they came in', () => {
    const c = cases[0] as Case
    const bytes = written(c, { metadata: { classes: '["a","b"]', about: 'a net' } })
    expect(bytes).toEqual(written(c, { metadata: { about: 'a net', classes: '["a","b"]' } }))
    expect(readBy(bytes).metadataProps.map(p => [p.key, p.value])).toEqual([
      ['about', 'a net'],
      ['classes', '["a","b"]']
    ])
  })
})

describe('every op', () => {
  test('has a row', () => {
    expect(Object.values(ops).every(row => typeof row === 'function')).toBe(true)
  })
})

const net = modelData([4, 4, 1], conv2d(2, 2), batchNorm(), relu)
const noisy = (formula: (x: expr.Expr) => expr.Expr): LayerDefinition<{ readonly tag: 'noisy' }> => ({
  tag: 'noisy',
  fields: () => ({}),
  show: () => 'noisy',
  place: (_, input) => E.right(tensorLayer({ output: input as readonly number[], formula })),
  samples: []
})
const refusedLayer = (formula: (x: expr.Expr) => expr.Expr): string => {
  const registry = extend(builtIn, { layers: [noisy(formula) as never] })
  const layer = residual(sequential(dense(3), { tag: 'noisy' } as never))
  const model = modelData([3], layer)
  return left(exportOnnx(model, { registry })(weightsOf(model, registry)))
}
describe('what cannot be exported is refused', () => {
  const weights = weightsOf(net)
  const { params, layers } = weights
  test.each([
    [
      'weights of another model',
      exportOnnx(modelData([3], dense(2)))(weights),
      'onnx: expected the weights of this model, got params/conv2d/weight; are they of this model?'
    ],
    ['no running statistics', exportOnnx(net)({ params }), 'onnx/layers/batchNorm/mean: expected f32[2], got nothing'],
    [
      'weights in f64',
      exportOnnx(modelData([3], dense(2, { bias: false })))({
        params: { dense: { weight: filledTensor('f64', [3, 2], 1) } }
      }),
      'onnx/params/dense/weight: expected f32[3, 2], got f64[3, 2]'
    ],
    [
      'another version',
      exportOnnx(net, { opset: 16 as 17 })({ params, layers: layers ?? {} }),
      'opset: expected one of 17, 18, 19, 20, 21, got 16'
    ],
    ['a batch of none', exportOnnx(net, { batch: 0 })(weights), 'batch: expected a positive whole number, got 0'],
    [
      'an unknown setting',
      exportOnnx(net, { version: 17 } as never)(weights),
      'options: expected only opset, batch, metadata, registry, got "version"'
    ],
    ['no weights', exportOnnx(net)(undefined as never), 'params: expected a tree of tensors, got nothing'],
    ['no model', exportOnnx(3 as never)(weights), 'model: expected a model, got 3; model(input(...), ...) makes one']
  ])('%s', (_, result, said) => {
    expect(pipe(result, E.mapLeft(showError))).toEqual(E.left(said))
  })
  test('a layer that draws numbers, by its path', () => {
    const key = expr.input('key', 'u32', [2])
    expect(refusedLayer(x => expr.add(x, expr.random(key, 'uniform', x.shape)))).toBe(
      'onnx/residual/noisy: expected what ONNX has an operator for, got random; random numbers are drawn in training only'
    )
  })
  test('a formula in which the size of the batch is a number', () => {
    expect(refusedLayer(x => expr.mul(x, x.shape[0] ?? 1))).toBe(
      'onnx: expected a formula that is the same for batches of every size, got constant of [2, 3]; export it for one size of the batch: the setting batch'
    )
  })
  test('dropout is no refusal: it does nothing', () => {
    const model = modelData([3], dropout(0.5), dense(1))
    expect(graphOf(readBy(right(exportOnnx(model)(weightsOf(model))))).node.map(n => n.opType)).toEqual(['Gemm'])
  })
})
