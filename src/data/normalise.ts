/**
 * Scaling of inputs or targets: fitted on the training part only, then applied to every part, so that nothing of the test part
 * reaches training. Always one multiplication and one addition per number: `scale * x + shift`. What a model that was trained on
 * scaled targets gives goes the way back.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { exact, finite, list, oneOf, showUnknown, withDefault, type Codec } from '../value/codec.js'
import { curriedToo, type SettingThenData } from '../value/dual.js'
import { dataError, withinPath, type DataError } from '../value/error.js'
import { sizeOf, type Dims } from '../value/shape.js'
import { isFloat, isSound, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { feature, known, featureValues, type Dataset, type Feature } from './dataset.js'
import { rowCount, slice } from './rows.js'

interface Statistics {
  readonly mean: number
  readonly deviation: number
  readonly min: number
  readonly max: number
}

/** what becomes 0, and the length that becomes 1 */
interface Frame {
  readonly centre: number
  readonly unit: number
}

export const kinds = {
  /** mean 0, standard deviation 1 (of the whole training part: divided by n) */
  standardise: ({ mean, deviation }: Statistics): Frame => ({ centre: mean, unit: deviation }),
  /** from 0 (the least) to 1 (the greatest), up to rounding */
  minMax: ({ min, max }: Statistics): Frame => ({ centre: min, unit: max - min }),
  /** the greatest absolute value becomes 1; 0 stays 0 */
  unit: ({ min, max }: Statistics): Frame => ({ centre: 0, unit: Math.max(Math.abs(min), Math.abs(max)) })
} as const

/** what shares one scale: the same place of every example, the same channel (last axis), or all numbers (keeps bytes bytes) */
const groups = {
  column: (shape: readonly number[]): number => sizeOf(shape.slice(1)),
  channel: (shape: readonly number[]): number => shape.slice(1).at(-1) ?? 1,
  whole: (): number => 1
} as const

/** where a dataset holds what is scaled */
const places = { inputs: 'x', targets: 'y' } as const

export type ScalingKind = keyof typeof kinds
export type ScalingGroup = keyof typeof groups
export type ScalingOf = keyof typeof places

/** plain data: `scale[c] * x + shift[c]` for a number of group c, both f32 */
export interface Scaling {
  readonly of: ScalingOf
  readonly kind: ScalingKind
  readonly per: ScalingGroup
  readonly scale: readonly number[]
  readonly shift: readonly number[]
}

/**
 * JSON of a scaling, to be kept beside the weights: for new rows by `applyScaling`, for outputs by `undoScaling`. Without `of` it is from
 * when inputs alone were scaled.
 */
export const scalingCodec: Codec<Scaling> = exact('scaling', {
  of: withDefault(oneOf('inputs', 'targets'), 'inputs'),
  kind: oneOf('standardise', 'minMax', 'unit'),
  per: oneOf('column', 'channel', 'whole'),
  scale: list(finite),
  shift: list(finite)
})

/** what a model sees of the rows, some at a time, so that bytes need not all be floats at once; `at` counts the numbers before */
const inPieces = (x: Feature, f: (values: Float32Array, at: number) => void): void => {
  const n = rowCount(x.tensor)
  const width = sizeOf(x.tensor.shape.slice(1))
  const rows = Math.max(1, Math.floor(65536 / width))
  for (let row = 0; row < n; row += rows) {
    const piece = { ...x, tensor: slice(x.tensor, row, Math.min(rows, n - row)) }
    f(featureValues(piece).data as Float32Array, row * width)
  }
}

/**
 * Sums per group by the contract's rule: element i of a group goes to accumulator i mod 4, in f64. Of the values, or of the squares
 * of their distances from the centres.
 */
const sums = (x: Feature, groups: number, centres?: Float64Array): Float64Array => {
  const acc = new Float64Array(4 * groups)
  inPieces(x, (values, at) => {
    let group = 0
    let lane = ((at / groups) % 4) * groups
    for (let i = 0; i < values.length; i++) {
      const v = values[i] as number
      const d = centres === undefined ? v : v - (centres[group] as number)
      acc[lane + group] = (acc[lane + group] as number) + (centres === undefined ? v : d * d)
      if (++group === groups) {
        group = 0
        lane = lane === 3 * groups ? 0 : lane + groups
      }
    }
  })
  const sum = (lane: number, group: number): number => acc[lane * groups + group] as number
  return Float64Array.from({ length: groups }, (_, g) => sum(0, g) + sum(2, g) + (sum(1, g) + sum(3, g)))
}

const extremes = (x: Feature, groups: number): { readonly min: Float64Array; readonly max: Float64Array } => {
  const min = new Float64Array(groups).fill(Infinity)
  const max = new Float64Array(groups).fill(-Infinity)
  inPieces(x, values => {
    for (let i = 0, group = 0; i < values.length; i++, group = group + 1 === groups ? 0 : group + 1) {
      const v = values[i] as number
      if (v < (min[group] as number)) min[group] = v
      if (v > (max[group] as number)) max[group] = v
    }
  })
  return { min, max }
}

const statistics = (x: Feature, groups: number): readonly Statistics[] => {
  const n = sizeOf(x.tensor.shape) / groups
  const { min, max } = extremes(x, groups)
  const mean = sums(x, groups).map(s => s / n)
  const squares = sums(x, groups, mean)
  return Array.from(mean, (m, g) => ({
    mean: m,
    // a column of one value has no spread, whatever rounding leaves
    deviation: min[g] === max[g] ? 0 : Math.sqrt((squares[g] as number) / n),
    min: min[g] as number,
    max: max[g] as number
  }))
}

const notIndexes: Readonly<Record<ScalingOf, string>> = {
  inputs: 'give them as f32',
  targets: 'classes are not scaled: do so with targets that are values, as f32'
}
/** bytes that are one number per example are class indexes, as in training */
const areIndexes = ({ dtype, shape }: Tensor): boolean => dtype === 'u32' || (dtype === 'u8' && shape.length === 1)

/**
 * Fits a scaling to the inputs of a training part, or to its targets. With centre and unit of the kind (mean and standard deviation,
 * least and greatest, 0 and the greatest absolute value): `scale = round32(1 / unit)`, `shift = round32(-centre * scale)`; mean and
 * deviation in f64 by the contract's sums. Where the unit is 0 (a constant column), scale is 1, so that the column becomes 0.
 *
 * A column that is far from 0 for its spread loses digits: a scaled number errs by up to about `2^-23 |centre| / unit`, one or two of
 * the steps that f32 has there. As f32 has lost as much already, subtract an origin from such numbers (times, say) before they become f32.
 *
 * After `train` on scaled targets, losses and metrics are in their units (those that `trainPipeline` reports are not). For targets of one scale, `rmse` and `mae` divided by it
 * are in the units of the data; `r2` is the same in both.
 *
 * @param per 'column' (default), 'channel' or 'whole'; for images 'whole' or 'channel'
 * @param of 'inputs' (default) or 'targets'
 * @example fitScaling(train, 'standardise')
 * @example fitScaling(train, 'standardise', 'column', 'targets')
 * @returns Left for numbers that are indexes, and for a spread so small that its inverse is beyond f32
 */
export const fitScaling = (
  train: Dataset,
  kind: ScalingKind,
  per: ScalingGroup = 'column',
  of: ScalingOf = 'inputs'
): E.Either<DataError, Scaling> => {
  const checked = known(train)
  if (E.isLeft(checked)) return checked
  const unknown = Object.entries({ kind: [kind, kinds], per: [per, groups], of: [of, places] } as const).find(
    ([, [name, table]]) => typeof name !== 'string' || !Object.hasOwn(table, name)
  )
  if (unknown !== undefined) {
    const [name, [got, table]] = unknown
    return E.left(dataError([name], `one of ${Object.keys(table).join(', ')}`, showUnknown(got)))
  }
  const place = places[of]
  const numbers = train[place]
  const { dtype, shape } = numbers.tensor
  if (areIndexes(numbers.tensor))
    return E.left(dataError([place], 'numbers to scale', `${dtype}, which are indexes`, notIndexes[of]))
  const fitted = statistics(numbers, groups[per](shape)).map(s => {
    const { centre, unit } = kinds[kind](s)
    const scale = Math.fround(1 / (unit === 0 ? 1 : unit))
    return { scale, shift: Math.fround(0 - centre * scale) }
  })
  const bad = fitted.findIndex(f => !Number.isFinite(f.scale) || !Number.isFinite(f.shift))
  return bad >= 0
    ? E.left(
        dataError(
          [place, `${per} ${bad}`],
          'a spread whose inverse f32 can hold',
          'less',
          'use another unit of measure'
        )
      )
    : E.right({ of, kind, per, scale: fitted.map(f => f.scale), shift: fitted.map(f => f.shift) })
}

const knownScaling = (scaling: Scaling): E.Either<DataError, Scaling> =>
  scalingCodec.is(scaling) ? E.right(scaling) : E.left(dataError(['scaling'], 'a scaling', showUnknown(scaling)))

const affine = (f: Feature, scale: number, shift: number): E.Either<DataError, Feature> =>
  feature(f.tensor, { scale: f.scale * scale, shift: f.shift * scale + shift })

/** whether a scaling has a scale and a shift for each group of a tensor */
const fits = ({ per, scale, shift }: Scaling, { shape }: Tensor): boolean =>
  scale.length === groups[per](shape) && shift.length === scale.length
const misfit = (place: string, { of, per, scale }: Scaling, { dtype, shape }: Tensor): DataError =>
  dataError(
    [place],
    `${of} with ${scale.length} of ${per}`,
    `${groups[per](shape)} of ${dtype}`,
    'fit the scaling on data of this shape'
  )

/**
 * The dataset with its inputs, or its targets, scaled: `round(round(scale * x) + shift)` in f32. Bytes with one scale for all (`whole`)
 * stay bytes: their map and the scaling are put together, each of the two numbers rounded to f32 once.
 *
 * @returns Left when what is to be scaled has another number of groups than the scaling, or a result is not finite
 */
export const applyScaling: SettingThenData<Scaling, Dataset, E.Either<DataError, Dataset>> = curriedToo(
  (scaling: Scaling, d: Dataset): E.Either<DataError, Dataset> => {
    const checked = pipe(
      known(d),
      E.chain(() => knownScaling(scaling))
    )
    if (E.isLeft(checked)) return checked
    const { scale, shift } = scaling
    const place = places[scaling.of]
    const numbers = d[place]
    const { tensor } = numbers
    const n = scale.length
    if (areIndexes(tensor) || !fits(scaling, tensor)) return E.left(misfit(place, scaling, tensor))
    const scaled = (): E.Either<DataError, Feature> => {
      const out = Float32Array.from(featureValues(numbers).data)
      for (let i = 0; i < out.length; i++)
        out[i] = Math.fround((scale[i % n] as number) * (out[i] as number)) + (shift[i % n] as number)
      return feature(tensorView('f32', tensor.shape, out))
    }
    return pipe(
      tensor.dtype === 'u8' && n === 1 ? affine(numbers, scale[0] as number, shift[0] as number) : scaled(),
      E.map(scaled => ({ ...d, [place]: scaled })),
      withinPath(place)
    )
  }
)

/**
 * Scaled numbers in the units of the data again, as the outputs of a model whose targets were scaled: `(y - shift) / scale`, each of the
 * two operations rounded to f64, and the result left in f64. So an output keeps its digits however far from 0 the targets are: beside
 * 1.7e9 f32 has steps of 128.
 *
 * An f32 number x that `applyScaling` scaled comes back with an error of at most `2^-24 (|x| + |x - centre|)`, where `centre` is
 * `-shift / scale`: about one step of f32 at x. That is the rounding on the way there; the way back adds none that counts. What is a
 * distance (the deviation of `predictMonteCarlo`) has no shift: divide it by its scale.
 *
 * @example pipe(rows, predict(net, params, { backend: wasm }), E.chainW(y => undoScaling(scaling, y))) // Either<..., Tensor<Dims, 'f64'>>
 * @returns Left for another number of groups than the scaling has, numbers that are no floats, and a scale of 0
 */
export const undoScaling: SettingThenData<Scaling, Tensor, E.Either<DataError, Tensor<Dims, 'f64'>>> = curriedToo(
  (scaling: Scaling, scaled: Tensor): E.Either<DataError, Tensor<Dims, 'f64'>> => {
    const checked = knownScaling(scaling)
    if (E.isLeft(checked)) return checked
    if (!isSound(scaled)) return E.left(dataError(['scaled'], 'a tensor', showUnknown(scaled), 'make it with tensor'))
    const { scale, shift } = scaling
    const n = scale.length
    if (!isFloat(scaled.dtype) || !fits(scaling, scaled)) return E.left(misfit('scaled', scaling, scaled))
    if (scale.includes(0)) return E.left(dataError(['scale'], 'numbers other than 0', '0', 'it cannot be undone'))
    const out = Float64Array.from(numbersOf(scaled))
    for (let i = 0; i < out.length; i++)
      out[i] = ((out[i] as number) - (shift[i % n] as number)) / (scale[i % n] as number)
    return E.right(tensorView('f64', scaled.shape, out))
  }
)
