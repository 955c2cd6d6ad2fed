/** A schedule that looks at the loss. */
import { fraction, nonNegative, oneOf, positive, size, withDefault } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import type { ScheduleDefinition } from './schedule.js'

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
  readonly of: 'loss' | 'validationLoss'
  readonly per: 'epoch'
}
declare module './open.js' {
  interface BuiltInSchedules {
    readonly reduceOnPlateau: ReduceOnPlateau
  }
}
export type ReduceOnPlateauOptions = Partial<Omit<ReduceOnPlateau, 'tag' | 'initial' | 'per'>>
const usual = { factor: 0.1, patience: 10, minDelta: 0, minimum: 0, of: 'validationLoss' } as const

/**
 * The initial value, times the factor whenever `patience` epochs in a row have not brought the loss below the best one
 * so far by more than `minDelta`. It looks at the loss over the validation set (default; a run without one is refused)
 * or at the mean loss over the epoch. What it remembers is part of the training state.
 *
 * Counting beside others: PyTorch's `patience=p` waits p + 1 epochs, so it is `patience: p + 1` here; Keras counts as here. PyTorch's
 * threshold is relative by default (1e-4 of the best loss), which never reduces for losses that are negative and stand still;
 * `minDelta` is absolute, as in Keras, whose default is 1e-4.
 *
 * @param options factor (default 0.1), patience (default 10), minDelta (default 0), minimum (default 0), of (default
 * 'validationLoss')
 * @example sgd(reduceOnPlateau(0.1, { factor: 0.5, patience: 3 }))
 */
export const reduceOnPlateau = (initial: number, options: ReduceOnPlateauOptions = {}): ReduceOnPlateau =>
  Object.freeze({ tag: 'reduceOnPlateau', initial, ...usual, per: 'epoch', ...defined(options) })

export const reduceOnPlateauKind: ScheduleDefinition<ReduceOnPlateau> = {
  tag: 'reduceOnPlateau',
  fields: () => ({
    initial: positive,
    factor: withDefault(fraction, usual.factor),
    patience: withDefault(size, usual.patience),
    minDelta: withDefault(nonNegative, usual.minDelta),
    minimum: withDefault(nonNegative, usual.minimum),
    of: withDefault(oneOf('loss', 'validationLoss'), usual.of),
    per: withDefault(oneOf('epoch'), 'epoch')
  }),
  value: ({ initial }, _, { value = initial }) => value,
  highest: ({ initial }) => initial,
  start: ({ initial }) => ({ value: initial, waited: 0 }),
  next: ({ initial, factor, patience, minDelta, minimum, of }, memory, after) => {
    const loss = of === 'loss' ? after.epochLoss : after.validation?.loss
    if (!after.epochEnded || loss === undefined) return memory
    const { value = initial, waited = 0, best } = memory
    // a loss that is not a finite number is no improvement, and nothing to remember
    if (loss < (best ?? Infinity) - minDelta) return { value, best: loss, waited: 0 }
    const kept = best === undefined ? {} : { best }
    const reduced = Math.max(Math.min(value, minimum), value * factor)
    return waited + 1 < patience ? { ...kept, value, waited: waited + 1 } : { ...kept, value: reduced, waited: 0 }
  },
  validates: ({ of }) => of === 'validationLoss',
  tex: '\\eta \\leftarrow \\gamma \\eta \\text{ after } p \\text{ epochs without improvement}',
  samples: [
    reduceOnPlateau(0.1, { patience: 1, of: 'loss' }),
    reduceOnPlateau(0.1, { factor: 0.5, patience: 2, minimum: 0.01, of: 'loss' })
  ]
}
