/** `gradfold trial study.json --index 7 --out folder`: one trial of a study, for batch systems. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { openSharedStudyAt, type StudyFolder } from '../search/folder.js'
import { arrayText, progressOf, type Progress } from '../search/result.js'
import { runTrial } from '../search/run-trial.js'
import { inThreads } from '../search/runner/threads.js'
import { studyOf } from '../search/study-file.js'
import type { Study } from '../search/study.js'
import type { Trial } from '../search/trial.js'
import { settingError, type SettingError } from '../value/error.js'
import { backendName, defaultThreads, maxThreads, reportFallback, type ComputeFlags } from './backend.js'
import { trialJson } from './events.js'
import { exitCodeOf, exitCodes, failure, oneLine, type ExitCode, type Failure } from './exit.js'
import { number } from './format.js'
import type { Io } from './io.js'
import { about, checkPaths, readStudy } from './read.js'
import { tellFailure } from './reporter.js'

export interface TrialFlags extends Omit<ComputeFlags, 'threads'> {
  readonly index?: number | string
  readonly first?: number | string
  readonly threads?: string
  readonly out: string
  readonly json?: boolean
}

/** what batch systems call the number of a task, in the order in which they are looked up */
const indexVariables = ['SLURM_ARRAY_TASK_ID', 'JOB_COMPLETION_INDEX']
/** processors of a task: a task that was given one may still see all of the machine's */
const threadVariables = ['SLURM_CPUS_PER_TASK', 'SLURM_CPUS_ON_NODE']

const isIndex = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0
const wholeIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

/** The trial's number in the whole study: the option, else what the batch system says. */
export const indexOf = (
  { index, first = 0 }: Pick<TrialFlags, 'index' | 'first'>,
  env: Io['env']
): E.Either<SettingError, number> => {
  const variable = indexVariables.find(name => env[name] !== undefined)
  const given = index ?? (variable === undefined ? undefined : (wholeIn(env[variable]) ?? env[variable]))
  const name = index === undefined && variable !== undefined ? variable : 'index'
  return !isIndex(first)
    ? E.left(settingError(['first'], 'a whole number', String(first)))
    : isIndex(given)
      ? E.right(given + first)
      : E.left(settingError([name], 'the number of a trial, from 0', String(given ?? 'none'), 'give --index'))
}
const checkFlags = (flags: TrialFlags, env: Io['env']): E.Either<Failure, { readonly index: number }> => {
  const wrong = checkPaths('folder', { out: flags.out })
  return pipe(
    wrong === undefined ? indexOf(flags, env) : E.left(wrong),
    E.bimap(failure, index => ({ index }))
  )
}

/** The threads of a trial: the option, else the processors that the batch system gave to the task, else the machine's. */
export const threadsOf = (threads: string | undefined, env: Io['env']): number => {
  const given = threadVariables.map(name => wholeIn(env[name])).find(n => n !== undefined && n > 0)
  return Math.min(maxThreads, threads === undefined ? (given ?? defaultThreads) : Number(threads))
}

type OpenJob = Progress['open'][number]

/** the job of an index, or why it is none of the open round's */
const jobAt = (index: number, { trials, open, missing }: Progress): E.Either<SettingError, OpenJob> => {
  const job = open.find(j => j.index === index)
  if (job !== undefined) return E.right(job)
  const round = arrayText(open.map(j => j.index))
  return E.left(
    open.length === 0
      ? settingError(
          ['index'],
          'a trial that is still to be run',
          `${index}`,
          'the study is complete: gradfold collect'
        )
      : settingError(
          ['index'],
          `a trial of the open round, ${round}`,
          `${index}`,
          index < trials.length
            ? 'its round is complete'
            : `later rounds are decided once these trials are there and unchanged: ${arrayText(missing.map(j => j.index))}`
        )
  )
}

const outcomeText = ({ outcome }: Trial): string =>
  outcome.tag === 'scored'
    ? number(outcome.value)
    : outcome.tag === 'timedOut'
      ? `given up after ${outcome.seconds} seconds`
      : `${outcome.tag}: ${outcome.message}`

/** what is there already is not computed again: batch systems start a task twice */
const carriedOut = (
  io: Io,
  path: string,
  flags: TrialFlags,
  job: OpenJob,
  { study, kept }: { readonly study: Study; readonly kept: StudyFolder }
): TE.TaskEither<Failure, Trial> => {
  const pool = inThreads(1, {
    backend: backendName(io, flags.backend),
    threads: threadsOf(flags.threads, io.env),
    fallback: flags.fallback === true ? reportFallback(io) : undefined
  })
  const computed = pipe(
    runTrial(study, pool.runner)(job),
    TE.mapLeft(about(path)),
    TE.chainFirst(trial =>
      pipe(
        kept.keep(trial),
        TE.mapLeft((e): Failure => ({ ...failure(e), begun: {} }))
      )
    )
  )
  return () => computed().finally(() => pool.close())
}

export const trialCommand = (io: Io, path: string, flags: TrialFlags): Promise<ExitCode> => {
  return pipe(
    TE.fromEither(checkFlags(flags, io.env)),
    TE.bind('file', () => readStudy(path, io.stdin)),
    TE.bind('opened', ({ file }) => pipe(openSharedStudyAt(flags.out, file), TE.mapLeft(about(path)))),
    TE.let('study', ({ opened }) => studyOf(opened.study)),
    TE.bind('progress', ({ study, opened }) => pipe(progressOf(study, opened.kept.recall), TE.mapLeft(about(path)))),
    TE.bind('job', ({ index: i, progress }) => TE.fromEither(pipe(jobAt(i, progress), E.mapLeft(failure)))),
    TE.chain(({ job, study, opened: { kept }, progress: { begun } }) => {
      const there = begun.find(t => t.index === job.index)
      return there === undefined ? carriedOut(io, path, flags, job, { study, kept }) : TE.right<Failure, Trial>(there)
    }),
    TE.match(
      (f): ExitCode => {
        tellFailure(io, flags.json ?? false, f)
        return exitCodeOf(f)
      },
      trial => {
        io.out.write(
          flags.json === true ? trialJson(trial) : `${oneLine(`trial ${trial.index}: ${outcomeText(trial)}`)}\n`
        )
        return exitCodes.ok
      }
    )
  )()
}
