/** Training: the fold of `step` over the batches of shuffled epochs, until a stop rule says so. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Loop, Values } from '../backend/backend.js'
import { epochOrder } from '../data/batch.js'
import { exampleCount, wrongWeights, type Dataset } from '../data/dataset.js'
import type { AnyModel } from '../model/model.js'
import type { ParamsOf } from '../model/params.js'
import { program, type Program } from '../expr/program.js'
import {
  dataError,
  settingError,
  within,
  type DataError,
  type SettingError,
  type ShapeError,
  type BackendError
} from '../value/error.js'
import { chunks, evaluateChecked, metricValues } from './evaluate.js'
import { families as builtIn, type Families } from './families.js'
import type { Loss } from './loss/index.js'
import { gathered, residentData, stepOutputs } from './program.js'
import type { Scores } from './progress.js'
import { purposeKey, start, tensorsOf, withTensors, type Best, type TrainState } from './state.js'
import {
  advance,
  checkBatch,
  divergence,
  epochSumsAfter,
  reportOf,
  settingsNow,
  settingsOf,
  stepInputs,
  tensorsOfData,
  type Diverged,
  type StepReport
} from './step.js'
import { scheduleInterpreter } from './schedule/index.js'
import { stopInterpreter } from './stop/index.js'
import { checkTraining, training, type Checked, type Training, type FittingOptions } from './training.js'

export interface EpochReport extends Scores {
  readonly epoch: number
  readonly step: number
  /** the scheduled settings at the epoch's last step */
  readonly settings: Readonly<Record<string, number>>
  readonly validation?: Scores
}
/** what an observer is told; it cannot change the run */
export type TrainEvent =
  | ({ readonly tag: 'step'; readonly epochSteps: number } & StepReport)
  | ({ readonly tag: 'epoch' } & EpochReport)
  | { readonly tag: 'done'; readonly reason: string; readonly step: number; readonly epoch: number }

export interface Trained<M extends AnyModel = AnyModel> {
  readonly training: Training<M>
  readonly params: ParamsOf<M>
  readonly state: TrainState
  /** one report per epoch completed */
  readonly history: readonly EpochReport[]
  /** which stop rule ended the run */
  readonly reason: string
  /** with `keepBest`, once an epoch has ended */
  readonly best?: Best
}
export interface TrainOptions {
  readonly backend: Backend
  readonly families?: Families
  readonly observe?: (event: TrainEvent) => void
  /** scored after every epoch, for reports, stop rules and schedules */
  readonly validation?: Dataset
  /**
   * Whether the state after the best epoch is handed out beside the last one, whatever ends the run. A run that goes on from a state
   * takes the best one so far instead of true.
   */
  readonly keepBest?: boolean | Best
  /** a state to go on from, instead of a fresh one */
  readonly from?: TrainState
}
export type TrainError = SettingError | ShapeError | BackendError | DataError | Diverged

/** whether a dataset suits a training; how many examples it has */
const checkData = (c: Checked, data: Dataset): E.Either<ShapeError | DataError, number> => {
  const n = exampleCount(data)
  const wrong = checkBatch(c, tensorsOfData(data))
  if (wrong !== undefined) return E.left(wrong)
  const badWeights = data.weights === undefined ? undefined : wrongWeights(data.weights, n)
  if (badWeights !== undefined) return E.left(badWeights)
  const classes = c.output.at(-1) ?? 1
  const { tensor } = data.y
  const indexes = c.loss.classIndexes && tensor.shape.length === c.output.length && tensor.dtype !== 'f32'
  const outside = indexes ? Array.prototype.findIndex.call(tensor.data, (k: number) => k >= classes) : -1
  return outside >= 0
    ? E.left(
        dataError(
          ['targets', `example ${outside}`],
          `a class index below ${classes}`,
          String(tensor.data[outside]),
          'the last layer has one output per class'
        )
      )
    : E.right(n)
}
const checkBatchSize = (c: Checked, n: number): E.Either<SettingError, number> =>
  c.training.batchSize > n
    ? E.left(settingError(['batchSize'], `at most ${n}, the number of examples`, String(c.training.batchSize)))
    : E.right(n)
/** the validation set suits the training too, and is there where the stop rule looks at it */
const checkValidation = (
  c: Checked,
  validation: Dataset | undefined
): E.Either<ShapeError | DataError | SettingError, unknown> =>
  validation !== undefined
    ? within('validation')(checkData(c, validation))
    : stopInterpreter(c.families.stopRules).validates(c.training.stop)
      ? E.left(
          settingError(
            ['stop'],
            'a validation set, which the stop rule looks at',
            'none',
            'hand one along as the option validation'
          )
        )
      : settingsOf(c).some(([, s]) => scheduleInterpreter(c.families.schedules).validates(s))
        ? E.left(
            settingError(
              ['optimizer'],
              'a validation set, which a schedule looks at',
              'none',
              'hand one along as the option validation'
            )
          )
        : E.right(undefined)

/** everything an epoch's loop needs, compiled once: a program for full batches, one for the short last batch */
interface Compiled {
  readonly c: Checked
  readonly data: Dataset
  readonly n: number
  readonly programs: ReadonlyMap<number, Program>
  readonly open: (s: TrainState) => E.Either<ShapeError | BackendError, Loop>
}
const compile = (
  c: Checked,
  data: Dataset,
  n: number,
  first: TrainState,
  backend: Backend
): E.Either<ShapeError, Compiled> => {
  const sizes = [...new Set([c.training.batchSize, n % c.training.batchSize])].filter(k => k > 0)
  const resident = residentData(data)
  return pipe(
    E.traverseArray((k: number) =>
      pipe(
        program(stepOutputs(c, first, gathered(data, k, c.training.precision))),
        E.map(p => [k, p] as const)
      )
    )(sizes),
    E.map(programs => ({
      c,
      data,
      n,
      programs: new Map(programs),
      open: s =>
        backend.loop(
          programs.map(([, p]) => p),
          tensorsOf(s),
          resident
        )
    }))
  )
}

/** the batches of an epoch, as index tensors: the examples shuffled by the epoch's key, the last batch as short as it comes */
const batchesOf = ({ c, n }: Compiled, epoch: number): readonly Values[] =>
  chunks(n, c.training.batchSize, epochOrder(purposeKey(c.training.seed, 'shuffle'), epoch, n)).map(index => ({
    index
  }))

interface Run {
  readonly state: TrainState
  readonly history: readonly EpochReport[]
  readonly reason: string
  readonly best?: Best
}

/** the better of two: of equally good ones the earlier, and anything rather than NaN */
const better = (a: Best | undefined, b: Best): Best =>
  a === undefined || b.scores.loss < a.scores.loss || Number.isNaN(a.scores.loss) ? b : a

/**
 * The fold itself. The tensors live in the loop's memory; `s` carries the bookkeeping, and gets tensors where a state is handed out.
 * When a step diverges the loop's memory is already spoilt: the last good state is worked out again from the epoch's first one.
 */
const runEpochs = (k: Compiled, first: TrainState, o: TrainOptions, upTo: number): E.Either<TrainError, Run> => {
  const { c } = k
  const rules = stopInterpreter(c.families.stopRules)
  const opened = k.open(first)
  if (E.isLeft(opened)) return opened
  const loop = opened.right
  const now = (s: TrainState): TrainState => withTensors(s, loop.state())
  let s = first
  let epochStart = first
  const history: EpochReport[] = []
  let best = typeof o.keepBest === 'object' ? o.keepBest : undefined
  const kept = (): { readonly best?: Best } => (best === undefined ? {} : { best })
  const end = (reason: string): E.Either<TrainError, Run> => {
    const state = now(s)
    loop.close()
    return E.right({ state, history, reason, ...kept() })
  }
  const failed = (e: TrainError): E.Either<TrainError, Run> => {
    loop.close()
    return E.left(e)
  }
  for (;;) {
    const batches = batchesOf(k, s.progress.epoch)
    for (let b = s.position; b < batches.length; b++) {
      const reason = s.progress.step >= upTo ? 'asked to' : rules.reason(c.training.stop, s.progress, s.stop)
      if (reason !== undefined) return end(reason)
      const batch = batches[b] as { readonly index: Values[string] }
      const examples = batch.index.shape[0] as number
      const settings = settingsNow(c, s)
      const r = loop.step(k.programs.get(examples) as Program, { ...batch, ...stepInputs(c, s, settings) })
      if (E.isLeft(r)) return failed(r.left)
      const bad = divergence(r.right, s)
      if (bad !== undefined) {
        const again = runEpochs(k, epochStart, { backend: o.backend }, s.progress.step)
        return failed(E.isLeft(again) ? again.left : { ...bad, state: again.right.state, ...kept() })
      }
      const report = reportOf(s.progress.step + 1, examples, r.right, settings)
      const last = b === batches.length - 1
      const { metrics } = epochSumsAfter(s, report)
      o.observe?.({ tag: 'step', epochSteps: batches.length, ...report })
      const validation =
        last && o.validation !== undefined ? evaluateChecked(c, o.backend)(now(s), o.validation) : undefined
      if (validation !== undefined && E.isLeft(validation)) return failed(validation.left)
      s = advance(c, s, report, last, validation?.right)
      if (!last) continue
      epochStart = now(s)
      const epoch: EpochReport = {
        epoch: s.progress.epoch,
        step: s.progress.step,
        loss: s.progress.epochLoss,
        metrics: metricValues(c, metrics, k.n),
        settings,
        ...(validation === undefined ? {} : { validation: validation.right })
      }
      history.push(epoch)
      const scores: Scores = epoch.validation ?? { loss: epoch.loss, metrics: epoch.metrics }
      if (o.keepBest !== undefined && o.keepBest !== false)
        best = better(best, { state: epochStart, epoch: epoch.epoch, scores })
      o.observe?.({ tag: 'epoch', ...epoch })
    }
    const reason = s.progress.step >= upTo ? 'asked to' : rules.reason(c.training.stop, s.progress, s.stop)
    if (reason !== undefined) return end(reason)
  }
}

/** One full-batch training step over a dataset as a program, for backends and for those who want to look at it. */
export const stepProgram = (t: Training, data: Dataset, families: Families = builtIn): E.Either<TrainError, Program> =>
  pipe(
    checkTraining(t, families),
    E.chainW(c =>
      pipe(
        checkData(c, data),
        E.chainW(() => program(stepOutputs(c, start(c), gathered(data, t.batchSize, t.precision))))
      )
    )
  )

/**
 * Trains a model: `pipe(data, train({ model, loss, optimizer, stop }, { backend }))`. The result is a function of the training and the
 * data alone: the same bits with every backend. What was handed in is never changed.
 *
 * @returns Left for settings out of range, shapes that do not fit, class indexes out of range, a batch larger than the data, or
 * numbers that stop being finite (with the step, the label and the last good state)
 */
export const train =
  <M extends AnyModel, const L extends Loss>(options: FittingOptions<M, L>, o: TrainOptions) =>
  (data: Dataset): E.Either<TrainError, Trained<M>> => {
    const t = training(options)
    return pipe(
      checkTraining(t, o.families ?? builtIn),
      E.chainW(c =>
        pipe(
          checkData(c, data),
          E.chainFirstW(n => checkBatchSize(c, n)),
          E.chainFirstW(() => checkValidation(c, o.validation)),
          E.chainW(n => {
            const first = o.from ?? start(c)
            return pipe(
              compile(c, data, n, first, o.backend),
              E.chainW(k => runEpochs(k, first, o, Infinity))
            )
          })
        )
      ),
      E.map(({ state, ...rest }): Trained<M> => {
        o.observe?.({ tag: 'done', reason: rest.reason, step: state.progress.step, epoch: state.progress.epoch })
        return { training: t, params: state.params as ParamsOf<M>, state, ...rest }
      })
    )
  }
