/** From a model's outputs to probabilities, and from these to decisions. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { exp } from '../../value/elementary.js'
import { settingError, shapeError, type SettingError, type ShapeError } from '../../value/error.js'
import { showShape, type Dims } from '../../value/shape.js'
import { isFloat, isSound, numbersOf, tensorView, type Tensor } from '../../value/tensor.js'
import { lookup } from '../../registry/lookup.js'
import { knownLoss, losses, type LossTable } from '../loss/index.js'
import type { Loss } from '../loss/loss.js'

type Probabilities = Tensor<Dims, 'f64'>

/** 1 / (1 + e^-x), without overflow on either side */
export const sigmoidOf = (x: number): number => {
  const e = exp(x < 0 ? x : -x)
  return x < 0 ? e / (1 + e) : 1 / (1 + e)
}

/** e^(x_i - max x) / sum_j e^(x_j - max x) */
export const softmaxOf = (xs: readonly number[]): readonly number[] => {
  const max = xs.reduce((a, b) => Math.max(a, b), -Infinity)
  const powers = xs.map(x => exp(x - max))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(p => p / sum)
}

/** the rows along the last axis */
const rowsOf = (t: Tensor): readonly (readonly number[])[] => {
  const width = t.shape.at(-1) ?? 1
  const all = Array.from(numbersOf(t))
  return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width))
}

const checkOutputs = (outputs: Tensor): E.Either<ShapeError, Tensor> =>
  isSound(outputs) && isFloat(outputs.dtype) && outputs.shape.length > 0
    ? E.right(outputs)
    : E.left(shapeError(['outputs'], 'a tensor of numbers, with the examples along its first axis', 'something else'))

/**
 * The probabilities that outputs of a model mean, given the loss that it was trained with, in f64. Logits of classes (one list along the
 * last axis) go through softmax, logits of yes or no each through the sigmoid, and probabilities stay as they are.
 *
 * @example pipe(predict(net, params, { backend: wasm })(x), E.chainW(probabilities(softmaxCrossEntropy))) // rows that sum to 1
 * @param table where the loss is looked up
 * @returns Left for a loss of values, such as squared errors, and for outputs that are no numbers
 */
export const probabilities =
  (loss: Loss, table: LossTable = losses) =>
  (outputs: Tensor): E.Either<ShapeError | SettingError, Probabilities> =>
    pipe(
      checkOutputs(outputs),
      E.chainFirstW(() => lookup(table, loss.tag, settingError, ['loss'])),
      E.chainW((t): E.Either<ShapeError | SettingError, Probabilities> => {
        const { expects, classIndexes } = knownLoss(table, loss)
        const as = (numbers: readonly number[]): E.Either<never, Probabilities> =>
          E.right(tensorView('f64', t.shape, Float64Array.from(numbers)))
        return expects === 'values'
          ? E.left(
              settingError(['loss', loss.tag], 'a loss of logits or probabilities', 'one of values', '', 'unsuitable')
            )
          : expects === 'probabilities'
            ? as(Array.from(numbersOf(t)))
            : classIndexes
              ? as(rowsOf(t).flatMap(softmaxOf))
              : as(Array.from(numbersOf(t), sigmoidOf))
      })
    )

/**
 * The class of each example: the place of the largest number along the last axis, the first of equal ones. Logits and probabilities have
 * the same classes.
 *
 * @example classes(outputs) // Right(u32 [n])
 * @returns Left for outputs that are no numbers, and for fewer than two of them
 */
export const classes = (outputs: Tensor): E.Either<ShapeError, Tensor<Dims, 'u32'>> =>
  pipe(
    checkOutputs(outputs),
    E.filterOrElse(
      t => (t.shape.at(-1) ?? 1) > 1,
      t =>
        shapeError(
          ['outputs'],
          'at least two classes along the last axis',
          showShape(t.shape),
          'decideAt is for yes or no'
        )
    ),
    E.map(t => {
      const largest = rowsOf(t).map(row => row.reduce((best, x, i) => (x > (row[best] as number) ? i : best), 0))
      return tensorView('u32', t.shape.slice(0, -1), Uint32Array.from(largest))
    })
  )

/**
 * Yes where a probability is at least the threshold, as truth values of the same shape.
 *
 * @example pipe(outputs, probabilities(sigmoidCrossEntropy), E.chainW(decideAt(0.3)))
 * @returns Left for a threshold that is not from 0 to 1
 */
export const decideAt =
  (threshold: number) =>
  (probabilities: Tensor): E.Either<ShapeError | SettingError, Tensor<Dims, 'bool'>> =>
    threshold >= 0 && threshold <= 1
      ? pipe(
          checkOutputs(probabilities),
          E.map(t =>
            tensorView(
              'bool',
              t.shape,
              Uint8Array.from(numbersOf(t), p => (p >= threshold ? 1 : 0))
            )
          )
        )
      : E.left(settingError(['threshold'], 'a number from 0 to 1', String(threshold)))
