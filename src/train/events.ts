/** What a training reports while it runs. */
import type { AnyValues, Scores } from './progress.js'
import type { TrainState } from './state.js'
import type { StepReport } from './step-program.js'

export type StepEvent = { readonly tag: 'step'; readonly epochSteps: number } & StepReport

export interface EpochReport<V = AnyValues> extends Scores<V> {
  readonly epoch: number
  readonly step: number
  /** the scheduled settings at the epoch's last step */
  readonly settings: Readonly<Record<string, number>>
  readonly validation?: Scores<V>
}
/** what an observer receives; it cannot change the run */
export type TrainEvent =
  | StepEvent
  | ({ readonly tag: 'epoch' } & EpochReport)
  | { readonly tag: 'done'; readonly reason: string; readonly step: number; readonly epoch: number }

/** what a training under way yields each time it is pulled */
export interface TrainingChunk {
  /** what happened: steps, and perhaps the end of an epoch */
  readonly events: readonly TrainEvent[]
  /** the state after the last of them: a copy, made when asked for. Throws after the next pull, when that state is gone. */
  readonly state: () => TrainState
}
