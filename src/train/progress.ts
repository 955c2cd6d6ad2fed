/** How far a run has come: what stop rules, schedules and observers are shown. */
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
}
export const notStarted: Progress = { step: 0, epoch: 0, epochEnded: false, loss: Infinity, epochLoss: Infinity }

/** what a rule remembers between steps: numbers only, so that it travels in the training state */
export type Memory = Readonly<Record<string, number>>
