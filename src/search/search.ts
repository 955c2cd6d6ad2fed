/** A study carried out: plan, run what the plan asks for, and again, until nothing is left to do. */
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

/** what a study has come to */
export interface SearchResult<S extends Space = Space> {
  readonly study: Study<S>
  /** in the order of their indexes */
  readonly trials: readonly Trial<SettingsOf<S>>[]
  readonly rounds: readonly SearchRound<S>[]
  /** the best trial that was trained to its end, and its run, ready to be trained again: it gives the same numbers */
  readonly best?: { readonly trial: Trial<SettingsOf<S>>; readonly run: RunFile }
}
export interface SearchOptions {
  readonly runner: Runner
  /** how many trials the runner is given at a time; never changes a result */
  readonly workers?: number
  readonly registry?: Registry
  /** a trial finished before, if there is one: it is not run again */
  readonly recall?: (job: Job) => TE.TaskEither<SearchError, Trial | undefined>
  /** keeps a trial that is finished, before another one takes its worker */
  readonly keep?: (trial: Trial) => TE.TaskEither<SearchError, unknown>
  /** receives every trial as it is finished, with the number of trials that is known so far */
  readonly observe?: (trial: Trial, done: number) => void
}

/** whether a trial is the one that a job asks for */
export const answers = (t: Trial<unknown>, { index, round, origin, epochs, settings, seed }: Job<unknown>): boolean =>
  sameData(
    [t.index, t.round, t.origin, t.epochs ?? null, t.settings, t.seed],
    [index, round, origin, epochs ?? null, settings, seed]
  )

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

/** what the finished trials of a study have come to */
export const resultOf = <S extends Space>(
  s: Study<S>,
  trials: readonly Trial<SettingsOf<S>>[],
  rounds: readonly SearchRound<S>[],
  registry: Registry = builtIn
): SearchResult<S> => {
  const trial = bestOf(s.metric.goal, trials)
  const run =
    trial === undefined
      ? undefined
      : pipe(
          runOf(s, trial as Job),
          E.chain(found => checkRunFile(found, registry))
        )
  return {
    study: s,
    trials,
    rounds,
    ...(trial === undefined || run === undefined || E.isLeft(run) ? {} : { best: { trial, run: run.right } })
  }
}

/**
 * Carries out a study. The trials, their numbers and the choice are functions of the study alone: neither the workers nor the order in
 * which they are done, nor breaks, change a bit of them (a study with a time-out apart: what is given up depends on the clock).
 *
 * @example pipe(search(s, { runner: inProcess(wasm) }), TE.map(({ best }) => best?.trial.settings))
 * @returns Left for a study that cannot be carried out: see `checkStudy`
 */
export const search = <S extends Space>(
  s: Study<S>,
  { runner, workers = 1, registry = builtIn, recall, keep, observe }: SearchOptions
): TE.TaskEither<SearchError, SearchResult<S>> => {
  const carriedOut = (job: Job<SettingsOf<S>>): TE.TaskEither<SearchError, Trial<SettingsOf<S>>> =>
    pipe(
      // settings whose run file says nothing sensible are a result like others
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
  const one =
    (finished: () => number) =>
    (job: Job<SettingsOf<S>>): TE.TaskEither<SearchError, Trial<SettingsOf<S>>> =>
      pipe(
        recall?.(job as Job) ?? TE.right(undefined),
        TE.chain(before =>
          before === undefined || !answers(before, job) ? carriedOut(job) : TE.right(before as Trial<SettingsOf<S>>)
        ),
        TE.chainFirstEitherKW(trial => called('observe', () => observe?.(trial, finished())))
      )
  const all: TE.TaskEither<SearchError, SearchResult<S>> = async () => {
    let trials: readonly Trial<SettingsOf<S>>[] = []
    for (;;) {
      const planned = plan(s, trials, registry)
      if (E.isLeft(planned)) return planned
      const { jobs, rounds } = planned.right
      if (jobs.length === 0) return E.right(resultOf(s, trials, rounds, registry))
      let finished = trials.length
      const ran = await several(
        workers,
        one(() => ++finished)
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
