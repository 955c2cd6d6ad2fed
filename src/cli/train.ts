/** `gradfold train run.json` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { trainRun, type TrainedRun } from '../run/execute.js'
import { stepLimit } from '../run/step-limit.js'
import { openRun, type OpenRun } from '../run/open.js'
import { savePipeline } from '../run/pipeline/file.js'
import { executedInUnits, openedUnits } from '../run/pipeline/units.js'
import { eventInUnits } from '../train/units.js'
import { checkNamed, pipelineOfRun, recordPipeline } from '../run/pipeline/run.js'
import type { RunOutcome } from '../run/record/options.js'
import { recordRun } from '../run/record/recorder.js'
import { singleExampleWarning } from '../train/full-batch.js'
import { storeRun } from '../run/record/store.js'
import { settingError, type SettingError } from '../value/error.js'
import { backendOf } from './backend.js'
import { exitCodeOf, exitCodes, failure, oneLine, type ExitCode, type Failure } from './exit.js'
import { quoted } from './format.js'
import type { Io } from './io.js'
import { about, called, checkPaths, readRun } from './read.js'
import { recorded, type RecordFlags } from './record.js'
import { repeatCommand, repeats, wrongRepeat, type RepeatFlags } from './repeat.js'
import { reporter, tellFailure, warnOfSingles } from './reporter.js'

export interface TrainFlags extends RecordFlags, Omit<RepeatFlags, keyof RecordFlags> {
  /** the folder to record the run in */
  readonly record?: string
  /** a folder with one such folder for each run, named after the run */
  readonly store?: string
  /** the file to save the trained pipeline in */
  readonly out?: string
  /** whether the report is served while it trains, and at which port */
  readonly serve?: boolean
  readonly port?: number | string
}

const wrongFlags = (flags: TrainFlags): SettingError | undefined => {
  const { record, store, out } = flags
  const needless =
    record === undefined && store === undefined
      ? (['every', 'watch', 'again'] as const).find(name => flags[name] !== undefined)
      : undefined
  if (flags.port !== undefined && flags.serve !== true)
    return settingError(['port'], 'a page to serve', 'none', 'it goes with --serve')
  if (flags.serve === true && record === undefined)
    return settingError(['serve'], 'a record to show', 'none', 'it goes with --record')
  const { port = 0 } = flags
  if (typeof port !== 'number' || port > 65_535)
    return settingError(['port'], 'a whole number from 0 to 65535', String(port))
  return needless !== undefined
    ? settingError([needless], 'a record to keep', 'none', 'it goes with --record or --store')
    : (wrongRepeat(flags) ?? checkPaths('folder', { record, store }) ?? checkPaths('file', { out }))
}

/** saves what a run gave as a pipeline, if that is asked for; else says that nothing is kept */
const kept = (
  io: Io,
  { out, json = false, quiet = false }: TrainFlags,
  opened: OpenRun,
  { state }: TrainedRun
): TE.TaskEither<Failure, ExitCode> => {
  const say = (text: string): void => {
    if (!json && !quiet) io.err.write(`${oneLine(text)}\n`)
  }
  if (out === undefined) {
    say('nothing is kept of this run: --out FILE saves its pipeline, --record FOLDER the whole run')
    return TE.right(exitCodes.ok)
  }
  return pipe(
    TE.fromEither(pipelineOfRun(opened, state)),
    TE.chainW(savePipeline(out)),
    TE.bimap(
      (e): Failure => ({ ...about(out)(e), begun: {} }),
      () => {
        say(`pipeline saved as ${out}; gradfold predict ${quoted(out)} takes new rows`)
        return exitCodes.ok
      }
    )
  )
}

const unrecorded = (io: Io, path: string, flags: TrainFlags): Promise<ExitCode> => {
  const options = { json: flags.json ?? false, quiet: flags.quiet ?? false }
  return pipe(
    readRun(path, io.stdin),
    TE.chainW(run => pipe(openRun(run), TE.mapLeft(about(path)))),
    TE.chainFirstEitherKW(opened =>
      flags.out === undefined ? E.right(undefined) : pipe(checkNamed(opened), E.mapLeft(about(path)))
    ),
    TE.bindTo('opened'),
    TE.bind('backend', () => backendOf(io, flags)),
    TE.chain(({ opened, backend }): TE.TaskEither<Failure, ExitCode> => {
      const show = reporter(io, { ...options, lastStep: n => stepLimit(opened.training.stop, n) })
      const inUnits = openedUnits(opened)
      if (!options.json) warnOfSingles(io)(singleExampleWarning(opened.training, opened.datasets.train))
      return pipe(
        trainRun(opened, {
          backend,
          observe: e => {
            show.observe(eventInUnits(inUnits)(e))
          }
        }),
        E.match(
          (e): TE.TaskEither<Failure, ExitCode> => {
            const f = about(path)(e)
            show.failed(f)
            return TE.right(exitCodeOf(f))
          },
          trained => {
            show.finished(executedInUnits(inUnits, trained.executed))
            return kept(io, flags, opened, trained)
          }
        )
      )
    }),
    TE.match(
      (f): ExitCode => {
        tellFailure(io, options.json, f)
        return exitCodeOf(f)
      },
      code => code
    )
  )()
}

/** saves the pipeline of a run that is recorded, where that is asked for and the run has ended */
const savedFrom =
  (io: Io, { out, json = false }: TrainFlags) =>
  (outcome: RunOutcome): TE.TaskEither<Failure, RunOutcome> =>
    out === undefined || outcome.tag === 'stopped' || outcome.end.tag === 'failed'
      ? TE.right(outcome)
      : pipe(
          recordPipeline(outcome.folder),
          TE.chainW(savePipeline(out)),
          TE.bimap(
            (e): Failure => ({ ...about(out)(e), begun: {} }),
            () => {
              if (!json) io.err.write(`${oneLine(`pipeline saved as ${out}`)}\n`)
              return outcome
            }
          )
        )

/** trains while the report of the record is served, where that is asked for; the server ends with the training */
const serving = async (io: Io, flags: TrainFlags, work: () => Promise<ExitCode>): Promise<ExitCode> => {
  if (flags.serve !== true || flags.record === undefined) return work()
  // loaded when it is asked for: what draws pages
  const { serveRecord } = await import('./serve.js')
  const served = await serveRecord(flags.record, Number(flags.port ?? 0))()
  if (E.isLeft(served)) {
    const f = failure(served.left)
    tellFailure(io, flags.json ?? false, f)
    return exitCodeOf(f)
  }
  io.err.write(`the report is at ${served.right.address} while the run is trained\n`)
  return work().finally(served.right.close)
}

export const trainCommand = (io: Io, path: string, flags: TrainFlags): Promise<ExitCode> => {
  const { record, store } = flags
  const wrong = wrongFlags(flags)
  if (wrong !== undefined) {
    const f = failure(wrong)
    tellFailure(io, flags.json ?? false, f)
    return Promise.resolve(exitCodeOf(f))
  }
  if (repeats(flags)) return repeatCommand(io, path, flags)
  const recording =
    record !== undefined
      ? { keep: recordRun, folder: record, resume: `gradfold resume ${quoted(record)}` }
      : store !== undefined
        ? { keep: storeRun, folder: store, resume: `gradfold train ${quoted(path)} --store ${quoted(store)}` }
        : undefined
  return recording === undefined
    ? unrecorded(io, path, flags)
    : serving(io, flags, () =>
        recorded(io, flags, { file: called(path), resume: recording.resume }, o =>
          pipe(
            readRun(path, io.stdin),
            TE.chainW(run => pipe(recording.keep(recording.folder, run, o(run)), TE.mapLeft(about(path)))),
            TE.chain(savedFrom(io, flags))
          )
        )
      )
}
