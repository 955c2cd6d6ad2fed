/** `gradfold search study.json` */
import { SingleBar } from 'cli-progress'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { folderAt, placeOf } from '../run/folder.js'
import { isRecord } from '../run/record/folder.js'
import { lock, type Release } from '../run/record/lock.js'
import { replaceFile } from '../run/replace.js'
import { showRunFile } from '../run/run-file.js'
import { holdsStudy, openStudyFolder, studyName, type StudyFolder } from '../search/folder.js'
import { studyHtml, studyTablesText } from '../search/report.js'
import { checkWorkers } from '../search/runner/runner.js'
import { search, type Found } from '../search/search.js'
import { completeStudy, studyOf, type StudyFile } from '../search/study-file.js'
import { inThreads } from '../search/runner/threads.js'
import { cost, type Trial } from '../search/trial.js'
import { counted, fileError, settingError, type Problem } from '../value/error.js'
import type { Io } from './command.js'
import { errorJson, foundJson, stoppedStudyJson, trialJson } from './events.js'
import { errorLine, exitCodeOf, exitCodes, oneLine, type ExitCode } from './exit.js'
import { number, quoted } from './format.js'
import { about, called, checkPaths, readStudy, type Failure } from './read.js'
import { tellingFallback, type ComputeFlags } from './backend.js'

export interface SearchFlags extends Pick<ComputeFlags, 'backend' | 'fallback'> {
  /** how many worker threads */
  readonly workers: number | string
  readonly record?: string
  readonly resume?: boolean
  readonly best?: string
  readonly report?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const failure = (problem: Problem<string>): Failure => ({ problem })
const notKept: StudyFolder = {
  recall: () => TE.right(undefined),
  keep: () => TE.right(undefined),
  put: () => TE.right(undefined)
}

/** where trials are kept, of which study, and how to let go of it */
interface Place {
  readonly study: StudyFile
  readonly kept: StudyFolder
  readonly release: Release
}
const openFolder = (file: StudyFile, { record, resume = false }: SearchFlags): TE.TaskEither<Failure, Place> => {
  if (record === undefined)
    return resume
      ? TE.left(failure(settingError(['resume'], '--record with the folder to go on in', 'none')))
      : TE.right({ study: file, kept: notKept, release: () => Promise.resolve() })
  const folder = folderAt(record)
  return pipe(
    TE.Do,
    TE.bind('there', () => holdsStudy(folder)),
    TE.bindW('run', () => isRecord(folder)),
    TE.filterOrElseW(
      ({ there }) => there || !resume,
      () => fileError([record], 'the folder of a study to go on with', 'none', 'leave --resume out to begin one')
    ),
    // the two would share a lock, and be taken for one another
    TE.filterOrElseW(
      ({ there, run }) => there || !run,
      () =>
        fileError(
          [record],
          'the folder of a study, or a new one',
          'one with the run.json of a run',
          'give another folder'
        )
    ),
    TE.chainW(() => lock(record)),
    TE.chainW(release =>
      pipe(
        completeStudy(file),
        TE.bindTo('study'),
        TE.bindW('kept', ({ study }) => openStudyFolder(folder, study)),
        TE.map(open => ({ ...open, release })),
        TE.orElseFirstTaskK(() => release)
      )
    ),
    TE.mapLeft(failure)
  )
}

const write = (path: string, text: string): TE.TaskEither<Failure, void> =>
  pipe(
    placeOf(path),
    TE.chain(([folder, name]) => replaceFile(folder)(name, [new TextEncoder().encode(text)])),
    TE.mapLeft(failure)
  )

/** a line for each trial, or a bar on a terminal: how many are done, and the best so far */
const shows = (io: Io, file: StudyFile, { json = false, quiet = false }: SearchFlags) => {
  const bar =
    io.animated && !json && !quiet
      ? new SingleBar({
          stream: io.err,
          format: '{value}/{total} trials [{bar}] best {best}',
          clearOnComplete: true,
          hideCursor: false,
          gracefulExit: false
        })
      : undefined
  const { goal } = file.metric
  const best = IORef.newIORef<Trial | undefined>(undefined)()
  const finished = IORef.newIORef(0)()
  bar?.start(file.budget, 0, { best: '-' })
  return {
    trial: (t: Trial, done: number): void => {
      const before = best.read()
      const now = before === undefined || cost(goal, t) < cost(goal, before) ? t : before
      best.write(now)()
      finished.write(done)()
      const o = now.outcome
      const text = o.tag === 'scored' ? `${number(o.value)} (trial ${now.index})` : '-'
      bar?.setTotal(Math.max(file.budget, done))
      bar?.update(done, { best: text })
      if (quiet) return
      if (json) io.out.write(trialJson(t))
      else if (bar === undefined) io.err.write(`${counted(done, 'trial')} done, best ${text}\n`)
    },
    /** how many trials were finished */
    done: finished.read,
    end: (): void => {
      bar?.stop()
    }
  }
}

/** what kept the first trial that failed from giving a value */
const reasonOf = ({ trials }: Found): string => {
  const [first] = trials.flatMap(({ index, outcome }) =>
    'message' in outcome ? [`; trial ${index}: ${outcome.message}`] : []
  )
  return first ?? ''
}

const finished = (
  io: Io,
  { json = false, best, report }: SearchFlags,
  path: string,
  found: Found,
  kept: StudyFolder
) => {
  const run = found.best === undefined ? undefined : showRunFile(found.best.run)
  const html = studyHtml(found, called(path))
  const done = (): ExitCode => {
    if (json) io.out.write(foundJson(found))
    else
      io.out.write(
        `${[
          studyTablesText(found).split('\n').map(oneLine).join('\n'),
          found.best === undefined
            ? oneLine(`no trial gave a value${reasonOf(found)}`)
            : oneLine(`best: trial ${found.best.trial.index}, ${JSON.stringify(found.best.trial.settings)}`)
        ].join('\n\n')}\n`
      )
    return found.best === undefined ? exitCodes.failed : exitCodes.ok
  }
  return pipe(
    run === undefined ? TE.right(undefined) : kept.put('best.json', run),
    TE.chain(() => kept.put('report.html', html)),
    TE.mapLeft(failure),
    // what was found is told first: a file that cannot be written must not lose it
    TE.map(done),
    TE.chainFirst(() => (best === undefined || run === undefined ? TE.right(undefined) : write(best, run))),
    TE.chainFirst(() => (report === undefined ? TE.right(undefined) : write(report, html)))
  )
}

/** the command that goes on with a recorded study, and writes the files that were asked for; standard input is in its folder */
const goingOn = (path: string, record: string, { best, report }: SearchFlags): string =>
  [
    `gradfold search ${quoted(path === '-' ? `${record}/${studyName}` : path)} --record ${quoted(record)}`,
    ...(best === undefined ? [] : [`--best ${quoted(best)}`]),
    ...(report === undefined ? [] : [`--report ${quoted(report)}`])
  ].join(' ')

export const searchCommand = (io: Io, path: string, flags: SearchFlags): Promise<ExitCode> =>
  pipe(
    TE.Do,
    TE.bind('workers', () => {
      const workers = Number(flags.workers)
      const wrong = checkWorkers(workers)
      return wrong === undefined ? TE.right(workers) : TE.left(failure({ ...wrong, got: String(flags.workers) }))
    }),
    TE.chainFirst(() => {
      const { record, best, report } = flags
      const wrong = checkPaths('folder', { record }) ?? checkPaths('file', { best, report })
      return wrong === undefined ? TE.right(undefined) : TE.left(failure(wrong))
    }),
    TE.bind('file', () => readStudy(path, io.stdin)),
    TE.bind('place', ({ file }) => openFolder(file, flags)),
    TE.chain(({ place: { study: file, kept, release }, workers }) => {
      const { record, json = false } = flags
      const show = shows(io, file, flags)
      const crew = inThreads(workers, {
        backend: flags.backend,
        fallback: flags.fallback === true ? tellingFallback(io) : undefined
      })
      const asked = IORef.newIORef(false)()
      // trials that are not finished are given up: they may take long, and are carried out again
      const giveUp = (): void => {
        asked.write(true)()
        void crew.close()
      }
      const releaseInterrupt = record === undefined ? () => undefined : io.onInterrupt(giveUp)
      const carriedOut = pipe(
        search(studyOf(file), {
          runner: crew.runner,
          workers,
          recall: kept.recall,
          keep: kept.keep,
          observe: show.trial
        }),
        TE.mapLeft(about(path))
      )
      const ended: typeof carriedOut = () =>
        carriedOut().finally(() => {
          releaseInterrupt()
          show.end()
          return crew.close()
        })
      const written: TE.TaskEither<Failure, ExitCode> = pipe(
        ended,
        TE.foldW(
          e => {
            if (record === undefined || !asked.read() || e.problem._tag !== 'BackendError') return TE.left(e)
            const done = show.done()
            if (json) io.out.write(stoppedStudyJson(record, done))
            else
              io.err.write(
                `${oneLine(`stopped after ${counted(done, 'trial')}, and saved; to go on: ${goingOn(path, record, flags)}`)}\n`
              )
            return TE.right(exitCodes.interrupted)
          },
          found => finished(io, flags, path, found, kept)
        )
      )
      const released: typeof written = () => written().finally(release)
      return released
    }),
    TE.match(
      ({ problem, file }) => {
        if (flags.json === true) io.out.write(errorJson(problem))
        io.err.write(`${errorLine(problem, file)}\n`)
        return exitCodeOf(problem)
      },
      code => code
    )
  )()
