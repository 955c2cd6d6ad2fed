/** The predictions of a trained model over a part of its data, as pages show them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../backend/backend.js'
import { exampleCount, featureValues, type Dataset } from '../data/dataset.js'
import { slice } from '../data/rows.js'
import { runner } from '../infer/predict.js'
import { rootKey } from '../random/index.js'
import { areIndexes, type Scale } from '../train/loss/loss.js'
import type { TrainState } from '../train/state.js'
import type { Head, ValidTraining } from '../train/training.js'
import { exp } from '../value/elementary.js'
import type { BackendError, ShapeError } from '../value/error.js'
import { sizeOf } from '../value/shape.js'
import { isTensor, numbersOf, type Tensor } from '../value/tensor.js'
import type { ClassPredictions } from './classification.js'
import type { Predictions } from './evaluation.js'
import type { ValuePredictions } from './regression.js'

/** more examples than these are not predicted for a page */
export const mostExamples = 20_000
const chunk = 256
/** outputs of numbers that are shown one by one */
const mostOutputs = 4

export interface PredictedOptions {
  readonly backend: Backend
  /** of the classes, in their order; default their indexes */
  readonly classNames?: readonly string[]
}

/** the first rows of a part, and what the model gives for them, row after row */
const outputsOf = (
  c: ValidTraining,
  { params, layers }: Pick<TrainState, 'params' | 'layers'>,
  data: Dataset,
  { backend }: PredictedOptions
): E.Either<ShapeError | BackendError, readonly number[]> => {
  const run = runner(c.training.model, params, { backend, layers, registry: c.registry })
  const n = Math.min(exampleCount(data), mostExamples)
  const starts = Array.from({ length: Math.ceil(n / chunk) }, (_, i) => i * chunk)
  return pipe(
    starts,
    E.traverseArray(start => {
      const tensor = slice<'u8' | 'f32' | 'u32'>(data.x.tensor, start, Math.min(chunk, n - start))
      return run(featureValues({ ...data.x, tensor }), rootKey(0))
    }),
    E.map(all => all.flatMap(y => (isTensor(y) ? Array.from(numbersOf(y)) : [])))
  )
}

const rowsOf = (numbers: readonly number[], size: number): readonly (readonly number[])[] =>
  Array.from({ length: numbers.length / size }, (_, i) => numbers.slice(i * size, (i + 1) * size))

const softmax = (z: readonly number[]): readonly number[] => {
  const high = z.reduce((a, b) => Math.max(a, b), -Infinity)
  const powers = z.map(x => exp(x - high))
  const all = powers.reduce((a, b) => a + b, 0)
  return powers.map(p => p / all)
}
/** one number for each class: a single output tells two classes */
const classScoresOf = (row: readonly number[], expects: Scale): readonly number[] => {
  const [y = 0] = row
  const both = row.length > 1 ? row : expects === 'logits' ? [0, y] : [1 - y, y]
  return expects === 'logits' ? softmax(both) : both
}

/** the place of the largest number of each row, or 0 and 1 for rows of one number */
const classOf = (row: readonly number[]): number =>
  row.length === 1
    ? (row[0] ?? 0) > 0.5
      ? 1
      : 0
    : row.reduce((best, x, i) => (x > (row[best] ?? -Infinity) ? i : best), 0)

/** whether the targets of a training say classes */
const sayClasses = (head: Head, y: Tensor): boolean => {
  const classes = head.output.at(-1) ?? 1
  if (areIndexes(head.loss, head.output, y)) return classes > 1
  return head.loss.expects !== 'values' && (classes > 1 ? head.loss.classIndexes : true)
}

const classes = (
  head: Head,
  outputs: readonly number[],
  y: Tensor,
  targets: readonly number[],
  names?: readonly string[]
): ClassPredictions => {
  const size = head.output.at(-1) ?? 1
  const count = Math.max(2, size)
  const scores = rowsOf(outputs, size).map(row => classScoresOf(row, head.loss.expects))
  const truth = areIndexes(head.loss, head.output, y) ? targets : rowsOf(targets, size).map(classOf)
  return {
    kind: 'classes',
    names: Array.from({ length: count }, (_, k) => names?.[k] ?? String(k)),
    truth: truth.slice(0, scores.length),
    scores,
    probabilities: head.loss.expects !== 'values'
  }
}
const values = (head: Head, outputs: readonly number[], targets: readonly number[]): ValuePredictions => {
  const size = sizeOf(head.output)
  const column = (xs: readonly number[], k: number): readonly number[] => xs.filter((_, i) => i % size === k)
  return {
    kind: 'values',
    outputs: Array.from({ length: Math.min(size, mostOutputs) }, (_, k) => ({
      name: size === 1 ? 'Output' : `Output ${k}`,
      predicted: column(outputs, k),
      truth: column(targets, k).slice(0, outputs.length / size)
    }))
  }
}

/**
 * Predicts a part of the data with the parameters of a state, in inference; of a large part the first 20,000 examples.
 *
 * @returns Left for data or parameters that do not suit the training, and where the backend cannot run
 */
export const predictedOf = (
  c: ValidTraining,
  state: Pick<TrainState, 'params' | 'layers'>,
  data: Dataset,
  options: PredictedOptions
): E.Either<ShapeError | BackendError, Predictions> =>
  pipe(
    outputsOf(c, state, data, options),
    E.map(outputs => {
      // a run file has one output
      const [head] = c.heads
      const y = data.y.tensor
      const targets = Array.from(numbersOf(featureValues(data.y)))
      return sayClasses(head, y)
        ? classes(head, outputs, y, targets, options.classNames)
        : values(head, outputs, targets)
    })
  )
