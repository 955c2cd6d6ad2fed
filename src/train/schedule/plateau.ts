/** A schedule that looks at the loss. */
import { fraction, nonNegative, oneOf, positive, size, withDefault } from '../../value/codec.js'
import type { Progress } from '../progress.js'
import type { ScheduleKind } from './schedule.js'

export interface ReduceOnPlateau {
  readonly tag: 'reduceOnPlateau'
  readonly initial: number
  readonly factor: number
  /** epochs in a row without improvement after which it is reduced */
  readonly patience: number
  /** how much lower than the lowest so far a loss must be to count as an improvement */
  readonly minDelta: number
  /** it is never reduced below */
  readonly minimum: number
  readonly watch: 'training' | 'validation'
  readonly per: 'epoch'
}
declare module './schedule.js' {
  interface Schedules {
    readonly reduceOnPlateau: ReduceOnPlateau
  }
}
export type ReduceOnPlateauOptions = Partial<Omit<ReduceOnPlateau, 'tag' | 'initial' | 'per'>>
const usual = { factor: 0.1, patience: 10, minDelta: 0.0001, minimum: 0, watch: 'training' } as const

/**
 * The initial value, times the factor whenever `patience` epochs in a row have brought no mean loss below the lowest so far less
 * `minDelta`. It watches the loss of the training epochs or that of the validation data (`watch: 'validation'`; where a run has none,
 * nothing is reduced). What it remembers is part of the training state.
 *
 * @example sgd(reduceOnPlateau(0.1, { factor: 0.5, patience: 3 }))
 */
export const reduceOnPlateau = (initial: number, options: ReduceOnPlateauOptions = {}): ReduceOnPlateau =>
  Object.freeze({ tag: 'reduceOnPlateau', initial, ...usual, per: 'epoch', ...options })

const watched = (after: Progress, watch: ReduceOnPlateau['watch']): number | undefined =>
  watch === 'training' ? after.epochLoss : after.validation?.loss

export const reduceOnPlateauKind: ScheduleKind<ReduceOnPlateau> = {
  tag: 'reduceOnPlateau',
  fields: () => ({
    initial: positive,
    factor: withDefault(fraction, usual.factor),
    patience: withDefault(size, usual.patience),
    minDelta: withDefault(nonNegative, usual.minDelta),
    minimum: withDefault(nonNegative, usual.minimum),
    watch: withDefault(oneOf('training', 'validation'), usual.watch),
    per: withDefault(oneOf('epoch'), 'epoch')
  }),
  value: ({ initial }, _, { value = initial }) => value,
  start: ({ initial }) => ({ value: initial, wait: 0 }),
  next: ({ factor, patience, minDelta, minimum, watch }, memory, after) => {
    const loss = watched(after, watch)
    if (!after.epochEnded || loss === undefined) return memory
    const { value = 0, wait = 0, best } = memory
    if (best === undefined || loss < best - minDelta) return { value, wait: 0, best: loss }
    return wait + 1 < patience
      ? { value, wait: wait + 1, best }
      : { value: Math.max(Math.min(value, minimum), value * factor), wait: 0, best }
  },
  tex: '\\eta \\leftarrow \\gamma \\eta \\text{ after } p \\text{ epochs without improvement}',
  samples: [
    reduceOnPlateau(0.1, { patience: 1 }),
    reduceOnPlateau(0.1, { factor: 0.5, patience: 2, minimum: 0.01, watch: 'validation' })
  ]
}
