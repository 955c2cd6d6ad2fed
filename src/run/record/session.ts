/** Recording, in a locked folder: pulls a training turn by turn and records what each turn computed. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { build } from '../../model/build.js'
import type { Scores } from '../../train/progress.js'
import { singleExampleWarning } from '../../train/full-batch.js'
import type { TrainState } from '../../train/state.js'
import { trainIterator, type Trained } from '../../train/train.js'
import type { TrainError } from '../../train/divergence.js'
import type { TrainEvent, TrainingChunk } from '../../train/events.js'
import { backendError } from '../../value/error.js'
import { treeLeaves } from '../../value/tree.js'
import { called } from '../../value/callback.js'
import { pruneCheckpoints, saveCheckpoint } from '../checkpoints.js'
import { scoreParts } from '../execute.js'
import type { Folder } from '../folder.js'
import type { OpenRun } from '../open.js'
import { builtInRun } from '../registry.js'
import { stateDigest } from '../state.js'
import type { End } from './end.js'
import { checkpointsOf, closing, writeEnd } from './folder.js'
import { breathe } from './machine.js'
import type { RunOutcome, RecordError, RecordOptions } from './options.js'
import type { StepRow } from './rows.js'
import type { Start } from './start.js'
import { watcherOf } from './watcher.js'
import { writer, type Writer } from './writer.js'

const rowsOf = (events: readonly TrainEvent[]): readonly StepRow[] =>
  events.flatMap(e => (e.tag === 'step' ? [{ ...e, fingerprints: e.fingerprints ?? [] }] : []))

/** the position of a state in its run, as the end records it */
const positionOf = (id: string, chain: string, s: TrainState) => ({
  id,
  step: s.progress.step,
  epoch: s.progress.epoch,
  state: stateDigest(s),
  chain
})

/**
 * the recorded end of a run; only a run with non-finite numbers counts as failed, after other errors it can be resumed
 */
const endOf = (
  opened: OpenRun,
  { backend, registry = builtInRun }: RecordOptions,
  position: (s: TrainState) => ReturnType<typeof positionOf>,
  result: E.Either<TrainError, Trained>
): E.Either<TrainError, { readonly end: End; readonly state: TrainState }> => {
  if (E.isLeft(result)) {
    const e = result.left
    if (e._tag !== 'Diverged') return E.left(e)
    const { path, expected, got, hint, state } = e
    return E.right({ end: { tag: 'failed', ...position(state), problem: { path, expected, got, hint } }, state })
  }
  const { state, reason } = result.right
  return pipe(
    scoreParts(opened, state, { backend, registry }),
    E.map(scores => ({ end: { tag: 'finished' as const, ...position(state), reason, ...scores }, state }))
  )
}

/** saves a state as a checkpoint, once: the end of the last epoch is also the end of the run */
type Save = (state: TrainState, digest: string, scores?: Scores) => TE.TaskEither<RecordError, unknown>
const saverOf = (folder: Folder, files: Writer, { id, state: from }: Start, { keep }: RecordOptions): Save => {
  const checkpoints = checkpointsOf(folder)
  let saved = from?.progress.step
  return (state, digest, scores) => {
    if (saved === state.progress.step) return files.sync
    saved = state.progress.step
    return pipe(
      files.sync,
      TE.chainW(() => saveCheckpoint(checkpoints)({ state, run: id, scores }, digest)),
      TE.chainW(() => pruneCheckpoints(checkpoints, keep ?? { last: 2, best: true }))
    )
  }
}

/** records a turn; with `last`, its state is saved in any case */
const writeTurn = (
  turn: TrainingChunk,
  last: boolean,
  { every }: RecordOptions,
  files: Writer,
  save: Save
): TE.TaskEither<RecordError, unknown> => {
  const epoch = turn.events.find(e => e.tag === 'epoch')
  const event = turn.events.at(-1)
  const due = every !== undefined && event?.tag === 'step' && event.step % every === 0
  const rows = files.rows(rowsOf(turn.events))
  if (epoch === undefined && !due && !last) return rows
  const state = turn.state()
  const digest = stateDigest(state)
  return pipe(
    rows,
    TE.chain(() => (epoch === undefined ? TE.right(undefined) : files.epoch({ ...epoch, state: digest }))),
    TE.chainW(() => save(state, digest, epoch?.validation ?? epoch))
  )
}

const resumable = 'what was done before is recorded, and can be resumed'

/** records the next turns of a training, until the run ends or is interrupted */
const follow = async (
  pulled: Generator<TrainingChunk, E.Either<TrainError, Trained>>,
  { folder, opened, start, o }: Session,
  files: Writer
): Promise<E.Either<RecordError, RunOutcome>> => {
  const { id, skipped } = start
  const began = { folder: folder.path, id, skipped, from: start.state?.progress.step ?? 0 }
  const save = saverOf(folder, files, start, o)
  const watch = watcherOf(folder, opened, o)
  const finish = (result: E.Either<TrainError, Trained>): TE.TaskEither<RecordError, RunOutcome> =>
    pipe(
      TE.fromEither(endOf(opened, o, s => positionOf(id, files.chain(), s), result)),
      TE.chainFirstW(({ end, state }) => save(state, end.state)),
      TE.chainFirstW(({ end }) => writeEnd(folder, end)),
      TE.map(({ end }): RunOutcome => ({
        ...began,
        tag: 'ended',
        end,
        before: false,
        step: end.step,
        epoch: end.epoch
      }))
    )
  const first = start.state === undefined ? await watch.first() : E.right(undefined)
  if (E.isLeft(first)) return first
  for (;;) {
    const next = pulled.next()
    if (next.done === true) return finish(next.value)()
    const turn = next.value
    const observed = called('observe', () => turn.events.forEach(e => o.observe?.(e)), resumable)
    await breathe()
    const last = E.isLeft(observed) ? observed : called('stop', () => o.stop?.() === true, resumable)
    const ends = E.isLeft(last) || last.right
    const wrote = await writeTurn(turn, ends, o, files, save)()
    if (E.isLeft(wrote)) return wrote
    const watched = await watch.turn(turn)()
    if (E.isLeft(watched)) return watched
    if (E.isLeft(last)) return E.left({ ...last.left, state: turn.state() })
    if (last.right) {
      const { step, epoch } = turn.state().progress
      return E.right({ ...began, tag: 'stopped', step, epoch })
    }
  }
}

/** turns end where a checkpoint or a row of what is watched is due */
const pausesOf = ({ every, watch }: RecordOptions) => {
  const all = [every, watch].flatMap(n => (n === undefined ? [] : [n]))
  return all.length === 0 ? {} : { pauseAt: (step: number) => all.some(n => step % n === 0) }
}

export interface Session {
  readonly folder: Folder
  readonly opened: OpenRun
  readonly start: Start
  readonly o: RecordOptions
}

/** Trains from the start of a session until the run ends or `stop` returns true; see `recordRun`. */
export const work = (session: Session): TE.TaskEither<RecordError, RunOutcome> => {
  const { folder, start, o } = session
  const { training, datasets } = session.opened
  const registry = o.registry ?? builtInRun
  o.onOpen?.(session.opened)
  const warning = o.onWarning === undefined ? undefined : singleExampleWarning(training, datasets.train, registry)
  if (warning !== undefined) o.onWarning?.(warning)
  const pulling = trainIterator(training, {
    backend: o.backend,
    registry,
    fingerprints: true,
    // the record holds the reports
    maxHistory: 1,
    singleExamples: 'allow',
    ...(start.state === undefined ? {} : { from: start.state }),
    ...(datasets.validation === undefined ? {} : { validation: datasets.validation }),
    ...pausesOf(o)
  })
  return pipe(
    TE.fromEither(build(training.model, registry, training.precision)),
    TE.bindTo('placed'),
    TE.bindW('pulled', () => TE.fromEither(pulling(datasets.train))),
    TE.chainW(({ placed, pulled }) => {
      const tensors = treeLeaves(placed.params).map(([path]) => path)
      const files = writer(folder, start, tensors, training.precision)
      // releases the engine's memory and threads, wherever the recording ended
      const leave = (): void => {
        pulled.return(E.left(backendError([folder.path], 'a run that continues', 'its end')))
      }
      return pipe(() => follow(pulled, session, files).finally(leave), closing(files))
    })
  )
}
