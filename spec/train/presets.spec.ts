/** Trainings of other libraries, followed step by step by their presets: spec/scripts/follow_*.py and follow_tfjs.mjs made the numbers. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import keras from '../golden/follow-keras.json' with { type: 'json' }
import tfjs from '../golden/follow-tfjs.json' with { type: 'json' }
import torch from '../golden/follow-torch.json' with { type: 'json' }
import { reference } from '../../src/backend/reference/reference.js'
import {
  adam,
  crop,
  dense,
  fanOut,
  flatten,
  halfSquaredError,
  init,
  input,
  mergeMultiply,
  model,
  modelData,
  presets,
  relu,
  rootKey,
  sequential,
  sgd,
  sigmoid,
  softmaxCrossEntropy,
  startState,
  steps,
  stepOf,
  stepDecay,
  tanh,
  type Layer,
  type Loss,
  type Model,
  type Optimizer,
  type TrainState,
  type Training
} from '../../src/index.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { layerCodec } from '../../src/model/codec.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, type Branch } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

/** those of f32 are 4 times what was measured: other libraries sum in another order */
const bounds = { keras64: 1e-12, keras32: 6e-6, tfjs: 8e-6 }

interface Followed {
  readonly losses: readonly number[]
  readonly after: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
}
/** the largest |a - b| / max(1, |b|) */
const error = (a: ArrayLike<number>, b: readonly number[]): number =>
  Array.from(a).length === b.length
    ? b.reduce((worst, x, i) => Math.max(worst, Math.abs((a[i] as number) - x) / Math.max(1, Math.abs(x))), 0)
    : Infinity
const transposed = (rows: number, columns: number, xs: readonly number[]): readonly number[] =>
  Array.from({ length: xs.length }, (_, i) => xs[(i % rows) * columns + Math.floor(i / rows)] as number)
const flat = (tree: Branch<Tensor>): Readonly<Record<string, Tensor>> => Object.fromEntries(treeLeaves<Tensor>(tree))

/** the states and losses of steps over batches that are passed in */
const follow = (
  training: Training,
  params: Branch<Tensor>,
  batches: readonly { readonly x: Tensor; readonly y: Tensor }[]
): { readonly states: readonly TrainState[]; readonly losses: readonly number[] } => {
  const step = right(stepOf(training, { backend: reference }))
  const states: TrainState[] = []
  const losses: number[] = []
  let state = right(startState(training, { params }))
  for (const batch of batches) {
    const next = right(step(state, batch))
    state = next.state
    states.push(state)
    losses.push(next.report.loss)
  }
  return { states, losses }
}

describe('a training of PyTorch in float64: dense, batch norm, relu, masks, dense', () => {
  const { x, y, order, masks, start } = torch
  // masks are inputs beside the columns: a product takes the place of dropout
  const net = model(
    input(14, 1),
    fanOut(
      sequential(crop([[0, 8]]), flatten, dense(8, { bias: false }), presets.pytorch.batchNorm(), relu),
      sequential(crop([[6, 0]]), flatten)
    ),
    mergeMultiply,
    dense(3)
  )
  const batches = order.map((rows, i) => ({
    x: tensorOf(
      'f64',
      [rows.length, 14, 1],
      rows.flatMap((r, k) => [
        ...x.slice(6 * r, 6 * r + 6),
        ...masks.slice((i * rows.length + k) * 8, (i * rows.length + k) * 8 + 8).map(kept => kept / 0.75)
      ])
    ),
    y: tensorOf(
      'u32',
      [rows.length],
      rows.map(r => y[r] as number)
    )
  }))
  const params = {
    fanOut: {
      sequential: {
        dense: { weight: tensorOf('f64', [6, 8], transposed(8, 6, start['a.weight'])) },
        batchNorm: { gamma: tensorOf('f64', [8], start['n.weight']), beta: tensorOf('f64', [8], start['n.bias']) }
      }
    },
    dense: {
      weight: tensorOf('f64', [8, 3], transposed(3, 8, start['b.weight'])),
      bias: tensorOf('f64', [3], start['b.bias'])
    }
  } as unknown as Branch<Tensor>
  const p = presets.pytorch
  const optimizers: Readonly<Record<keyof typeof torch.runs, Optimizer>> = {
    sgd: p.sgd(0.1),
    'sgd, momentum, rate / 10 after 25 steps': p.sgd(stepDecay(0.1, 0.1, steps(25)), { momentum: 0.9 }),
    'sgd, nesterov, penalty': p.sgd(0.05, { momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    adam: p.adam(0.01),
    'adam, penalty': p.adam(0.01, { betas: [0.8, 0.99], eps: 1e-6, weightDecay: 0.01 }),
    adamw: p.adamw(0.01),
    rmsprop: p.rmsprop(),
    adagrad: p.adagrad(0.05),
    adadelta: p.adadelta()
  }
  test.each(Object.keys(optimizers) as (keyof typeof optimizers)[])('is followed by %s for 50 steps', name => {
    const training = {
      ...{ model: net as unknown as Model, loss: softmaxCrossEntropy, optimizer: optimizers[name], batchSize: 12 },
      ...{ stop: steps(50), metrics: [], seed: 0, precision: 'f64' as const }
    }
    const { states, losses } = follow(training, params, batches)
    const run = torch.runs[name] as Followed
    expect(error(losses, run.losses)).toBeLessThan(1e-12)
    for (const [after, there] of Object.entries(run.after)) {
      const t = Number(after)
      const state = states[t - 1] as TrainState
      const [here, kept] = [flat(state.params), flat(state.layers)]
      const at = (path: string): ArrayLike<number> => numbersOf(here[path] as Tensor)
      const differences = [
        error(at('fanOut/sequential/dense/weight'), transposed(8, 6, there['a.weight'] as readonly number[])),
        error(at('fanOut/sequential/batchNorm/gamma'), there['n.weight'] as readonly number[]),
        error(at('fanOut/sequential/batchNorm/beta'), there['n.bias'] as readonly number[]),
        error(at('dense/weight'), transposed(3, 8, there['b.weight'] as readonly number[])),
        error(at('dense/bias'), there['b.bias'] as readonly number[]),
        error(
          numbersOf(kept['fanOut/sequential/batchNorm/mean'] as Tensor),
          there['n.running_mean'] as readonly number[]
        ),
        // the running variance there is that of n - 1: beside what is left of the first 1, it is n / (n - 1) times as large
        error(
          Array.from(numbersOf(kept['fanOut/sequential/batchNorm/variance'] as Tensor), v => {
            const first = Array.from({ length: t }).reduce<number>(left => left * 0.9, 1)
            return ((v - first) * 12) / 11 + first
          }),
          there['n.running_var'] as readonly number[]
        )
      ]
      expect(Math.max(...differences)).toBeLessThan(1e-12)
    }
  })
})

/** the batches of the orders, without masks */
const plainBatches = (precision: 'f32' | 'f64') =>
  torch.order.map(rows => ({
    x: tensorOf(
      precision,
      [rows.length, 6],
      rows.flatMap(r => torch.x.slice(6 * r, 6 * r + 6))
    ),
    y: tensorOf(
      'u32',
      [rows.length],
      rows.map(r => torch.y[r] as number)
    )
  }))
const firstWeight = transposed(8, 6, torch.start['a.weight'])
const secondWeight = transposed(3, 8, torch.start['b.weight'])
const settings = (net: unknown, optimizer: Optimizer, precision: 'f32' | 'f64', loss: Loss = softmaxCrossEntropy) => ({
  ...{ model: net as Model, loss, optimizer, batchSize: 12 },
  ...{ stop: steps(50), metrics: [], seed: 0, precision }
})
type Seen = Readonly<Record<string, readonly (readonly number[])[]>>

describe('a training of Keras: dense, batch norm, relu, dense', () => {
  const k = presets.keras
  const net = model(input(6), dense(8, { bias: false }), k.batchNorm(), relu, dense(3))
  const start = torch.start
  const params = (precision: 'f32' | 'f64') =>
    ({
      dense: { weight: tensorOf(precision, [6, 8], firstWeight) },
      batchNorm: {
        gamma: tensorOf(precision, [8], start['n.weight']),
        beta: tensorOf(precision, [8], start['n.bias'])
      },
      dense2: { weight: tensorOf(precision, [8, 3], secondWeight), bias: tensorOf(precision, [3], start['b.bias']) }
    }) as unknown as Branch<Tensor>
  const optimizers: Readonly<Record<keyof typeof keras.keras.float64, Optimizer>> = {
    sgd: k.sgd(0.0625),
    // a momentum, and the betas in the powers of adam, are float32 in Keras also where everything else is float64
    'sgd, momentum': k.sgd(0.0625, { momentum: Math.fround(0.9) }),
    'sgd, nesterov': k.sgd(0.0625, { momentum: Math.fround(0.9), nesterov: true }),
    adam: k.adam(0.0078125),
    'adam, betas of few bits': k.adam(0.0078125, { beta1: 0.875, beta2: 1 - 1 / 1024 }),
    adadelta: k.adadelta(1)
  }
  const cases = (Object.keys(optimizers) as (keyof typeof optimizers)[]).flatMap(name => [
    [name, 'f64', 'float64', name === 'adam' ? bounds.keras32 : bounds.keras64] as const,
    [name, 'f32', 'float32', bounds.keras32] as const
  ])
  test.each(cases)('is followed by %s for 50 steps in %s', (name, precision, there, bound) => {
    const { states } = follow(settings(net, optimizers[name], precision), params(precision), plainBatches(precision))
    for (const [t, arrays] of Object.entries(keras.keras[there][name] as Seen)) {
      const state = states[Number(t) - 1] as TrainState
      const all = { ...flat(state.params), ...flat(state.layers) }
      const order = ['dense/weight', 'batchNorm/gamma', 'batchNorm/beta', 'batchNorm/mean', 'batchNorm/variance']
      const worst = [...order, 'dense2/weight', 'dense2/bias'].map((path, i) =>
        error(numbersOf(all[path] as Tensor), arrays[i] ?? [])
      )
      expect(Math.max(...worst)).toBeLessThan(bound)
    }
  })
})

describe('a training of tfjs in float32: dense, tanh, dense', () => {
  const net = model(input(6), dense(8, { bias: false }), tanh, dense(3))
  const params = {
    dense: { weight: tensorOf('f32', [6, 8], firstWeight) },
    dense2: { weight: tensorOf('f32', [8, 3], secondWeight), bias: tensorOf('f32', [3], torch.start['b.bias']) }
  } as unknown as Branch<Tensor>
  const optimizers: Readonly<Record<keyof typeof tfjs.runs, Optimizer>> = {
    sgd: sgd(0.1),
    momentum: presets.pytorch.sgd(0.1, { momentum: 0.9 }),
    nesterov: presets.pytorch.sgd(0.1, { momentum: 0.9, nesterov: true }),
    adam: adam(0.01, { epsilon: 1e-7 })
  }
  test.each(Object.keys(optimizers) as (keyof typeof optimizers)[])('is followed by %s for 50 steps', name => {
    const { states } = follow(settings(net, optimizers[name], 'f32'), params, plainBatches('f32'))
    for (const [t, arrays] of Object.entries(tfjs.runs[name] as Seen)) {
      const all = flat((states[Number(t) - 1] as TrainState).params)
      const worst = ['dense/weight', 'dense2/weight', 'dense2/bias'].map((path, i) =>
        error(numbersOf(all[path] as Tensor), arrays[i] ?? [])
      )
      expect(Math.max(...worst)).toBeLessThan(bounds.tfjs)
    }
  })
})

describe('a training of scikit-learn in float64, rows in their order', () => {
  const s = presets.sklearn
  const penalty = { alpha: 0.125, batchSize: 12 }
  const rows = Array.from({ length: 50 }, (_, i) => Array.from({ length: 12 }, (__, j) => (12 * i + j) % 60))
  const cases = {
    'classifier, sgd': [tanh, s.sgd(0.05, penalty), 6],
    'classifier, adam': [sigmoid, s.adam(0.01, penalty, { epsilon: 0.01 }), 2],
    'regressor, momentum': [relu, s.sgd(0.05, penalty, { nesterov: false }), 6]
  } as const
  test.each(Object.keys(cases) as (keyof typeof cases)[])('is followed by the %s for 50 steps', name => {
    const [activation, optimizer, factor] = cases[name]
    const classes = name !== 'regressor, momentum'
    const outputs: number = classes ? 3 : 2
    const { start, after } = keras.sklearn[name]
    const shapes = [[6, 8], [8, outputs], [8], [outputs]] as const
    const [w1, w2, b1, b2] = shapes.map((shape, i) => tensorOf('f64', shape, start[i] as readonly number[]))
    const params = { dense: { weight: w1, bias: b1 }, dense2: { weight: w2, bias: b2 } } as unknown as Branch<Tensor>
    const batches = rows.map(batch => ({
      x: tensorOf(
        'f64',
        [12, 6],
        batch.flatMap(r => torch.x.slice(6 * r, 6 * r + 6))
      ),
      y: classes
        ? tensorOf(
            'u32',
            [12],
            batch.map(r => torch.y[r] as number)
          )
        : tensorOf(
            'f64',
            [12, 2],
            batch.flatMap(r => keras.targets.slice(2 * r, 2 * r + 2))
          )
    }))
    const net = modelData(input(6), dense(8), activation, dense(outputs as 3))
    const loss = classes ? softmaxCrossEntropy : halfSquaredError
    const { states } = follow(settings(net, optimizer, 'f64', loss), params, batches)
    const all = flat((states[49] as TrainState).params)
    const worst = ['dense/weight', 'dense2/weight', 'dense/bias', 'dense2/bias'].map((path, i) =>
      error(numbersOf(all[path] as Tensor), after[i] as readonly number[])
    )
    expect(Math.max(...worst)).toBeLessThan(1e-12)
    // all of its initial values, those of biases too, are within the limit of the preset, and some are near to it
    const limits = [14, 8 + outputs, 14, 8 + outputs].map(n => Math.sqrt(factor / n))
    const shares = start.map((xs, i) => Math.max(...xs.map(Math.abs)) / (limits[i] as number))
    expect(Math.max(...shares)).toBeLessThan(1)
    expect(Math.max(...shares)).toBeGreaterThan(0.9)
  })
})

describe('the initial values of the presets', () => {
  const drawn = (layer: Layer, n: number): Readonly<Record<string, Tensor>> =>
    flat(right(init(modelData(input(n as 25), layer) as unknown as Model, rootKey(3))))
  test.each([
    ['PyTorch', presets.pytorch.linear(400), 25, 0.2, 0.2],
    ['Keras', presets.keras.dense(125), 25, 0.2, 0],
    ['scikit-learn', presets.sklearn.dense(125), 25, 0.2, 0.2],
    ['scikit-learn with a logistic activation', presets.sklearn.dense(25, 'logistic'), 25, 0.2, 0.2],
    ['Weka', presets.weka.dense(400), 25, 0.05, 0.05]
  ])('of %s are uniform within its limit, biases too', (_, layer, n, weight, bias) => {
    const params = drawn(layer, n)
    for (const [name, limit] of [
      ['dense/weight', weight],
      ['dense/bias', bias]
    ] as const) {
      const numbers = Array.from(numbersOf(params[name] as Tensor))
      const largest = Math.max(...numbers.map(Math.abs))
      expect(largest).toBeLessThanOrEqual(limit * (1 + 1e-6))
      expect(largest).toBeGreaterThanOrEqual(0.85 * limit)
      // a uniform number has a mean square of a third
      const square = numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length
      expect(Math.abs(square - (limit * limit) / 3)).toBeLessThanOrEqual(0.35 * limit * limit)
    }
  })
  test('are refused where f32 would make them infinite', () => {
    for (const initializer of [
      { tag: 'uniform', limit: 1e39 },
      { tag: 'fanUniform', factor: 1e39, fan: 'in' },
      { tag: 'truncatedNormal', std: 1e39 },
      { tag: 'constant', value: -1e39 },
      { tag: 'parts', values: [0, 1e39] }
    ] as const)
      for (const name of ['initializer', 'biasInitializer']) {
        const net = modelData(input(2), dense(2, { [name]: initializer }))
        expect(left(init(net as unknown as Model, rootKey(0)))).toMatch(`dense/${name}/`)
        expect(left(init(net as unknown as Model, rootKey(0)))).toContain('in f32')
      }
  })
  test('are read and written as the settings of a dense layer, whose JSON is as before without them', () => {
    const codec = layerCodec(builtInLayers)
    const written = codec.encode(presets.pytorch.linear(3))
    expect(written).toEqual({
      ...{ tag: 'dense', units: 3, bias: true },
      initializer: { tag: 'fanUniform', factor: 1, fan: 'in' },
      biasInitializer: { tag: 'fanUniform', factor: 1, fan: 'in' }
    })
    expect(codec.decode(written)).toEqual(E.right(presets.pytorch.linear(3)))
    expect(Object.keys(codec.encode(dense(3)) as object)).not.toContain('biasInitializer')
  })
})
