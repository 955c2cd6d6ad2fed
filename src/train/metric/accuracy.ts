import { cast, equal, iota, neg, reduceMax, reshape, select, total } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import type { MetricKind } from './metric.js'

export interface Accuracy {
  readonly tag: 'accuracy'
}
declare module './metric.js' {
  interface Metrics {
    readonly accuracy: Accuracy
  }
}

/** the share of examples whose largest output stands at the target's class; among equal outputs the first counts */
export const accuracy: Accuracy = Object.freeze({ tag: 'accuracy' })

/** the class of each example, as a number of the output's type: the first place of the largest along the last axis */
export const predictedClass = (y: Expr): Expr => {
  const last = y.shape.length - 1
  const place = iota(y.dtype, y.shape)
  const behind = select(equal(y, reduceMax(y, [last])), neg(place), -Infinity)
  return reshape(neg(reduceMax(behind, [last])), y.shape.slice(0, -1))
}

export const accuracyKind: MetricKind<Accuracy> = {
  tag: 'accuracy',
  fields: () => ({}),
  targets: 'classes',
  sums: (_, y, t) => ({ correct: total(cast(equal(predictedClass(y), cast(t, y.dtype)), y.dtype)) }),
  value: (_, { correct = 0 }, examples) => correct / examples,
  samples: [accuracy]
}
