/** `gradfold train run.json` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../backend/backend.js'
import { horizon } from '../run/horizon.js'
import { openRun, type OpenRun } from '../run/open.js'
import { score } from '../train/score.js'
import type { TrainError } from '../train/divergence.js'
import type { TrainEvent } from '../train/events.js'
import { train } from '../train/train.js'
import { recordRun, type RecordOptions } from '../run/record/recorder.js'
import { storeRun } from '../run/record/store.js'
import type { RunFile } from '../run/run-file.js'
import { backendOf } from './backend.js'
import type { Io } from './command.js'
import type { Finished } from './events.js'
import { settingError } from '../value/error.js'
import { exitCodeOf, exitCodes, type ExitCode } from './exit.js'
import { about, called, checkPaths, readRun } from './read.js'
import { recorded, type RecordFlags } from './record.js'
import { reporter } from './reporter.js'

export interface TrainFlags extends RecordFlags {
  /** the folder to record the run in */
  readonly record?: string
  /** a folder of such folders, called after their runs */
  readonly store?: string
}

/** trains, then scores the final parameters on the whole of each part */
const trained =
  ({ training, datasets: { train: examples, test: others, validation } }: OpenRun) =>
  (backend: Backend, observe: (e: TrainEvent) => void): E.Either<TrainError, Finished> =>
    pipe(
      E.Do,
      E.bindW('end', () =>
        train(training, { backend, observe, ...(validation === undefined ? {} : { validation }) })(examples)
      ),
      E.bindW('train', ({ end }) => score(training, end.state, examples, { backend })),
      E.bindW('test', ({ end }) =>
        others === undefined ? E.right(undefined) : score(training, end.state, others, { backend })
      ),
      E.map(({ end: { reason, state }, train, test }) => ({
        reason,
        epoch: state.progress.epoch,
        step: state.progress.step,
        train,
        ...(test === undefined ? {} : { test })
      }))
    )

export const trainCommand = (io: Io, path: string, flags: TrainFlags): Promise<ExitCode> => {
  const { record, store } = flags
  const kept =
    record !== undefined
      ? (run: RunFile, o: RecordOptions) => recordRun(record, run, o)
      : store !== undefined
        ? (run: RunFile, o: RecordOptions) => storeRun(store, run, o)
        : undefined
  const needless =
    kept === undefined ? (['every', 'again'] as const).find(name => flags[name] !== undefined) : undefined
  const wrong =
    needless !== undefined
      ? settingError([needless], 'a record to keep', 'none', 'it goes with --record or --store')
      : checkPaths('folder', { record, store })
  if (wrong !== undefined) {
    reporter(io, { json: flags.json ?? false, quiet: flags.quiet ?? false, lastStep: () => undefined }).failed(wrong)
    return Promise.resolve(exitCodeOf(wrong))
  }
  if (kept !== undefined)
    return recorded(io, flags, called(path), o =>
      pipe(
        readRun(path, io.stdin),
        TE.chainW(run => pipe(kept(run, o(run)), TE.mapLeft(about(path))))
      )
    )
  const options = { json: flags.json ?? false, quiet: flags.quiet ?? false }
  return pipe(
    readRun(path, io.stdin),
    TE.chainW(run => pipe(openRun(run), TE.mapLeft(about(path)))),
    TE.matchW(
      ({ problem, file }) => {
        reporter(io, { ...options, lastStep: () => undefined }).failed(problem, file)
        return exitCodeOf(problem)
      },
      (opened): ExitCode => {
        const show = reporter(io, { ...options, lastStep: n => horizon(opened.training.stop, n) })
        return pipe(
          trained(opened)(backendOf(io, flags), show.observe),
          E.match(
            e => {
              show.failed(e, called(path))
              return exitCodeOf(e)
            },
            r => {
              show.finished(r)
              return exitCodes.ok
            }
          )
        )
      }
    )
  )()
}
