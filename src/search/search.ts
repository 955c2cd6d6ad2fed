/** Runs a study: makes a plan, runs its trials, and repeats until the plan is empty. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as Ord from 'fp-ts/lib/Ord.js'
import * as N from 'fp-ts/lib/number.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { called } from '../value/callback.js'
import { functionArgument, objectArgument, optionsOf, wrongArgument } from '../value/argument.js'
import { settingError } from '../value/error.js'
import { plan } from './plan.js'
import { answers, resultOf, type SearchResult } from './result.js'
import type { SettingsOf, Space } from './space.js'
import { builtIn, type Registry } from './registry.js'
import { runTrial } from './run-trial.js'
import { checkStudy, type Study } from './study.js'
import { checkWorkers, type Runner, type SearchError } from './runner/runner.js'
import type { Job, Trial } from './trial.js'

export interface SearchOptions {
  readonly runner: Runner
  /** how many trials run at the same time (default 1); never changes a result */
  readonly workers?: number
  readonly registry?: Registry
  /** gives a trial that was finished before, so that it is not run again */
  readonly recall?: (job: Job) => TE.TaskEither<SearchError, Trial | undefined>
  /** saves a finished trial, before its worker takes another one */
  readonly keep?: (trial: Trial) => TE.TaskEither<SearchError, unknown>
  /** receives every finished trial, and the number of trials finished so far */
  readonly observe?: (trial: Trial, done: number) => void
}

/** tasks over a list, `width` at a time, each beginning as soon as one before it is over; after a Left none begins */
const several =
  <A, B, Err>(width: number, task: (a: A) => TE.TaskEither<Err, B>) =>
  (as: readonly A[]): TE.TaskEither<Err, readonly B[]> => {
    const lanes = Math.max(1, Math.min(width, as.length))
    const queue = as.map((a, i) => [i, a] as const).values()
    let broken = false
    const lane: TE.TaskEither<Err, readonly (readonly [number, B])[]> = async () => {
      const done: (readonly [number, B])[] = []
      for (const [i, a] of queue) {
        if (broken) break
        const r = await task(a)()
        if (E.isLeft(r)) {
          broken = true
          return r
        }
        done.push([i, r.right])
      }
      return E.right(done)
    }
    return pipe(
      TE.sequenceArray(Array.from({ length: lanes }, () => lane)),
      TE.map(results =>
        pipe(
          results.flat(),
          RA.sort(
            pipe(
              N.Ord,
              Ord.contramap(([i]: readonly [number, B]) => i)
            )
          ),
          RA.map(([, b]) => b)
        )
      )
    )
  }

/** runs the trial of a job and saves it */
const carriedOut = <S extends Space>(
  s: Study<S>,
  { runner, keep }: SearchOptions,
  job: Job<SettingsOf<S>>
): TE.TaskEither<SearchError, Trial<SettingsOf<S>>> =>
  pipe(
    runTrial(s, runner)(job),
    TE.chainFirst(trial => keep?.(trial as Trial) ?? TE.right(undefined))
  )

/** the trial of a job: recalled if it was finished before, else run */
const trialOf =
  <S extends Space>(s: Study<S>, o: SearchOptions, finished: () => number) =>
  (job: Job<SettingsOf<S>>): TE.TaskEither<SearchError, Trial<SettingsOf<S>>> =>
    pipe(
      o.recall?.(job as Job) ?? TE.right(undefined),
      TE.chain(before =>
        before === undefined || !answers(before, job) ? carriedOut(s, o, job) : TE.right(before as Trial<SettingsOf<S>>)
      ),
      TE.chainFirstEitherKW(trial => called('observe', () => o.observe?.(trial, finished())))
    )

/**
 * Runs a study: makes a plan, runs its trials, and repeats until the plan is empty. The trials, their numbers and the
 * choice depend on the study alone: neither the number of workers, nor the order of trials, nor interruptions change a
 * bit of them. The exception is a study with a time limit, because the clock decides which trials are abandoned.
 *
 * @example pipe(search(s, { runner: inProcess(wasm) }), TE.map(({ best }) => best?.trial.settings))
 * @returns Left for an invalid study (see `checkStudy`), and for errors of the runner, the records or a callback
 */
export const search = <S extends Space>(
  s: Study<S>,
  options: SearchOptions
): TE.TaskEither<SearchError, SearchResult<S>> => {
  const wrong = wrongArgument(settingError, [
    objectArgument('study', s),
    functionArgument('runner', optionsOf(options).runner)
  ])
  return wrong === undefined ? searched(s, options) : TE.left(wrong)
}

const searched = <S extends Space>(s: Study<S>, o: SearchOptions): TE.TaskEither<SearchError, SearchResult<S>> => {
  const { workers = 1, registry = builtIn } = o
  const all: TE.TaskEither<SearchError, SearchResult<S>> = async () => {
    let trials: SearchResult<S>['trials'] = []
    for (;;) {
      const planned = plan(s, trials, registry)
      if (E.isLeft(planned)) return planned
      const { jobs, rounds } = planned.right
      if (jobs.length === 0) return E.right(resultOf(s, trials, rounds, registry))
      let finished = trials.length
      const ran = await several(
        workers,
        trialOf(s, o, () => ++finished)
      )(jobs)()
      if (E.isLeft(ran)) return ran
      trials = [...trials, ...ran.right]
    }
  }
  const wrong = checkWorkers(workers)
  return pipe(
    TE.fromEither(wrong === undefined ? checkStudy(s, registry) : E.left(wrong)),
    TE.chainW(() => all)
  )
}
