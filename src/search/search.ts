/** Runs a study: makes a plan, runs its trials, and repeats until the plan is empty. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as Ord from 'fp-ts/lib/Ord.js'
import * as N from 'fp-ts/lib/number.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { called } from '../run/callback.js'
import { checkRunFile, type RunFile } from '../run/run-file.js'
import { inside } from '../value/error.js'
import { sameData } from '../value/equal.js'
import { plan, type SearchRound } from './plan.js'
import type { SettingsOf, Space } from './space.js'
import { builtIn, type Registry } from './registry.js'
import { checkStudy, runOf, type Study } from './study.js'
import { checkWorkers, type Runner, type SearchError } from './runner/runner.js'
import { bestOf, type Job, type TrialOutcome, type Trial } from './trial.js'

/** the result of a study */
export interface SearchResult<S extends Space = Space> {
  readonly study: Study<S>
  /** in the order of their indexes */
  readonly trials: readonly Trial<SettingsOf<S>>[]
  readonly rounds: readonly SearchRound<S>[]
  /** the best trial that was trained to its end, and its run: trained again, it gives the same numbers */
  readonly best?: { readonly trial: Trial<SettingsOf<S>>; readonly run: RunFile }
}
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

/** whether a trial is the one that a job asks for */
export const answers = (t: Trial<unknown>, { index, round, origin, epochs, settings, seed }: Job<unknown>): boolean =>
  sameData(
    [t.index, t.round, t.origin, t.epochs ?? null, t.settings, t.seed],
    [index, round, origin, epochs ?? null, settings, seed]
  )

/** runs tasks over a list, at most `width` at the same time; after a Left no further task starts */
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

/** runs the trial of a job; an invalid run file is a failed trial, like any other failure */
const carriedOut = <S extends Space>(
  s: Study<S>,
  { runner, keep }: SearchOptions,
  job: Job<SettingsOf<S>>
): TE.TaskEither<SearchError, Trial<SettingsOf<S>>> =>
  pipe(
    runOf(s, job as Job),
    E.match(
      (e): TE.TaskEither<SearchError, TrialOutcome> =>
        TE.right({ tag: 'failed', message: `${e.path.join('/')}: expected ${e.expected}, got ${e.got}` }),
      run =>
        pipe(
          runner(run, s),
          TE.mapLeft(e => (e._tag === 'BackendError' ? inside(`trial ${job.index}`)(e) : e))
        )
    ),
    TE.map((outcome): Trial<SettingsOf<S>> => ({ ...job, outcome })),
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

const resultOf = <S extends Space>(
  s: Study<S>,
  trials: SearchResult<S>['trials'],
  rounds: SearchResult<S>['rounds'],
  registry: Registry
): SearchResult<S> => {
  const trial = bestOf(s.metric.goal, trials)
  if (trial === undefined) return { study: s, trials, rounds }
  return pipe(
    runOf(s, trial as Job),
    E.chain(found => checkRunFile(found, registry)),
    E.match(
      (): SearchResult<S> => ({ study: s, trials, rounds }),
      run => ({ study: s, trials, rounds, best: { trial, run } })
    )
  )
}

/**
 * Runs a study: makes a plan, runs its trials, and repeats until the plan is empty. The trials, their numbers and the
 * choice depend on the study alone: neither the number of workers, nor the order of trials, nor interruptions change a
 * bit of them. The exception is a study with a time limit, because the clock decides which trials are abandoned.
 *
 * @example pipe(search(s, { runner: inProcess(wasm) }), TE.map(({ best }) => best?.trial.settings))
 * @returns Left for an invalid study (see `checkStudy`), and for errors of the runner, the records or a callback
 */
export const search = <S extends Space>(s: Study<S>, o: SearchOptions): TE.TaskEither<SearchError, SearchResult<S>> => {
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
