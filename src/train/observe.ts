/** Calls the observer of a training. What it throws ends the training as a value: memory and threads are released, the state is kept. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { called, type Thrown } from '../value/callback.js'
import type { TrainEvent, TrainingChunk } from './events.js'
import type { TrainState } from './state.js'

/** `observe` threw; `state` is the state then, from which the training can be resumed */
export interface ObserverThrew extends Thrown {
  readonly state: TrainState
}
type Observer = ((event: TrainEvent) => void) | undefined

const notified = (
  observe: Observer,
  events: readonly TrainEvent[],
  state: () => TrainState
): E.Either<ObserverThrew, void> =>
  pipe(
    called('observe', () => {
      for (const e of events) observe?.(e)
    }),
    E.mapLeft(thrown => ({ ...thrown, state: state() }))
  )

/** passes the events of a chunk to the observer */
export const observed =
  (observe: Observer) =>
  ({ events, state }: TrainingChunk): E.Either<ObserverThrew, void> =>
    notified(observe, events, state)

/** passes the last event of a run */
export const announced =
  (observe: Observer) =>
  <T extends { readonly reason: string; readonly state: TrainState }>(trained: T): E.Either<ObserverThrew, T> => {
    const { reason, state } = trained
    const { step, epoch } = state.progress
    return pipe(
      notified(observe, [{ tag: 'done', reason, step, epoch }], () => state),
      E.map(() => trained)
    )
  }
