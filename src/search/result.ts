/** What a study has come to, and what its finished trials leave to be done. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { checkRunFile, type RunFile } from '../run/run-file.js'
import { sameData } from '../value/equal.js'
import { functionArgument, wrongArgument } from '../value/argument.js'
import { settingError, type FileError, type SettingError } from '../value/error.js'
import { studyArgument } from './arguments.js'
import { plan, type SearchRound } from './plan.js'
import { builtIn, type Registry } from './registry.js'
import type { SettingsOf, Space } from './space.js'
import { runOf, type Study } from './study.js'
import { bestOf, type Job, type Trial } from './trial.js'

/** what a study has come to */
export interface SearchResult<S extends Space = Space> {
  readonly study: Study<S>
  /** in the order of their indexes */
  readonly trials: readonly Trial<SettingsOf<S>>[]
  readonly rounds: readonly SearchRound<S>[]
  /** the best trial that was trained to its end, and its run, ready to be trained again: it gives the same numbers */
  readonly best?: { readonly trial: Trial<SettingsOf<S>>; readonly run: RunFile }
}

/** The result of a study whose trials are all finished. */
export const resultOf = <S extends Space>(
  study: Study<S>,
  trials: readonly Trial<SettingsOf<S>>[],
  rounds: readonly SearchRound<S>[],
  registry: Registry = builtIn
): SearchResult<S> => {
  const trial = bestOf(study.metric.goal, trials)
  const run =
    trial === undefined
      ? undefined
      : pipe(
          runOf(study, trial as Job),
          E.chain(found => checkRunFile(found, registry))
        )
  return {
    study,
    trials,
    rounds,
    ...(trial === undefined || run === undefined || E.isLeft(run) ? {} : { best: { trial, run: run.right } })
  }
}

/** whether a trial is the one that a job asks for */
export const answers = (t: Trial<unknown>, { index, round, origin, epochs, settings, seed }: Job<unknown>): boolean =>
  sameData(
    [t.index, t.round, t.origin, t.epochs ?? null, t.settings, t.seed],
    [index, round, origin, epochs ?? null, settings, seed]
  )

/** How far a study is. The open round is the first that lacks a trial; later rounds are decided once it is complete. */
export interface Progress<S extends Space = Space> {
  /** the trials of the complete rounds, in the order of their indexes */
  readonly trials: readonly Trial<SettingsOf<S>>[]
  readonly rounds: readonly SearchRound<S>[]
  /** all trials of the open round; none where the study is complete */
  readonly open: readonly Job<SettingsOf<S>>[]
  /** the finished trials of the open round */
  readonly begun: readonly Trial<SettingsOf<S>>[]
  /** the trials of the open round that are not finished */
  readonly missing: readonly Job<SettingsOf<S>>[]
}

/**
 * How far a study is: a function of the study and of its finished trials.
 *
 * @param recall a finished trial, if there is one; a trial of other settings counts as missing
 * @returns Left where no settings can be found that meet the constraints
 */
export const progressOf = <S extends Space>(
  study: Study<S>,
  recall: (job: Job) => TE.TaskEither<FileError, Trial | undefined>,
  registry: Registry = builtIn
): TE.TaskEither<SettingError | FileError, Progress<S>> => {
  const wrong = wrongArgument(settingError, [studyArgument(study), functionArgument('recall', recall)])
  if (wrong !== undefined) return TE.left(wrong)
  const recalled = (job: Job<SettingsOf<S>>): TE.TaskEither<FileError, Trial<SettingsOf<S>> | undefined> =>
    pipe(
      recall(job as Job),
      TE.map(t => (t === undefined || !answers(t, job) ? undefined : (t as Trial<SettingsOf<S>>)))
    )
  const from = (trials: readonly Trial<SettingsOf<S>>[]): TE.TaskEither<SettingError | FileError, Progress<S>> =>
    pipe(
      TE.fromEither(plan(study, trials, registry)),
      TE.chainW(({ jobs, rounds }) =>
        jobs.length === 0
          ? TE.right({ trials, rounds, open: [], begun: [], missing: [] })
          : pipe(
              jobs,
              TE.traverseSeqArray(recalled),
              TE.chainW(found => {
                const there = found.flatMap(t => (t === undefined ? [] : [t]))
                return there.length === jobs.length
                  ? from([...trials, ...there])
                  : TE.right({
                      trials,
                      rounds,
                      open: jobs,
                      begun: there,
                      missing: jobs.filter((_, i) => found[i] === undefined)
                    })
              })
            )
      )
    )
  return from([])
}

/** Indexes as batch systems write them, in increasing order: `0-4,7,9-12`. */
export const arrayText = (indexes: readonly number[]): string =>
  indexes
    .flatMap((index, i) => {
      const starts = indexes[i - 1] !== index - 1
      const ends = indexes[i + 1] !== index + 1
      return starts && ends ? [`,${index}`] : starts ? [`,${index}`] : ends ? [`-${index}`] : []
    })
    .join('')
    .slice(1)
