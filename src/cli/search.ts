/** `gradfold search study.json` */
import { SingleBar } from 'cli-progress'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { placeOf } from '../run/folder.js'
import { replaceAt } from './out.js'
import { showRunFile } from '../run/run-file.js'
import { openStudyAt, studyName, type OpenStudy, type StudyFolder } from '../search/folder.js'
import { studyHtml } from '../search/page.js'
import { checkWorkers } from '../search/runner/runner.js'
import { inQueue } from '../search/runner/queue/coordinator.js'
import { inThreads, type WorkerPool } from '../search/runner/threads.js'
import type { SearchResult } from '../search/result.js'
import { search } from '../search/search.js'
import { completeStudy, studyOf, type StudyFile } from '../search/study-file.js'
import { cost, type Trial } from '../search/trial.js'
import { counted, settingError } from '../value/error.js'
import { utf8 } from '../value/text.js'
import { backendName, reportFallback, type ComputeFlags } from './backend.js'
import { foundJson, stoppedStudyJson, trialJson } from './events.js'
import { exitCodeOf, exitCodes, failure, oneLine, type ExitCode, type Failure } from './exit.js'
import { number, quoted } from './format.js'
import { foundText } from './found.js'
import type { EndSignal, Io } from './io.js'
import { about, called, checkPaths, readStudy } from './read.js'
import { tellFailure } from './reporter.js'

export interface SearchFlags extends Pick<ComputeFlags, 'backend' | 'fallback'> {
  /** number of worker threads */
  readonly workers: number | string
  readonly record?: string
  readonly resume?: boolean
  readonly best?: string
  readonly report?: string
  readonly json?: boolean
  readonly quiet?: boolean
  /** the address of a queue whose workers run the trials */
  readonly queue?: string
  /** whether the study was made of a run file: then only its folder holds a study file */
  readonly made?: boolean
}

const notKept: StudyFolder = {
  recall: () => TE.right(undefined),
  keep: () => TE.right(undefined),
  put: () => TE.right(undefined)
}
const open = (file: StudyFile, { record, resume = false, queue }: SearchFlags): TE.TaskEither<Failure, OpenStudy> =>
  record !== undefined
    ? pipe(openStudyAt(record, file, { resume }), TE.mapLeft(failure))
    : resume
      ? TE.left(failure(settingError(['resume'], '--record with the folder to resume', 'none')))
      : pipe(
          // workers check that their data are these
          queue === undefined ? TE.right(file) : pipe(completeStudy(file), TE.mapLeft(failure)),
          TE.map(study => ({ study, kept: notKept, release: () => Promise.resolve() }))
        )

const write = (path: string, text: string): TE.TaskEither<Failure, void> =>
  pipe(
    placeOf(path),
    TE.chainW(([folder, name]) => replaceAt(folder, name, utf8(text))),
    TE.mapLeft(failure)
  )

/**
 * shows progress: a line for each trial, or on a terminal a bar with the number of finished trials and the best one so
 * far
 */
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
    /** number of finished trials */
    done: finished.read,
    end: (): void => {
      bar?.stop()
    }
  }
}

const finished = (
  io: Io,
  { json = false, best, report }: SearchFlags,
  path: string,
  found: SearchResult,
  kept: StudyFolder
) => {
  const run = found.best === undefined ? undefined : showRunFile(found.best.run)
  const html = studyHtml(found, called(path))
  const done = (): ExitCode => {
    if (json) io.out.write(foundJson(found))
    else io.out.write(foundText(found))
    return found.best === undefined ? exitCodes.failed : exitCodes.ok
  }
  return pipe(
    run === undefined ? TE.right(undefined) : kept.put('best.json', run),
    // the page of a kept study is the same wherever its file was
    TE.chain(() => kept.put('report.html', studyHtml(found, studyName))),
    TE.mapLeft(failure),
    // print the result first: an error while writing a file must not lose it
    TE.map(done),
    TE.chainFirst(() => (best === undefined || run === undefined ? TE.right(undefined) : write(best, run))),
    TE.chainFirst(() => (report === undefined ? TE.right(undefined) : write(report, html))),
    TE.mapLeft((f): Failure => ({ ...f, begun: {} }))
  )
}

/** the command that resumes a recorded study, and writes the files that were asked for; standard input is in its folder */
const resumeCommandLine = (path: string, record: string, { best, report, queue, made = false }: SearchFlags): string =>
  [
    `gradfold search ${quoted(path === '-' || made ? `${record}/${studyName}` : path)} --record ${quoted(record)}`,
    // its address may hold a password
    ...(queue === undefined ? [] : ['--queue ADDRESS']),
    ...(best === undefined ? [] : [`--best ${quoted(best)}`]),
    ...(report === undefined ? [] : [`--report ${quoted(report)}`])
  ].join(' ')

const checkFlags = ({ workers, record, best, report }: SearchFlags): E.Either<Failure, number> => {
  const count = Number(workers)
  const wrongCount = checkWorkers(count)
  const wrong =
    wrongCount === undefined
      ? (checkPaths('folder', { record }) ?? checkPaths('file', { best, report }))
      : { ...wrongCount, got: String(workers) }
  return wrong === undefined ? E.right(count) : E.left(failure(wrong))
}

/** prints the message for a study that a signal interrupted, and gives the exit code */
const interrupted = (io: Io, path: string, record: string, flags: SearchFlags, done: number, signal: EndSignal) => {
  if (flags.json === true) io.out.write(stoppedStudyJson(record, done))
  else
    io.err.write(
      `${oneLine(`stopped after ${counted(done, 'trial')}, and saved; to resume: ${resumeCommandLine(path, record, flags)}`)}\n`
    )
  return exitCodes[signal]
}

/** what runs the trials, and how many at a time */
interface Crew extends Pick<WorkerPool, 'runner' | 'close'> {
  readonly workers: number
}
/** trials that are queued at a time: the workers decide how many of them run */
const queued = 256
const crewOf = (io: Io, flags: SearchFlags, workers: number): TE.TaskEither<Failure, Crew> =>
  flags.queue === undefined
    ? TE.right({
        workers,
        ...inThreads(workers, {
          backend: backendName(io, flags.backend),
          fallback: flags.fallback === true ? reportFallback(io) : undefined
        })
      })
    : pipe(
        inQueue(flags.queue),
        TE.bimap(failure, crew => ({ workers: queued, ...crew }))
      )

/** the trials of a study, and what came of them */
const carryOut = (
  io: Io,
  path: string,
  flags: SearchFlags,
  { study: file, kept, release }: OpenStudy,
  crew: Crew
): TE.TaskEither<Failure, ExitCode> => {
  const { record } = flags
  const { workers } = crew
  const show = shows(io, file, flags)
  const asked = IORef.newIORef<EndSignal | undefined>(undefined)()
  // abandons trials that are running: they may take long, and a resumed study runs them again
  const giveUp = (signal: EndSignal): void => {
    asked.write(signal)()
    void crew.close()
  }
  const takeBack = record === undefined ? () => undefined : io.onEndSignal(giveUp)
  const searched = pipe(
    search(studyOf(file), { runner: crew.runner, workers, recall: kept.recall, keep: kept.keep, observe: show.trial }),
    TE.mapLeft(about(path))
  )
  const ended: typeof searched = () =>
    searched().finally(() => {
      takeBack()
      show.end()
      return crew.close()
    })
  const told: TE.TaskEither<Failure, ExitCode> = pipe(
    ended,
    TE.foldW(
      e => {
        const signal = asked.read()
        if (record !== undefined && signal !== undefined && e.problem._tag === 'BackendError')
          return TE.right(interrupted(io, path, record, flags, show.done(), signal))
        const begun = record === undefined ? {} : { resume: resumeCommandLine(path, record, flags) }
        // a disk that becomes full during a study
        return TE.left(e.problem._tag === 'FileError' && show.done() > 0 ? { ...e, begun } : e)
      },
      found => finished(io, flags, path, found, kept)
    )
  )
  return () => told().finally(release)
}

export const searchCommand = (io: Io, path: string, flags: SearchFlags): Promise<ExitCode> =>
  searchStudy(io, path, flags, readStudy(path, io.stdin))

/** Runs the study that a file describes. @param path the file that it comes from, for messages */
export const searchStudy = (
  io: Io,
  path: string,
  flags: SearchFlags,
  read: TE.TaskEither<Failure, StudyFile>
): Promise<ExitCode> =>
  pipe(
    TE.fromEither(checkFlags(flags)),
    TE.bindTo('workers'),
    TE.bind('file', () => read),
    TE.bind('study', ({ file }) => open(file, flags)),
    TE.chain(({ study, workers }) =>
      pipe(
        crewOf(io, flags, workers),
        TE.orElseFirstTaskK(() => study.release),
        TE.chain(crew => carryOut(io, path, flags, study, crew))
      )
    ),
    TE.match(
      (f): ExitCode => {
        tellFailure(io, flags.json ?? false, f)
        return exitCodeOf(f)
      },
      code => code
    )
  )()
