/** Embedding, positions, attention: what laws do not say of them. */
import * as E from 'fp-ts/lib/Either.js'
import {
  childKey,
  checkModel,
  crop,
  crossAttention,
  dataset,
  dense,
  dropout,
  embedding,
  fanOut,
  feedForward,
  flatten,
  gatedUnit,
  identity,
  init,
  input,
  inputs,
  layerNorm,
  mapTree,
  maskPadding,
  meanSquaredError,
  mergeAdd,
  mergeConcat,
  model,
  modelData,
  named,
  numbersOf,
  ofIndices,
  parallel,
  perPosition,
  positions,
  predict,
  repeat,
  reshape,
  rootKey,
  selfAttention,
  sequential,
  sgd,
  showError,
  silu,
  spatialDropout,
  steps,
  tensor,
  train,
  transformerBlock,
  upsample,
  zeroPad,
  type Branch,
  type Layer,
  type Model,
  type Tensor
} from 'gradfold'
import { reference } from 'gradfold/ndarray'
import { expect, test } from 'vitest'
import { topological } from '../../src/expr/op.js'
import type { Expr } from '../../src/expr/op.js'
import { toExpr } from '../../src/model/to-expr.js'
import { numbers } from '../../src/laws/values.js'
import { right } from '../support/either.js'

const indexes = (...rows: readonly (readonly number[])[]): Tensor =>
  right(tensor('u32', [rows.length, rows[0]?.length ?? 0], rows.flat()))
const outputs = (m: Model, params: Branch<Tensor>, x: Tensor): readonly number[] =>
  Array.from(numbersOf(right(predict(m, params, { backend: reference })(x)) as Tensor))
const paramsOf = (m: Model): Branch<Tensor> => right(init(m, childKey(rootKey(3), 'init')))
const rowsOf = (all: readonly number[], n: number): readonly (readonly number[])[] =>
  Array.from({ length: all.length / n }, (_, i) => all.slice(i * n, (i + 1) * n))

const masked = (length: number): Model =>
  ofIndices(
    modelData([length], maskPadding(0)(sequential(embedding(5, 4), selfAttention(2, { rotary: 'halves' }))))
  ) as unknown as Model

test('maskPadding: a sequence that is filled up gives what it gives alone', () => {
  const params = paramsOf(masked(2))
  const alone = rowsOf(outputs(masked(2), params, indexes([3, 1])), 4)
  const filled = rowsOf(outputs(masked(4), params, indexes([3, 1, 0, 0])), 4)
  alone.flat().forEach((y, i) => expect(filled.flat()[i]).toBeCloseTo(y, 6))
})
test('a row without any position that takes part is 0, so that the bias of the output is left', () => {
  const bias = right(tensor('f32', [4], [1, 2, 3, 4]))
  const changed = mapTree<Tensor, Tensor>((t, path) => (path.endsWith('output/bias') ? bias : t))(paramsOf(masked(3)))
  const rows = rowsOf(outputs(masked(3), changed as Branch<Tensor>, indexes([0, 0, 0])), 4)
  expect(rows).toEqual([1, 2, 3].map(() => [1, 2, 3, 4]))
})
test('crossAttention takes a mask as its third input, and without it looks at all keys', () => {
  const all = modelData(
    [
      [2, 4],
      [3, 2]
    ],
    crossAttention(2)
  ) as unknown as Model
  const some = modelData([[2, 4], [3, 2], [3]], crossAttention(2)) as unknown as Model
  const params = paramsOf(all)
  const [x, to] = [numbers('f32', [1, 2, 4], 1), numbers('f32', [1, 3, 2], 2)]
  const mask = (...m: readonly number[]): Tensor => right(tensor('f32', [1, 3], m))
  const given = (m: Model, ...xs: readonly Tensor[]): readonly number[] =>
    Array.from(numbersOf(right(predict(m, params, { backend: reference })(xs)) as Tensor))
  expect(given(some, x, to, mask(1, 1, 1))).toEqual(given(all, x, to))
  const other = right(tensor('f32', [1, 3, 2], [...Array.from(numbersOf(to)).slice(0, 4), 9, -9]))
  expect(given(some, x, to, mask(1, 1, 0))).toEqual(given(some, x, other, mask(1, 1, 0)))
  expect(given(some, x, to, mask(1, 1, 1))).not.toEqual(given(some, x, other, mask(1, 1, 1)))
})
test('causal: no output depends on a later position', () => {
  const m = model(input(4, 6), transformerBlock(6, 3, { causal: true, rotary: 'pairs' }))
  const params = paramsOf(m)
  const all = Array.from(numbersOf(numbers('f32', [1, 4, 6], 5)))
  const first = outputs(m, params, right(tensor('f32', [1, 4, 6], all)))
  const second = outputs(m, params, right(tensor('f32', [1, 4, 6], [...all.slice(0, 18), 1, 2, 3, 4, 5, 6])))
  expect(second.slice(0, 18)).toEqual(first.slice(0, 18))
  expect(second.slice(18)).not.toEqual(first.slice(18))
})

/** one head whose four projections are the identity */
const identity4 = right(
  tensor(
    'f32',
    [4, 4],
    Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0))
  )
)
test.each([
  ['halves' as const, [0, 1], [2, 3]],
  ['pairs' as const, [0, 2], [1, 3]]
])('rotary %s rotates each pair by t / 10000^(2i / n), and the query is scaled by 1 / sqrt(n)', (rotary, a, b) => {
  const m = model(input(3, 4), selfAttention(1, { bias: false, rotary }))
  const one = { weight: identity4 }
  const x = Array.from(numbersOf(numbers('f32', [1, 3, 4], 8)))
  const got = outputs(
    m,
    { selfAttention: { query: one, key: one, value: one, output: one } },
    right(tensor('f32', [1, 3, 4], x))
  )
  const rows = rowsOf(x, 4)
  const turned = rows.map((row, t) => {
    const out = [...row]
    for (const i of [0, 1]) {
      const angle = t / 100 ** i
      const [p, q] = [row[a[i] as number] as number, row[b[i] as number] as number]
      out[a[i] as number] = p * Math.cos(angle) - q * Math.sin(angle)
      out[b[i] as number] = q * Math.cos(angle) + p * Math.sin(angle)
    }
    return out
  })
  const wanted = turned.flatMap(q => {
    const e = turned.map(k => Math.exp(k.reduce((s, v, j) => s + v * (q[j] as number), 0) / 2))
    const sum = e.reduce((s, v) => s + v, 0)
    return [0, 1, 2, 3].map(j => rows.reduce((s, row, u) => s + ((e[u] as number) / sum) * (row[j] as number), 0))
  })
  wanted.forEach((y, i) => expect(got[i]).toBeCloseTo(y, 5))
})
test('sinusoidal positions alternate sines and cosines', () => {
  const got = outputs(
    model(input(3, 5), positions('sinusoidal')),
    {},
    right(tensor('f32', [1, 3, 5], Array<number>(15).fill(0)))
  )
  got.forEach((y, place) => {
    const [t, j] = [Math.floor(place / 5), place % 5]
    const angle = t / 10_000 ** ((2 * Math.floor(j / 2)) / 5)
    expect(y).toBeCloseTo(j % 2 === 0 ? Math.sin(angle) : Math.cos(angle), 6)
  })
})
test('dropout draws a mask for each head, query and key of each example', () => {
  const graph = right(toExpr(model(input(3, 4), selfAttention(2, { dropout: 0.5 })), { batch: 5, training: true }))
  const drawn = topological([graph.value as Expr]).filter(e => e.op === 'random')
  expect(drawn.map(e => e.shape)).toEqual([[5, 2, 3, 3]])
})
test('perPosition gives each position what the layer gives it alone', () => {
  const m = model(input(3, 2), perPosition(sequential(dense(4), layerNorm())))
  const params = right(init(m, childKey(rootKey(3), 'init')))
  const x = Array.from(numbersOf(numbers('f32', [2, 3, 2], 9)))
  const alone = modelData([2], dense(4), layerNorm()) as unknown as Model
  expect(outputs(m, params, right(tensor('f32', [2, 3, 2], x)))).toEqual(
    outputs(alone, params.perPosition, right(tensor('f32', [6, 2], x)))
  )
})

const net = ofIndices(model(input(2), embedding(3, 2), flatten, dense(1)))
test('an index that the vocabulary lacks is refused, and so are numbers', () => {
  const said = (r: E.Either<Parameters<typeof showError>[0], unknown>): string => (E.isLeft(r) ? showError(r.left) : '')
  const settings = { model: net, loss: meanSquaredError, optimizer: sgd(0.1), stop: steps(1), batchSize: 1 }
  const y = right(tensor('f32', [2, 1], [0, 1]))
  const data = right(dataset({ x: indexes([0, 2], [1, 3]), y }))
  expect(said(train(settings, { backend: reference })(data))).toContain(
    'inputs/example 1: expected an index below 3, as the vocabulary of the model has, got 3'
  )
  expect(said(predict(net, paramsOf(net) as never, { backend: reference })(indexes([7, 0])))).toContain(
    'inputs/element 0: expected an index below 3'
  )
  const numbersIn = model(input(2), embedding(3, 2), flatten, dense(1))
  const floats = right(dataset({ x: right(tensor('f32', [2, 2], [0, 1, 2, 1])), y }))
  expect(said(train({ ...settings, model: numbersIn }, { backend: reference })(floats))).toContain(
    'expected indexes (u32), got f32; ofIndices(model) makes a model of indexes'
  )
})
test('an index that the vocabulary lacks is refused behind layers that move it, and at each of several inputs', () => {
  const at = (m: Model, x: Tensor | readonly Tensor[]): string => {
    const params = right(init(m, rootKey(1)))
    const y = predict(m, params, { backend: reference })(x)
    return E.isLeft(y) ? showError(y.left) : 'taken'
  }
  const behind = (...layers: readonly Layer[]): Model =>
    ofIndices(modelData([2, 1], ...layers, embedding(3, 2))) as unknown as Model
  const x = (n: number): Tensor => right(tensor('u32', [1, 2, 1], [2, n]))
  const movers: readonly Layer[] = [
    reshape(1, 2),
    flatten,
    identity,
    dropout(0.5),
    spatialDropout(0.5),
    upsample(2),
    zeroPad(1),
    crop([[1, 0]]),
    named('here')(sequential(flatten, reshape(2, 1))),
    perPosition(flatten),
    sequential(fanOut(identity, flatten), parallel(flatten, identity), mergeConcat)
  ]
  for (const mover of movers) {
    expect(at(behind(mover), x(2))).toBe('taken')
    expect(at(behind(mover), x(3))).toContain('inputs/element 1: expected an index below 3, as the vocabulary')
  }
  // what is cut off may be any index, such as a length behind its sequence
  const cut = crop([[0, 1]])
  for (const taken of [behind(cut), behind(sequential(cut, flatten)), behind(flatten, reshape(2, 1), cut)]) {
    expect(at(taken, x(9))).toBe('taken')
    expect(at(taken, right(tensor('u32', [2, 2, 1], [2, 9, 3, 0])))).toContain(
      'inputs/element 2: expected an index below 3'
    )
  }
  const small = fanOut(embedding(5, 2), sequential(flatten, embedding(4, 2)))
  expect(at(ofIndices(modelData([2, 1], small)) as unknown as Model, x(3))).toBe('taken')
  expect(at(ofIndices(modelData([2, 1], small)) as unknown as Model, x(4))).toContain('an index below 4')

  const two = ofIndices(model(inputs(input(2, 1), input(2, 1)), parallel(embedding(3, 2), embedding(5, 2)), mergeAdd))
  expect(at(two, [x(2), x(4)])).toBe('taken')
  expect(at(two, [x(3), x(4)])).toContain('inputs/0/element 1: expected an index below 3')
  expect(at(two, [x(2), x(5)])).toContain('inputs/1/element 1: expected an index below 5')
  const joined = ofIndices(model(inputs(input(2, 1), input(2, 1)), mergeConcat, embedding(3, 2)))
  expect(at(joined, [x(2), x(1)])).toBe('taken')
  expect(at(joined, [x(2), x(3)])).toContain('inputs/1/element 1: expected an index below 3')

  const settings = { loss: meanSquaredError, optimizer: sgd(0.1), stop: steps(1), batchSize: 1 }
  const trained = train(
    { ...settings, model: behind(flatten) },
    { backend: reference }
  )(right(dataset({ x: x(3), y: right(tensor('f32', [1, 2, 2], [0, 1, 0, 1])) })))
  expect(E.isLeft(trained) && showError(trained.left)).toContain('inputs/example 0: expected an index below 3')
})

const saidOf = (shape: readonly number[] | readonly (readonly number[])[], ...layers: readonly Layer[]): string => {
  const r = checkModel(modelData(shape, ...layers))
  return E.isLeft(r) ? showError(r.left) : ''
}
test('what does not fit is said in a sentence', () => {
  expect(saidOf([4, 6], selfAttention(4))).toBe('selfAttention: expected a width that 4 heads divide, got 6')
  expect(saidOf([4, 6], selfAttention(2, { rotary: 'pairs' }))).toBe(
    'selfAttention: expected an even number of numbers in each head for a rotation, got 3'
  )
  expect(saidOf([6], selfAttention(2))).toBe('selfAttention: expected a sequence of vectors [positions, n], got [6]')
  expect(saidOf([], perPosition(dense(2)))).toBe('perPosition: expected a sequence [positions, ...], got []')
  expect(saidOf([4], embedding(3, 2, { padding: 3 }))).toBe('embedding: expected a padding index below 3, got 3')
  expect(saidOf([4, 2], maskPadding(0)(embedding(3, 2)))).toBe(
    'maskPadding: expected a sequence of indexes [positions], got [4, 2]'
  )
  expect(saidOf([4, 2], crossAttention(2))).toContain('two sequences of vectors [positions, n] and [keys, m]')
})
test('the shapes of blocks are known to the compiler', () => {
  const m = ofIndices(
    model(
      input(8),
      embedding(50, 16),
      positions(),
      repeat(2)(
        transformerBlock(16, 4, { causal: true, norm: 'rmsNorm', gated: true, activation: silu, dropout: 0.1 })
      ),
      layerNorm(),
      perPosition(dense(50))
    )
  )
  const shape: Model<[8], [8, 50]> = m
  expect(E.isRight(checkModel(shape))).toBe(true)
  const after: Model<[4, 6], [4, 6]> = model(input(4, 6), transformerBlock(6, 2, { normAt: 'after' }), feedForward(6))
  const gate: Model<[4], [5]> = model(input(4), gatedUnit(5))
  const cross: Model<readonly [[5, 16], [7, 32]], [5, 16]> = model(
    inputs(input(5, 16), input(7, 32)),
    crossAttention(4)
  )
  expect([checkModel(after)._tag, checkModel(gate)._tag, checkModel(cross)._tag]).toEqual(['Right', 'Right', 'Right'])
})
