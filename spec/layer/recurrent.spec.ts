/** Recurrent layers: numbers of PyTorch, lengths, directions, reset before the product, what is refused, and types. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { dataset } from '../../src/data/dataset.js'
import { predict } from '../../src/infer/predict.js'
import { epochs, meanSquaredError, sgd, steps, train } from '../../src/train/index.js'
import { startState } from '../../src/train/start.js'
import { stepOf } from '../../src/train/step.js'
import { training } from '../../src/train/training.js'
import { evaluate } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { fromTorch, toTorch } from '../../src/format/mapping/torch.js'
import { add, constant, input, mul, slice, total } from '../../src/expr/build.js'
import { gradients } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import type { Layer } from '../../src/layer/definition.js'
import { input as inputOf, inputs, model, modelData, ofIndices, type ModelData } from '../../src/layer/model.js'
import { fanOut } from '../../src/layer/combinator/branches.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { dense } from '../../src/layer/dense.js'
import { flatten } from '../../src/layer/flatten.js'
import { reshape } from '../../src/layer/reshape.js'
import { embedding } from '../../src/layer/sequence/embedding.js'
import { crop } from '../../src/layer/spatial/crop.js'
import { bidirectional } from '../../src/layer/recurrent/bidirectional.js'
import { gru } from '../../src/layer/recurrent/gru.js'
import { lstm } from '../../src/layer/recurrent/lstm.js'
import type { InitialState, Outputs, RecurrentSettings } from '../../src/layer/recurrent/recurrence.js'
import { simpleRnn } from '../../src/layer/recurrent/simple-rnn.js'
import { build } from '../../src/model/build.js'
import { init, initFrom } from '../../src/model/init.js'
import { outputOf, checkModel } from '../../src/model/model.js'
import type { ParamsOf } from '../../src/model/params.js'
import { childKey, rootKey } from '../../src/random/index.js'
import { exp, tanh } from '../../src/value/elementary.js'
import type { Shape } from '../../src/value/shape.js'
import { allocate, numbersOf, tensorView, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, type Branch } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'

interface Golden {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly kind: 'rnn' | 'lstm' | 'gru'
  readonly settings: {
    readonly units: number
    readonly bidirectional: boolean
    readonly lengths: readonly number[] | null
  }
  readonly in: { readonly x: Golden; readonly h0: Golden; readonly c0?: Golden }
  readonly weights: Readonly<Record<string, Golden>>
  readonly cotangent: Golden
  readonly cotangentState: Golden
  readonly out: Golden
  readonly state: Golden
  readonly gradients: Readonly<Record<string, Golden>>
}
const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/recurrent.json'), 'utf8')) as {
  readonly cases: readonly Case[]
}

const listOf = (t: Tensor | undefined): readonly number[] => (t === undefined ? [] : Array.from(numbersOf(t)))
const f64 = (shape: readonly number[], data: readonly number[]): Tensor =>
  tensorView('f64', shape, allocate('f64', data))
/** numbers by numbers that repeat with `from` numbers in a period, of which `count` are taken from `start` on */
const columns = (t: Golden, start: number, count: number): readonly number[] => {
  const width = t.shape.at(-1) as number
  return t.data.filter((_, i) => i % width >= start && i % width < start + count)
}
const rowOf = ({ shape, data }: Golden, i: number): readonly number[] => {
  const size = data.length / (shape[0] as number)
  return data.slice(i * size, (i + 1) * size)
}
const errorOf = (got: readonly number[], wanted: readonly number[]): number =>
  got.length === wanted.length
    ? wanted.reduce((w, b, i) => Math.max(w, Math.abs((got[i] as number) - b) / Math.max(1, Math.abs(b))), 0)
    : Infinity

/** what a layer gives for these inputs and parameters, with gradients of the first input and the parameters */
const applied = (
  layers: readonly (readonly [layer: Layer, weights: Tensor])[],
  given: readonly Tensor[],
  params: Readonly<Record<string, Tensor>>
): {
  readonly y: readonly (readonly number[])[]
  readonly dx: readonly number[]
  readonly d: Readonly<Record<string, readonly number[]>>
} => {
  const xs = given.map((t, i) => input(`x${i}`, t.dtype, t.shape))
  const p = Object.fromEntries(Object.entries(params).map(([k, t]) => [k, input(k, t.dtype, t.shape)]))
  const shapes = given.map(t => t.shape.slice(1))
  const ys = layers.map(([layer]) => {
    const placed = right(
      build(modelData(shapes.length === 1 ? (shapes[0] as number[]) : shapes, layer), undefined, 'f64')
    )
    const context = { params: { [layer.tag]: p }, state: {}, shared: {}, training: true, key: constant(0), path: '' }
    return placed.apply(context, xs.length === 1 ? (xs[0] as Expr) : xs).value as Expr
  })
  const loss = ys.map((y, i) => total(mul(y, constant((layers[i] as readonly [Layer, Tensor])[1])))).reduce(add)
  const names = Object.keys(p)
  const [dx, ...ds] = gradients(loss, [xs[0] as Expr, ...names.map(k => p[k] as Expr)])
  const outputs: Readonly<Record<string, Tensor>> = right(
    evaluate(reference)(
      {
        ...Object.fromEntries(ys.map((y, i) => [`y${i}`, y])),
        dx: dx as Expr,
        ...Object.fromEntries(names.map((k, i) => [`d/${k}`, ds[i] as Expr]))
      },
      { ...Object.fromEntries(given.map((t, i) => [`x${i}`, t])), ...params }
    )
  )
  const numbers = (k: string): readonly number[] => listOf(outputs[k])
  return {
    y: ys.map((_, i) => numbers(`y${i}`)),
    dx: numbers('dx'),
    d: Object.fromEntries(names.map(k => [k, numbers(`d/${k}`)]))
  }
}

const make = (kind: Case['kind'], units: number, settings: RecurrentSettings<Outputs, boolean, InitialState>): Layer =>
  kind === 'rnn' ? simpleRnn(units, settings) : kind === 'lstm' ? lstm(units, settings) : gru(units, settings)
/** the state dict of the module, whose names have no prefix */
const dictOf = (tensors: Readonly<Record<string, Golden>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, f64(t.shape, t.data)]))
const oneDirection = (c: Case, which: number) => {
  const { units, lengths } = c.settings
  const [n = 1] = c.in.x.shape
  const settings = {
    initialState: 'given',
    lengths: lengths !== null,
    direction: which === 0 ? 'forward' : 'backward'
  } as const
  const layer = (outputs: 'all' | 'last'): Layer => make(c.kind, units, { ...settings, outputs })
  const states = [c.in.h0, ...(c.in.c0 === undefined ? [] : [c.in.c0])]
  const given = [
    f64(c.in.x.shape, c.in.x.data),
    ...(lengths === null ? [] : [f64([n, 1], lengths)]),
    ...states.map(s => f64([n, units], rowOf(s, which)))
  ]
  const net: ModelData = { tag: 'model', input: given.map(t => t.shape.slice(1)), layer: layer('last') }
  const names = { modules: { [net.layer.tag]: '' } }
  const { params } = right(fromTorch(net, names)(dictOf(c.weights)))
  const here = params[net.layer.tag] as Readonly<Record<string, Tensor>>
  const result = applied(
    [
      [layer('all'), f64([n, c.in.x.shape[1] as number, units], columns(c.cotangent, which * units, units))],
      [layer('last'), f64([n, units], rowOf(c.cotangentState, which))]
    ],
    given,
    here
  )
  const gradients = Object.entries(result.d).map(([k, d]) => [k, f64(here[k]?.shape ?? [], d)] as const)
  const there = right(toTorch(net, names)({ params: { [net.layer.tag]: Object.fromEntries(gradients) } }))
  return { ...result, there }
}

describe('PyTorch gives the same numbers to 1e-12, forward and backward, with weights of its state dict', () => {
  test.each(cases.map((c, i) => [`${i}: ${c.kind} ${JSON.stringify(c.settings)}`, c] as const))('%s', (_, c) => {
    const { units } = c.settings
    const all = [oneDirection(c, 0), ...(c.settings.bidirectional ? [oneDirection(c, 1)] : [])]
    all.forEach(({ y, there }, which) => {
      expect(errorOf(y[0] ?? [], columns(c.out, which * units, units))).toBeLessThan(1e-12)
      expect(errorOf(y[1] ?? [], rowOf(c.state, which))).toBeLessThan(1e-12)
      expect(Object.keys(there)).toHaveLength(4)
      for (const [name, t] of Object.entries(there)) {
        // what both biases are added up to has one gradient, which the first one holds here
        const from = !name.startsWith('bias_hh') ? 0 : c.kind === 'gru' ? 2 * units : Infinity
        const wanted = c.gradients[name]?.data ?? []
        expect(errorOf(listOf(t).slice(from), wanted.slice(from)), name).toBeLessThan(1e-12)
      }
    })
    const dx = (all[0]?.dx ?? []).map((_, i) => all.reduce((s, one) => s + (one.dx[i] as number), 0))
    expect(errorOf(dx, c.gradients['x']?.data ?? [])).toBeLessThan(1e-12)
  })
})

const some = (shape: readonly number[], from = 0): Tensor =>
  f64(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (((i + from) * 37) % 11) / 5 - 1)
  )
const ones = (shape: readonly number[]): Tensor =>
  f64(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1)
  )
const paramsFor = (layer: Layer, input: readonly (number | readonly number[])[]): Readonly<Record<string, Tensor>> => {
  const placed = right(build(modelData(input as number[], layer), undefined, 'f64'))
  return Object.fromEntries(
    treeLeaves<Tensor>(initFrom(placed, childKey(rootKey(3), 'init'))).map(([path, t], i) => [
      path.slice(path.indexOf('/') + 1),
      some(t.shape, i)
    ])
  )
}

describe('lengths', () => {
  const settings = { lengths: true, initialState: 'given' } as const
  const kinds = [
    [
      'simpleRnn',
      (o: 'last' | 'all', d: 'forward' | 'backward') => simpleRnn(2, { ...settings, outputs: o, direction: d }),
      1
    ],
    ['lstm', (o: 'last' | 'all', d: 'forward' | 'backward') => lstm(2, { ...settings, outputs: o, direction: d }), 2],
    ['gru', (o: 'last' | 'all', d: 'forward' | 'backward') => gru(2, { ...settings, outputs: o, direction: d }), 1]
  ] as const
  test.each(kinds)('%s: an example of length 0 gives its initial state, and zeros at each step', (_, of, states) => {
    const h0 = some([2, 2], 5)
    const given = [some([2, 3, 2]), f64([2, 1], [0, 3]), ...Array.from({ length: states }, () => h0)]
    for (const direction of ['forward', 'backward'] as const) {
      const params = paramsFor(of('last', direction), [[3, 2], [1], ...Array.from({ length: states }, () => [2])])
      const { y } = applied(
        [
          [of('last', direction), ones([2, 2])],
          [of('all', direction), ones([2, 3, 2])]
        ],
        given,
        params
      )
      expect(y[0]?.slice(0, 2)).toEqual(listOf(h0).slice(0, 2))
      expect(y[1]?.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0])
    }
  })
  test.each(kinds)(
    '%s: steps past the length have no influence, and a shorter sequence gives the same',
    (_, of, states) => {
      const rest = Array.from({ length: states }, () => some([1, 2], 5))
      const [long, short] = [some([1, 4, 2]), f64([1, 2, 2], listOf(some([1, 4, 2])).slice(0, 4))]
      for (const direction of ['forward', 'backward'] as const) {
        const layer = of('last', direction)
        const params = paramsFor(layer, [[4, 2], [1], ...rest.map(() => [2])])
        const run = (x: Tensor, length: number) =>
          applied([[layer, ones([1, 2])]], [x, f64([1, 1], [length]), ...rest], params)
        const [a, b] = [run(long, 2), run(short, 9)]
        expect(a.y).toEqual(b.y)
        expect(a.dx.slice(4)).toEqual([0, 0, 0, 0])
        expect(a.dx.slice(0, 4)).toEqual(b.dx)
      }
    }
  )
})

test('a length behind the numbers of its sequence is cut off, so that one input holds both', () => {
  const layers = [gru(4, { lengths: true }), dense(2)] as const
  const one = model(
    inputOf(7, 1),
    fanOut(sequential(crop([[0, 1]]), reshape(3, 2)), sequential(crop([[6, 0]]), flatten)),
    ...layers
  )
  const two = model(inputs(inputOf(3, 2), inputOf(1)), ...layers)
  const params = right(init(one, rootKey(2)))
  const [rows, lengths] = [
    [1, 2, 3, 4, 5, 6, -1, 0.5, 2, 7, 8, 9],
    [3, 1]
  ]
  const joined = [0, 1].flatMap(i => [...rows.slice(6 * i, 6 * i + 6), lengths[i] as number])
  const data = (shape: readonly number[], xs: readonly number[]): Tensor =>
    tensorView('f32', shape, Float32Array.from(xs))
  const y = right(predict(one, params, { backend: reference })(data([2, 7, 1], joined)))
  expect(y).toEqual(right(predict(two, params, { backend: reference })([data([2, 3, 2], rows), data([2, 1], lengths)])))
  const settings = { model: one, loss: meanSquaredError, optimizer: sgd(0.1), stop: steps(1), batchSize: 2 }
  const examples = right(dataset({ x: data([2, 7, 1], joined), y: data([2, 2], [0, 1, 1, 0]) }))
  expect(right(train(settings, { backend: reference })(examples)).state.progress.step).toBe(1)
})

test('a model of indexes has lengths too', () => {
  const layers = [gru(4, { lengths: true }), dense(2)] as const
  const net = ofIndices(
    model(
      inputOf(4, 1),
      fanOut(sequential(crop([[0, 1]]), flatten, embedding(2, 3)), sequential(crop([[3, 0]]), flatten)),
      ...layers
    )
  )
  const params = right(init(net, rootKey(2)))
  const y = (...rows: readonly (readonly number[])[]): readonly number[] => [
    ...numbersOf(
      right(
        predict(net, params, { backend: reference })(
          tensorView('u32', [rows.length, 4, 1], Uint32Array.from(rows.flat()))
        )
      )
    )
  ]
  // the index in the padding says nothing, that within the length does
  expect(y([1, 0, 0, 2])).toEqual(y([1, 0, 1, 2]))
  expect(y([1, 0, 0, 3])).not.toEqual(y([1, 0, 1, 3]))
  const alone = model(inputs(inputOf(3, 3), inputOf(1)), ...layers)
  const table = numbersOf(params.fanOut.sequential.embedding.table)
  const vectors = [1, 0, 0].flatMap(i => [...table.slice(3 * i, 3 * i + 3)])
  const { fanOut: _, ...rest } = params
  expect(y([1, 0, 0, 2])).toEqual([
    ...numbersOf(
      right(
        predict(alone, rest, { backend: reference })([
          tensorView('f32', [1, 3, 3], Float32Array.from(vectors)),
          tensorView('f32', [1, 1], Float32Array.of(2))
        ])
      )
    )
  ])
})

test('gru with reset before the product is the formula of Cho et al.', () => {
  const [units, steps, features] = [2, 3, 2]
  const layer = gru(units, { reset: 'before' })
  const params = paramsFor(layer, [steps, features])
  expect(Object.keys(params).sort()).toEqual(['bias', 'recurrent', 'weight'])
  const x = some([1, steps, features])
  const at = (name: string, i: number, j: number): number => listOf(params[name])[i * 3 * units + j] as number
  const sigmoid = (v: number): number => 1 / (1 + exp(-v))
  const each = [0, 1]
  const wanted = Array.from({ length: steps }, (_, t) => t).reduce<readonly number[]>(
    (h, t) => {
      const sum = (j: number, state: readonly number[]): number =>
        each.reduce((s, f) => s + (listOf(x)[t * features + f] as number) * at('weight', f, j), at('bias', 0, j)) +
        each.reduce((s, k) => s + (state[k] as number) * at('recurrent', k, j), 0)
      const reset = each.map(k => sigmoid(sum(k, h)))
      const kept = h.map((v, k) => v * (reset[k] as number))
      return each.map(k => {
        const z = sigmoid(sum(units + k, h))
        return z * (h[k] as number) + (1 - z) * tanh(sum(2 * units + k, kept))
      })
    },
    [0, 0]
  )
  expect(errorOf(applied([[layer, ones([1, units])]], [x], params).y[0] ?? [], wanted)).toBeLessThan(1e-14)
})

test('bidirectional joins, adds or averages a forward and a backward copy', () => {
  const x = some([2, 3, 2])
  const both = bidirectional(gru(2, { outputs: 'all' }))
  expect(both.layers[0].layers.map(l => l.layer.direction)).toEqual(['forward', 'backward'])
  const out = (layer: Layer): Expr => {
    const placed = right(build(modelData([3, 2], layer), undefined, 'f64'))
    const params = initFrom(placed, childKey(rootKey(3), 'init'))
    const context = { params: constants(params), state: {}, shared: {}, training: true, key: constant(0), path: '' }
    return placed.apply(context, constant(x)).value as Expr
  }
  const constants = (t: Branch<Tensor>): Branch<Expr> =>
    Object.fromEntries(Object.entries(t).map(([k, v]) => [k, 'data' in v ? constant(v as Tensor) : constants(v)]))
  const joined = out(both)
  const [forward, backward] = [0, 2].map(from => slice(joined, [0, 0, from], [2, 3, 2])) as [Expr, Expr]
  const values: Readonly<Record<string, Tensor>> = right(
    evaluate(reference)(
      {
        sum: out(bidirectional(gru(2, { outputs: 'all' }), { merge: 'sum' })),
        mean: out(bidirectional(gru(2, { outputs: 'all' }), { merge: 'mean' })),
        wanted: add(forward, backward)
      },
      {}
    )
  )
  const numbers = (k: string): readonly number[] => listOf(values[k])
  expect(numbers('sum')).toEqual(numbers('wanted'))
  expect(numbers('mean')).toEqual(numbers('wanted').map(v => v / 2))
})

test('the bias of the forget gate begins at 1, or at what was asked for', () => {
  const biasOf = (layer: Layer): readonly number[] => {
    const placed = right(build(modelData([2, 3], layer), undefined, 'f32'))
    const leaves = new Map(treeLeaves<Tensor>(initFrom(placed, childKey(rootKey(1), 'init'))))
    return listOf(leaves.get('lstm/bias'))
  }
  expect(biasOf(lstm(2))).toEqual([0, 0, 1, 1, 0, 0, 0, 0])
  expect(biasOf(lstm(1, { forgetBias: -2 }))).toEqual([0, -2, 0, 0])
})

test('what does not fit is refused in one sentence', () => {
  const said = (shape: Shape, layer: Layer): string => left(checkModel(modelData(shape, layer)))
  expect([
    said([5], lstm(3)),
    said([5, 4, 3], gru(3)),
    said([[5, 4]], simpleRnn(3)),
    said([5, 4], lstm(3, { lengths: true })),
    said([[5, 4], [2]], gru(3, { lengths: true })),
    said([[5, 4], [3]], lstm(3, { initialState: 'given' })),
    said([5, 4], gru(0)),
    said([5, 4], lstm(2, { outputs: 'each' as 'all' }))
  ]).toEqual([
    'lstm: expected a sequence [steps, features], got [5]; put reshape before it',
    'gru: expected a sequence [steps, features], got [5, 4, 3]; put reshape before it',
    'simpleRnn: expected a sequence [steps, features], got [[5, 4]]; put reshape before it',
    'lstm: expected the inputs [[steps, features], [1]], got [5, 4]',
    'gru: expected the inputs [[steps, features], [1]], got [[5, 4], [2]]',
    'lstm: expected the inputs [[steps, features], [3], [3]], got [[5, 4], [3]]',
    'gru: expected a positive whole number, got 0',
    'lstm/outputs: expected one of last, all, got "each"'
  ])
})

test('the compiler knows shapes and parameters', () => {
  const many = model(inputOf(20, 3), lstm(8, { outputs: 'all' }), bidirectional(gru(4)))
  expectTypeOf(many).toExtend<{ readonly input: [20, 3] }>()
  expect(right(outputOf(many))).toEqual([8])
  type P = ParamsOf<typeof many>
  expectTypeOf<P['lstm']['recurrent']>().toEqualTypeOf<Tensor<[8, 32], FloatType>>()
  expectTypeOf<P['fanOut']['backward']['gru']['recurrentBias']>().toEqualTypeOf<Tensor<[4], FloatType>>()
  const given = model(inputs(inputOf(5, 3), inputOf(1), inputOf(4)), gru(4, { lengths: true, initialState: 'given' }))
  expect(right(outputOf(given))).toEqual([4])
  // @ts-expect-error the state has 4 numbers
  model(inputs(inputOf(5, 3), inputOf(3)), gru(4, { initialState: 'given' }))
  // @ts-expect-error not a sequence
  model(inputOf(5), lstm(4))
  // @ts-expect-error 'all' gives a sequence, which dense does not take
  model(inputOf(5, 3), gru(4, { outputs: 'all' }), {
    tag: 'dense',
    units: 2,
    bias: true,
    initializer: 'zeros'
  } as const)
})

const f32 = (shape: readonly number[], xs: readonly number[]): Tensor => tensorView('f32', shape, Float32Array.from(xs))
test.each([
  ['simpleRnn', simpleRnn(3, { lengths: true, direction: 'backward' })],
  ['gru', gru(3, { lengths: true, reset: 'before' })],
  ['lstm', lstm(3, { lengths: true })]
] as const)(
  '%s: what fills up a short sequence has no influence on training, NaN and infinities included',
  (_, layer) => {
    const net = right(
      checkModel(
        modelData(
          [7, 1],
          fanOut(sequential(crop([[0, 1]]), reshape(3, 2)), sequential(crop([[6, 0]]), flatten)),
          layer as Layer,
          dense(1)
        )
      )
    )
    const trainedWith = (filling: readonly number[]) => {
      const [four, six] = [filling.slice(0, 4), filling.slice(0, 6)]
      const x = f32([3, 7, 1], [1, 2, 0.5, -1, 0.3, 0.1, 3, 0.5, -1, ...four, 1, ...six, 0])
      const t = training({ model: net, loss: meanSquaredError, optimizer: sgd(0.1), stop: epochs(2), batchSize: 3 })
      const step = right(stepOf(t, { backend: reference }))
      const batch = { x, y: f32([3, 1], [1, 2, 3]) }
      const once = right(step(right(startState(t)), batch)).state
      return right(step(once, batch)).state.params
    }
    const wanted = trainedWith([0, 0, 0, 0, 0, 0])
    expect(trainedWith([NaN, NaN, NaN, NaN, NaN, NaN])).toEqual(wanted)
    expect(trainedWith([Infinity, -Infinity, NaN, 1e30, 5, -1e38])).toEqual(wanted)
  }
)
