/**
 * A dataset is two features, inputs and targets, with one row per example. A feature is a tensor and how its numbers are read. Bytes
 * stay bytes: a model sees `scale * byte + shift`, computed where the batch is gathered, so that MNIST takes 47 MB and not 188.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../value/codec.js'
import { dual, type DataFirstOrLast } from '../value/dual.js'
import { dataError, withinPath, type DataError } from '../value/error.js'
import { isSize, showShape, sizeOf, type Dims } from '../value/shape.js'
import { allocate, isSound, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { confused, confusions } from './distinct.js'
import { isFeature, partsOf, type DatasetOf, type Feature, type Features } from './features.js'
import { classLabels } from './labels.js'
import { checkIndices, pick, rowCount, rowMajor, slice, type Indices } from './rows.js'

export type { Feature } from './features.js'

export interface Dataset {
  /** inputs */
  readonly x: Feature
  /** targets */
  readonly y: Feature
  /** how much each example counts in the loss [examples], 0 or more; once each where there are none */
  readonly weights?: Feature
}

export interface Affine {
  readonly scale: number
  readonly shift: number
}
const unchanged: Affine = { scale: 1, shift: 0 }

const rowOf = (t: Tensor, element: number): string => `row ${Math.floor(element / sizeOf(t.shape.slice(1)))}`

const finiteFloats = (t: Tensor, affine: Affine): E.Either<DataError, Tensor<Dims, 'f32'>> => {
  const numbers = numbersOf(t)
  const { scale, shift } = affine
  const plain = scale === 1 && shift === 0
  const from = plain ? numbers : Float64Array.from(numbers, x => scale * x + shift)
  const to = from instanceof Float32Array ? from : allocate('f32', from)
  const width = sizeOf(t.shape.slice(1))
  const other = confusions()
  for (let i = 0; i < to.length; i++)
    if (!Number.isFinite(to[i]))
      return E.left(
        dataError(
          [rowOf(t, i)],
          'finite numbers in the range of f32',
          String(from[i]),
          'leave the row out or fill the gap with a number of your choice',
          'not-finite'
        )
      )
  if (!(from instanceof Float32Array))
    for (let i = 0; i < from.length; i++) {
      const x = from[i] as number
      const before = other(i % width, x)
      if (before !== undefined) return confused([rowOf(t, i), `column ${i % width}`], x, before)
    }
  return E.right(tensorView('f32', t.shape, to))
}

/**
 * A feature of a tensor. f64 is rounded to f32 once, truth values become the bytes 0 and 1; the memory is shared where nothing has
 * to change, so don't write to it afterwards.
 *
 * @param affine how bytes are read, e.g. `{ scale: 1 / 255, shift: 0 }`; both are rounded to f32. Other numbers become
 * `scale * x + shift`, computed in f64 and rounded once: so times keep their differences, and u32 become numbers instead of indexes
 * @returns Left for NaN, an infinity or a number beyond f32 (naming the row, counted from 0), for different whole numbers of a column
 * that are equal in f32, a scalar, or an affine map that is not finite
 */
export const feature = (t: Tensor, affine: Affine = unchanged): E.Either<DataError, Feature> => {
  const shape: unknown = (t as Partial<Tensor> | undefined | null)?.shape
  if (Array.isArray(shape) && shape.includes(0))
    return E.left(dataError([], 'at least one example along the first axis', `the shape ${showUnknown(shape)}`))
  if (!isSound(t))
    return E.left(dataError([], 'a tensor whose shape fits its data', showUnknown(t), 'make it with tensor'))
  if (!Number.isFinite(affine?.scale) || !Number.isFinite(affine.shift))
    return E.left(dataError(['scale'], 'a finite scale and shift', showUnknown(affine)))
  const scale = Math.fround(affine.scale)
  const shift = Math.fround(affine.shift)
  if (t.shape.length === 0 || !t.shape.every(isSize))
    return E.left(dataError([], 'at least one example along the first axis', `the shape ${showShape(t.shape)}`))
  const as = (tensor: Feature['tensor']): Feature => ({ tensor, scale, shift })
  if (t.dtype === 'u8' || t.dtype === 'bool')
    return Number.isFinite(Math.fround(255 * scale) + shift)
      ? E.right(as(tensorView('u8', t.shape, numbersOf(t))))
      : E.left(dataError(['scale'], 'a finite scale and shift', `${affine.scale} and ${affine.shift}`))
  return t.dtype === 'u32' && affine.scale === 1 && affine.shift === 0
    ? E.right(as(rowMajor(t as Tensor<Dims, 'u32'>)))
    : pipe(
        finiteFloats(t, affine),
        E.map(tensor => ({ tensor, ...unchanged }))
      )
}

/** what a model sees of each byte */
const byteValues = ({ scale, shift }: Affine): Float32Array =>
  Float32Array.from({ length: 256 }, (_, byte) => Math.fround(scale * byte) + shift)

/** What a model sees of a feature, as a tensor of its own. */
export const featureValues = (feature: Feature): Tensor<Dims, 'f32' | 'u32'> => {
  const { tensor } = feature
  if (tensor.dtype !== 'u8') return tensor as Tensor<Dims, 'f32' | 'u32'>
  const table = byteValues(feature)
  const from = numbersOf(tensor)
  const out = new Float32Array(from.length)
  for (let i = 0; i < from.length; i++) out[i] = table[from[i] as number] as number
  return tensorView('f32', tensor.shape, out)
}

export interface DatasetFields {
  /** inputs [examples, ...] */
  readonly x: Tensor | Feature
  /** targets [examples, ...], or class numbers [examples] */
  readonly y: Tensor | Feature
  /** for class numbers: how many classes there are; y is then checked and held as u32 */
  readonly classes?: number
  /** how much each example counts in the loss [examples]: 0 or more, and one of them above */
  readonly weights?: Tensor
}

/** what is wrong with the weights of n examples, if anything */
export const wrongWeights = ({ tensor, scale, shift }: Feature, n: number): DataError | undefined => {
  const all = Array.from(numbersOf(tensor), w => w * scale + shift)
  const bad = all.findIndex(w => !(w >= 0))
  return tensor.shape.length !== 1 || rowCount(tensor) !== n
    ? dataError(['weights'], `${n} numbers, one for each example`, `the shape ${showShape(tensor.shape)}`)
    : bad >= 0
      ? dataError(['weights', rowOf(tensor, bad)], 'a number, 0 or more', String(all[bad]))
      : all.every(w => w === 0)
        ? dataError(['weights'], 'at least one weight above 0', 'none')
        : undefined
}

export const asFeature = (f: Tensor | Feature): E.Either<DataError, Feature> =>
  isFeature(f) ? feature(f.tensor, f) : feature(f)

const areFeatures = (u: unknown): boolean => {
  const parts: readonly unknown[] = typeof u === 'object' && u !== null ? Object.values(u) : []
  return isFeature(u) || (parts.length > 0 && parts.every(isFeature))
}
const notDataset = (d: unknown): DataError =>
  dataError([], 'a dataset', showUnknown(d), 'make it with dataset, fromArrays or a reader')
/** The dataset, if it is one, of one or several inputs and targets: functions called from untyped code are given anything. */
export const knownParts = <D extends DatasetOf>(d: D): E.Either<DataError, D> =>
  typeof d === 'object' &&
  d !== null &&
  areFeatures(d.x) &&
  areFeatures(d.y) &&
  (d.weights === undefined || isFeature(d.weights))
    ? E.right(d)
    : E.left(notDataset(d))
/** The dataset, if it is one of one input and one target. */
export const known = (d: Dataset): E.Either<DataError, Dataset> =>
  pipe(
    knownParts(d),
    E.filterOrElse(
      () => isFeature(d.x) && isFeature(d.y),
      () => notDataset(d)
    )
  )

/**
 * A dataset from tensors.
 *
 * @example dataset({ x: images, y: labels, classes: 10 })
 * @returns Left when a feature is not usable (see `feature`), x has no axis besides the examples', y has one number per example
 * that is no class number, the numbers of examples differ, or a weight is below 0
 */
export const dataset = (fields: DatasetFields): E.Either<DataError, Dataset> => {
  const { x, y, classes, weights } = fields ?? {}
  return pipe(
    E.Do,
    E.bind('x', () => pipe(asFeature(x), withinPath('x'))),
    E.bind('y', () =>
      pipe(
        classes === undefined ? E.right(y) : classLabels(isFeature(y) ? y.tensor : y, classes),
        E.chain(asFeature),
        withinPath('y')
      )
    ),
    E.filterOrElse(
      d => d.x.tensor.shape.length > 1,
      d =>
        dataError(
          ['x'],
          'inputs of the shape [examples, ...]',
          showShape(d.x.tensor.shape),
          'one number per example is [examples, 1]'
        )
    ),
    E.filterOrElse(
      d => d.y.tensor.shape.length > 1 || d.y.tensor.dtype === 'u32',
      d =>
        dataError(
          ['y'],
          'targets of the shape [examples, ...] or class numbers',
          `${d.y.tensor.dtype} ${showShape(d.y.tensor.shape)}`,
          'give `classes` for class numbers; one target per example is [examples, 1]'
        )
    ),
    E.filterOrElse(
      d => exampleCount(d) === rowCount(d.y.tensor),
      d => dataError(['y'], `${exampleCount(d)} targets, one for each input`, `${rowCount(d.y.tensor)}`)
    ),
    E.chain((d): E.Either<DataError, Dataset> =>
      weights === undefined
        ? E.right(d)
        : pipe(
            feature(weights),
            withinPath('weights'),
            E.chain(w => {
              const wrong = wrongWeights(w, exampleCount(d))
              return wrong === undefined ? E.right({ ...d, weights: w }) : E.left(wrong)
            })
          )
    )
  )
}

/** how many examples a dataset has */
export const exampleCount = (d: DatasetOf): number => {
  const [first] = partsOf(d.x)
  return first === undefined ? 0 : rowCount(first.tensor)
}

type Rows = Feature['tensor']
const mapFeatures = <F extends Features>(features: F, f: (t: Rows) => Rows): F => {
  const mapped = (part: Feature): Feature => ({ ...part, tensor: f(part.tensor) })
  const all: Features = isFeature(features)
    ? mapped(features)
    : Array.isArray(features)
      ? features.map(mapped)
      : Object.fromEntries(Object.entries(features).map(([name, part]) => [name, mapped(part as Feature)]))
  return all as F
}
/** the dataset with other rows; columns of one table stay columns of one table */
const mapRows = <D extends DatasetOf>(d: D, rows: (t: Rows) => Rows): D => {
  const made = new Map<Rows, Rows>()
  const once = (t: Rows): Rows => {
    const known = made.get(t) ?? rows(t)
    made.set(t, known)
    return known
  }
  return {
    ...d,
    x: mapFeatures(d.x, once),
    y: mapFeatures(d.y, once),
    ...(d.weights === undefined ? {} : { weights: mapFeatures(d.weights, once) })
  }
}

/** the examples named, in that order, copied; for indices known to be in range */
export const pickExamples: {
  <D extends DatasetOf = Dataset>(rows: ArrayLike<number>): (d: D) => D
  <D extends DatasetOf>(d: D, rows: ArrayLike<number>): D
} = dual(1, <D extends DatasetOf>(d: D, rows: ArrayLike<number>): D => mapRows(d, t => pick(t, rows)))

export interface Batch {
  readonly x: Tensor<Dims, 'f32' | 'u32'>
  readonly y: Tensor<Dims, 'f32' | 'u32'>
  readonly weights?: Tensor<Dims, 'f32' | 'u32'>
}

/** The examples named, as a model sees them. @returns Left when an index is not below the number of examples */
export const gatherExamples: DataFirstOrLast<Dataset, [rows: Indices], E.Either<DataError, Batch>> = dual(
  1,
  (d: Dataset, rows: Indices): E.Either<DataError, Batch> =>
    pipe(
      known(d),
      E.chain(() => checkIndices(rows, exampleCount(d))),
      E.map(at => pickExamples(d, at)),
      E.map(({ x, y, weights }) => ({
        x: featureValues(x),
        y: featureValues(y),
        ...(weights === undefined ? {} : { weights: featureValues(weights) })
      }))
    )
)

/** The first n examples, without a copy. @returns Left when n is not a whole number from 1 to the number of examples */
export const takeExamples: {
  <D extends DatasetOf = Dataset>(n: number): (d: D) => E.Either<DataError, D>
  <D extends DatasetOf>(d: D, n: number): E.Either<DataError, D>
} = dual(1, <D extends DatasetOf>(d: D, n: number): E.Either<DataError, D> =>
  pipe(
    knownParts(d),
    E.chain(() =>
      isSize(n) && n <= exampleCount(d)
        ? E.right(mapRows(d, t => slice(t, 0, n)))
        : E.left(dataError(['take'], `a whole number from 1 to ${exampleCount(d)}`, showUnknown(n)))
    )
  )
)

/**
 * The same inputs with another shape per example, without a copy.
 *
 * @example reshapeInputs(mnist.train, [784]) // Right: x is [60000, 784] instead of [60000, 28, 28, 1]
 * @returns Left when the number of numbers per example would change
 */
export const reshapeInputs: DataFirstOrLast<Dataset, [shape: Dims], E.Either<DataError, Dataset>> = dual(
  1,
  (d: Dataset, shape: Dims): E.Either<DataError, Dataset> => {
    const checked = known(d)
    if (E.isLeft(checked)) return checked
    const { tensor } = d.x
    const [n = 0, ...old] = tensor.shape
    if (!Array.isArray(shape))
      return E.left(dataError(['x'], `a shape with ${sizeOf(old)} numbers`, showUnknown(shape)))
    return shape.length > 0 && shape.every(isSize) && sizeOf(shape) === sizeOf(old)
      ? E.right({ ...d, x: { ...d.x, tensor: tensorView(tensor.dtype, [n, ...shape], numbersOf(tensor)) } })
      : E.left(
          dataError(
            ['x'],
            `a shape with ${sizeOf(old)} numbers`,
            showShape(shape),
            `an example is ${showShape(old)} now`
          )
        )
  }
)
