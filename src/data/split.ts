/**
 * Seeded splits. Each takes a leaf key, used for nothing else; the same key and data give the same parts everywhere. Rows are
 * copied into the parts in the order drawn.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isDrawKey, permutation, type DrawKey } from '../random/index.js'
import { showUnknown } from '../value/codec.js'
import { dual, type DataFirstOrLast } from '../value/dual.js'
import { dataError, settingError, type DataError, type SettingError } from '../value/error.js'
import { isSize } from '../value/shape.js'
import { numbersOf } from '../value/tensor.js'
import { exampleCount, known, knownParts, pickExamples, type Dataset } from './dataset.js'
import type { DatasetOf } from './features.js'

export interface Split<D extends DatasetOf = Dataset> {
  readonly train: D
  readonly test: D
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

const pick = <D extends DatasetOf>(d: D, { train, test }: SplitRows): Split<D> => ({
  train: pickExamples(d, train),
  test: pickExamples(d, test)
})

const checkKey = (key: DrawKey): E.Either<SettingError, DrawKey> =>
  isDrawKey(key)
    ? E.right(key)
    : E.left(settingError(['key'], 'a leaf key', showUnknown(key), "leafKey(rootKey(42), 'split') makes one of a seed"))
const knownBoth = (d: Dataset, key: DrawKey): E.Either<SplitError, Dataset> =>
  pipe(
    known(d),
    E.chainFirstW(() => checkKey(key))
  )

const nearest = (x: number): number => Math.floor(x + 0.5)

const checkFraction = (fraction: number): E.Either<SettingError, number> =>
  typeof fraction === 'number' && fraction > 0 && fraction < 1
    ? E.right(fraction)
    : E.left(
        settingError(
          ['fraction'],
          'a number between 0 and 1',
          showUnknown(fraction),
          'it is the share of the training part'
        )
      )

const countsOf = (n: number, parts: number | Counts): E.Either<SettingError, Counts> =>
  pipe(
    typeof parts !== 'object' || parts === null
      ? pipe(
          checkFraction(parts),
          E.map(fraction => ({ train: nearest(n * fraction), test: n - nearest(n * fraction) }))
        )
      : E.right(parts),
    E.filterOrElse(
      ({ train, test }) => isSize(train) && isSize(test) && train + test <= n,
      ({ train, test }) =>
        settingError(
          ['split'],
          `two parts of at least one example, together at most ${n}`,
          `${showUnknown(train)} and ${showUnknown(test)}`
        )
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
export const split: {
  <D extends DatasetOf = Dataset>(parts: number | Counts, key: DrawKey): (d: D) => E.Either<SplitError, Split<D>>
  <D extends DatasetOf>(d: D, parts: number | Counts, key: DrawKey): E.Either<SplitError, Split<D>>
} = dual(2, <D extends DatasetOf>(d: D, parts: number | Counts, key: DrawKey): E.Either<SplitError, Split<D>> =>
  pipe(
    knownParts(d),
    E.chainFirstW(() => checkKey(key)),
    E.chainW(() => countsOf(exampleCount(d), parts)),
    E.map(({ train, test }) => {
      const order = permutation(key, exampleCount(d))
      return pick(d, { train: order.subarray(0, train), test: order.subarray(train, train + test) })
    })
  )
)

const checkFolds = (k: number, n: number): E.Either<SettingError, number> =>
  isSize(k) && k > 1 && k <= n
    ? E.right(k)
    : E.left(settingError(['k'], `a whole number from 2 to ${n}, the number of examples`, showUnknown(k)))

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
    E.chainFirst(() => checkKey(key)),
    E.map(() => permutation(key, n)),
    E.map(order => folds(order, order, k))
  )

/** k-fold cross-validation, the data of every fold copied; for large data take `kFoldRows`. @example kFold(data, 5, key) */
export const kFold: DataFirstOrLast<Dataset, [k: number, key: DrawKey], E.Either<SplitError, readonly Split[]>> = dual(
  2,
  (d: Dataset, k: number, key: DrawKey): E.Either<SplitError, readonly Split[]> =>
    pipe(
      known(d),
      E.chainW(() => kFoldRows(exampleCount(d), k, key)),
      E.map(all => all.map(rows => pick(d, rows)))
    )
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

/** the least number of members of a class, so that each part has one */
const checkMembers = (
  classes: readonly (readonly number[])[],
  labels: Uint32Array,
  parts: number,
  hint: string
): E.Either<DataError, undefined> => {
  const small = classes.find(rows => rows.length < parts)
  return small === undefined
    ? E.right(undefined)
    : E.left(
        dataError(
          ['y', `class ${labels[small[0] as number]}`],
          `at least ${parts} examples of each class, one for each part`,
          `${small.length}`,
          hint
        )
      )
}

/**
 * How many of each class the training part gets, `total` in all: the shares rounded down, and the rest to the classes with the largest
 * remainders (the first ones of equal remainders). Each part gets a member of every class, where it has room for all classes.
 */
const shares = (counts: readonly number[], fraction: number, total: number): readonly number[] => {
  const n = counts.reduce((a, b) => a + b, 0)
  const least = total >= counts.length ? 1 : 0
  const spared = n - total >= counts.length ? 1 : 0
  const given = counts.map(c => Math.min(c - spared, Math.max(least, Math.floor(c * fraction))))
  const byRemainder = counts
    .map((c, i) => ({ i, remainder: c * fraction - (given[i] as number) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i)
  let rest = total - given.reduce((a, b) => a + b, 0)
  while (rest !== 0) {
    const step = rest > 0 ? 1 : -1
    for (const { i } of step > 0 ? byRemainder : [...byRemainder].reverse()) {
      const next = (given[i] as number) + step
      if (rest === 0 || next < least || next > (counts[i] as number) - spared) continue
      given[i] = next
      rest -= step
    }
  }
  return given
}

/**
 * A random split that keeps the share of every class. Both parts are as large as `split` makes them; of n examples of a class the
 * training part gets n * fraction, rounded down or up so that the sizes are met (the method of the largest remainders), and each part
 * has a member of every class unless it is smaller than the number of classes.
 *
 * @example stratifiedSplit(iris, 0.8, key) // 40 and 10 flowers of each species
 * @returns Left when the targets are no class numbers, a part would be empty, or a class has a single example
 */
export const stratifiedSplit: DataFirstOrLast<
  Dataset,
  [fraction: number, key: DrawKey],
  E.Either<SplitError, Split>
> = dual(2, (d: Dataset, fraction: number, key: DrawKey): E.Either<SplitError, Split> =>
  pipe(
    knownBoth(d, key),
    E.chainW(() => checkFraction(fraction)),
    E.chainW(() => labelsOf(d)),
    E.bindTo('labels'),
    E.bindW('counts', ({ labels }) => countsOf(labels.length, fraction)),
    E.let('order', ({ labels }) => permutation(key, labels.length)),
    E.let('classes', ({ labels, order }) => byClass(labels, order)),
    E.chainFirstW(({ classes, labels }) =>
      checkMembers(classes, labels, 2, 'leave the class out, put it together with another, or use split')
    ),
    E.map(({ counts, order, classes }) => {
      const given = shares(
        classes.map(rows => rows.length),
        fraction,
        counts.train
      )
      const chosen = new Set(classes.flatMap((rows, i) => rows.slice(0, given[i])))
      return pick(d, { train: order.filter(row => chosen.has(row)), test: order.filter(row => !chosen.has(row)) })
    })
  )
)

/**
 * k-fold cross-validation that keeps the shares of the classes: between folds, the counts of a class and the sizes differ by at most
 * one.
 *
 * @returns Left as `kFold`, and when the targets are no class numbers, or a class has fewer than k examples
 */
export const stratifiedKFold: DataFirstOrLast<
  Dataset,
  [k: number, key: DrawKey],
  E.Either<SplitError, readonly Split[]>
> = dual(2, (d: Dataset, k: number, key: DrawKey): E.Either<SplitError, readonly Split[]> =>
  pipe(
    knownBoth(d, key),
    E.chainW(() => checkFolds(k, exampleCount(d))),
    E.chainW(() => labelsOf(d)),
    E.bindTo('labels'),
    E.let('order', ({ labels }) => permutation(key, labels.length)),
    E.let('classes', ({ labels, order }) => byClass(labels, order)),
    E.chainFirstW(({ classes, labels }) => checkMembers(classes, labels, k, 'take fewer folds, or use kFold')),
    E.map(({ order, classes }) => folds(order, Uint32Array.from(classes.flat()), k).map(rows => pick(d, rows)))
  )
)
