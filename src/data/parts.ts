/** Datasets of several inputs or targets: tuples or records of tensors, and columns of one tensor as an input. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isObject } from '../value/argument.js'
import { showUnknown } from '../value/codec.js'
import { counted, dataError, inside, withinPath, type DataError } from '../value/error.js'
import { isSize, showShape } from '../value/shape.js'
import { allocate, isTensor, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { asFeature, dataset as singleDataset, wrongWeights, type Dataset, type DatasetFields } from './dataset.js'
import { isFeature, type Columns, type DatasetOf, type Feature, type Part } from './features.js'
import { rowCount } from './rows.js'

/** some columns of a table, as one of several inputs or targets of `dataset` */
export interface ColumnView {
  readonly of: Tensor | Feature
  readonly columns: Columns
}
export type PartField = Tensor | Feature | ColumnView
/** a tensor, or several by place or by name */
export type FeatureFields = PartField | readonly PartField[] | Readonly<Record<string, PartField>>

/** the features of fields: one of one, a tuple of a tuple, a record of a record */
export type FeaturesOf<F> = F extends PartField
  ? Feature
  : F extends readonly PartField[]
    ? { readonly [I in keyof F]: Part }
    : { readonly [N in keyof F]: Part }

export interface SeveralFields<X extends FeatureFields, Y extends FeatureFields> {
  /** inputs: tensors [examples, ...] in the order of the model's inputs */
  readonly x: X
  /** targets: tensors in the order of the model's outputs, or by the names of their losses; class numbers are u32 [examples] */
  readonly y: Y
  /** how much each example counts in the loss [examples]: 0 or more, and one of them above */
  readonly weights?: Tensor
}

/**
 * Columns of a table [examples, d] as one of several inputs or targets: `count` of them, from number `from` on. A view: the table is in
 * memory once, however many inputs see it, and programs cut the columns where they gather a batch.
 *
 * @example dataset({ x: [columns(0, 3)(table), columns(3, 2)(table)], y })
 */
export const columns =
  (from: number, count: number) =>
  (of: Tensor | Feature): ColumnView =>
    Object.freeze({ of, columns: Object.freeze({ from, count }) })

const isColumnView = (u: unknown): u is ColumnView =>
  isObject(u) && 'of' in u && isObject(u['columns']) && 'from' in u['columns']
const isOne = (f: unknown): boolean => isTensor(f) || isFeature(f) || isColumnView(f) || !isObject(f)

/** a tensor that several parts see becomes one feature */
const featureMaker = () => {
  const made = new Map<Tensor | Feature, E.Either<DataError, Feature>>()
  return (of: Tensor | Feature): E.Either<DataError, Feature> => {
    const known = made.get(of) ?? asFeature(of)
    made.set(of, known)
    return known
  }
}
type FeatureMaker = ReturnType<typeof featureMaker>

const wrongColumns = ({ tensor: { shape } }: Feature, { from, count }: Columns): DataError | undefined =>
  shape.length === 2 && Number.isSafeInteger(from) && from >= 0 && isSize(count) && from + count <= (shape[1] ?? 0)
    ? undefined
    : dataError(
        ['columns'],
        'columns inside of a table [examples, columns]',
        `${showUnknown(count)} from ${showUnknown(from)} on, of the shape ${showShape(shape)}`
      )

const partOf = (field: PartField, make: FeatureMaker): E.Either<DataError, Part> =>
  isColumnView(field)
    ? pipe(
        make(field.of),
        E.filterOrElse(
          of => wrongColumns(of, field.columns) === undefined,
          of => wrongColumns(of, field.columns) as DataError
        ),
        E.map(of => ({ ...of, columns: field.columns }))
      )
    : make(field)

/** names that JavaScript puts in another order would exchange inputs */
const isPlace = (name: string): boolean => /^\d+$/.test(name)

const featuresOf = (
  name: 'x' | 'y',
  fields: FeatureFields,
  make: FeatureMaker
): E.Either<DataError, readonly (readonly [string, Part])[]> => {
  const all: readonly (readonly [string, PartField])[] = isOne(fields)
    ? [[name, fields as PartField]]
    : Object.entries<PartField>(fields as never)
  const place = Array.isArray(fields) ? undefined : all.find(([n]) => isPlace(n))
  return all.length === 0
    ? E.left(dataError([name], 'at least one tensor', 'none'))
    : place !== undefined
      ? E.left(dataError([name, place[0]], 'a name that is not a number', place[0], 'a tuple has an order'))
      : pipe(
          all,
          E.traverseArray(([n, field]) =>
            pipe(
              partOf(field, make),
              E.map(part => [n, part] as const),
              E.mapLeft(isOne(fields) ? inside(name) : e => inside(name)(inside(n)(e)))
            )
          )
        )
}

type Named = readonly (readonly [string, Part])[]
const wrongParts = (x: Named, y: Named): DataError | undefined => {
  const n = rowCount(x[0]?.[1].tensor as Tensor)
  const flat = x.find(([, { tensor }]) => tensor.shape.length < 2)
  const short = y.find(([, { tensor }]) => tensor.shape.length < 2 && tensor.dtype !== 'u32')
  const other = [...x.map(p => ['x', p] as const), ...y.map(p => ['y', p] as const)].find(
    ([, [, { tensor }]]) => rowCount(tensor) !== n
  )
  return flat !== undefined
    ? dataError(['x', flat[0]], 'inputs of the shape [examples, ...]', showShape(flat[1].tensor.shape))
    : short !== undefined
      ? dataError(
          ['y', short[0]],
          'targets of the shape [examples, ...] or class numbers (u32)',
          `${short[1].tensor.dtype} ${showShape(short[1].tensor.shape)}`,
          'one target per example is [examples, 1]'
        )
      : other !== undefined
        ? dataError([other[0], other[1][0]], counted(n, 'row'), String(rowCount(other[1][1].tensor)))
        : undefined
}

/** a feature by itself has its own numbers */
const ownNumbers = ({ columns, ...feature }: Part): Feature => {
  const { dtype, shape } = feature.tensor
  if (columns === undefined) return feature
  const [n = 0, width = 0] = shape
  const from = numbersOf(feature.tensor)
  const out = allocate(dtype, n * columns.count)
  for (let i = 0; i < n; i++)
    out.set(from.subarray(i * width + columns.from, i * width + columns.from + columns.count), i * columns.count)
  return { ...feature, tensor: tensorView(dtype, [n, columns.count], out) }
}

/** the parts as they were given: one, a tuple or a record */
const likeFields = (fields: FeatureFields, parts: Named): Part | readonly Part[] | Readonly<Record<string, Part>> =>
  isOne(fields)
    ? ownNumbers(parts[0]?.[1] as Part)
    : Array.isArray(fields)
      ? Object.freeze(parts.map(([, part]) => part))
      : Object.freeze(Object.fromEntries(parts))

const severalDataset = ({ x, y, weights }: SeveralFields<FeatureFields, FeatureFields>) => {
  const make = featureMaker()
  return pipe(
    E.Do,
    E.bind('xs', () => featuresOf('x', x, make)),
    E.bind('ys', () => featuresOf('y', y, make)),
    E.chainFirst(({ xs, ys }) => {
      const wrong = wrongParts(xs, ys)
      return wrong === undefined ? E.right(undefined) : E.left(wrong)
    }),
    E.bind('w', () => (weights === undefined ? E.right(undefined) : withinPath('weights')(asFeature(weights)))),
    E.chain(({ xs, ys, w }): E.Either<DataError, DatasetOf> => {
      const wrong = w === undefined ? undefined : wrongWeights(w, rowCount(xs[0]?.[1].tensor as Tensor))
      const made = { x: likeFields(x, xs), y: likeFields(y, ys) }
      return wrong === undefined ? E.right(w === undefined ? made : { ...made, weights: w }) : E.left(wrong)
    })
  )
}

interface MakeDataset {
  <const X extends FeatureFields, const Y extends FeatureFields>(
    fields: SeveralFields<X, Y>
  ): E.Either<DataError, DatasetOf<FeaturesOf<X>, FeaturesOf<Y>>>
  // last, because it is this one that a pipe takes
  (fields: DatasetFields): E.Either<DataError, Dataset>
}
/**
 * A dataset from tensors. A model with several inputs or outputs takes a tuple or a record of tensors for x, for y or for both. A record
 * of targets is matched with the outputs by the names of their losses (`perOutput`), a record of inputs by its order.
 *
 * @example dataset({ x: images, y: labels, classes: 10 })
 * @example dataset({ x: { text, age }, y: { price, kind } })
 * @returns Left when a feature is not usable (see `feature`), x has no axis besides the examples', y has one number per example
 * that is no class number, the numbers of examples differ, a weight is below 0, or columns are not inside of their table
 */
export const dataset: MakeDataset = ((fields: DatasetFields | SeveralFields<FeatureFields, FeatureFields>) => {
  const { x, y } = (isObject(fields) ? fields : {}) as Partial<DatasetFields>
  const several = [x, y].some(f => isColumnView(f) || (f !== undefined && !isOne(f) && isParts(f)))
  if (several && (fields as DatasetFields).classes !== undefined)
    return E.left(
      dataError(['classes'], 'no classes beside several inputs or targets', 'some', 'give class numbers as u32')
    )
  return several ? severalDataset(fields) : singleDataset(fields as never)
}) as MakeDataset

/** a tuple or record whose every part may be one of several */
const isParts = (u: unknown): boolean =>
  isObject(u) && Object.values(u).every(part => isTensor(part) || isFeature(part) || isColumnView(part))
