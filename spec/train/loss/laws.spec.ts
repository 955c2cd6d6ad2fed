/** Laws that every loss obeys, run over the samples of the family. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { constant, input } from '../../../src/expr/build.js'
import { tex } from '../../../src/expr/tex.js'
import { checkGradient } from '../../../src/backend/gradient-check.js'
import {
  batchLoss,
  classWeighted,
  crossEntropy,
  huber,
  losses,
  sigmoidCrossEntropy,
  smoothed,
  softmaxCrossEntropy,
  type Loss
} from '../../../src/train/loss/index.js'
import { decode } from '../../../src/value/codec.js'
import { codecsOf } from '../../../src/registry/codecs.js'
import type { Tensor } from '../../../src/value/tensor.js'
import { sameShaped, close, evaluated, known, nameOf } from './helpers.js'
import { right } from '../../support/either.js'
import { randomFrom } from '../../support/random.js'
import { tensorOf } from '../../support/tensors.js'

/** three classes, as the samples' weights of classes are for */
const classes = 3
const softmax = (z: readonly number[]): readonly number[] => {
  const e = z.map(Math.exp)
  return e.map(x => x / e.reduce((a, b) => a + b, 0))
}
interface Batch {
  readonly y: Tensor<readonly number[], 'f64'>
  readonly t: Tensor<readonly number[], 'f64'>
}
/** outputs and targets that suit a loss, from a seed */
const batchFor = (loss: Loss, k: number, seed: number): Batch => {
  const next = randomFrom(seed)
  const { expects, classIndexes } = known(loss)
  const row = (): readonly number[] => Array.from({ length: classes }, () => (next() * 2 - 1) * 3)
  const outputs = Array.from({ length: k }, () => (expects === 'probabilities' ? softmax(row()) : row()))
  const targets = Array.from({ length: k }, () => {
    const c = Math.floor(next() * classes)
    return classIndexes
      ? row().map((_, j) => (j === c ? 1 : 0))
      : expects === 'values'
        ? row()
        : row().map(() => next())
  })
  const tensor = (rows: readonly (readonly number[])[]): Batch['y'] => tensorOf('f64', [k, classes], rows.flat())
  return { y: tensor(outputs), t: tensor(targets) }
}
const seeds = fc.integer({ min: 0, max: 0x7fffffff })
const sizes = fc.integer({ min: 1, max: 7 })

describe.each(sameShaped.map(loss => [nameOf(loss), loss] as const))('%s', (_, loss) => {
  test('its gradient by the outputs is that of difference quotients', () => {
    let compared = 0
    fc.assert(
      fc.property(sizes, seeds, (k, seed) => {
        const { y, t } = batchFor(loss, k, seed)
        const result = right(checkGradient(reference, x => batchLoss(known(loss).formula(x, constant(t))), y))
        expect(result.worst?.relativeError ?? 0).toBeLessThan(1e-6)
        compared += result.compared
      }),
      { numRuns: 40 }
    )
    expect(compared).toBeGreaterThan(200)
  })
  test('so it is with weights of examples', () => {
    fc.assert(
      fc.property(sizes, seeds, (k, seed) => {
        const { y, t } = batchFor(loss, k, seed)
        const next = randomFrom(seed + 1)
        const w = constant(
          tensorOf(
            'f64',
            [k],
            Array.from({ length: k }, () => 0.1 + next())
          )
        )
        const result = right(checkGradient(reference, x => batchLoss(known(loss).formula(x, constant(t)), w), y))
        expect(result.worst?.relativeError ?? 0).toBeLessThan(1e-6)
      }),
      { numRuns: 15 }
    )
  })
  test('the loss of a batch is the mean over its examples, whatever their order', () => {
    fc.assert(
      fc.property(sizes, seeds, (k, seed) => {
        const { y, t } = batchFor(loss, k, seed)
        const { value, perExample } = evaluated(loss, y, t)
        expect(perExample).toHaveLength(k)
        expect(close(value, perExample.reduce((a, b) => a + b, 0) / k, 1e-14)).toBe(true)
        const single = (i: number): number => {
          const row = (x: Tensor): Tensor =>
            tensorOf('f64', [1, classes], Array.from(x.data).slice(i * classes, (i + 1) * classes))
          return evaluated(loss, row(y), row(t)).value
        }
        // the same bits for an example alone as in a batch
        expect(perExample.map((_, i) => single(i))).toEqual(perExample)
      }),
      { numRuns: 15 }
    )
  })
  test('it is never below 0', () => {
    fc.assert(
      fc.property(sizes, seeds, (k, seed) => {
        const { y, t } = batchFor(loss, k, seed)
        evaluated(loss, y, t).perExample.forEach(l => {
          expect(l).toBeGreaterThanOrEqual(0)
        })
      }),
      { numRuns: 15 }
    )
  })
  test('it is its JSON', () => {
    const codec = codecsOf({ losses }).loss
    const text = JSON.stringify(codec.encode(loss))
    const again = right(decode(codec)(JSON.parse(text)))
    expect(again).toEqual(loss)
    expect(JSON.stringify(codec.encode(again))).toBe(text)
  })
  test('its formula has a TeX of its own', () => {
    const [y, t] = [input('y', 'f64', [4, classes]), input('t', 'f64', [4, classes])]
    expect(tex(batchLoss(known(loss).formula(y, t)), 'L')).toMatch(/^(\\begin|L = )/)
    expect(losses[loss.tag]?.tex).not.toBe('')
  })
})

describe('where an activation and a logarithm would not be finite', () => {
  const huge = [1e4, -1e4, 0]
  const logits = tensorOf(
    'f64',
    [3, 3],
    huge.flatMap((_, i) => huge.map((_, j) => huge[(i + j) % 3] as number))
  )
  const target = tensorOf('f64', [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1])
  test.each([softmaxCrossEntropy, sigmoidCrossEntropy, smoothed(softmaxCrossEntropy, 0.1)])('$tag is, at 1e4', loss => {
    for (const dtype of ['f32', 'f64'] as const) {
      const as = (t: Tensor): Tensor => tensorOf(dtype, t.shape, t.data)
      const { value, gradient, perExample } = evaluated(loss, as(logits), as(target))
      expect([value, ...gradient, ...perExample].every(Number.isFinite)).toBe(true)
    }
  })
  test('crossEntropy is where a target is 0, whatever the probability', () => {
    const y = tensorOf('f64', [1, 3], [0, 1, 0])
    expect(evaluated(crossEntropy, y, tensorOf('f64', [1, 3], [0, 1, 0]))).toMatchObject({
      value: 0,
      gradient: [0, -1, 0]
    })
  })
  test('sigmoidCrossEntropy is right to the last bit far out', () => {
    const at = (z: number, t: number): number =>
      evaluated(sigmoidCrossEntropy, tensorOf('f64', [1, 1], [z]), tensorOf('f64', [1, 1], [t])).value
    expect(at(40, 1)).toBe(Math.exp(-40))
    expect(at(-40, 0)).toBe(Math.exp(-40))
    expect(at(1e4, 0)).toBe(1e4)
    expect(at(0, 0.5)).toBeCloseTo(Math.LN2, 15)
    const gradient = (z: number, t: number): readonly number[] =>
      evaluated(sigmoidCrossEntropy, tensorOf('f64', [1, 1], [z]), tensorOf('f64', [1, 1], [t])).gradient
    expect(gradient(0, 1)).toEqual([-0.5])
    expect(gradient(0, 0.25)).toEqual([0.25])
  })
})

describe('relations between losses', () => {
  const k = 5
  const agree = (a: Loss, b: Loss, y: Tensor, t: Tensor, f: (value: number) => number = v => v): void => {
    const [p, q] = [evaluated(a, y, t), evaluated(b, y, t)]
    expect(close(p.value, f(q.value), 1e-13)).toBe(true)
    p.gradient.forEach((g, i) => {
      expect(close(g, f(q.gradient[i] as number), 1e-13)).toBe(true)
    })
  }
  test('softmaxCrossEntropy is the crossEntropy of softmax', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const { y, t } = batchFor(softmaxCrossEntropy, k, seed)
        const rows = Array.from({ length: k }, (_, i) =>
          softmax(Array.from(y.data).slice(i * classes, (i + 1) * classes))
        )
        const p = tensorOf('f64', y.shape, rows.flat())
        expect(close(evaluated(softmaxCrossEntropy, y, t).value, evaluated(crossEntropy, p, t).value, 1e-13)).toBe(true)
      }),
      { numRuns: 20 }
    )
  })
  test('huber is half the squared error near 0, and nearly delta times the absolute one far out', () => {
    const { y } = batchFor(huber(), k, 3)
    agree(
      huber(100),
      { tag: 'meanSquaredError' },
      y,
      tensorOf(
        'f64',
        y.shape,
        Array.from(y.data, v => v + 1)
      ),
      v => v / 2
    )
    const far = tensorOf(
      'f64',
      y.shape,
      Array.from(y.data, v => v + 50)
    )
    expect(evaluated(huber(2), y, far).value).toBeCloseTo(2 * 50 - 2, 10)
  })
  test('smoothed by 0, and weights of classes that are all 1, change nothing', () => {
    const { y, t } = batchFor(softmaxCrossEntropy, k, 4)
    const plain = evaluated(softmaxCrossEntropy, y, t)
    expect(evaluated(smoothed(softmaxCrossEntropy, 0), y, t)).toEqual(plain)
    expect(evaluated(classWeighted(softmaxCrossEntropy, [1, 1, 1]), y, t)).toEqual(plain)
  })
  test('smoothed is the loss for targets that were smoothed before', () => {
    const { y, t } = batchFor(crossEntropy, k, 5)
    const before = tensorOf(
      'f64',
      t.shape,
      Array.from(t.data, v => 0.8 * v + 0.2 / classes)
    )
    const [a, b] = [evaluated(smoothed(crossEntropy, 0.2), y, t), evaluated(crossEntropy, y, before)]
    expect(close(a.value, b.value, 1e-14)).toBe(true)
  })
  test('the weight of a class is a factor of the losses of its examples', () => {
    const { y, t } = batchFor(softmaxCrossEntropy, k, 6)
    const weights = [1, 4, 0]
    const plain = evaluated(softmaxCrossEntropy, y, t).perExample
    const classOf = (i: number): number =>
      Array.from(t.data)
        .slice(i * classes, (i + 1) * classes)
        .indexOf(1)
    const got = evaluated(classWeighted(softmaxCrossEntropy, weights), y, t).perExample
    got.forEach((l, i) => {
      expect(close(l, (plain[i] as number) * (weights[classOf(i)] as number), 1e-14)).toBe(true)
    })
  })
  test('of any rank: the sum or mean over all numbers of an example', () => {
    for (const loss of sameShaped.filter(l => l.tag !== 'classWeighted')) {
      const { y, t } = batchFor(loss, 4, 7)
      const reshaped = (x: Tensor): Tensor => tensorOf('f64', [2, 2, classes], x.data)
      const [flat, deep] = [evaluated(loss, y, t).perExample, evaluated(loss, reshaped(y), reshaped(t)).perExample]
      const pair = (i: number): number => (flat[2 * i] as number) + (flat[2 * i + 1] as number)
      // of the one rank: twice the mean, or the sum
      const factor = close((deep[0] as number) * 2, pair(0), 1e-12) ? 2 : 1
      expect(deep).toHaveLength(2)
      deep.forEach((l, i) => {
        expect(close(l * factor, pair(i), 1e-12)).toBe(true)
      })
    }
  })
})
