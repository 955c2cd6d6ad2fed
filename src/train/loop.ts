/**
 * The loop over shuffled epochs: stop rules, validation, the best state. speculate.ts runs the steps, several in a
 * call.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ArrangedData, DatasetOf } from '../data/features.js'
import { releasing } from '../value/bracket.js'
import { settingError } from '../value/error.js'
import { bookkeeping, epochSumsAfter, type Bookkeeping } from './bookkeeping.js'
import { divergedAfter, type Diverged, type TrainError } from './divergence.js'
import type { EpochPart, EpochReport, StreamChunk, TrainEvent } from './events.js'
import type { Scores } from './progress.js'
import { metricValues, scorer as scorerOf, type Scorer } from './score.js'
import { openSession, type SessionOptions, type TrainingSession } from './session.js'
import { speculation, type Speculation, type StepsAhead } from './speculate.js'
import type { Best, TrainState } from './state.js'
import type { StepReport } from './step-program.js'
import type { ValidTraining } from './training.js'

export interface LoopOptions extends SessionOptions {
  readonly validation?: DatasetOf
  readonly keepBest?: boolean | Best
  /** max steps of a turn; a turn takes at least one step */
  readonly turnSteps?: number
  /** true ends a turn after this step (steps taken so far) */
  readonly pauseAt?: (step: number) => boolean
  /** called before each turn: true ends the run there, with the state so far */
  readonly aborted?: () => boolean
  /** how many reports of epochs are kept, the last ones; absent: all, up to `epochLimit` of them */
  readonly maxHistory?: number
  readonly epochLimit?: number
  /** whether the caller receives events */
  readonly emitEvents: boolean
  /** whether a turn may span epochs: then the state at the end of an epoch is not available */
  readonly acrossEpochs?: boolean
}

/** the reports of more epochs than this take hundreds of megabytes: a rule that is never met would fill the memory */
const maxEpochs = 1_000_000
const endless = ({ progress }: TrainState, epochs: number): TrainError =>
  settingError(
    ['stop'],
    `a rule that is met within ${epochs} epochs`,
    `none, with a mean loss of ${progress.epochLoss} in the last one`,
    'add an end, as anyOf(rule, epochs(n)); or set maxHistory, to train on and keep the reports of the last epochs'
  )

/** adds reports, and drops those before the last `max` */
const keepLast = (history: EpochReport[], reports: readonly EpochReport[], max: number): void => {
  for (const report of reports) history.push(report)
  // rarely, because it moves what remains
  if (history.length >= 2 * max) history.splice(0, history.length - max)
}

/** the outcome of a run */
export interface Ended {
  readonly state: TrainState
  readonly history: readonly EpochReport[]
  readonly reason: string
  readonly best?: Best
  readonly part?: EpochPart
}

/** whether a loss is better than the best one; the earlier of equals stays, and any number is better than NaN */
const isBetter = (a: Best | undefined, loss: number): boolean =>
  a === undefined || loss < a.scores.loss || Number.isNaN(a.scores.loss)

/** what stays the same during a run */
interface Run {
  readonly session: TrainingSession
  readonly book: Bookkeeping
  readonly ahead: Speculation
  readonly scorer: Scorer | undefined
  readonly keepsBest: boolean
  readonly emitEvents: boolean
}
/** the position of a run */
interface Position {
  readonly state: TrainState
  readonly best: Best | undefined
}

/** The loop as a generator: each pull takes some steps. `end` computes the return value from the outcome. */
export const trainingLoop = <A>(
  c: ValidTraining,
  data: ArrangedData,
  n: number,
  first: TrainState,
  o: LoopOptions,
  end: (e: Ended) => A
): E.Either<TrainError, Generator<StreamChunk, E.Either<TrainError, A>>> =>
  pipe(
    E.Do,
    E.bindW('session', () => openSession(c, data, n, first, o)),
    E.bindW('scorer', ({ session }) =>
      pipe(
        o.validation === undefined ? E.right(undefined) : scorerOf(c, o.backend, o.validation, first),
        E.mapLeft(e => {
          session.loop.close()
          return e
        })
      )
    ),
    E.map(({ session, scorer }) =>
      releasing(
        turnsOf(session, scorer, first, o),
        () => {
          session.loop.close()
          scorer?.close()
        },
        E.map(end)
      )
    )
  )

/**
 * A state is read from the engine's memory, which the next pull overwrites. So a later read throws: it would give the
 * state of another step.
 */
const refusingLateReads = () => {
  let pulls = 0
  return {
    pulled: (): void => {
      pulls++
    },
    read: (state: () => TrainState): (() => TrainState) => {
      const mine = pulls
      return () => {
        if (mine !== pulls) throw new Error('this state is gone: call state() before the next pull')
        return state()
      }
    }
  }
}

const turnsOf = function* (
  session: TrainingSession,
  scorer: Scorer | undefined,
  first: TrainState,
  o: LoopOptions
): Generator<StreamChunk, E.Either<TrainError, Ended>> {
  const { keepBest, turnSteps, pauseAt, acrossEpochs = false, emitEvents } = o
  const { maxHistory = Infinity, epochLimit = maxEpochs, aborted = () => false } = o
  const book = bookkeeping(session.training)
  const keepsBest = keepBest !== undefined && keepBest !== false
  const ahead = speculation(session, book, first, {
    ...(turnSteps === undefined ? {} : { maxSteps: turnSteps }),
    ...(pauseAt === undefined ? {} : { pauseAt }),
    acrossEpochs: acrossEpochs && scorer === undefined && !keepsBest
  })
  const run: Run = { session, book, ahead, scorer, keepsBest, emitEvents }
  const history: EpochReport[] = []
  const inTime = refusingLateReads()
  let state = first
  let best = typeof keepBest === 'object' ? keepBest : undefined

  for (;;) {
    const reason = book.reason(state) ?? (aborted() ? 'aborted' : undefined)
    // reuse the memory of the last checkpoint, if no caller has received it
    if (reason !== undefined) {
      const last = ahead.snapshot(ahead.checkpoint(state))
      return E.map((best: Best | undefined) => ended(session.training, last, history.slice(-maxHistory), reason, best))(
        bestAtEnd(run, { state: last, best })
      )
    }
    if (maxHistory === Infinity && history.length >= epochLimit) return E.left(endless(state, history.length))
    const { blocks } = session
    const block = blocks?.at(state.progress.epoch, state.position)
    if (blocks !== undefined && block !== undefined && block !== blocks.held()) {
      // a rollback runs steps of the block in memory alone
      state = ahead.checkpoint(state)
      yield {
        events: [],
        state: inTime.read(() => ahead.snapshot(state)),
        needs: { block, epoch: state.progress.epoch, position: state.position, give: data => blocks.hold(block, data) }
      }
      inTime.pulled()
      continue
    }
    const steps = ahead.run(state)
    if (E.isLeft(steps)) return steps
    const replayed = replay(run, steps.right, { state, best })
    if (E.isLeft(replayed)) return replayed
    const { events, epochs, failed } = replayed.right
    ;({ state, best } = replayed.right)
    keepLast(history, epochs, maxHistory)
    if (failed !== undefined) {
      if (events.length > 0) yield { events, state: inTime.read(() => ahead.snapshot(state)) }
      inTime.pulled()
      return E.flatMap(divergence(run, steps.right, failed, { state, best }), E.left)
    }
    if (ahead.isDue(state)) state = ahead.checkpoint(state)
    yield { events, state: inTime.read(() => ahead.snapshot(state)) }
    inTime.pulled()
  }
}

/** the part of the running epoch that a state has seen */
const partOf = (c: ValidTraining, { progress, epochSums, position }: TrainState): EpochPart => {
  // the last batch of an epoch, which may be shorter, is not among those of a part of it
  const examples = position * c.training.batchSize
  const metrics = metricValues(c, epochSums.metrics, examples)
  return { epoch: progress.epoch + 1, step: progress.step, examples, loss: progress.epochLoss, metrics }
}

/** the best state of a run; where it is to be kept and no epoch has ended, the last one */
const bestAtEnd = (
  { session: { training }, scorer, keepsBest }: Run,
  { state, best }: Position
): E.Either<TrainError, Best | undefined> => {
  if (!keepsBest || best !== undefined) return E.right(best)
  const { progress } = state
  const { loss, metrics } = partOf(training, state)
  const own: Scores = { loss, metrics }
  return pipe(
    scorer === undefined ? E.right<TrainError, Scores>(own) : scorer.scores(state),
    E.map(scores => ({ state, epoch: progress.epoch, scores }))
  )
}

const bestOf = (best: Best | undefined): { readonly best?: Best } => (best === undefined ? {} : { best })
const ended = (
  training: ValidTraining,
  state: TrainState,
  history: readonly EpochReport[],
  reason: string,
  best: Best | undefined
): Ended => ({
  state,
  history,
  reason,
  ...bestOf(best),
  ...(state.position === 0 ? {} : { part: partOf(training, state) })
})

interface Replayed extends Position {
  readonly events: readonly TrainEvent[]
  readonly epochs: readonly EpochReport[]
  /** the report of the step after `state`, if its numbers are not finite */
  readonly failed?: StepReport
}

/** the bookkeeping of steps that were run, one by one, up to a misprediction or a step that is not finite */
const replay = (run: Run, steps: StepsAhead, from: Position): E.Either<TrainError, Replayed> => {
  const { book, ahead, emitEvents } = run
  const { epochSteps } = run.session
  let { state, best } = from
  const events: TrainEvent[] = []
  const epochs: EpochReport[] = []
  for (const [i, settings] of steps.settings.entries()) {
    if (i > 0 && !ahead.confirm(steps, i, state))
      return pipe(
        ahead.rollback(state),
        E.map(() => ({ state, best, events, epochs }))
      )
    const report = steps.results.report(i, state.progress.step + 1, settings)
    if (!steps.results.isFinite(i))
      return pipe(
        ahead.rollback(state),
        E.map(() => ({ state, best, events, epochs, failed: report }))
      )
    if (emitEvents) events.push({ tag: 'step', epochSteps, ...report })
    if (state.position + 1 < epochSteps) {
      state = book.after(state, report, false)
      continue
    }
    const epoch = epochEnd(run, report, { state, best })
    if (E.isLeft(epoch)) return epoch
    ;({ state, best } = epoch.right)
    epochs.push(epoch.right.report)
    if (emitEvents) events.push({ tag: 'epoch', ...epoch.right.report })
  }
  return E.right({ state, best, events, epochs })
}

/** the last step of an epoch: its scores, those over the validation set, and the best state so far */
const epochEnd = (
  { session: { training, n }, book, ahead, scorer, keepsBest }: Run,
  report: StepReport,
  { state, best }: Position
): E.Either<TrainError, Position & { readonly report: EpochReport }> =>
  pipe(
    scorer === undefined ? E.right<TrainError, Scores | undefined>(undefined) : scorer.scores(ahead.snapshot(state)),
    E.map((validation): Position & { readonly report: EpochReport } => {
      const { metrics } = epochSumsAfter(state, report)
      const after = book.after(state, report, true, validation)
      const { epoch, step, epochLoss } = after.progress
      const own: Scores = { loss: epochLoss, metrics: metricValues(training, metrics, n) }
      const scores = validation ?? own
      const epochReport: EpochReport = {
        epoch,
        step,
        ...own,
        settings: report.settings,
        ...(validation === undefined ? {} : { validation })
      }
      if (!keepsBest || !isBetter(best, scores.loss)) return { state: after, best, report: epochReport }
      const kept = ahead.snapshot(ahead.checkpoint(after))
      return { state: kept, best: { state: kept, epoch, scores }, report: epochReport }
    })
  )

/** the error of the step after `state`, which is run once more to find the tensor that is not finite */
const divergence = (
  { ahead, session }: Run,
  { program }: StepsAhead,
  { settings, loss }: StepReport,
  { state, best }: Position
): E.Either<TrainError, Diverged> => {
  const good = ahead.snapshot(state)
  const after = Number.isFinite(loss) ? ahead.afterStep(state, program, settings) : E.right(state)
  return pipe(
    after,
    E.map(next => ({ ...divergedAfter(good, loss, session.training, () => next), ...bestOf(best) }))
  )
}
