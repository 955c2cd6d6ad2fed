/** One step as a pure function of state and batch. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { unstacked, type Backend, type Executable, type Values } from '../backend/backend.js'
import { program, type Program } from '../expr/program.js'
import { foldIn } from '../random/index.js'
import {
  within,
  type BackendError,
  type DataError,
  type Problem,
  type SettingError,
  type ShapeError
} from '../value/error.js'
import { showShape } from '../value/shape.js'
import { allocate, numbersOf, scalarOf, view, type Tensor } from '../value/tensor.js'
import { leaves, type Tree } from '../value/tree.js'
import { checkBatch, type Batch } from './examples.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { optimizerInterpreter } from './optimizer/index.js'
import { handedIn, stepOutputs } from './program.js'
import { addTotals, type Totals } from './metric/metric.js'
import type { Progress, Scores } from './progress.js'
import { scheduleInterpreter, type Setting } from './schedule/index.js'
import { checkState, noSums, purposeKey, tensorsOf, withTensors, type Best, type TrainState } from './state.js'
import { stopInterpreter } from './stop/index.js'
import { checkTraining, type Checked, type Training } from './training.js'

/** a number that is not finite came up: training ends there, with the state before that step */
export interface Diverged extends Problem<'Diverged'> {
  readonly step: number
  /** the last good state */
  readonly state: TrainState
  /** the best state up to there, where it was kept */
  readonly best?: Best
}
export type TrainError = SettingError | ShapeError | BackendError | DataError | Diverged

/** what a step tells: the loss of its batch, the sums of the metrics, the values that scheduled settings had */
export interface StepReport {
  readonly step: number
  readonly examples: number
  /** the sum of the examples' weights: their number, where they have none */
  readonly weight: number
  readonly loss: number
  readonly sums: Totals
  readonly settings: Readonly<Record<string, number>>
  /** where asked for: the fingerprint (value/fingerprint) of every parameter tensor after the step, in the order of `leaves(params)` */
  readonly fingerprints?: readonly number[]
}

/** the settings of the optimizer, by the names under which a run reports them */
export const settingsOf = (c: Checked): readonly (readonly [string, Setting])[] =>
  Object.entries(optimizerInterpreter(c.registry.optimizers).settings(c.training.optimizer, ''))

/** what a program is given with several steps, besides the batches: keys by the numbers of the steps, values of scheduled settings */
export const stepInputs = (
  c: Checked,
  { step }: Progress,
  settings: readonly Readonly<Record<string, number>>[]
): Values => {
  const { seed, precision } = c.training
  const root = purposeKey(seed, 'step')
  const count = settings.length
  return {
    key: view('u32', [count, 2], Uint32Array.from(settings.flatMap((_, i) => [...foldIn(root, step + i).words]))),
    ...Object.fromEntries(
      Object.keys(settings[0] ?? {}).map(name => [
        `setting/${name}`,
        view(
          precision,
          [count],
          allocate(
            precision,
            settings.map(s => s[name] as number)
          )
        )
      ])
    )
  }
}

// ---- the program's small outputs

export const sumsOf = (outputs: Values): Totals =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([k, t]) =>
      k.startsWith('metric/') ? [[k.slice('metric/'.length), Array.from(numbersOf(t))] as const] : []
    )
  )

export const reportOf = (
  step: number,
  examples: number,
  outputs: Values,
  settings: Readonly<Record<string, number>>
): StepReport => ({
  step,
  examples,
  weight: outputs['weight'] === undefined ? examples : scalarOf(outputs['weight']),
  loss: scalarOf(outputs['loss'] as Tensor),
  sums: sumsOf(outputs),
  settings
})

/** the error of a step that gave numbers which are not finite: its loss, or those at a label */
export const diverged = (state: TrainState, label: string, loss: number): Diverged => ({
  _tag: 'Diverged',
  path: [`step ${state.progress.step + 1}`, ...label.split('/')],
  expected: 'finite numbers',
  got: label === 'loss' ? String(loss) : 'NaN or infinite values after the update',
  hint: 'try a smaller learning rate, or look for outliers in the data',
  step: state.progress.step + 1,
  state
})

/** the label of the first parameter tensor with a number that is not finite */
export const notFiniteIn = (params: Tree<Tensor>): string =>
  leaves<Tensor>(params).find(([, t]) => !Array.from(numbersOf(t)).every(Number.isFinite))?.[0] ?? 'params'

// ---- the bookkeeping

export const epochSumsAfter = ({ epochSums: e }: TrainState, r: StepReport): TrainState['epochSums'] => ({
  loss: e.loss + r.loss * r.weight,
  weight: e.weight + r.weight,
  metrics: r.sums === noSums.metrics ? e.metrics : addTotals(e.metrics, r.sums)
})

/** what goes with the steps of a training outside of its program: stop rules, schedules, sums over the epoch */
export interface Bookkeeping {
  /** why the run is over at this state, or would be at that progress; undefined to go on */
  readonly reason: (s: TrainState, at?: Progress) => string | undefined
  /** the values of the scheduled settings for the step about to be taken, or for the one at that progress */
  readonly settings: (s: TrainState, at?: Progress) => Readonly<Record<string, number>>
  /**
   * The state after a step, its tensors aside. `epochEnds` says whether its batch was the epoch's last; `validation` are the scores that
   * the parameters after this step get then.
   */
  readonly after: (s: TrainState, r: StepReport, epochEnds: boolean, validation?: Scores) => TrainState
}
const nothingScheduled: Readonly<Record<string, number>> = Object.freeze({})

export const bookkeeping = (c: Checked): Bookkeeping => {
  const { reason, next: remember } = stopInterpreter(c.registry.stopRules)
  const { value, next } = scheduleInterpreter(c.registry.schedules)
  const { stop } = c.training
  const settings = settingsOf(c)
  const scheduled = settings.filter(([, set]) => typeof set !== 'number')
  return {
    reason: (s, at = s.progress) => reason(stop, at, s.stop),
    settings:
      scheduled.length === 0
        ? () => nothingScheduled
        : (s, at = s.progress) =>
            Object.fromEntries(scheduled.map(([name, set]) => [name, value(set, at, s.settings[name] ?? {})])),
    after: (s, r, epochEnds, validation) => {
      const sums = epochSumsAfter(s, r)
      const unscored: Progress = {
        step: s.progress.step + 1,
        epoch: s.progress.epoch + (epochEnds ? 1 : 0),
        epochEnded: epochEnds,
        loss: r.loss,
        epochLoss: sums.weight > 0 ? sums.loss / sums.weight : Infinity
      }
      // a spread takes as long as the rest of the bookkeeping, so not in every step
      const progress = validation === undefined ? unscored : { ...unscored, validation }
      return {
        params: s.params,
        layers: s.layers,
        optimizer: s.optimizer,
        progress,
        epochSums: epochEnds ? noSums : sums,
        position: epochEnds ? 0 : s.position + 1,
        stop: remember(stop, s.stop, progress),
        settings:
          scheduled.length === 0
            ? s.settings
            : Object.fromEntries(settings.map(([name, set]) => [name, next(set, s.settings[name] ?? {}, progress)]))
      }
    }
  }
}

export interface Stepped {
  readonly state: TrainState
  readonly report: StepReport
}
export interface StepOptions {
  readonly backend: Backend
  readonly registry?: TrainingRegistry
}
export type Step = (state: TrainState, batch: Batch, epochEnds?: boolean) => E.Either<TrainError, Stepped>

/**
 * One training step as a pure function: (state, batch) -> the next state and what it reports. Old states stay valid, so a training is
 * a fold of it. Compiled once for each batch size.
 */
export const stepOf = (t: Training, { backend, registry = builtInTraining }: StepOptions): E.Either<TrainError, Step> =>
  pipe(
    checkTraining(t, registry),
    E.map((c): Step => {
      const compiled = new Map<string, E.Either<TrainError, readonly [Program, Executable]>>()
      const compile = (s: TrainState, b: Batch): E.Either<TrainError, readonly [Program, Executable]> => {
        return pipe(
          program(stepOutputs(c, s, handedIn(b, c.training.precision))),
          E.chainW(p =>
            pipe(
              backend.compile(p),
              E.map(e => [p, e] as const)
            )
          )
        )
      }
      const book = bookkeeping(c)
      const suited = checkState(c)
      return (state, batch, epochEnds = false) => {
        const wrong = checkBatch(c, batch)
        if (wrong !== undefined) return E.left(wrong)
        const suits = within('state')(suited(state))
        if (E.isLeft(suits)) return suits
        const { x, y, weights } = batch
        const given: Values = weights === undefined ? { x, y } : { x, y, weights }
        const name = Object.values(given)
          .map(t => `${t.dtype}${showShape(t.shape)}`)
          .join(' ')
        const made = compiled.get(name) ?? compile(state, batch)
        compiled.set(name, made)
        const settings = book.settings(state)
        return pipe(
          made,
          E.chainW(([, e]) =>
            e.run({ ...tensorsOf(state), ...unstacked(stepInputs(c, state.progress, [settings]), 0), ...given })
          ),
          E.chainW(outputs => {
            const report = reportOf(state.progress.step + 1, batch.x.shape[0] as number, outputs, settings)
            if (!Number.isFinite(report.loss)) return E.left(diverged(state, 'loss', report.loss))
            const next = withTensors(state, outputs)
            const isFinite = outputs['finite'] === undefined || Number.isFinite(scalarOf(outputs['finite']))
            return isFinite
              ? E.right({ report, state: book.after(next, report, epochEnds) })
              : E.left(diverged(state, notFiniteIn(next.params), report.loss))
          })
        )
      }
    })
  )
