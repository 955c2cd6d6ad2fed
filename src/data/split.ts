/**
 * Seeded splits. Each takes a leaf key, used for nothing else; the same key and data give the same parts everywhere. Rows are
 * copied into the parts in the order drawn.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { permutation, type DrawKey } from '../random/index.js'
import { dataError, settingError, type DataError, type SettingError } from '../value/error.js'
import { isSize } from '../value/shape.js'
import { numbersOf } from '../value/tensor.js'
import { exampleCount, pickExamples, type Dataset } from './dataset.js'

export interface Split {
  readonly train: Dataset
  readonly test: Dataset
}
/** rows of the two parts */
export interface SplitRows {
  readonly train: Uint32Array
  readonly test: Uint32Array
}
/** how many examples each part gets; together at most all */
export interface Counts {
  readonly train: number
  readonly test: number
}
type SplitError = DataError | SettingError

const pick = (d: Dataset, { train, test }: SplitRows): Split => ({
  train: pickExamples(d, train),
  test: pickExamples(d, test)
})

const nearest = (x: number): number => Math.floor(x + 0.5)

const checkFraction = (fraction: number): E.Either<SettingError, number> =>
  fraction > 0 && fraction < 1
    ? E.right(fraction)
    : E.left(
        settingError(['fraction'], 'a number between 0 and 1', String(fraction), 'it is the share of the training part')
      )

const countsOf = (n: number, parts: number | Counts): E.Either<SettingError, Counts> =>
  pipe(
    typeof parts === 'number'
      ? pipe(
          checkFraction(parts),
          E.map(fraction => ({ train: nearest(n * fraction), test: n - nearest(n * fraction) }))
        )
      : E.right(parts),
    E.filterOrElse(
      ({ train, test }) => isSize(train) && isSize(test) && train + test <= n,
      ({ train, test }) =>
        settingError(['split'], `two parts of at least one example, together at most ${n}`, `${train} and ${test}`)
    )
  )

/**
 * A random training and test part.
 *
 * @param parts the share of the training part (the count is rounded to the nearest), or the counts of both
 * @example split(data, 0.8, leafKey(rootKey(42), 'split'))
 * @example split(mnist.train, { train: 50_000, test: 10_000 }, key)
 * @returns Left when a part would be empty or both together are more than there is
 */
export const split = (d: Dataset, parts: number | Counts, key: DrawKey): E.Either<SettingError, Split> =>
  pipe(
    countsOf(exampleCount(d), parts),
    E.map(({ train, test }) => {
      const order = permutation(key, exampleCount(d))
      return pick(d, { train: order.subarray(0, train), test: order.subarray(train, train + test) })
    })
  )

const checkFolds = (k: number, n: number): E.Either<SettingError, number> =>
  isSize(k) && k > 1 && k <= n
    ? E.right(k)
    : E.left(settingError(['k'], `a whole number from 2 to ${n}, the number of examples`, String(k)))

/** deals the rows out to k folds, in the order of `dealt`; fold f is tested on its own rows and trained on the others, both in the order drawn */
const folds = (order: Uint32Array, dealt: Uint32Array, k: number): readonly SplitRows[] => {
  const foldOf = new Uint32Array(order.length)
  dealt.forEach((row, i) => (foldOf[row] = i % k))
  return Array.from({ length: k }, (_, f) => ({
    train: order.filter(row => foldOf[row] !== f),
    test: order.filter(row => foldOf[row] === f)
  }))
}

/**
 * The rows of k-fold cross-validation: every row is tested in exactly one fold, and the folds' sizes differ by at most one.
 *
 * @returns Left when k is not a whole number from 2 to n
 */
export const kFoldRows = (n: number, k: number, key: DrawKey): E.Either<SettingError, readonly SplitRows[]> =>
  pipe(
    checkFolds(k, n),
    E.map(() => permutation(key, n)),
    E.map(order => folds(order, order, k))
  )

/** k-fold cross-validation, the data of every fold copied; for large data take `kFoldRows`. @example kFold(data, 5, key) */
export const kFold = (d: Dataset, k: number, key: DrawKey): E.Either<SettingError, readonly Split[]> =>
  pipe(
    kFoldRows(exampleCount(d), k, key),
    E.map(all => all.map(rows => pick(d, rows)))
  )

const labelsOf = ({ y }: Dataset): E.Either<DataError, Uint32Array> =>
  y.tensor.dtype === 'u32' && y.tensor.shape.length === 1
    ? E.right(numbersOf(y.tensor) as Uint32Array)
    : E.left(dataError(['y'], 'class numbers, one per example', y.tensor.dtype, 'give `classes` to dataset'))

/** rows by class: each class in the order drawn, classes in the order of their numbers */
const byClass = (labels: Uint32Array, order: Uint32Array): readonly (readonly number[])[] => {
  const rows = new Map<number, number[]>()
  for (const row of order) {
    const c = labels[row] as number
    const list = rows.get(c)
    if (list === undefined) rows.set(c, [row])
    else list.push(row)
  }
  return [...rows].sort(([a], [b]) => a - b).map(([, list]) => list)
}

/**
 * A random split that keeps the share of every class: of n examples of a class the training part gets n * fraction, rounded to the
 * nearest.
 *
 * @example stratifiedSplit(iris, 0.8, key) // 40 and 10 flowers of each species
 * @returns Left when the targets are no class numbers, or a part would be empty
 */
export const stratifiedSplit = (d: Dataset, fraction: number, key: DrawKey): E.Either<SplitError, Split> =>
  pipe(
    checkFraction(fraction),
    E.chainW(() => labelsOf(d)),
    E.chainW(labels => {
      const order = permutation(key, labels.length)
      const chosen = new Set(byClass(labels, order).flatMap(rows => rows.slice(0, nearest(rows.length * fraction))))
      return chosen.size === 0 || chosen.size === labels.length
        ? E.left(settingError(['fraction'], 'two parts of at least one example', `${fraction} of ${labels.length}`))
        : E.right(pick(d, { train: order.filter(row => chosen.has(row)), test: order.filter(row => !chosen.has(row)) }))
    })
  )

/**
 * k-fold cross-validation that keeps the shares of the classes: between folds, the counts of a class and the sizes differ by at most
 * one.
 *
 * @returns Left as `kFold`, and when the targets are no class numbers
 */
export const stratifiedKFold = (d: Dataset, k: number, key: DrawKey): E.Either<SplitError, readonly Split[]> =>
  pipe(
    checkFolds(k, exampleCount(d)),
    E.chainW(() => labelsOf(d)),
    E.map(labels => {
      const order = permutation(key, labels.length)
      return folds(order, Uint32Array.from(byClass(labels, order).flat()), k).map(rows => pick(d, rows))
    })
  )
