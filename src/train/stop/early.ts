/** Early stopping: the end of a run that gets no better. */
import { nonNegative, oneOf, size, withDefault } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import type { StopDefinition } from './stop.js'

export interface EarlyStopping {
  readonly tag: 'earlyStopping'
  /** how many epochs without improvement end the run */
  readonly patience: number
  /** how much smaller than the best one a loss must be to count as an improvement */
  readonly minDelta: number
  readonly of: 'loss' | 'validationLoss'
}
declare module './open.js' {
  interface BuiltInStopRules {
    readonly earlyStopping: EarlyStopping
  }
}

const defaults = { patience: 10, minDelta: 0, of: 'validationLoss' } as const

/**
 * Ends a run once `patience` epochs in a row have not brought the loss below the best one so far by more than `minDelta`. It looks at
 * the loss over the validation set (default; a run without one is refused) or at the mean loss over the epoch. What it remembers is
 * part of the training state. The best state itself is kept by the option `keepBest` of `train`.
 *
 * @param settings patience (default 10), minDelta 0 or more (default 0), of (default 'validationLoss')
 * @example anyOf(epochs(200), earlyStopping({ patience: 5 }))
 */
export const earlyStopping = (settings: Partial<Omit<EarlyStopping, 'tag'>> = {}): EarlyStopping =>
  Object.freeze({ tag: 'earlyStopping', ...defaults, ...defined(settings) })

const names = { loss: 'loss', validationLoss: 'validation loss' } as const

export const earlyStoppingKind: StopDefinition<EarlyStopping> = {
  tag: 'earlyStopping',
  fields: () => ({
    patience: withDefault(size, defaults.patience),
    minDelta: withDefault(nonNegative, defaults.minDelta),
    of: withDefault(oneOf('loss', 'validationLoss'), defaults.of)
  }),
  start: () => ({ waited: 0 }),
  next: ({ minDelta, of }, memory, after) => {
    const loss = of === 'loss' ? after.epochLoss : after.validation?.loss
    if (!after.epochEnded || loss === undefined) return memory
    const { best, waited = 0 } = memory
    // a loss that is not a number is no improvement, and nothing to remember
    if (loss < (best ?? Infinity) - minDelta) return { best: loss, waited: 0 }
    return { ...(best === undefined ? {} : { best }), waited: waited + 1 }
  },
  reason: ({ patience, of }, _, { waited = 0 }) =>
    waited >= patience ? `no better ${names[of]} in ${patience} epochs` : undefined,
  validates: ({ of }) => of === 'validationLoss',
  samples: [earlyStopping({ patience: 2, minDelta: 0.01, of: 'loss' })]
}
