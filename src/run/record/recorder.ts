/** Recorded runs: what a training does is written down while it runs, and one that was broken off goes on from its newest checkpoint. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../../backend/backend.js'
import { place } from '../../model/place.js'
import { score } from '../../train/evaluate.js'
import type { Scores } from '../../train/progress.js'
import type { TrainState } from '../../train/state.js'
import { turns, type Trained, type TrainError, type TrainEvent, type Turn } from '../../train/train.js'
import { backendError, settingError, type DecodeError, type FileError, type SettingError } from '../../value/error.js'
import { leaves } from '../../value/tree.js'
import { pruneCheckpoints, saveCheckpoint, type CheckpointError, type Keep, type Skipped } from '../checkpoints.js'
import { folderAt, type Folder } from '../folder.js'
import { canonicalRun, completeRun, runId, type CompleteRun } from '../identity.js'
import type { LoadError } from '../../data/files.js'
import { openRun, type OpenRun } from '../open.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import type { RunFile } from '../run-file.js'
import { stateDigest } from '../state.js'
import { version } from '../version.js'
import type { End } from './end.js'
import { addEnvironment, checkpointsOf, closing, readRun, writeEnd } from './folder.js'
import { lock } from './lock.js'
import { breathe, environment } from './machine.js'
import type { Row } from './rows.js'
import { startOf, type Start } from './start.js'
import { writer } from './writer.js'

export interface RecordOptions {
  readonly backend: Backend
  readonly registry?: RunRegistry
  readonly observe?: (event: TrainEvent) => void
  /** a checkpoint after every so many steps too, besides those at the end of every epoch */
  readonly every?: number
  /** which checkpoints stay; by default the last two and the best */
  readonly keep?: Keep
  /** asked after every turn: true ends the work there, with a checkpoint to go on from */
  readonly stop?: () => boolean
  /** begins anew what has been recorded before */
  readonly again?: boolean
}
export type RecordError = TrainError | LoadError | FileError | DecodeError | SettingError | CheckpointError

/** what came of recording a run */
export type Outcome = {
  /** the folder of the record */
  readonly folder: string
  /** the name of the run */
  readonly id: string
  readonly step: number
  readonly epoch: number
  /** checkpoints that did not verify, and so were not gone on from */
  readonly skipped: readonly Skipped[]
  /** the step that it was gone on from; 0 for a run from its start */
  readonly from: number
  /** of a store: the run whose record had the steps up to there */
  readonly shared?: string
} & (
  | { readonly tag: 'ended'; readonly end: End; /** whether it had ended before */ readonly before: boolean }
  | { readonly tag: 'stopped' }
)

const rowsOf = (events: readonly TrainEvent[]): readonly Row[] =>
  events.flatMap(e => (e.tag === 'step' ? [{ ...e, fingerprints: e.fingerprints ?? [] }] : []))

/** the place of a state in its run, as it is written down at the end */
const placeOf = (id: string, chain: string, s: TrainState) => ({
  id,
  step: s.progress.step,
  epoch: s.progress.epoch,
  state: stateDigest(s),
  chain
})

/** what is written when the run is over; a run that fails for want of anything but finite numbers has not ended */
const endOf = (
  { training, datasets: { train, test } }: OpenRun,
  { backend, registry = builtInRun }: RecordOptions,
  place: (s: TrainState) => ReturnType<typeof placeOf>,
  result: E.Either<TrainError, Trained>
): E.Either<TrainError, { readonly end: End; readonly state: TrainState }> => {
  if (E.isLeft(result)) {
    const e = result.left
    if (e._tag !== 'Diverged') return E.left(e)
    const { path, expected, got, hint, state } = e
    return E.right({ end: { tag: 'failed', ...place(state), problem: { path, expected, got, hint } }, state })
  }
  const { state, reason } = result.right
  const scores = (data: typeof train) => score(training, state, data, { backend, registry })
  return pipe(
    E.Do,
    E.bind('train', () => scores(train)),
    E.bind('test', () => (test === undefined ? E.right(undefined) : scores(test))),
    E.map(s => ({
      end: {
        tag: 'finished' as const,
        ...place(state),
        reason,
        train: s.train,
        ...(s.test === undefined ? {} : { test: s.test })
      },
      state
    }))
  )
}

/** the work itself, in a folder that is locked */
const work = async (
  folder: Folder,
  opened: OpenRun,
  start: Start,
  o: RecordOptions
): Promise<E.Either<RecordError, Outcome>> => {
  const { training, datasets } = opened
  const { id, state: from, skipped } = start
  const began = { folder: folder.path, id, skipped, from: from?.progress.step ?? 0 }
  const checkpoints = checkpointsOf(folder)
  const registry = o.registry ?? builtInRun
  const pulled = turns(training, {
    backend: o.backend,
    registry,
    fingerprints: true,
    ...(from === undefined ? {} : { from }),
    ...(datasets.validation === undefined ? {} : { validation: datasets.validation }),
    ...(o.every === undefined ? {} : { pauseAt: step => step % (o.every as number) === 0 })
  })(datasets.train)
  if (E.isLeft(pulled)) return pulled
  const placed = place(training.model, registry, training.precision)
  if (E.isLeft(placed)) return placed
  const files = writer(
    folder,
    start,
    leaves(placed.right.params).map(([path]) => path),
    training.precision
  )
  /** the step of the newest checkpoint */
  let saved = from?.progress.step
  const save = (state: TrainState, digest: string, scores?: Scores): TE.TaskEither<RecordError, unknown> => {
    // the end of an epoch may be the end of the run too
    if (saved === state.progress.step) return files.sync
    saved = state.progress.step
    return pipe(
      files.sync,
      TE.chainW(() => saveCheckpoint(checkpoints)({ state, run: id, scores }, digest)),
      TE.chainW(() => pruneCheckpoints(checkpoints, o.keep ?? { last: 2, best: true }))
    )
  }
  /** what a turn brought, written down */
  const written = (turn: Turn, last: boolean): TE.TaskEither<RecordError, unknown> => {
    const epoch = turn.events.find(e => e.tag === 'epoch')
    const event = turn.events.at(-1)
    const due = o.every !== undefined && event?.tag === 'step' && event.step % o.every === 0
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
  const all = async (): Promise<E.Either<RecordError, Outcome>> => {
    for (;;) {
      const next = pulled.right.next()
      if (next.done === true) {
        const ended = endOf(opened, o, s => placeOf(id, files.chain(), s), next.value)
        if (E.isLeft(ended)) return ended
        const { end, state } = ended.right
        const done = await pipe(
          save(state, end.state),
          TE.chainW(() => writeEnd(folder, end))
        )()
        return E.isLeft(done)
          ? done
          : E.right({ ...began, tag: 'ended', end, before: false, step: end.step, epoch: end.epoch })
      }
      const turn = next.value
      for (const e of turn.events) o.observe?.(e)
      await breathe()
      const last = o.stop?.() === true
      const wrote = await written(turn, last)()
      if (E.isLeft(wrote)) return wrote
      if (last) {
        const { step, epoch } = turn.state().progress
        return E.right({ ...began, tag: 'stopped', step, epoch })
      }
    }
  }
  // gives back the engine's memory and threads, wherever the work was left
  const leave = (): void => {
    pulled.right.return(E.left(backendError([folder.path], 'a run that goes on', 'its end')))
  }
  return pipe(() => all().finally(leave), closing(files))()
}

/** a run with its data at hand, and its name */
export interface NamedRun {
  readonly opened: OpenRun
  readonly complete: CompleteRun
  readonly id: string
}
export const nameRun = (run: RunFile, registry: RunRegistry = builtInRun): TE.TaskEither<RecordError, NamedRun> =>
  pipe(
    openRun(run, registry),
    TE.bindTo('opened'),
    TE.bindW('complete', ({ opened }) => TE.fromEither(completeRun(run, opened.source, registry))),
    TE.let('id', ({ complete }) => runId(complete, registry))
  )

/** Records a run in a folder that nobody else is at; it may be prepared first, with steps of another run, whose name that gives. */
export const recordUnlocked = (
  folder: Folder,
  { opened, complete, id }: NamedRun,
  o: RecordOptions,
  prepare: TE.TaskEither<RecordError, string | undefined> = TE.right(undefined)
): TE.TaskEither<RecordError, Outcome> =>
  pipe(
    prepare,
    TE.bindTo('shared'),
    TE.bind('start', () => startOf(folder, id, canonicalRun(complete, o.registry), opened, o)),
    TE.chainW(({ shared, start }) =>
      start.end !== undefined && start.end.step === start.state?.progress.step
        ? TE.right<RecordError, Outcome>({
            tag: 'ended',
            before: true,
            folder: folder.path,
            end: start.end,
            id,
            step: start.end.step,
            epoch: start.end.epoch,
            from: start.end.step,
            skipped: start.skipped
          })
        : pipe(
            addEnvironment(folder, environment(o.backend)),
            TE.chainW(() => () => work(folder, opened, start, o)),
            TE.map((outcome): Outcome => (shared === undefined ? outcome : { ...outcome, shared }))
          )
    )
  )

/** The same in a folder that is locked meanwhile. */
export const recordNamed = (
  ...[folder, ...rest]: Parameters<typeof recordUnlocked>
): ReturnType<typeof recordUnlocked> =>
  TE.bracketW(
    lock(folder.path),
    () => recordUnlocked(folder, ...rest),
    release => TE.fromTask(release)
  )

/**
 * Trains a run and records it in a folder: every step's loss, sums and fingerprints, every epoch with the digest of its state, and
 * checkpoints. Where the folder holds the record of this run already, broken off, it goes on from the newest checkpoint that verifies;
 * one that has ended is not repeated. A folder takes one such work at a time.
 *
 * @example pipe(TE.fromEither(parseRunFile(text)), TE.chainW(run => recordRun('runs/mnist', run, { backend: wasm })))
 * @returns Left for a folder that is in use, holds another run or cannot be written, and whatever keeps a training from beginning
 */
export const recordRun = (folder: string, run: RunFile, o: RecordOptions): TE.TaskEither<RecordError, Outcome> =>
  pipe(
    nameRun(run, o.registry),
    TE.chain(named => recordNamed(folderAt(folder), named, o))
  )

/** a run that a release of this library recorded is gone on with by that release: its name holds the version */
const sameRelease = ({ version: made }: RunFile, folder: string): E.Either<SettingError, unknown> =>
  made === undefined || made === version
    ? E.right(undefined)
    : E.left(
        settingError(
          [folder, 'version'],
          `a record of ${version}, the version of this gradfold`,
          made,
          `npx gradfold@${made} resume goes on with it; this one can verify, diff and read it`
        )
      )

/**
 * Goes on with the run that a folder holds the record of; see `recordRun`.
 *
 * @returns Left for a record of another version of the library, too
 */
export const resumeRun = (folder: string, o: RecordOptions): TE.TaskEither<RecordError, Outcome> =>
  pipe(
    readRun(folder, o.registry),
    TE.chainFirstEitherKW(({ run }) => sameRelease(run, folder)),
    TE.chainW(({ run }) => recordRun(folder, run, o))
  )
