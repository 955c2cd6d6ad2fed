/**
 * The fold of steps over shuffled epochs. Its tensors live in the memory of an engine's loop, which takes several steps at a time; the
 * bookkeeping follows step by step. Where it finds that the run should have ended in between, or gone on with other settings, the
 * steps too many are taken back: the result is that of single steps.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Loop, Values } from '../backend/backend.js'
import { epochOrder } from '../data/batch.js'
import type { Dataset } from '../data/dataset.js'
import { program, type Program } from '../expr/program.js'
import { work } from '../expr/work.js'
import type { BackendError, ShapeError } from '../value/error.js'
import { numbersOf, view, type Tensor } from '../value/tensor.js'
import { evaluator, metricValues, type Evaluator } from './evaluate.js'
import { gathered, residentData, stepOutputs } from './program.js'
import type { Progress, Scores } from './progress.js'
import { noSums, purposeKey, tensorsOf, withTensors, type Best, type TrainState } from './state.js'
import {
  bookkeeping,
  diverged,
  epochSumsAfter,
  notFiniteIn,
  stepInputs,
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
type StepEvent = { readonly tag: 'step'; readonly epochSteps: number } & StepReport
/** what an observer is told; it cannot change the run */
export type TrainEvent =
  | StepEvent
  | ({ readonly tag: 'epoch' } & EpochReport)
  | { readonly tag: 'done'; readonly reason: string; readonly step: number; readonly epoch: number }

/** what a training under way hands out each time it is pulled */
export interface Turn {
  /** what happened: steps, and perhaps the end of an epoch */
  readonly events: readonly TrainEvent[]
  /** the state after the last of them: a copy, worked out when asked, to be asked for before the next pull */
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

/** a program with what is read off its outputs step by step */
interface StepProgram {
  readonly program: Program
  readonly examples: number
  readonly metrics: readonly (readonly [name: string, output: string])[]
  readonly fingerprints: readonly string[]
}
const stepProgram = (
  c: Checked,
  s: TrainState,
  data: Dataset,
  examples: number,
  fingerprints: boolean
): E.Either<ShapeError, StepProgram> =>
  pipe(
    program(stepOutputs(c, s, gathered(data, examples, c.training.precision), fingerprints)),
    E.map(p => {
      const named = (prefix: string): readonly string[] => Object.keys(p.outputs).filter(k => k.startsWith(prefix))
      return {
        program: p,
        examples,
        metrics: named('metric/').map(k => [k.slice('metric/'.length), k] as const),
        fingerprints: named('fingerprint/')
      }
    })
  )

/** the results of several steps, read one by one, as what observers are told: a copy of each step's would cost more than the rest */
const reader = ({ examples, metrics, fingerprints }: StepProgram, epochSteps: number, outputs: Values) => {
  const numbers = (name: string): ArrayLike<number> => numbersOf(outputs[name] as Tensor)
  const losses = numbers('loss')
  const weights = outputs['weight'] === undefined ? undefined : numbers('weight')
  const finite = outputs['finite'] === undefined ? undefined : numbers('finite')
  const sums = metrics.map(([name, output]) => [name, numbers(output)] as const)
  const prints = fingerprints.map(numbers)
  const part = (all: ArrayLike<number>, i: number): readonly number[] => {
    const size = all.length / losses.length
    return Array.from({ length: size }, (_, j) => all[i * size + j] as number)
  }
  return {
    event: (i: number, step: number, settings: StepReport['settings']): StepEvent => {
      const event: StepEvent = {
        tag: 'step',
        epochSteps,
        step,
        examples,
        weight: weights === undefined ? examples : (weights[i] as number),
        loss: losses[i] as number,
        sums: sums.length === 0 ? noSums.metrics : Object.fromEntries(sums.map(([name, all]) => [name, part(all, i)])),
        settings
      }
      return prints.length === 0 ? event : { ...event, fingerprints: prints.flatMap(p => part(p, i)) }
    },
    isFinite: (i: number): boolean => Number.isFinite(losses[i]) && (finite === undefined || Number.isFinite(finite[i]))
  }
}

/** steps taken together when nothing else sets a limit: enough to make the calls cheap, few enough to be told of in time */
const together = 256
/** work (expr/work) that is worth a call of its own */
const enoughWork = 0x200_0000
/** after so many steps the state is kept once more as a place to go back to */
const keepEvery = 128

/** an epoch's steps, in the memory of a loop */
interface Course {
  readonly c: Checked
  readonly n: number
  readonly full: StepProgram
  /** for the short batch at the end of an epoch, where there is one */
  readonly rest: StepProgram | undefined
  readonly loop: Loop
}
const orderOf = ({ c, n }: Course, epoch: number): Uint32Array =>
  epochOrder(purposeKey(c.training.seed, 'shuffle'), epoch, n)

/** steps taken together: over full batches of one epoch, or the one over what is left of it */
interface Stretch {
  /** what the first of them was taken from, but for its tensors */
  readonly from: TrainState
  readonly sp: StepProgram
  /** one for each step */
  readonly settings: readonly StepReport['settings'][]
}

const take = ({ c, loop }: Course, order: Uint32Array, { from, sp, settings }: Stretch): ReturnType<Loop['steps']> => {
  const { program: p, examples } = sp
  const begin = from.position * c.training.batchSize
  const count = settings.length
  const index = view('u32', [count, examples], order.subarray(begin, begin + count * examples))
  // most programs draw nothing and have no schedules
  const rest = Object.keys(p.inputs).some(k => k === 'key' || k.startsWith('setting/'))
  return loop.steps(p, count, rest ? { index, ...stepInputs(c, from.progress, settings) } : { index })
}

/** how many steps to take together: no more than a turn may have, and none after one that ends the run whatever the losses are */
const ahead = (k: Course, s: TrainState, book: Bookkeeping, o: FoldOptions, limit: number): number => {
  const { n, c } = k
  const epochSteps = Math.ceil(n / c.training.batchSize)
  for (let j = 1; j < limit; j++) {
    const step = s.progress.step + j
    const at: Progress = {
      step,
      epoch: s.progress.epoch,
      epochEnded: s.position + j === epochSteps,
      loss: Infinity,
      epochLoss: Infinity
    }
    if (o.pauseAt?.(step) === true || book.reason(s, at) !== undefined) return j
  }
  return limit
}

const sameSettings = (a: StepReport['settings'], b: StepReport['settings']): boolean =>
  a === b || Object.keys(a).every(k => Object.is(a[k], b[k]))

/** @returns Left for a dataset that a program cannot be made for, or a loop that cannot be opened */
const openCourse = (
  c: Checked,
  data: Dataset,
  n: number,
  first: TrainState,
  { backend, fingerprints = false }: FoldOptions
): E.Either<ShapeError | BackendError, Course> =>
  pipe(
    E.Do,
    E.bind('full', () => stepProgram(c, first, data, c.training.batchSize, fingerprints)),
    E.bind('rest', () =>
      n % c.training.batchSize === 0
        ? E.right(undefined)
        : stepProgram(c, first, data, n % c.training.batchSize, fingerprints)
    ),
    E.bindW('loop', ({ full, rest }) =>
      backend.loop([full.program, ...(rest === undefined ? [] : [rest.program])], tensorsOf(first), residentData(data))
    ),
    E.map(opened => ({ c, n, ...opened }))
  )

/** The fold as a generator: each pull takes some steps. */
export const fold = (
  c: Checked,
  data: Dataset,
  n: number,
  first: TrainState,
  o: FoldOptions
): E.Either<TrainError, Generator<Turn, E.Either<TrainError, Ended>>> =>
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
    E.map(({ k, scorer }) => closing(pulled(k, scorer, first, o), closerOf(k, scorer)))
  )

const closerOf = (k: Course, scorer: Evaluator | undefined) => (): void => {
  k.loop.close()
  scorer?.close()
}
/** whoever pulls may stop pulling: threads and memory are given back all the same */
const closing = function* <A, B>(turns: Generator<A, B>, close: () => void): Generator<A, B> {
  try {
    return yield* turns
  } finally {
    close()
  }
}

const pulled = function* (
  k: Course,
  scorer: Evaluator | undefined,
  /** where going back begins */
  kept: TrainState,
  o: FoldOptions
): Generator<Turn, E.Either<TrainError, Ended>> {
  const { c, n, loop, full, rest } = k
  const book = bookkeeping(c)
  const { batchSize } = c.training
  const epochSteps = Math.ceil(n / batchSize)
  const fullSteps = Math.floor(n / batchSize)
  const most =
    Math.floor(Math.max(1, Math.min(together, o.turnSteps ?? together, enoughWork / work(full.program)))) || 1
  /** one at a time once settings turned out to depend on losses */
  let limit = most
  /** its tensors are those of `kept`, whatever the loop's memory holds by now */
  let s = kept
  let best = typeof o.keepBest === 'object' ? o.keepBest : undefined
  const history: EpochReport[] = []
  /** what was taken since `kept` */
  let since: Stretch[] = []
  /** the tensors of `kept`, while nobody else has seen them */
  let own: Values | undefined
  let order = orderOf(k, s.progress.epoch)

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
      const { epoch } = t.from.progress
      const taken = take(k, epoch === s.progress.epoch ? order : orderOf(k, epoch), t)
      if (E.isLeft(taken)) return taken
      since.push(t)
    }
    return placed
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
      ? E.map(() => notFiniteIn(withTensors(s, loop.state()).params))(
          take(k, order, { from: s, sp, settings: [settings] })
        )
      : E.right('loss')
    if (E.isLeft(label)) return label
    return E.left({ ...diverged(good, label.right, loss), ...bestSoFar() })
  }

  for (;;) {
    const why = book.reason(s)
    if (why !== undefined) return ended(why)
    const isRest = s.position === fullSteps
    const sp = isRest ? (rest as StepProgram) : full
    const count = isRest ? 1 : ahead(k, s, book, o, Math.min(limit, fullSteps - s.position))
    const settings = Array.from({ length: count }, (_, i) => book.settings(s, i))
    const stretch = { from: s, sp, settings }
    const taken = take(k, order, stretch)
    if (E.isLeft(taken)) return taken
    since.push(stretch)
    const results = reader(sp, epochSteps, taken.right)
    const events: TrainEvent[] = []
    for (let i = 0; i < count; i++) {
      if (i > 0) {
        const sooner = book.reason(s)
        const other = sooner === undefined && !sameSettings(book.settings(s), settings[i] as StepReport['settings'])
        if (sooner !== undefined || other) {
          const back = goBack()
          if (E.isLeft(back)) return back
          if (other) limit = 1
          break
        }
      }
      const report = results.event(i, s.progress.step + 1, settings[i] as StepReport['settings'])
      if (!results.isFinite(i)) {
        const back = goBack()
        if (E.isLeft(back)) return back
        if (events.length > 0) yield { events, state: now }
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
      if (o.keepBest !== undefined && o.keepBest !== false && isBetter(best, scores.loss)) {
        keep()
        best = { state: kept, epoch: epoch.epoch, scores }
        own = undefined
      }
      if (o.tells) events.push({ tag: 'epoch', ...epoch })
      order = orderOf(k, s.progress.epoch)
    }
    if (s.progress.step - kept.progress.step >= keepEvery) keep()
    yield { events, state: now }
  }
}
