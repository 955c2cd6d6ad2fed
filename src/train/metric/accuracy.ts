/** How often the right class is predicted: as the most likely class, or among the k most likely ones. */
import { cast, equal, iota, less, reduceMax, reshape, select, sum } from '../../expr/build.js'
import { size } from '../../value/codec.js'
import { single, type MetricDefinition } from './metric.js'
import { classList, classRows, countOf, firstLargest, isClass, positions } from './outputs.js'

export interface Accuracy {
  readonly tag: 'accuracy'
}
export interface TopK {
  readonly tag: 'topK'
  readonly k: number
}
declare module './open.js' {
  interface BuiltInMetrics {
    readonly accuracy: Accuracy
    readonly topK: TopK
  }
  interface MetricRules<M> {
    readonly accuracy: readonly ['accuracy', number]
    readonly topK: M extends { readonly k: infer K extends number } ? readonly [`top${K}`, number] : never
  }
}

/**
 * The share of examples whose largest output is at the target's class; of equal outputs the first counts. A single
 * output predicts class 1 if it is above 1/2, or above 0 if the loss takes logits.
 */
export const accuracy: Accuracy = Object.freeze({ tag: 'accuracy' })
/**
 * the share of examples whose target is among the k classes with the largest outputs; of equal outputs the first count.
 * topK(1) is accuracy. There must be more than k classes.
 */
export const topK = <const K extends number>(k: K): TopK & { readonly k: K } => Object.freeze({ tag: 'topK', k })

export const accuracyKind: MetricDefinition<Accuracy> = {
  tag: 'accuracy',
  fields: () => ({}),
  targets: 'classes',
  sums: (_, y, t, scale) => ({ correct: countOf(equal(firstLargest(classRows(y, scale)), classList(t)), y) }),
  value: (_, { correct }, examples, output) => single(correct) / (examples * positions(output)),
  samples: [accuracy]
}

export const topKKind: MetricDefinition<TopK> = {
  tag: 'topK',
  fields: () => ({ k: size }),
  label: ({ k }) => `top${k}`,
  fewestClasses: ({ k }) => k + 1,
  targets: 'classes',
  sums: ({ k }, y, t, scale) => {
    const rows = classRows(y, scale)
    const classes = rows.shape[1] ?? 1
    const n = rows.shape[0] ?? 1
    const wanted = reshape(classList(t), [n, 1])
    const mine = reduceMax(select(isClass(classList(t), classes), rows, -Infinity), [1])
    // NaN is neither below nor equal to a number, so NaN ranks first
    const behind = select(equal(rows, mine), cast(less(iota(rows.dtype, rows.shape), wanted), rows.dtype), 1)
    const inFront = sum(select(less(rows, mine), 0, behind), [1])
    const known = less(wanted, classes)
    return { correct: countOf(select(known, cast(less(inFront, k), y.dtype), 0), y) }
  },
  value: (_, { correct }, examples, output) => single(correct) / (examples * positions(output)),
  samples: [topK(2)]
}
