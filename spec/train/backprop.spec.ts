/** The textbook's formulas of backpropagation, between what `backprop` shows. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { activation, relu, sigmoid, softmax, tanh } from '../../src/layer/activation.js'
import type { ActivationName } from '../../src/layer/activation-table.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { fanOut } from '../../src/layer/combinator/branches.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { flatten } from '../../src/layer/flatten.js'
import type { Layer } from '../../src/layer/definition.js'
import { mergeAdd } from '../../src/layer/combinator/merge.js'
import { input, model, modelData, type Model } from '../../src/layer/model.js'
import { residual } from '../../src/layer/combinator/residual.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { init } from '../../src/model/init.js'
import type { ParamsOf } from '../../src/model/params.js'
import { rootKey } from '../../src/random/index.js'
import { backprop, type Backprop, type BackpropOptions } from '../../src/train/backprop.js'
import {
  crossEntropy,
  halfSquaredError,
  meanSquaredError,
  softmaxCrossEntropy,
  type Loss
} from '../../src/train/loss/index.js'
import { sgd } from '../../src/train/optimizer/index.js'
import type { Examples } from '../../src/infer/examples.js'
import { startState } from '../../src/train/start.js'
import { stepOf } from '../../src/train/step.js'
import { steps } from '../../src/train/stop/index.js'
import { training } from '../../src/train/training.js'
import { numbersOf, tensorView, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, type Branch } from '../../src/value/tree.js'
import { fromGolden, golden, worst, type Golden } from '../layer/one-layer.js'
import { left, right } from '../support/either.js'
import { numbers, seed } from '../support/tensors.js'

type Matrix = readonly (readonly number[])[]
const rows = (x: Examples | undefined): Matrix => {
  const t = x as Tensor
  const width = t.shape[1] as number
  return Array.from({ length: t.shape[0] as number }, (_, i) =>
    Array.from(numbersOf(t)).slice(i * width, (i + 1) * width)
  )
}
const transpose = (m: Matrix): Matrix => (m[0] ?? []).map((_, j) => m.map(row => row[j] as number))
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map(row => transpose(b).map(column => row.reduce((s, x, k) => s + x * (column[k] as number), 0)))
const close = (a: Matrix, b: Matrix): void => {
  expect(a.length).toBe(b.length)
  a.forEach((row, i) =>
    row.forEach((x, j) => expect(Math.abs(x - (b[i]?.[j] as number))).toBeLessThan(1e-13 * Math.max(1, Math.abs(x))))
  )
}

/** f'(z) for activations whose slope at z is easily said */
const slopes: Readonly<Partial<Record<ActivationName, (z: number) => number>>> = {
  identity: () => 1,
  sigmoid: z => 1 / (1 + Math.exp(-z)) / (1 + Math.exp(z)),
  tanh: z => 1 - Math.tanh(z) ** 2,
  relu: z => (z > 0 ? 1 : 0)
}
const names = fc.constantFrom(...(Object.keys(slopes) as readonly ActivationName[]))

describe('between the layers of a perceptron', () => {
  const nets = fc.tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), names), { minLength: 1, maxLength: 4 }),
    fc.integer({ min: 1, max: 4 }),
    seed
  )
  test("delta^(l-1) = (W^l)^T delta^l ⊙ f'(z^(l-1)), dE/dW = delta a^T, dE/db = the sum of delta over the batch", () =>
    fc.assert(
      fc.property(nets, ([layers, batch, s]) => {
        const stack = layers.flatMap(([units, f]): readonly Layer[] => [
          dense(units, { initializer: 'xavierNormal' }),
          activation(f)
        ])
        const net = modelData([3], ...stack) as unknown as Model
        const params = right(init(net, rootKey(s), { dtype: 'f64' })) as unknown as Branch<Tensor>
        const x = numbers('f64', [batch, 3], s)
        const y = numbers('f64', [batch, layers.at(-1)?.[0] as number], s + 1)
        const b = right(
          backprop(net, params as unknown as ParamsOf<Model>, { x, y }, { loss: halfSquaredError, backend: reference })
        )
        const seen = Object.values(b.layers)
        const gradients = Object.values(b.gradients as unknown as Branch<Tensor>) as unknown as readonly {
          readonly weight: Tensor
          readonly bias: Tensor
        }[]
        const weights = Object.values(params) as unknown as readonly { readonly weight: Tensor }[]
        const z = (l: number): Matrix => rows(seen[2 * l]?.value)
        const delta = (l: number): Matrix => rows(seen[2 * l]?.delta)
        const a = (l: number): Matrix => (l < 0 ? rows(x) : rows(seen[2 * l + 1]?.value))
        layers.forEach(([, f], l) => {
          // examples are rows: (W^T delta)^T = delta W^T in the layout [in, out]
          const dEda =
            l + 1 < layers.length
              ? times(delta(l + 1), transpose(rows(weights[l + 1]?.weight)))
              : a(l).map((row, i) => row.map((v, j) => (v - (rows(y)[i]?.[j] as number)) / batch))
          close(rows(seen[2 * l + 1]?.delta), dEda)
          const slope = slopes[f] as (z: number) => number
          close(
            delta(l),
            dEda.map((row, i) => row.map((v, j) => v * slope(z(l)[i]?.[j] as number)))
          )
          close(rows(gradients[l]?.weight), times(transpose(a(l - 1)), delta(l)))
          close(
            [Array.from(numbersOf(gradients[l]?.bias as Tensor))],
            [transpose(delta(l)).map(column => column.reduce((p, q) => p + q, 0))]
          )
        })
      }),
      { numRuns: 60 }
    ))
})

describe('the golden networks', () => {
  interface Case {
    readonly sizes: readonly number[]
    readonly hidden: ActivationName
    readonly loss: string
    readonly x: Golden
    readonly t: Golden
    readonly weights: readonly Golden[]
    readonly biases: readonly Golden[]
    readonly output: Golden
    readonly value: number
    readonly dweights: readonly Golden[]
    readonly dbiases: readonly Golden[]
  }
  const cases = golden('networks') as readonly Case[]
  const losses: Readonly<Record<string, Loss>> = {
    halfSquaredError,
    meanSquaredError,
    softmaxCrossEntropy,
    crossEntropy
  }
  const label = (l: number): string => (l === 0 ? 'dense' : `dense${l + 1}`)
  test.each(cases.map((c): [string, Case] => [`${c.sizes.join('-')} ${c.hidden} ${c.loss}`, c]))(
    '%s, to 1e-12',
    (_, c) => {
      const last = c.sizes.length - 2
      const net = modelData(
        [c.sizes[0] as number],
        ...c.sizes.slice(1).flatMap((n, l): readonly Layer[] => [dense(n), ...(l < last ? [activation(c.hidden)] : [])])
      ) as unknown as Model
      const params = Object.fromEntries(
        c.weights.map((w, l) => [label(l), { weight: fromGolden(w), bias: fromGolden(c.biases[l] as Golden) }])
      ) as unknown as ParamsOf<Model>
      const batch = { x: fromGolden(c.x), y: fromGolden(c.t) }
      const b = right(backprop(net, params, batch, { loss: losses[c.loss] as Loss, backend: reference }))
      const tree = b.gradients as unknown as Readonly<
        Record<string, { readonly weight: Tensor; readonly bias: Tensor }>
      >
      const at = (l: number): { readonly weight: Tensor; readonly bias: Tensor } =>
        tree[label(l)] as (typeof tree)[string]
      const errors = [
        Math.abs(b.loss - c.value) / Math.abs(c.value),
        worst(b.layers[label(last)]?.value as Tensor, c.output),
        ...c.dweights.map((g, l) => worst(at(l).weight, g)),
        ...c.dbiases.map((g, l) => worst(at(l).bias, g))
      ]
      expect(Math.max(...errors)).toBeLessThan(1e-12)
    }
  )
})

const net = model(
  input(2, 2),
  flatten,
  dense(5),
  batchNorm(),
  relu,
  dropout(0.4),
  residual(sequential(dense(5), tanh)),
  fanOut(dense(3), dense(3)),
  mergeAdd
)
const params = right(init(net, rootKey(3)))
const batch = { x: numbers('f32', [6, 2, 2], 1), y: tensorView('u32', [6], Uint32Array.from([0, 1, 2, 0, 1, 2])) }
const shown = (options: Partial<Omit<BackpropOptions, 'loss'>> = {}): Backprop<typeof net> =>
  right(backprop(net, params, batch, { loss: softmaxCrossEntropy, backend: reference, ...options }))

describe('of any model', () => {
  test('every layer is there by its label path, with a delta of the form of its value', () => {
    const { layers } = shown()
    expect(Object.keys(layers)).toEqual([
      'flatten',
      'dense',
      'batchNorm',
      'relu',
      'dropout',
      'residual/dense',
      'residual/tanh',
      'residual',
      'fanOut/dense',
      'fanOut/dense2',
      'fanOut',
      'add'
    ])
    expect(layers['flatten']).toMatchObject({ value: { shape: [6, 4] }, delta: { shape: [6, 4] } })
    expect(layers['fanOut']).toMatchObject({
      value: [{ shape: [6, 3] }, { shape: [6, 3] }],
      delta: [{ shape: [6, 3] }, { shape: [6, 3] }]
    })
    expect(layers['fanOut']?.delta).toEqual([layers['fanOut/dense']?.delta, layers['fanOut/dense2']?.delta])
  })
  test('where the logits go wrong is softmax minus target, over the batch', () => {
    const { layers } = shown()
    const [z, delta] = [rows(layers['add']?.value), rows(layers['add']?.delta)]
    z.forEach((row, k) => {
      const e = row.map(Math.exp)
      const total = e.reduce((a, b) => a + b, 0)
      row.forEach((_, j) =>
        expect(delta[k]?.[j]).toBeCloseTo(((e[j] as number) / total - (batch.y.data[k] === j ? 1 : 0)) / 6, 6)
      )
    })
  })
  test('the gradients are what a training step follows', () => {
    const t = training({
      model: net,
      loss: softmaxCrossEntropy,
      optimizer: sgd(1),
      stop: steps(1),
      batchSize: 6,
      seed: 0
    })
    const s = right(startState(t, { params: params as unknown as Branch<Tensor> }))
    const { state, report } = right(right(stepOf(t, { backend: reference }))(s, batch))
    // no masks, so that both see the same network
    const still = model(
      input(2, 2),
      flatten,
      dense(5),
      batchNorm(),
      relu,
      dropout(0),
      residual(sequential(dense(5), tanh)),
      fanOut(dense(3), dense(3)),
      mergeAdd
    )
    const without = training({ ...t, model: still })
    const after = right(right(stepOf(without, { backend: reference }))(s, batch))
    const b = right(backprop(still, params, batch, { loss: softmaxCrossEntropy, backend: reference }))
    expect(b.loss).toBe(after.report.loss)
    const g = new Map(treeLeaves<Tensor>(b.gradients))
    for (const [path, w] of treeLeaves<Tensor>(s.params)) {
      const next = treeLeaves<Tensor>(after.state.params).find(([p]) => p === path)?.[1] as Tensor
      const wanted = Float32Array.from(numbersOf(w), (x, i) =>
        Math.fround(x - (numbersOf(g.get(path) as Tensor)[i] as number))
      )
      expect(Array.from(numbersOf(next))).toEqual(Array.from(wanted))
    }
    expect(report.loss).not.toBe(after.report.loss)
    expect(state.progress.step).toBe(1)
  })
  test('both backends show the same bits', () => expect(shown({ backend: wasm })).toEqual(shown()))
  test('a key decides the masks; in inference there are none', () => {
    expect(shown({ key: rootKey(1) })).toEqual(shown({ key: rootKey(1) }))
    expect(shown({ key: rootKey(1) }).loss).not.toBe(shown({ key: rootKey(2) }).loss)
    expect(shown({ key: rootKey(1), training: false })).toEqual(shown({ key: rootKey(2), training: false }))
  })
  test.each<[string, string]>([
    [
      left(
        backprop(
          net,
          params,
          { ...batch, x: numbers('f32', [6, 4], 1) },
          { loss: softmaxCrossEntropy, backend: reference }
        )
      ),
      'inputs: expected tensors of shape [2, 2] for each example, got shape [4]; reshape the data, or change the input of the model'
    ],
    [
      left(backprop(net, {} as unknown as typeof params, batch, { loss: softmaxCrossEntropy, backend: reference })),
      'dense: expected a parameter weight, got none; use the parameters of this model'
    ]
  ])('%s', (got, wanted) => expect(got).toBe(wanted))
  test('the losses of a softmax layer: probabilities and logits agree', () => {
    const logits = model(input(2, 2), flatten, dense(3))
    const probabilities = model(input(2, 2), flatten, dense(3), softmax)
    const p = right(init(logits, rootKey(1), { dtype: 'f64' }))
    const wide = { x: tensorView('f64', [6, 2, 2], Float64Array.from(numbersOf(batch.x))), y: batch.y }
    const a = right(backprop(logits, p, wide, { loss: softmaxCrossEntropy, backend: reference }))
    const b = right(backprop(probabilities, p, wide, { loss: crossEntropy, backend: reference }))
    expect(b.loss).toBeCloseTo(a.loss, 12)
    close(rows(b.layers['dense']?.delta), rows(a.layers['dense']?.delta))
  })
  test('a model without parameters has deltas all the same', () => {
    const still = model(input(2, 2), flatten, sigmoid)
    const b = right(
      backprop(still, {}, { x: batch.x, y: numbers('f32', [6, 4], 2) }, { loss: halfSquaredError, backend: wasm })
    )
    expect(b.gradients).toEqual({})
    expect(b.layers).toMatchObject({ flatten: { delta: { shape: [6, 4] } }, sigmoid: { delta: { shape: [6, 4] } } })
  })
})
