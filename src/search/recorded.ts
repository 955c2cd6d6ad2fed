/** A recorded study as it is in its folder: read, without running or locking anything. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { canonicalText } from '../run/digest.js'
import { folderAt, type Folder } from '../run/folder.js'
import { parseJson } from '../value/codec.js'
import { inside, type DecodeError, type FileError, type SettingError } from '../value/error.js'
import { most, readText, studyName, trialIn, trialName } from './folder.js'
import { plan, type SearchRound } from './plan.js'
import { builtIn, type Registry } from './registry.js'
import { answers, resultOf, type SearchResult } from './search.js'
import { studyFileCodec, studyOf } from './study-file.js'
import { checkStudy, type Study } from './study.js'
import type { Job, Trial } from './trial.js'

export interface RecordedStudy extends SearchResult {
  /** whether no trial is missing */
  readonly complete: boolean
}
type ReadError = FileError | DecodeError | SettingError

/** the trials that are there, of those that the study asks for, up to the first plan that is not finished */
const gathered = async (
  s: Study,
  recall: (job: Job) => Promise<Trial | undefined>,
  registry: Registry
): Promise<E.Either<SettingError, RecordedStudy>> => {
  const further = async (
    before: SearchResult['trials']
  ): Promise<
    E.Either<
      SettingError,
      { readonly trials: SearchResult['trials']; readonly rounds: readonly SearchRound[]; readonly complete: boolean }
    >
  > => {
    const planned = plan(s, before, registry)
    if (E.isLeft(planned)) return planned
    const { jobs, rounds } = planned.right
    if (jobs.length === 0) return E.right({ trials: before, rounds, complete: true })
    const found = await Promise.all((jobs as readonly Job[]).map(recall))
    const there = found.flatMap((t, i) =>
      t !== undefined && answers(t, jobs[i] as Job) ? [t as SearchResult['trials'][number]] : []
    )
    return there.length === jobs.length
      ? further([...before, ...there])
      : E.right({ trials: [...before, ...there], rounds, complete: false })
  }
  return pipe(
    await further([]),
    E.map(({ trials, rounds, complete }) => ({ ...resultOf(s, trials, rounds, registry), complete }))
  )
}

/**
 * Reads the study in a folder: its trials and rounds, finished or not.
 *
 * @example pipe(readStudyAt('studies/rate'), TE.map(found => studyHtml(found, 'rate')))
 * @returns Left for a folder without a study, or with a study file that says none
 */
export const readStudyIn = (folder: Folder, registry: Registry = builtIn): TE.TaskEither<ReadError, RecordedStudy> => {
  const codec = studyFileCodec(registry)
  return pipe(
    readText(folder, studyName, most.study),
    TE.chainEitherKW(text => pipe(parseJson(codec)(text), E.mapLeft(inside(`${folder.path}/${studyName}`)))),
    TE.bindTo('file'),
    TE.bindW('study', ({ file }) => {
      const study = studyOf(file)
      return TE.fromEither(
        pipe(
          checkStudy(study, registry),
          E.map(() => study)
        )
      )
    }),
    TE.chainW(({ file, study }) => {
      const text = canonicalText(codec.encode(file))
      const recall = (job: Job): Promise<Trial | undefined> =>
        pipe(
          readText(folder, trialName(job.index), most.trial),
          TE.match(
            () => undefined,
            found => trialIn(text, found)
          )
        )()
      return () => gathered(study, recall, registry)
    })
  )
}

/** The study in the folder at a path; see `readStudyIn`. */
export const readStudyAt = (path: string, registry: Registry = builtIn): TE.TaskEither<ReadError, RecordedStudy> =>
  readStudyIn(folderAt(path), registry)
