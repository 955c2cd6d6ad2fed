/** Recorded runs: a training is recorded while it runs, and an interrupted run resumes from its newest checkpoint. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { settingError, type SettingError } from '../../value/error.js'
import { calledWith, pathArgument, runArgument, runnerArgument, watchArgument } from '../arguments.js'
import { folderAt, type Folder } from '../folder.js'
import { canonicalRun, completeRun, runId, type CompleteRun } from '../identity.js'
import { openRun, type OpenRun } from '../open.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import { type RunFile } from '../run-file.js'
import { version } from '../version.js'
import { addEnvironment, readRun, removeRecordLeftovers } from './folder.js'
import { lock } from './lock.js'
import { environment } from './machine.js'
import type { RunOutcome, RecordError, RecordOptions } from './options.js'
import { writePrepared } from './prepared.js'
import { work } from './session.js'
import { startOf } from './start.js'

/** a run with its data and its name */
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

/**
 * Records a run in a folder that the caller has locked. `prepare` may copy steps of another run into it first, and
 * gives the name of that run.
 */
export const recordUnlocked = (
  folder: Folder,
  { opened, complete, id }: NamedRun,
  o: RecordOptions,
  prepare: TE.TaskEither<RecordError, string | undefined> = TE.right(undefined)
): TE.TaskEither<RecordError, RunOutcome> =>
  pipe(
    prepare,
    TE.bindTo('shared'),
    TE.bind('start', () => startOf(folder, id, canonicalRun(complete, o.registry), opened, o)),
    TE.chainW(({ shared, start }) =>
      start.end !== undefined && start.end.step === start.state?.progress.step
        ? TE.right<RecordError, RunOutcome>({
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
            removeRecordLeftovers(folder),
            TE.chain(() => addEnvironment(folder, environment(o.backend))),
            TE.chain(() => writePrepared(folder, opened.datasets)),
            TE.chainW(() => work({ folder, opened, start, o })),
            TE.map((outcome): RunOutcome => (shared === undefined ? outcome : { ...outcome, shared }))
          )
    )
  )

/** Records a run in a folder, and locks the folder meanwhile. */
export const recordNamed = (
  ...[folder, ...rest]: Parameters<typeof recordUnlocked>
): ReturnType<typeof recordUnlocked> =>
  pipe(
    lock(folder.path),
    TE.chainW(release => {
      const recording = recordUnlocked(folder, ...rest)
      // release the lock even on rejection: the bracket of fp-ts would keep it if a promise is rejected
      return () => recording().finally(release)
    })
  )

/**
 * Trains a run and records it in a folder: every step's loss, sums and fingerprints, every epoch with the digest of its
 * state, and checkpoints. If the folder already holds an interrupted record of this run, the run resumes from the
 * newest checkpoint that verifies; an ended run is not repeated. One process at a time can record in a folder.
 *
 * @example pipe(TE.fromEither(parseRunFile(text)), TE.chainW(run => recordRun('runs/mnist', run, { backend: wasm })))
 * @returns Left if the folder is in use, holds another run or cannot be written, and for every error of a training's
 * start
 */
export const recordRun = (folder: string, run: RunFile, o: RecordOptions): TE.TaskEither<RecordError, RunOutcome> =>
  calledWith([pathArgument('folder', folder), runArgument(run), runnerArgument(o), watchArgument(o)], () =>
    pipe(
      nameRun(run, o.registry),
      TE.chain(named => recordNamed(folderAt(folder), named, o))
    )
  )

/** only the release that recorded a run can resume it: the run's name contains the version */
const sameRelease = ({ version: made }: RunFile, folder: string): E.Either<SettingError, unknown> =>
  made === undefined || made === version
    ? E.right(undefined)
    : E.left(
        settingError(
          [folder, 'version'],
          `a record of ${version}, the version of this gradfold`,
          made,
          `npx gradfold@${made} resume continues it; this release can verify, diff and read it`
        )
      )

/**
 * Resumes the run that a folder holds the record of; see `recordRun`.
 *
 * @returns Left also for a record of another version of the library
 */
export const resumeRun = (folder: string, o: RecordOptions): TE.TaskEither<RecordError, RunOutcome> =>
  calledWith([pathArgument('folder', folder), runnerArgument(o), watchArgument(o)], () =>
    pipe(
      readRun(folder, o.registry),
      TE.chainFirstEitherKW(({ run }) => sameRelease(run, folder)),
      TE.chainW(({ run }) => recordRun(folder, run, o))
    )
  )
