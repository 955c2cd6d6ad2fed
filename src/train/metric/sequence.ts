/** Metrics of sequences: one class at each position, of which some do not count. */
import { cast, equal, less, log, mul, reduceMax, reshape, select, sub, total } from '../../expr/build.js'
import { logSoftmax } from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import { optional, uint32 } from '../../value/codec.js'
import { exp } from '../../value/elementary.js'
import { sizeOf } from '../../value/shape.js'
import { share, single, type MetricDefinition } from './metric.js'
import { classList, classRows, firstLargest, isClass, wideTotal } from './outputs.js'

interface Ignoring {
  /** the target of positions that do not count */
  readonly ignore?: number | undefined
}
export interface PositionAccuracy extends Ignoring {
  readonly tag: 'positionAccuracy'
}
export interface PositionPerplexity extends Ignoring {
  readonly tag: 'positionPerplexity'
}
export interface ExactMatch extends Ignoring {
  readonly tag: 'exactMatch'
}
declare module './open.js' {
  interface BuiltInMetrics {
    readonly positionAccuracy: PositionAccuracy
    readonly positionPerplexity: PositionPerplexity
    readonly exactMatch: ExactMatch
  }
}
export interface IgnoreOptions {
  /** the class index whose positions do not count, as that of `sequenceCrossEntropy` */
  readonly ignore?: number
}
const withIgnore = <K extends string>(tag: K, { ignore }: IgnoreOptions): { readonly tag: K } & Ignoring =>
  Object.freeze({ tag, ...(ignore === undefined ? {} : { ignore }) })

/** the share of positions that count whose largest output is at the target's class; of equal outputs the first counts */
export const positionAccuracy = (options: IgnoreOptions = {}): PositionAccuracy =>
  withIgnore('positionAccuracy', options)
/**
 * exp of the mean of -ln p(target) over the positions that count: among how many equally likely classes the model seems to choose.
 * Outputs are logits where the loss takes logits, else probabilities.
 */
export const positionPerplexity = (options: IgnoreOptions = {}): PositionPerplexity =>
  withIgnore('positionPerplexity', options)
/** the share of examples of which every position that counts is predicted right */
export const exactMatch = (options: IgnoreOptions = {}): ExactMatch => withIgnore('exactMatch', options)

/** 1 where a position counts, else 0 [n] */
const counts = (t: Expr, classes: number, ignore: number | undefined): Expr => {
  const known = cast(less(t, classes), t.dtype)
  return ignore === undefined ? known : select(equal(t, ignore), 0, known)
}
/** for each position [n]: 1 where it counts, and 1 where the prediction is the target */
const judged = (y: Expr, targets: Expr, scale: Parameters<typeof classRows>[1], ignore: number | undefined) => {
  const rows = classRows(y, scale)
  const t = classList(targets)
  return { counted: counts(t, rows.shape[1] ?? 1, ignore), hit: cast(equal(firstLargest(rows), t), t.dtype) }
}
const fields = () => ({ ignore: optional(uint32) })

export const positionAccuracyKind: MetricDefinition<PositionAccuracy> = {
  tag: 'positionAccuracy',
  fields,
  targets: 'classes',
  masks: true,
  sums: ({ ignore }, y, t, scale) => {
    const { counted, hit } = judged(y, t, scale, ignore)
    return { correct: total(mul(counted, hit)), counted: total(counted) }
  },
  value: (_, { correct, counted }) => share(single(correct), single(counted)),
  samples: [positionAccuracy({ ignore: 1 })]
}

export const positionPerplexityKind: MetricDefinition<PositionPerplexity> = {
  tag: 'positionPerplexity',
  fields,
  targets: 'classes',
  masks: true,
  reads: 'probabilities',
  sums: ({ ignore }, y, targets, scale) => {
    const rows = classRows(y, scale)
    const classes = rows.shape[1] ?? 1
    const t = classList(targets)
    const counted = counts(t, classes, ignore)
    const here = equal(mul(cast(isClass(t, classes), t.dtype), reshape(counted, [counted.shape[0] ?? 1, 1])), 1)
    // log of the numbers that are asked for, since 0 log 0 would be NaN
    const logs = scale === 'logits' ? logSoftmax(rows) : log(select(here, rows, 1))
    return { logLikelihood: wideTotal(select(here, logs, 0)), counted: total(counted) }
  },
  value: (_, { logLikelihood, counted }) => exp(-share(single(logLikelihood), single(counted))),
  samples: [positionPerplexity({ ignore: 1 })]
}

export const exactMatchKind: MetricDefinition<ExactMatch> = {
  tag: 'exactMatch',
  fields,
  targets: 'classes',
  masks: true,
  sums: ({ ignore }, y, t, scale) => {
    const { counted, hit } = judged(y, t, scale, ignore)
    const examples = y.shape[0] ?? 1
    const wrong = reshape(mul(counted, sub(1, hit)), [examples, sizeOf(counted.shape) / examples])
    return { right: total(sub(1, reduceMax(wrong, [1]))) }
  },
  value: (_, { right }, examples) => single(right) / examples,
  samples: [exactMatch({ ignore: 1 })]
}
