/** How far a run has come: what stop rules, schedules and observers are shown. */
import type { MetricValue } from './metric/metric.js'

/** values of metrics by name; `MetricValues` says more of a list of metrics */
export type AnyValues = Readonly<Record<string, MetricValue>>

/** loss and metrics over a set of examples */
export interface Scores<V = AnyValues> {
  /** the mean loss over the examples, by their weights where they have some */
  readonly loss: number
  /** by name: `rmse`, `top5`, `recallMicro`; a second metric of a name has a 2 behind it */
  readonly metrics: V
}
export interface Progress {
  /** steps taken */
  readonly step: number
  /** epochs completed */
  readonly epoch: number
  /** whether the last step ended an epoch */
  readonly epochEnded: boolean
  /** the loss of the last batch */
  readonly loss: number
  /** the mean loss over the examples of the epoch just ended, or of the running one so far */
  readonly epochLoss: number
  /** over the validation set, where there is one and the last step ended an epoch */
  readonly validation?: Scores
}
export const notStarted: Progress = { step: 0, epoch: 0, epochEnded: false, loss: Infinity, epochLoss: Infinity }

/** what a rule remembers between steps: numbers only, so that it travels in the training state */
export type Memory = Readonly<Record<string, number>>
