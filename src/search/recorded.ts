/** A recorded study as it is in its folder: read, without running or locking anything. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { canonicalText } from '../run/digest.js'
import { calledWith, pathArgument } from '../run/arguments.js'
import { folderAt, type Folder } from '../run/folder.js'
import { registryArgument } from '../value/argument.js'
import { parseJson } from '../value/codec.js'
import { inside, type DecodeError, type FileError, type SettingError } from '../value/error.js'
import { most, readText, studyName, trialIn, trialName } from './folder.js'
import { builtIn, type Registry } from './registry.js'
import { progressOf, resultOf, type SearchResult } from './result.js'
import { studyFileCodec, studyOf } from './study-file.js'
import { checkStudy } from './study.js'
import type { Job, Trial } from './trial.js'

export interface RecordedStudy extends SearchResult {
  /** whether no trial is missing */
  readonly complete: boolean
}
type ReadError = FileError | DecodeError | SettingError

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
      const study = studyOf(file, registry)
      return TE.fromEither(
        pipe(
          checkStudy(study, registry),
          E.map(() => study)
        )
      )
    }),
    TE.chainW(({ file, study }) => {
      const text = canonicalText(codec.encode(file))
      const recall = (job: Job): TE.TaskEither<FileError, Trial | undefined> =>
        pipe(
          readText(folder, trialName(job.index), most.trial),
          TE.match(
            () => E.right(undefined),
            found => E.right(trialIn(text, found))
          )
        )
      return pipe(
        progressOf(study, recall, registry),
        TE.map(({ trials, begun, rounds, missing }) => ({
          ...resultOf(study, [...trials, ...begun], rounds, registry),
          complete: missing.length === 0
        }))
      )
    })
  )
}

/** The study in the folder at a path; see `readStudyIn`. */
export const readStudyAt = (path: string, registry: Registry = builtIn): TE.TaskEither<ReadError, RecordedStudy> =>
  calledWith([pathArgument('path', path), registryArgument(registry)], () => readStudyIn(folderAt(path), registry))
