import type { StudyFile } from '../../src/search/study-file.js'
import type { TrialOutcome, Trial } from '../../src/search/trial.js'

/** a small study that is right, as data of JSON: Iris, rate and width */
export const irisStudy = {
  space: {
    rate: { tag: 'logUniform', lower: 1e-4, upper: 1 },
    units: { tag: 'choice', of: [4, 8, 16] }
  },
  run: {
    seed: 5,
    data: 'iris',
    validation: 'stratified',
    normalise: 'standardise',
    model: {
      input: [4],
      layers: [{ tag: 'dense', units: { $: 'units' } }, 'relu', { tag: 'dense', units: 3 }]
    },
    loss: 'softmaxCrossEntropy',
    optimizer: { tag: 'adam', rate: { $: 'rate' } },
    stop: { tag: 'epochs', count: 3 },
    metrics: ['accuracy']
  },
  budget: 6,
  seed: 1
} as const satisfies Partial<Record<keyof StudyFile, unknown>>

export const scored = (value: number): TrialOutcome => ({ tag: 'scored', value, epoch: 1, step: 1, reason: 'epochs 1' })
/** finished trials of these settings, whose values are given */
export const trials = <A>(...rows: readonly (readonly [settings: A, value: number])[]): readonly Trial<A>[] =>
  rows.map(([settings, value], index) => ({
    index,
    round: 0,
    origin: index,
    settings,
    seed: index,
    outcome: Number.isFinite(value) ? scored(value) : { tag: 'diverged', step: 1, message: 'too large' }
  }))
