/** What a training reports while it runs. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { ArrangedData } from '../data/features.js'
import type { ShapeError } from '../value/error.js'
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
/** the part of an epoch in which a run ended */
export interface EpochPart<V = AnyValues> extends Scores<V> {
  /** the number of that epoch, which is not complete */
  readonly epoch: number
  readonly step: number
  /** how many examples it has seen */
  readonly examples: number
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
/** a block of a stream, and the batch of an epoch that is the first to read it */
export interface BlockNeeded {
  readonly block: number
  readonly epoch: number
  readonly position: number
  readonly give: (data: ArrangedData) => Either<ShapeError, void>
}
/** the same of a stream: a chunk may say which block is needed before the next pull */
export interface StreamChunk extends TrainingChunk {
  readonly needs?: BlockNeeded
}
