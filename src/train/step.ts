/** One step as a pure function of state and batch. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { unstacked, type Backend, type Executable } from '../backend/backend.js'
import { listOf } from '../data/features.js'
import { batchTensors, handedIn } from '../data/program-inputs.js'
import { backendArgument, knownOptions, optionsOf, wrongArgument } from '../value/argument.js'
import { failIf, settingError, withinPath } from '../value/error.js'
import { showAval } from '../value/text.js'
import { bookkeeping, type Bookkeeping } from './bookkeeping.js'
import { divergedAfter, type TrainError } from './divergence.js'
import { batchArguments, checkBatch, type ArrangedBatch, type Batch } from './examples.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { checkState, tensorsOf, withTensors, type TrainState } from './state.js'
import { stepInputs, stepProgram, stepResults, type StepProgram, type StepReport } from './step-program.js'
import { checkTraining, type ValidTraining, type Training } from './training.js'

export interface Stepped {
  readonly state: TrainState
  readonly report: StepReport
}
export interface StepOptions {
  readonly backend: Backend
  readonly registry?: TrainingRegistry
}
/** from a state and a batch to the next state; `epochEnds` says whether the batch is the last one of its epoch */
export type Step = (state: TrainState, batch: Batch, epochEnds?: boolean) => E.Either<TrainError, Stepped>

interface CompiledStep {
  readonly step: StepProgram
  readonly executable: Executable
}
/** compiles a step for the shapes of a batch, once for each of them */
const compiler = (c: ValidTraining, backend: Backend) => {
  const compiled = new Map<string, E.Either<TrainError, CompiledStep>>()
  return (s: TrainState, batch: ArrangedBatch): E.Either<TrainError, CompiledStep> => {
    const shapes = Object.values(batchTensors(batch)).map(showAval).join(' ')
    const made =
      compiled.get(shapes) ??
      pipe(
        stepProgram(c, s, handedIn(batch, c.training.precision), listOf(batch.x)[0]?.shape[0] ?? 0),
        E.bindTo('step'),
        E.bindW('executable', ({ step }) => backend.compile(step.program))
      )
    compiled.set(shapes, made)
    return made
  }
}
/** a step on a state and a batch that fit the training */
const taken = (
  c: ValidTraining,
  book: Bookkeeping,
  { step, executable }: CompiledStep,
  state: TrainState,
  batch: ArrangedBatch,
  epochEnds: boolean
): E.Either<TrainError, Stepped> => {
  const settings = book.settings(state)
  const inputs = unstacked(stepInputs(c, state.progress, [settings]), 0)
  return pipe(
    executable.run({ ...tensorsOf(state), ...inputs, ...batchTensors(batch) }),
    E.chainW(outputs => {
      const results = stepResults(step, outputs)
      const report = results.report(0, state.progress.step + 1, settings)
      const next = withTensors(state, outputs)
      return results.isFinite(0)
        ? E.right({ report, state: book.after(next, report, epochEnds) })
        : E.left(divergedAfter(state, report.loss, c, () => next))
    })
  )
}

/**
 * One training step as a pure function: (state, batch) -> the next state and its report. Old states stay valid, so a training is
 * a fold of it. Compiled once for each batch size.
 */
export const stepOf = (t: Training, options: StepOptions): E.Either<TrainError, Step> => {
  const { backend, registry = builtInTraining } = optionsOf(options) as StepOptions
  const known = { backend: true, registry: true } as const
  return pipe(
    failIf(wrongArgument(settingError, [backendArgument(backend), knownOptions(options, known)])),
    E.chainW(() => checkTraining(t, registry)),
    E.map((c): Step => {
      const compiled = compiler(c, backend)
      const book = bookkeeping(c)
      const suited = checkState(c)
      return (state, batch, epochEnds = false) =>
        pipe(
          failIf(wrongArgument(settingError, batchArguments(batch))),
          E.chainW(() => checkBatch(c, batch)),
          E.bindTo('arranged'),
          E.chainFirstW(() => withinPath('state')(suited(state))),
          E.bindW('step', ({ arranged }) => compiled(state, arranged)),
          E.chainW(({ step, arranged }) => taken(c, book, step, state, arranged, epochEnds))
        )
    })
  )
}
