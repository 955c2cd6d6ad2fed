/** Permutation importance (Breiman 2001): how much worse a model is when one column of its inputs is shuffled. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { exampleCount, featureValues, type Dataset } from '../data/dataset.js'
import { foldIn, permutation } from '../random/index.js'
import { drawKey, rootKey, type Key } from '../random/key.js'
import { given, datasetArgument, objectArgument, stateArgument } from '../value/argument.js'
import { settingError } from '../value/error.js'
import { numbersOf, tensorView, allocate } from '../value/tensor.js'
import type { TrainError } from './divergence.js'
import { score, type ScoreOptions } from './score.js'
import type { TrainState } from './state.js'
import type { Training } from './training.js'

export interface ImportanceOptions extends ScoreOptions {
  /** how often each column is shuffled; default 5 */
  readonly repeats?: number
  /** what shuffles; default that of seed 0 */
  readonly key?: Key
}
export interface ColumnImportance {
  /** the column's number, from 0 */
  readonly column: number
  /** the mean increase of the loss when the column is shuffled */
  readonly importance: number
  /** the standard deviation of the increases, over the repeats */
  readonly deviation: number
}

/** the dataset with the numbers of one column of its inputs [n, d] in another order */
const shuffled = (data: Dataset, column: number, key: Key): Dataset => {
  const x = featureValues(data.x)
  const [n = 0, width = 1] = x.shape
  const order = permutation(drawKey(key), n)
  const numbers = numbersOf(x)
  const mixed = Array.from(numbers, (v, i) =>
    i % width === column ? (numbers[(order[Math.floor(i / width)] as number) * width + column] as number) : v
  )
  return { ...data, x: { tensor: tensorView('f32', x.shape, allocate('f32', mixed)), scale: 1, shift: 0 } }
}

/**
 * How much the loss over a dataset grows when the numbers of one column of the inputs are shuffled among the examples: near 0 for what
 * the model does not use, or what another column says too. Columns in their order. Use data that were not trained on.
 *
 * @example pipe(test, permutationImportance(settings, trained.state, { backend: wasm })) // [{ column: 0, importance: 0.31, deviation: 0.02 }, ...]
 * @returns Left for inputs that are not rows of columns, or what `score` refuses
 */
export const permutationImportance =
  (t: Training, state: TrainState, o: ImportanceOptions) =>
  (data: Dataset): E.Either<TrainError, readonly ColumnImportance[]> =>
    given(
      settingError,
      [objectArgument('training', t), stateArgument(state), objectArgument('options', o), datasetArgument(data)],
      () => importancesOf(t, state, o, data)
    )

const importancesOf = (
  t: Training,
  state: TrainState,
  { repeats = 5, key = rootKey(0), ...options }: ImportanceOptions,
  data: Dataset
): E.Either<TrainError, readonly ColumnImportance[]> => {
  const [, width = 0] = data.x.tensor.shape
  if (data.x.tensor.shape.length !== 2 || data.x.tensor.dtype === 'u32')
    return E.left(
      settingError(['inputs'], 'rows of columns [n, d] of numbers', `shape ${data.x.tensor.shape.join(' x ')}`)
    )
  if (!Number.isSafeInteger(repeats) || repeats < 1 || exampleCount(data) < 2)
    return E.left(settingError(['repeats'], 'a positive whole number, and at least 2 examples', String(repeats)))
  const lossOf = (d: Dataset): E.Either<TrainError, number> =>
    pipe(
      score(t, state, d, options),
      E.map(s => s.loss)
    )
  return pipe(
    lossOf(data),
    E.chain(base =>
      E.traverseArray((column: number) =>
        pipe(
          Array.from({ length: repeats }, (_, r) => r),
          E.traverseArray(r => lossOf(shuffled(data, column, foldIn(foldIn(key, column), r)))),
          E.map((losses): ColumnImportance => {
            const increases = losses.map(l => l - base)
            const mean = increases.reduce((a, b) => a + b, 0) / repeats
            const squares = increases.reduce((a, b) => a + (b - mean) * (b - mean), 0)
            return { column, importance: mean, deviation: Math.sqrt(squares / repeats) }
          })
        )
      )(Array.from({ length: width }, (_, i) => i))
    )
  )
}
