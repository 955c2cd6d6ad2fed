/** Numbers in JSON, exact to the bit: JSON has no -0, infinities or NaN, so these four are strings. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { list, type Codec } from '../value/codec.js'
import type { MetricValue } from '../train/metric/metric.js'

const texts: Readonly<Record<string, number>> = { '-0': -0, Infinity, '-Infinity': -Infinity, NaN }
const isNumber = (u: unknown): u is number => typeof u === 'number'

/**
 * any f64 number; its decimal text is the shortest that reads back as the same number, which every engine writes alike
 */
export const exactNumber: Codec<number> = new t.Type<number, unknown, unknown>(
  'number, or one of the texts -0, Infinity, -Infinity, NaN',
  isNumber,
  (u, c) =>
    isNumber(u)
      ? t.success(u)
      : typeof u === 'string' && Object.hasOwn(texts, u)
        ? t.success(texts[u] as number)
        : t.failure(u, c),
  x => (Object.is(x, -0) ? '-0' : Number.isFinite(x) ? x : String(x))
)

/** a number, a list of them, a table, ... */
export const metricValue: Codec<MetricValue> = new t.Type<MetricValue, unknown, unknown>(
  'number or a list of them',
  (u): u is MetricValue => isNumber(u) || list(metricValue).is(u),
  (u, c): E.Either<t.Errors, MetricValue> => (Array.isArray(u) ? list(metricValue) : exactNumber).validate(u, c),
  a => (isNumber(a) ? exactNumber.encode(a) : a.map(metricValue.encode))
)
