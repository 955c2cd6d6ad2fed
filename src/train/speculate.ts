/**
 * Speculative execution with rollback. A backend is fastest when one call runs several steps. But losses that are not
 * known before the call may end the run in between, or change the scheduled settings of a later step. So the progress
 * of the next steps is predicted, all of them are run, and the bookkeeping then confirms them one by one. After a
 * misprediction the tensors are restored from the last checkpoint and the confirmed steps are run again: the result is
 * that of single steps, bit for bit.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Values } from '../backend/backend.js'
import type { BackendError, ShapeError } from '../value/error.js'
import type { Bookkeeping } from './bookkeeping.js'
import type { Progress } from './progress.js'
import { runSteps, type StepRange, type TrainingSession } from './session.js'
import { tensorsOf, withTensors, type TrainState } from './state.js'
import { stepResults, type StepProgram, type StepResults, type StepSettings } from './step-program.js'

/** max steps of a call, so that reports come in time whatever the backend prefers */
const maxStepsAhead = 256
/** a checkpoint is made after this many steps, which bounds what a rollback runs again */
const checkpointEvery = 128

export interface SpeculationLimits {
  /** max steps of a call; a call takes at least one step */
  readonly maxSteps?: number
  /** true ends a call after this step (steps taken so far) */
  readonly pauseAt?: (step: number) => boolean
  /** whether a call may run past the end of an epoch, because the state there is not needed */
  readonly acrossEpochs: boolean
}

/** steps that were run ahead of the bookkeeping, and their results */
export interface StepsAhead extends StepRange {
  readonly results: StepResults
}

/** States passed in and returned have the tensors of the last checkpoint, unless a snapshot was asked for. */
export interface Speculation {
  /** runs the steps predicted to follow a state */
  readonly run: (s: TrainState) => E.Either<ShapeError | BackendError, StepsAhead>
  /** whether step i was predicted right, given the state after step i - 1; if not, `rollback` to that state must follow */
  readonly confirm: (steps: StepsAhead, i: number, s: TrainState) => boolean
  /** restores the tensors of a state after one of the last steps run */
  readonly rollback: (s: TrainState) => E.Either<ShapeError | BackendError, void>
  /** a copy of the tensors at a state, where rollbacks begin from then on; `isDue` says when enough steps have passed */
  readonly checkpoint: (s: TrainState) => TrainState
  readonly isDue: (s: TrainState) => boolean
  /** the state with its own tensors, which never change */
  readonly snapshot: (s: TrainState) => TrainState
  /** the state with the tensors after one more step, for a diagnosis; nothing can be run afterwards */
  readonly afterStep: (
    s: TrainState,
    program: StepProgram,
    settings: StepSettings
  ) => E.Either<ShapeError | BackendError, TrainState>
}

/** the progress after a number of further full batches, without the losses */
const progressAfter = ({ progress, position }: TrainState, epochSteps: number, steps: number): Progress => ({
  step: progress.step + steps,
  epoch: progress.epoch + Math.floor((position + steps) / epochSteps),
  epochEnded: (position + steps) % epochSteps === 0,
  loss: progress.loss,
  epochLoss: progress.epochLoss
})

/** the progress before each of the steps to run together: up to one that ends the run for any losses */
const predicted = (
  s: TrainState,
  epochSteps: number,
  maxSteps: number,
  endsAt: (at: Progress) => boolean
): readonly Progress[] => {
  const all = [s.progress]
  while (all.length < maxSteps) {
    const at = progressAfter(s, epochSteps, all.length)
    if (endsAt(at)) return all
    all.push(at)
  }
  return all
}

const sameSettings = (a: StepSettings, b: StepSettings): boolean =>
  a === b || Object.keys(a).every(k => Object.is(a[k], b[k]))

/** the number of steps to run next: fewer after a failed prediction */
const stepLimit = (
  { loop, full, rest, fullSteps, blocks }: TrainingSession,
  { maxSteps = maxStepsAhead, acrossEpochs }: SpeculationLimits
) => {
  let most = Math.floor(Math.max(1, Math.min(maxStepsAhead, maxSteps, loop.preferredSteps(full.program)))) || 1
  // calls across long epochs gain nothing
  let across = acrossEpochs && blocks === undefined && rest === undefined && fullSteps < 2 * most
  return {
    steps: ({ position }: TrainState): number =>
      across ? most : Math.min(most, fullSteps - position, blocks?.left(position) ?? Infinity),
    /** called when settings depend on the end of an epoch (true), or even on every loss (false) */
    shorten: (epochEnded: boolean): void => {
      if (epochEnded) across = false
      else most = 1
    }
  }
}

/** the steps run since the last checkpoint, and the tensors to return to */
const checkpoints = (session: TrainingSession, first: TrainState) => {
  const { loop } = session
  let kept = first
  let since: StepRange[] = []
  /** the tensors of `kept` while no caller has received them: the next checkpoint overwrites them */
  let own: Values | undefined
  const run = (range: StepRange): ReturnType<typeof runSteps> =>
    pipe(
      runSteps(session, range),
      E.map(outputs => {
        since.push(range)
        return outputs
      })
    )
  return {
    run,
    rollback: (s: TrainState): E.Either<ShapeError | BackendError, void> => {
      const placed = loop.place(tensorsOf(kept))
      if (E.isLeft(placed)) return placed
      const before = since
      since = []
      for (const range of before) {
        const settings = range.settings.slice(0, s.progress.step - range.from.progress.step)
        if (settings.length === 0) break
        const ran = run({ ...range, settings })
        if (E.isLeft(ran)) return ran
      }
      return placed
    },
    checkpoint: (s: TrainState): TrainState => {
      if (since.length === 0) return s
      own = loop.state(own)
      kept = withTensors(s, own)
      since = []
      return kept
    },
    isDue: (s: TrainState): boolean => s.progress.step - kept.progress.step >= checkpointEvery,
    snapshot: (s: TrainState): TrainState => {
      if (since.length > 0) return withTensors(s, loop.state())
      own = undefined
      return s
    }
  }
}

/** @param first the state whose tensors are in the session's loop */
export const speculation = (
  session: TrainingSession,
  book: Bookkeeping,
  first: TrainState,
  limits: SpeculationLimits
): Speculation => {
  const { loop, fullSteps, epochSteps, full, rest } = session
  const { run, ...restoring } = checkpoints(session, first)
  const limit = stepLimit(session, limits)
  const endsAt =
    (s: TrainState) =>
    ({ step, epoch, epochEnded }: Progress): boolean =>
      // not a spread: it would take as long as the rest
      book.reason(s, { step, epoch, epochEnded, loss: Infinity, epochLoss: Infinity }) !== undefined ||
      limits.pauseAt?.(step) === true
  return {
    ...restoring,
    run: s => {
      const isRest = s.position === fullSteps
      const program = isRest ? (rest as StepProgram) : full
      const places = isRest ? [s.progress] : predicted(s, epochSteps, limit.steps(s), endsAt(s))
      const range = { from: s, program, settings: places.map(at => book.settings(s, at)) }
      return pipe(
        run(range),
        E.map(outputs => ({ ...range, results: stepResults(program, outputs) }))
      )
    },
    confirm: ({ from, settings }, i, s) => {
      if (book.reason(s) !== undefined) return false
      if (sameSettings(book.settings(s), settings[i] as StepSettings)) return true
      limit.shorten(s.progress.epoch > from.progress.epoch)
      return false
    },
    afterStep: (s, program, settings) =>
      pipe(
        runSteps(session, { from: s, program, settings: [settings] }),
        E.map(() => withTensors(s, loop.state()))
      )
  }
}
