/** Logits of -Infinity exclude classes: masks. Where the target is 0 the limit is that nothing is added, to the value or the gradient. */
import { describe, expect, test } from 'vitest'
import {
  classWeighted,
  crossEntropy,
  sigmoidCrossEntropy,
  smoothed,
  softmaxCrossEntropy
} from '../../../src/train/loss/index.js'
import { dense, input, model, softmax } from '../../../src/layer/index.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { fromArrays } from '../../../src/data/index.js'
import { epochs, perplexity, sgd, train } from '../../../src/train/index.js'
import { evaluated } from './helpers.js'
import { left, right } from '../../support/either.js'
import { tensorOf } from '../../support/tensors.js'

const masked = [1, -Infinity, -0.5, 2]
const kept = [1, -0.5, 2]
// log softmax([1, -1/2, 2]) and softmax of it by mpmath 1.3.0
const logs = [-1.371539031852683, -2.871539031852683, -0.3715390318526829]
const shares = [0.2537161816350252, 0.05661173224047128, 0.6896720861245035]

const close = (got: readonly number[], wanted: readonly number[]): void =>
  got.forEach((x, i) => expect(Math.abs(x - (wanted[i] as number))).toBeLessThan(1e-14))

describe('softmaxCrossEntropy with an excluded class', () => {
  const y = tensorOf('f64', [1, 4], masked)
  const oneHot = tensorOf('f64', [1, 4], [1, 0, 0, 0])
  test.each([
    ['class indexes', tensorOf('u32', [1], [0])],
    ['rows of one-hot targets', oneHot]
  ])('%s', (_, t) => {
    const { value, gradient } = evaluated(softmaxCrossEntropy, y, t)
    close([value], [-(logs[0] as number)])
    close(gradient, [(shares[0] as number) - 1, 0, shares[1] as number, shares[2] as number])
  })
  test('weights of classes and of examples', () => {
    const w = tensorOf('f64', [2], [3, 1])
    const two = tensorOf('f64', [2, 4], [...masked, ...masked])
    const targets = tensorOf('u32', [2], [0, 3])
    const { value } = evaluated(classWeighted(softmaxCrossEntropy, [2, 5, 1, 1]), two, targets, w)
    close([value], [-(3 * 2 * (logs[0] as number) + (logs[2] as number)) / 4])
  })
  test('smoothed targets: an excluded class gets no share', () => {
    const { value, gradient } = evaluated(smoothed(softmaxCrossEntropy, 0.2), y, oneHot)
    const targets = [0.85, 0.05, 0.05]
    close([value], [-targets.reduce((s, t, i) => s + t * (logs[i] as number), 0)])
    const slopes = targets.map((t, i) => 0.95 * (shares[i] as number) - t)
    close(gradient, [slopes[0] as number, 0, slopes[1] as number, slopes[2] as number])
  })
  test('is the loss without that class', () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const all = evaluated(softmaxCrossEntropy, tensorOf(dtype, [1, 4], masked), tensorOf('u32', [1], [3]))
      const without = evaluated(softmaxCrossEntropy, tensorOf(dtype, [1, 3], kept), tensorOf('u32', [1], [2]))
      expect(all.value).toBe(without.value)
      expect(all.gradient.filter((_, i) => i !== 1)).toEqual(without.gradient)
    }
  })
  test('is infinite where the excluded class is the target', () =>
    expect(evaluated(softmaxCrossEntropy, y, tensorOf('u32', [1], [1])).value).toBe(Infinity))
})

test('sigmoidCrossEntropy: an infinite logit that its target agrees with adds nothing', () => {
  const y = tensorOf('f64', [1, 3], [-Infinity, Infinity, 0])
  const { value, gradient } = evaluated(sigmoidCrossEntropy, y, tensorOf('f64', [1, 3], [0, 1, 1]))
  close([value], [Math.LN2 / 3])
  close(gradient, [0, 0, -1 / 6])
  expect(evaluated(sigmoidCrossEntropy, y, tensorOf('f64', [1, 3], [1, 1, 1])).value).toBe(Infinity)
})

test('softmax and crossEntropy that underflow name softmaxCrossEntropy', () => {
  const data = right(fromArrays([[1], [-1]], [0, 1], 2))
  const settings = { optimizer: sgd(1000), stop: epochs(50), batchSize: 2, metrics: [perplexity] }
  const probabilities = { ...settings, model: model(input(1), dense(2), softmax), loss: crossEntropy }
  // targets that contradict each other, so that some probability underflows
  const wrong = right(fromArrays([[1000], [1000]], [0, 1], 2))
  expect(left(train(probabilities, { backend: wasm })(wrong))).toMatch(/use softmaxCrossEntropy/)
  expect(right(train(probabilities, { backend: wasm })(data)).reason).toBeTruthy()
})
