/** Every loss of golden.json, value and gradient, in f64; and in f32 within a stated bound. */
import { describe, expect, test } from 'vitest'
import golden from '../../golden/golden.json' with { type: 'json' }
import {
  crossEntropy,
  halfSquaredError,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  type Loss
} from '../../../src/train/loss/index.js'
import { evaluated, type GoldenTensor } from './helpers.js'
import { tensorOf } from '../../support/tensors.js'

interface Golden {
  readonly prediction: GoldenTensor
  readonly target: GoldenTensor
  readonly value: number
  readonly gradient: GoldenTensor
  readonly classIndex?: readonly number[]
}
const all = golden.losses as Readonly<Record<string, Golden>>

/** how a name of golden.json begins -> the loss it means */
const meaning: readonly (readonly [string, Loss])[] = [
  ['halfSquaredError', halfSquaredError],
  ['meanSquaredError', meanSquaredError],
  ['meanAbsoluteError', meanAbsoluteError],
  ['huber delta=1', huber(1)],
  ['crossEntropy', crossEntropy],
  ['softmaxCrossEntropy', softmaxCrossEntropy],
  ['sigmoidCrossEntropy', sigmoidCrossEntropy]
]
const lossOf = (name: string): Loss | undefined => meaning.find(([start]) => name.startsWith(start))?.[1]

/** the largest difference, relative to the largest of the numbers that are right */
const relative = (got: readonly number[], wanted: readonly number[]): number => {
  const size = Math.max(...wanted.map(Math.abs))
  return Math.max(...got.map((g, i) => Math.abs(g - (wanted[i] as number)))) / size
}

describe.each(Object.entries(all))('%s', (name, { prediction, target, value, gradient, classIndex }) => {
  const loss = lossOf(name) as Loss
  const { shape, data } = prediction
  const [k, classes] = shape as readonly [number, number]

  test('is known', () => expect(loss).toBeDefined())
  test('in f64, to 1e-12', () => {
    const got = evaluated(loss, tensorOf('f64', shape, data), tensorOf('f64', shape, target.data))
    expect(Math.abs(got.value - value) / value).toBeLessThan(1e-12)
    expect(relative(got.gradient, gradient.data)).toBeLessThan(1e-12)
    // number by number, as far as a number is not the difference of much larger ones
    got.gradient.forEach((g, i) => {
      expect(g).toBeCloseTo(gradient.data[i] as number, 14)
    })
  })
  test('in f32, to 2e-7', () => {
    const got = evaluated(loss, tensorOf('f32', shape, data), tensorOf('f32', shape, target.data))
    expect(Math.abs(got.value - value) / value).toBeLessThan(2e-7)
    expect(relative(got.gradient, gradient.data)).toBeLessThan(2e-7)
  })
  const indexes = classIndex ?? []
  if (indexes.length > 0)
    test('the same from class indexes', () => {
      const y = tensorOf('f64', shape, data)
      const oneHot = tensorOf('f64', [k, classes], target.data)
      expect(evaluated(loss, y, tensorOf('u32', [k], indexes))).toEqual(evaluated(loss, y, oneHot))
    })
})

test('golden.json has every loss that stands alone', () => {
  expect(new Set(Object.keys(all).map(name => lossOf(name)?.tag))).toEqual(new Set(meaning.map(([, l]) => l.tag)))
})
