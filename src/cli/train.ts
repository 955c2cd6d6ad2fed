/** `gradfold train run.json` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { executeRun } from '../run/execute.js'
import { stepLimit } from '../run/step-limit.js'
import { openRun } from '../run/open.js'
import { recordRun } from '../run/record/recorder.js'
import { singleExampleWarning } from '../train/full-batch.js'
import { storeRun } from '../run/record/store.js'
import { settingError, type SettingError } from '../value/error.js'
import { backendOf } from './backend.js'
import { exitCodeOf, exitCodes, failure, type ExitCode } from './exit.js'
import { quoted } from './format.js'
import type { Io } from './io.js'
import { about, called, checkPaths, readRun } from './read.js'
import { recorded, type RecordFlags } from './record.js'
import { reporter, tellFailure, warnOfSingles } from './reporter.js'

export interface TrainFlags extends RecordFlags {
  /** the folder to record the run in */
  readonly record?: string
  /** a folder with one such folder for each run, named after the run */
  readonly store?: string
}

const wrongFlags = (flags: TrainFlags): SettingError | undefined => {
  const { record, store } = flags
  const needless =
    record === undefined && store === undefined
      ? (['every', 'again'] as const).find(name => flags[name] !== undefined)
      : undefined
  return needless !== undefined
    ? settingError([needless], 'a record to keep', 'none', 'it goes with --record or --store')
    : checkPaths('folder', { record, store })
}

const unrecorded = (io: Io, path: string, flags: TrainFlags): Promise<ExitCode> => {
  const options = { json: flags.json ?? false, quiet: flags.quiet ?? false }
  return pipe(
    readRun(path, io.stdin),
    TE.chainW(run => pipe(openRun(run), TE.mapLeft(about(path)))),
    TE.bindTo('opened'),
    TE.bind('backend', () => backendOf(io, flags)),
    TE.matchW(
      (f): ExitCode => {
        tellFailure(io, options.json, f)
        return exitCodeOf(f)
      },
      ({ opened, backend }): ExitCode => {
        const show = reporter(io, { ...options, lastStep: n => stepLimit(opened.training.stop, n) })
        if (!options.json) warnOfSingles(io)(singleExampleWarning(opened.training, opened.datasets.train))
        return pipe(
          executeRun(opened, { backend, observe: show.observe }),
          E.match(
            e => {
              const f = about(path)(e)
              show.failed(f)
              return exitCodeOf(f)
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

export const trainCommand = (io: Io, path: string, flags: TrainFlags): Promise<ExitCode> => {
  const { record, store } = flags
  const wrong = wrongFlags(flags)
  if (wrong !== undefined) {
    const f = failure(wrong)
    tellFailure(io, flags.json ?? false, f)
    return Promise.resolve(exitCodeOf(f))
  }
  const kept =
    record !== undefined
      ? { keep: recordRun, folder: record, resume: `gradfold resume ${quoted(record)}` }
      : store !== undefined
        ? { keep: storeRun, folder: store, resume: `gradfold train ${quoted(path)} --store ${quoted(store)}` }
        : undefined
  return kept === undefined
    ? unrecorded(io, path, flags)
    : recorded(io, flags, { file: called(path), resume: kept.resume }, o =>
        pipe(
          readRun(path, io.stdin),
          TE.chainW(run => pipe(kept.keep(kept.folder, run, o(run)), TE.mapLeft(about(path))))
        )
      )
}
