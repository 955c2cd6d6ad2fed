/**
 * The fold of steps over shuffled epochs. Its tensors live in the memory of an engine's loop, which takes several steps at a time; the
 * bookkeeping follows step by step. Where it finds that the run should have ended in between, or gone on with other settings, the
 * steps too many are taken back: the result is that of single steps.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Values } from '../backend/backend.js'
import type { Dataset } from '../data/dataset.js'
import { work } from '../expr/work.js'
import { openCourse, reader, take, type Course, type StepEvent, type StepProgram, type Stretch } from './course.js'
import { evaluator, metricValues, type Evaluator } from './evaluate.js'
import type { Progress, Scores } from './progress.js'
import { tensorsOf, withTensors, type Best, type TrainState } from './state.js'
import {
  bookkeeping,
  diverged,
  epochSumsAfter,
  notFiniteIn,
  type Bookkeeping,
  type StepReport,
  type TrainError
} from './step.js'
import type { Checked } from './training.js'

export interface EpochReport extends Scores {
  readonly epoch: number
  readonly step: number
  /** the scheduled settings at the epoch's last step */
  readonly settings: Readonly<Record<string, number>>
  readonly validation?: Scores
}
/** what an observer is told; it cannot change the run */
export type TrainEvent =
  | StepEvent
  | ({ readonly tag: 'epoch' } & EpochReport)
  | { readonly tag: 'done'; readonly reason: string; readonly step: number; readonly epoch: number }

/** what a training under way hands out each time it is pulled */
export interface Turn {
  /** what happened: steps, and perhaps the end of an epoch */
  readonly events: readonly TrainEvent[]
  /** the state after the last of them: a copy, made when asked for. Throws after the next pull, when that state is gone. */
  readonly state: () => TrainState
}

export interface FoldOptions {
  readonly backend: Backend
  readonly validation?: Dataset
  readonly keepBest?: boolean | Best
  readonly fingerprints?: boolean
  /** a turn takes at most so many steps, rounded down, and at least one */
  readonly turnSteps?: number
  /** a turn ends after a step with this number (steps taken so far) */
  readonly pauseAt?: (step: number) => boolean
  /** whether anybody wants the events */
  readonly tells: boolean
  /** whether an epoch's end need not end a turn: nobody asks for the state there */
  readonly acrossEpochs?: boolean
}

/** how a run ended */
export interface Ended {
  readonly state: TrainState
  readonly history: readonly EpochReport[]
  readonly reason: string
  readonly best?: Best
}

/** the better of two: of equally good ones the earlier, and anything rather than NaN */
const isBetter = (a: Best | undefined, loss: number): boolean =>
  a === undefined || loss < a.scores.loss || Number.isNaN(a.scores.loss)

/** steps taken together when nothing else sets a limit: enough to make the calls cheap, few enough to be told of in time */
const together = 256
/** work (expr/work) that is worth a call of its own, some milliseconds: with several threads all of them wait while this one does the bookkeeping */
const enoughWork = 0x1000_0000
/** after so many steps the state is kept once more as a place to go back to */
const keepEvery = 128

/** how far the run will have come after so many full batches more, but for the losses */
const foreseen = ({ progress, position }: TrainState, epochSteps: number, steps: number): Progress => ({
  step: progress.step + steps,
  epoch: progress.epoch + Math.floor((position + steps) / epochSteps),
  epochEnded: (position + steps) % epochSteps === 0,
  loss: progress.loss,
  epochLoss: progress.epochLoss
})

/**
 * The steps to take together, by how far the run will have come before each: no more than a turn may have, and none after one that ends
 * the run whatever the losses are.
 */
const ahead = (
  { epochSteps }: Course,
  s: TrainState,
  book: Bookkeeping,
  o: FoldOptions,
  limit: number
): readonly Progress[] => {
  const all = [s.progress]
  while (all.length < limit) {
    const at = foreseen(s, epochSteps, all.length)
    const { step, epoch, epochEnded } = at
    // not a spread: it would take as long as the rest
    const ends = book.reason(s, { step, epoch, epochEnded, loss: Infinity, epochLoss: Infinity }) !== undefined
    if (ends || o.pauseAt?.(step) === true) return all
    all.push(at)
  }
  return all
}

const sameSettings = (a: StepReport['settings'], b: StepReport['settings']): boolean =>
  a === b || Object.keys(a).every(k => Object.is(a[k], b[k]))

/** The fold as a generator: each pull takes some steps. `end` makes of the outcome what it returns. */
export const fold = <A>(
  c: Checked,
  data: Dataset,
  n: number,
  first: TrainState,
  o: FoldOptions,
  end: (e: Ended) => A
): E.Either<TrainError, Generator<Turn, E.Either<TrainError, A>>> =>
  pipe(
    E.Do,
    E.bindW('k', () => openCourse(c, data, n, first, o)),
    E.bindW('scorer', ({ k }) =>
      pipe(
        o.validation === undefined ? E.right(undefined) : evaluator(c, o.backend, o.validation, first),
        E.mapLeft(e => {
          k.loop.close()
          return e
        })
      )
    ),
    E.map(({ k, scorer }) => closing(pulled(k, scorer, first, o), closerOf(k, scorer), E.map(end)))
  )

const closerOf = (k: Course, scorer: Evaluator | undefined) => (): void => {
  k.loop.close()
  scorer?.close()
}
/** Whoever pulls may stop pulling, even before the first time: threads and memory are given back all the same. */
const closing = <A, B, C>(turns: Generator<A, B>, close: () => void, end: (outcome: B) => C): Generator<A, C> => {
  const guarded = (function* (): Generator<A, C> {
    try {
      yield undefined as A
      return end(yield* turns)
    } finally {
      close()
    }
  })()
  // a generator that has not begun would pass its `finally` by
  guarded.next()
  return guarded
}
/** All turns, each handed on; who throws ends them. */
export const drained = <A, B>(turns: Generator<A, B>, each: (turn: A) => void): B => {
  try {
    for (;;) {
      const next = turns.next()
      if (next.done === true) return next.value
      each(next.value)
    }
  } finally {
    turns.return(undefined as B)
  }
}

const pulled = function* (
  k: Course,
  scorer: Evaluator | undefined,
  /** where going back begins */
  kept: TrainState,
  o: FoldOptions
): Generator<Turn, E.Either<TrainError, Ended>> {
  const { c, n, epochSteps, loop, full, rest } = k
  const book = bookkeeping(c)
  const fullSteps = Math.floor(n / c.training.batchSize)
  const keepsBest = o.keepBest !== undefined && o.keepBest !== false
  const most =
    Math.floor(Math.max(1, Math.min(together, o.turnSteps ?? together, enoughWork / work(full.program)))) || 1
  /** one at a time once settings turned out to depend on losses */
  let limit = most
  /** where epochs are short; no longer once settings turned out to depend on what happens at the end of one */
  let across =
    o.acrossEpochs === true && fullSteps < 2 * most && rest === undefined && scorer === undefined && !keepsBest
  /** its tensors are those of `kept`, whatever the loop's memory holds by now */
  let s = kept
  let best = typeof o.keepBest === 'object' ? o.keepBest : undefined
  const history: EpochReport[] = []
  /** what was taken since `kept` */
  let since: Stretch[] = []
  /** the tensors of `kept`, while nobody else has seen them */
  let own: Values | undefined

  const keep = (): void => {
    own = loop.state(own)
    kept = withTensors(s, own)
    s = kept
    since = []
  }
  /** the state as it is now, for others to hold */
  const now = (): TrainState => {
    if (since.length > 0) return withTensors(s, loop.state())
    own = undefined
    return s
  }
  /** the loop's memory as it was at `s`, which lies within the last stretch: the steps after it are taken back */
  const goBack = (): E.Either<TrainError, void> => {
    const placed = loop.place(tensorsOf(kept))
    if (E.isLeft(placed)) return placed
    const again = since.map(t => ({ ...t, settings: t.settings.slice(0, s.progress.step - t.from.progress.step) }))
    since = []
    for (const t of again) {
      if (t.settings.length === 0) break
      const taken = take(k, t)
      if (E.isLeft(taken)) return taken
      since.push(t)
    }
    return placed
  }
  let pulls = 0
  const turnOf = (events: readonly TrainEvent[]): Turn => {
    const mine = pulls
    const state = (): TrainState => {
      if (mine !== pulls)
        throw new Error('the state of a turn is gone once the next turn is pulled: ask for state() before that')
      return now()
    }
    return { events, state }
  }
  const bestSoFar = (): { readonly best?: Best } => (best === undefined ? {} : { best })
  const ended = (reason: string): E.Either<TrainError, Ended> => {
    // over the tensors of `kept` where nobody has seen them, rather than beside them
    if (since.length > 0) keep()
    return E.right({ state: now(), history, reason, ...bestSoFar() })
  }
  /** the error of the step after `s`, where the loop's memory is: it is taken once more, to see which numbers are not finite */
  const failedStep = (sp: StepProgram, settings: StepReport['settings'], loss: number): E.Either<TrainError, Ended> => {
    const good = now()
    const label = Number.isFinite(loss)
      ? E.map(() => notFiniteIn(withTensors(s, loop.state())))(take(k, { from: s, sp, settings: [settings] }))
      : E.right('loss')
    if (E.isLeft(label)) return label
    return E.left({ ...diverged(good, label.right, loss, c.loss), ...bestSoFar() })
  }

  for (;;) {
    const why = book.reason(s)
    if (why !== undefined) return ended(why)
    const isRest = s.position === fullSteps
    const sp = isRest ? (rest as StepProgram) : full
    const places = isRest
      ? [s.progress]
      : ahead(k, s, book, o, across ? limit : Math.min(limit, fullSteps - s.position))
    const settings = places.map(at => book.settings(s, at))
    const stretch = { from: s, sp, settings }
    const taken = take(k, stretch)
    if (E.isLeft(taken)) return taken
    since.push(stretch)
    const results = reader(sp, epochSteps, taken.right)
    const events: TrainEvent[] = []
    for (let i = 0; i < settings.length; i++) {
      if (i > 0) {
        const sooner = book.reason(s)
        const other = sooner === undefined && !sameSettings(book.settings(s), settings[i] as StepReport['settings'])
        if (sooner !== undefined || other) {
          const back = goBack()
          if (E.isLeft(back)) return back
          if (other && s.progress.epoch > stretch.from.progress.epoch) across = false
          else if (other) limit = 1
          break
        }
      }
      const report = results.event(i, s.progress.step + 1, settings[i] as StepReport['settings'])
      if (!results.isFinite(i)) {
        const back = goBack()
        if (E.isLeft(back)) return back
        if (events.length > 0) yield turnOf(events)
        pulls++
        return failedStep(sp, report.settings, report.loss)
      }
      if (o.tells) events.push(report)
      if (s.position + 1 < epochSteps) {
        s = book.after(s, report, false)
        continue
      }
      const { metrics } = epochSumsAfter(s, report)
      const validation = scorer?.scores(now())
      if (validation !== undefined && E.isLeft(validation)) return validation
      s = book.after(s, report, true, validation?.right)
      const epoch: EpochReport = {
        epoch: s.progress.epoch,
        step: s.progress.step,
        loss: s.progress.epochLoss,
        metrics: metricValues(c, metrics, n),
        settings: report.settings,
        ...(validation === undefined ? {} : { validation: validation.right })
      }
      history.push(epoch)
      const scores: Scores = epoch.validation ?? { loss: epoch.loss, metrics: epoch.metrics }
      if (keepsBest && isBetter(best, scores.loss)) {
        keep()
        best = { state: kept, epoch: epoch.epoch, scores }
        own = undefined
      }
      if (o.tells) events.push({ tag: 'epoch', ...epoch })
    }
    if (s.progress.step - kept.progress.step >= keepEvery) keep()
    yield turnOf(events)
    pulls++
  }
}
