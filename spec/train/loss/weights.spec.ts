/** Weights of examples: sum w l / sum w, in a step, in a training and in a score. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { dataset, pickExamples, takeExamples, type Dataset } from '../../../src/data/dataset.js'
import { dense } from '../../../src/layer/dense.js'
import { tanh } from '../../../src/layer/activation.js'
import { input, model } from '../../../src/layer/model.js'
import { score } from '../../../src/train/score.js'
import { halfSquaredError, meanSquaredError, softmaxCrossEntropy, type Loss } from '../../../src/train/loss/index.js'
import { sgd } from '../../../src/train/optimizer/index.js'
import { startState } from '../../../src/train/start.js'
import { tensorsOf } from '../../../src/train/state.js'
import type { Batch } from '../../../src/train/examples.js'
import { stepOf } from '../../../src/train/step.js'
import { epochs, steps } from '../../../src/train/stop/index.js'
import { train } from '../../../src/train/train.js'
import { training } from '../../../src/train/training.js'
import { numbersOf, sameBits, type Tensor } from '../../../src/value/tensor.js'
import { sameShaped, close, evaluated, nameOf } from './helpers.js'
import { left, right } from '../../support/either.js'
import { randomFrom } from '../../support/random.js'
import { tensorOf } from '../../support/tensors.js'

const seeds = fc.integer({ min: 0, max: 0x7fffffff })
const drawn = (seed: number, n: number): readonly number[] => {
  const next = randomFrom(seed)
  return Array.from({ length: n }, () => next() * 0.9 + 0.05)
}
const rows = (data: readonly number[], picked: readonly number[]): readonly number[] =>
  picked.flatMap(r => data.slice(3 * r, 3 * r + 3))

describe.each(sameShaped.map(l => [nameOf(l), l] as const))('%s', (_, loss: Loss) => {
  // numbers between 0 and 1 are outputs and targets of every loss
  const batch = (seed: number, k: number) => ({ y: drawn(seed, 3 * k), t: drawn(seed + 1, 3 * k) })
  const at = (data: readonly number[]): Tensor => tensorOf('f64', [data.length / 3, 3], data)

  test('an example of weight 2 counts as two examples', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }), (seed, counts) => {
        fc.pre(counts.some(c => c > 0))
        const { y, t } = batch(seed, counts.length)
        const copies = counts.flatMap((c, i) => Array.from({ length: c }, () => i))
        const weighted = evaluated(loss, at(y), at(t), tensorOf('f64', [counts.length], counts))
        const repeated = evaluated(loss, at(rows(y, copies)), at(rows(t, copies)))
        expect(close(weighted.value, repeated.value, 1e-13)).toBe(true)
        const gradient = counts.map(() => [0, 0, 0])
        copies.forEach((i, c) => {
          const own = gradient[i] as number[]
          own.forEach((g, j) => (own[j] = g + (repeated.gradient[3 * c + j] as number)))
        })
        weighted.gradient.forEach((g, i) => {
          expect(close(g, gradient.flat()[i] as number, 1e-13)).toBe(true)
        })
      }),
      { numRuns: 15 }
    )
  })
  test('weights that are all 1 change no bit, and a common factor nothing', () => {
    const { y, t } = batch(5, 5)
    for (const dtype of ['f32', 'f64'] as const) {
      const as = (data: readonly number[]): Tensor => tensorOf(dtype, [5, 3], data)
      const same = (w: number) => evaluated(loss, as(y), as(t), tensorOf(dtype, [5], [w, w, w, w, w]))
      const plain = evaluated(loss, as(y), as(t))
      expect(same(1)).toEqual(plain)
      expect(close(same(7).value, plain.value, dtype === 'f32' ? 1e-6 : 1e-14)).toBe(true)
    }
  })
  test('weights that are all 0 give 0', () => {
    const { y, t } = batch(6, 2)
    const { value, gradient } = evaluated(loss, at(y), at(t), tensorOf('f64', [2], [0, 0]))
    expect([value, ...gradient].every(x => x === 0)).toBe(true)
  })
})

const net = model(input(3), dense(4), tanh, dense(3))
const plain: Dataset = right(
  dataset({ x: tensorOf('f32', [10, 3], drawn(1, 30)), y: tensorOf('f32', [10, 3], drawn(2, 30)) })
)
const weights = [1, 0, 2, 1, 3, 0.5, 1, 2, 0, 1]
const weighted: Dataset = right(dataset({ x: plain.x, y: plain.y, weights: tensorOf('f32', [10], weights) }))
const options = {
  model: net,
  loss: halfSquaredError,
  optimizer: sgd(0.1),
  batchSize: 4,
  stop: epochs(3),
  precision: 'f64'
} as const

describe('in a training', () => {
  test('whole weights do what repeated examples do', () => {
    const counts = weights.map(w => Math.round(2 * w))
    const repeated = pickExamples(
      plain,
      counts.flatMap((c, i) => Array.from({ length: c }, () => i))
    )
    const run = (data: Dataset, batchSize: number) =>
      right(train({ ...options, batchSize, stop: steps(20) }, { backend: reference })(data))
    const [a, b] = [
      run(weighted, 10),
      run(
        repeated,
        counts.reduce((s, c) => s + c, 0)
      )
    ]
    for (const [name, t] of Object.entries(tensorsOf(a.state)))
      numbersOf(t).forEach((x, i) => {
        expect(close(x, numbersOf(tensorsOf(b.state)[name] as Tensor)[i] as number, 1e-12)).toBe(true)
      })
    expect(close(a.state.progress.epochLoss, b.state.progress.epochLoss, 1e-12)).toBe(true)
  })
  test('the compiled engine gives the same bits', () => {
    const [a, b] = [reference, wasm].map(backend => {
      const { state, history } = right(
        train({ ...options, precision: 'f32' }, { backend, validation: weighted })(weighted)
      )
      return [Object.entries(tensorsOf(state)).map(([k, t]) => [k, Array.from(numbersOf(t))]), history]
    })
    expect(a).toEqual(b)
  })
  test('a step takes them, and says how much its batch weighs', () => {
    const t = training(options)
    const step = right(stepOf(t, { backend: reference }))
    const first = right(startState(t))
    const batch: Batch = { x: plain.x.tensor, y: plain.y.tensor }
    const whole = right(step(first, { ...batch, weights: tensorOf('f32', [10], weights) }))
    const ones = right(
      step(first, {
        ...batch,
        weights: tensorOf(
          'f64',
          [10],
          weights.map(() => 1)
        )
      })
    )
    const without = right(step(first, batch))
    expect(whole.report).toMatchObject({ examples: 10, weight: 11.5 })
    expect(without.report).toMatchObject({ examples: 10, weight: 10 })
    expect(ones).toEqual(without)
    expect(whole.report.loss).not.toBe(without.report.loss)
    expect(left(step(first, { ...batch, weights: tensorOf('f32', [9], weights.slice(1)) }))).toBe(
      'weights: expected 10 numbers, one for each input, got f32[9]'
    )
  })
  test('the loss of an epoch, and a score, are by weight over all batches', () => {
    const still = right(
      train({ ...options, optimizer: sgd(1e-300) }, { backend: reference, validation: weighted })(weighted)
    )
    const all = right(score(still.training, still.state, weighted, { backend: reference })).loss
    const each = Array.from(
      { length: 10 },
      (_, i) => right(score(still.training, still.state, pickExamples(plain, [i]), { backend: reference })).loss
    )
    const mean = each.reduce((s, l, i) => s + l * (weights[i] as number), 0) / 11.5
    expect(close(all, mean, 1e-14)).toBe(true)
    for (const epoch of still.history) {
      expect(close(epoch.loss, mean, 1e-14)).toBe(true)
      expect(epoch.validation?.loss).toBe(all)
    }
  })
  test('bytes may be weights, with a scale', () => {
    const bytes: Dataset = {
      ...plain,
      weights: {
        tensor: tensorOf(
          'u8',
          [10],
          weights.map(w => w * 2)
        ),
        scale: 0.5,
        shift: 0
      }
    }
    const run = (data: Dataset) => right(train(options, { backend: reference })(data)).state
    const [a, b] = [run(bytes), run(weighted)]
    expect(Object.entries(tensorsOf(a)).every(([k, t]) => sameBits(t, tensorsOf(b)[k] as Tensor))).toBe(true)
  })
})

describe('in a dataset', () => {
  const withWeights = (w: Tensor) => dataset({ x: plain.x, y: plain.y, weights: w })
  test('they go with their examples', () => {
    const picked = pickExamples(weighted, [4, 2])
    expect(Array.from(picked.weights?.tensor.data ?? [])).toEqual([3, 2])
    expect(right(takeExamples(weighted, 3)).weights?.tensor.shape).toEqual([3])
    expect('weights' in pickExamples(plain, [1])).toBe(false)
  })
  test('those that cannot be are refused', () => {
    expect(left(withWeights(tensorOf('f32', [9], weights.slice(1))))).toBe(
      'weights: expected 10 numbers, one for each example, got the shape [9]'
    )
    expect(left(withWeights(tensorOf('f32', [10], [...weights.slice(1), -1])))).toBe(
      'weights/row 9: expected a number, 0 or more, got -1'
    )
    expect(
      left(
        withWeights(
          tensorOf(
            'f32',
            [10],
            weights.map(() => 0)
          )
        )
      )
    ).toBe('weights: expected at least one weight above 0, got none')
    expect(left(withWeights(tensorOf('f32', [10], [NaN, ...weights.slice(1)])))).toMatch(/^weights\/row 0: /)
  })
  test('also where a dataset was made by hand', () => {
    const bad: Dataset = {
      ...plain,
      weights: {
        tensor: tensorOf(
          'f32',
          [10],
          weights.map(w => -w)
        ),
        scale: 1,
        shift: 0
      }
    }
    expect(E.isLeft(train({ ...options, loss: meanSquaredError }, { backend: reference })(bad))).toBe(true)
    expect(E.isLeft(train({ ...options, loss: softmaxCrossEntropy }, { backend: reference })(weighted))).toBe(false)
  })
})
