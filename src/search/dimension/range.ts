/** Ranges of numbers: real or whole, on a linear or logarithmic axis. */
import { finite, inRange, optional, positive, size, type Codec, type Fields } from '../../value/codec.js'
import { exp, log } from '../../value/elementary.js'
import { settingError, type SettingError } from '../../value/error.js'
import { narrowInterval } from './interval.js'
import type { Axis, DimensionDefinition, NarrowingInput, NarrowedDimension } from './dimension.js'

/** the limits of extending a range; without limits, a range of numbers from 0 up never goes below 0 */
export interface Limits {
  readonly least?: number | undefined
  readonly most?: number | undefined
}
interface Range<T extends string> extends Limits {
  readonly tag: T
  readonly lower: number
  readonly upper: number
}
export interface Uniform extends Range<'uniform'> {}
export interface LogUniform extends Range<'logUniform'> {}
export interface Integer extends Range<'integer'> {}
export interface LogInteger extends Range<'logInteger'> {}
declare module './dimension.js' {
  interface BuiltInDimensions {
    readonly uniform: Uniform
    readonly logUniform: LogUniform
    readonly integer: Integer
    readonly logInteger: LogInteger
  }
  interface ValueTypes<D> {
    readonly uniform: number
    readonly logUniform: number
    readonly integer: number
    readonly logInteger: number
  }
}

const range = <T extends string>(tag: T, lower: number, upper: number, limits: Limits): Range<T> =>
  Object.freeze({ tag, lower, upper, ...limits })

/** real numbers, all equally likely. @example uniform(0.5, 0.99, { most: 0.999 }) */
export const uniform = (lower: number, upper: number, limits: Limits = {}): Uniform =>
  range('uniform', lower, upper, limits)
/**
 * real numbers above 0 whose logarithms are equally likely: as many between 0.01 and 0.1 as between 1 and 10.
 *
 * @example logUniform(1e-6, 10)
 */
export const logUniform = (lower: number, upper: number, limits: Limits = {}): LogUniform =>
  range('logUniform', lower, upper, limits)
/** whole numbers, both ends included. @example integer(1, 4) */
export const integer = (lower: number, upper: number, limits: Limits = {}): Integer =>
  range('integer', lower, upper, limits)
/** whole numbers from 1 whose logarithms are equally likely. @example logInteger(8, 512) */
export const logInteger = (lower: number, upper: number, limits: Limits = {}): LogInteger =>
  range('logInteger', lower, upper, limits)

/** the differences between the four kinds */
interface Form<T extends string> {
  readonly tag: T
  readonly axis: Axis & ('linear' | 'log')
  readonly whole: boolean
  readonly bound: Codec<number>
  readonly samples: readonly Range<T>[]
}

/** -0 becomes 0, which is what JSON has */
const clamp = (x: number, lower: number, upper: number): number => Math.max(lower, Math.min(x, upper)) + 0
/** a tolerance for the rounding errors of logarithm and exponential at whole numbers */
const slack = 1e-9

/** the maps between numbers and the axis on which a range is even */
interface Scale {
  readonly whole: boolean
  readonly axis: Axis & ('linear' | 'log')
  readonly along: (x: number) => number
  readonly back: (x: number) => number
  readonly nearest: (x: number) => number
  readonly isValue: (value: unknown) => value is number
}
type AnyRange = Range<string>

const scaleOf = ({ axis, whole }: Pick<Form<string>, 'axis' | 'whole'>): Scale => ({
  whole,
  axis,
  along: x => (axis === 'log' ? log(x) : x),
  back: x => (axis === 'log' ? exp(x) : x),
  nearest: x => (whole ? Math.floor(x + 0.5) : x),
  isValue: (value): value is number =>
    typeof value === 'number' && Number.isFinite(value) && (!whole || Number.isInteger(value))
})

/** the ends of a range on its axis; a whole number covers half a unit to each side */
const ends = ({ along, whole }: Scale, { lower, upper }: AnyRange): readonly [number, number] => {
  const half = whole ? 0.5 : 0
  return [along(lower - half), along(upper + half)]
}

const widthOf = ({ along }: Scale, lower: number, upper: number): number => along(upper) - along(lower)

/** the smallest lower end and the largest upper end that narrowing may choose */
const limitsOf = ({ axis, whole }: Scale, { lower, least, most }: AnyRange): readonly [number, number] => [
  least ?? (axis === 'log' ? (whole ? 1 : 0) : lower >= 0 ? 0 : -Infinity),
  most ?? Infinity
]

/** whether a narrower range (by one whole number at each end) would be below the min width */
const isNarrowest = (s: Scale, { lower, upper }: AnyRange, minWidth: number): boolean =>
  s.whole
    ? upper - lower <= 2 || widthOf(s, lower + 1, upper - 1) < minWidth
    : widthOf(s, lower, upper) <= minWidth * (1 + slack)

const narrowed = <R extends AnyRange>(
  s: Scale,
  r: R,
  { values, margin, minWidth }: NarrowingInput,
  first: R
): NarrowedDimension<R> => {
  const { whole, along, back } = s
  const kept = values.filter(s.isValue)
  const [best] = kept
  if (best === undefined) return { dimension: r }
  const [least, most] = limitsOf(s, r)
  const min = minWidth * widthOf(s, first.lower, first.upper)
  const old = { low: along(r.lower), high: along(r.upper) }
  const { low, high, extended } = narrowInterval(old, {
    kept: kept.map(along),
    room: margin * (old.high - old.low),
    least: min,
    fixed: isNarrowest(s, r, min),
    open: { lower: r.lower > least, upper: r.upper < most }
  })
  // exp(log(x)) may differ from x in the last bits: so unchanged ends stay exact, and values inside stay inside
  const inside = kept.filter(v => along(v) >= low && along(v) <= high)
  const lower = low === old.low ? r.lower : inside.reduce((p, v) => Math.min(p, v), back(low))
  const upper = high === old.high ? r.upper : inside.reduce((p, v) => Math.max(p, v), back(high))
  const [from, to] = [extended === 'lower' ? least : r.lower, extended === 'upper' ? most : r.upper]
  const dimension: R = Object.freeze({
    ...r,
    lower: clamp(whole ? Math.floor(lower + slack) : lower, from, to),
    upper: clamp(whole ? Math.ceil(upper - slack) : upper, from, to)
  })
  if (extended !== undefined) return { dimension, extended }
  return { dimension: dimension.lower === r.lower && dimension.upper === r.upper ? r : dimension }
}

/** the first mistake in the bounds of a range */
const checkBounds = ({ lower, upper, least = lower, most = upper }: AnyRange): SettingError | undefined => {
  if (lower > upper) return settingError(['lower'], `at most ${upper}, the upper bound`, String(lower))
  if (least > lower) return settingError(['least'], `at most ${lower}, the lower bound`, String(least))
  if (most < upper) return settingError(['most'], `at least ${upper}, the upper bound`, String(most))
  return Number.isFinite(most - least)
    ? undefined
    : settingError(['upper'], 'a range whose width is finite', 'one from lower to upper that overflows')
}

/** n values evenly spaced on the axis, each once */
const spread = ({ along, back, nearest }: Scale, r: AnyRange, n: number): readonly number[] => {
  const [a, b] = [along(r.lower), along(r.upper)]
  const all = Array.from({ length: n }, (_, i) => {
    const value =
      n === 1 ? back((a + b) / 2) : i === 0 ? r.lower : i === n - 1 ? r.upper : back(a + (i / (n - 1)) * (b - a))
    return clamp(nearest(value), r.lower, r.upper)
  })
  return [...new Set(all)]
}

const rangeKind = <T extends string>({ tag, bound, samples, ...form }: Form<T>): DimensionDefinition<Range<T>> => {
  type R = Range<T>
  const scale = scaleOf(form)
  const { along, back, nearest, isValue } = scale
  const fields: Fields = { lower: bound, upper: bound, least: optional(bound), most: optional(bound) }
  return {
    tag,
    axis: form.axis,
    fields: () => fields,
    check: checkBounds,
    at: (r: R, place: number): number => {
      const [a, b] = ends(scale, r)
      return place <= 0 ? r.lower + 0 : clamp(nearest(back(a + place * (b - a))), r.lower, r.upper)
    },
    place: (r: R, value: unknown): number => {
      const [a, b] = ends(scale, r)
      return b === a ? 0.5 : (along(Number(value)) - a) / (b - a)
    },
    contains: (r, value) => isValue(value) && value >= r.lower && value <= r.upper,
    spread: (r, n) => spread(scale, r, n),
    narrow: (r, input, first) => narrowed(scale, r, input, first),
    samples
  }
}

const wholeNumber = inRange('a whole number', Number.isSafeInteger)
export const uniformKind: DimensionDefinition<Uniform> = rangeKind({
  tag: 'uniform',
  axis: 'linear',
  whole: false,
  bound: finite,
  samples: [uniform(0, 0.9), uniform(-3, 5), uniform(0.5, 0.99, { least: 0.1, most: 0.999 })]
})
export const logUniformKind: DimensionDefinition<LogUniform> = rangeKind({
  tag: 'logUniform',
  axis: 'log',
  whole: false,
  bound: positive,
  samples: [logUniform(1e-6, 10), logUniform(0.01, 100, { most: 1000 })]
})
export const integerKind: DimensionDefinition<Integer> = rangeKind({
  tag: 'integer',
  axis: 'linear',
  whole: true,
  bound: wholeNumber,
  samples: [integer(1, 4), integer(-100, 100), integer(0, 50, { most: 60 })]
})
export const logIntegerKind: DimensionDefinition<LogInteger> = rangeKind({
  tag: 'logInteger',
  axis: 'log',
  whole: true,
  bound: size,
  samples: [logInteger(1, 8), logInteger(8, 512, { least: 4 })]
})
