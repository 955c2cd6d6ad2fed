/** Inputs of indexes: the element type is part of a model, as data, in the checks of training, and for predict. */
import * as E from 'fp-ts/lib/Either.js'
import {
  builtIn,
  dataset,
  dense,
  describeModel as described,
  expr,
  extend,
  input,
  meanSquaredError,
  showError,
  model,
  ofIndices,
  predict,
  sgd,
  steps,
  train,
  wasm,
  type LayerDefinition
} from 'gradfold'
import { tensorLayer } from 'gradfold/extend'
import { expect, test } from 'vitest'
import { decodeModel, encodeModel } from '../../src/model/codec.js'
import { tensorView } from '../../src/value/tensor.js'
import { right } from '../support/either.js'

interface Embedding {
  readonly tag: 'embeddingOfSpec'
}
declare module 'gradfold' {
  interface Layers {
    readonly embeddingOfSpec: Embedding
  }
  interface ShapeRules<L, In> {
    readonly embeddingOfSpec: [2]
  }
}
const embedding: LayerDefinition<Embedding> = {
  tag: 'embeddingOfSpec',
  fields: () => ({}),
  show: () => 'embedding',
  place: (_, __, { dtype }) =>
    E.right(
      tensorLayer({
        output: [2],
        indexes: 3,
        params: { table: { dtype, shape: [3, 2], initializer: 'heNormal', fan: { in: 3, out: 2 } } },
        formula: (x, param) => expr.gather(param('table'), expr.reshape(x, [x.shape[0] as number]))
      })
    ),
  samples: []
}
const registry = extend(builtIn, { layers: [embedding] })
const net = ofIndices(model(input(1), { tag: 'embeddingOfSpec' } as const, dense(1)))
const x = tensorView('u32', [3, 1], Uint32Array.of(0, 1, 2))
const y = tensorView('f32', [3, 1], Float32Array.of(1, -1, 0.5))
const settings = { loss: meanSquaredError, optimizer: sgd(0.5), stop: steps(200), batchSize: 3 }

test('are data of the model, and read back; models without them read as before', () => {
  expect(net.dtype).toBe('u32')
  const typed: 'u32' = net.dtype
  expect(encodeModel(net, registry)).toMatchObject({ dtype: typed, input: [1] })
  expect(right(decodeModel(encodeModel(net, registry), registry))).toEqual(net)
  expect(encodeModel(model(input(1), dense(1)))).not.toHaveProperty('dtype')
  expect(E.isLeft(decodeModel({ ...(encodeModel(net, registry) as object), dtype: 'u8' }, registry))).toBe(true)
  expect(right(described(net, registry))).toMatch(/input +\| u32 +\| \[1\]/)
})
test('are trained with and predicted from', () => {
  const data = right(dataset({ x, y }))
  const { params } = right(train({ ...settings, model: net }, { backend: wasm, registry })(data))
  const out = right(predict(net, params, { backend: wasm, registry })(x))
  expect(Array.from((out as { readonly data: ArrayLike<number> }).data)).toEqual([
    expect.closeTo(1, 3) as number,
    expect.closeTo(-1, 3) as number,
    expect.closeTo(0.5, 3) as number
  ])
  const floats = predict(net, params, { backend: wasm, registry })(y)
  expect(E.isLeft(floats) && showError(floats.left)).toContain('indexes of type u32')
})
test('are refused where numbers are wanted, and the reverse', () => {
  const said = (m: typeof net | ReturnType<typeof floatNet>, inputs: typeof x | typeof y): string => {
    const r = train(
      { ...settings, model: m as typeof net },
      { backend: wasm, registry }
    )(right(dataset({ x: inputs, y })))
    return E.isLeft(r) ? showError(r.left) : ''
  }
  const floatNet = () => model(input(1), dense(1))
  expect(said(net, y)).toContain('inputs: expected indexes (u32)')
  expect(said(floatNet(), x)).toContain('ofIndices(model)')
})
