/** A study kept in a folder: its file, and each trial as soon as it is finished, so that a study that was broken off goes on. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { canonicalText } from '../run/digest.js'
import type { Folder } from '../run/folder.js'
import { readWhole, replaceFile } from '../run/replace.js'
import { parseJson } from '../value/codec.js'
import { fileError, inside, type DecodeError, type FileError } from '../value/error.js'
import { studyFileCodec, type StudyFile } from './study-file.js'
import { builtIn, type Registry } from './registry.js'
import { trialCodec, type Job, type Trial } from './trial.js'

/** the study itself */
export const studyName = 'study.json'
const nameOf = (index: number): string => `trial-${String(index).padStart(6, '0')}.json`
/** a trial is a few hundred bytes, settings included; a study may hold small data */
const most = { trial: 0x10_0000, study: 0x400_0000 }

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const read = (folder: Folder, name: string, bytes: number): TE.TaskEither<FileError, string> =>
  pipe(readWhole(folder, name, bytes), TE.map(textOf))

/** whether a folder holds a study */
export const holdsStudy = (folder: Folder): TE.TaskEither<FileError, boolean> =>
  pipe(
    folder.names,
    TE.map(names => names.includes(studyName))
  )

/** where a study's trials are kept */
export interface StudyFolder {
  /** the trial with a job's index, if it is there and whole */
  readonly recall: (job: Pick<Job<unknown>, 'index'>) => TE.TaskEither<FileError, Trial | undefined>
  readonly keep: (trial: Trial) => TE.TaskEither<FileError, void>
  /** any other file beside them */
  readonly put: (name: string, text: string) => TE.TaskEither<FileError, void>
}

/**
 * Opens a folder for a study: a new one, or one with the trials of the same study.
 *
 * @returns Left for a folder that holds another study
 */
export const openStudyFolder = (
  folder: Folder,
  file: StudyFile,
  registry: Registry = builtIn
): TE.TaskEither<FileError | DecodeError, StudyFolder> => {
  const codec = studyFileCodec(registry)
  const text = canonicalText(codec.encode(file))
  const put = (name: string, content: string): TE.TaskEither<FileError, void> =>
    replaceFile(folder)(name, [utf8(content)])
  const same: TE.TaskEither<FileError | DecodeError, void> = pipe(
    read(folder, studyName, most.study),
    TE.chainEitherKW(there => pipe(parseJson(codec)(there), E.mapLeft(inside(`${folder.path}/${studyName}`)))),
    TE.filterOrElseW(
      before => canonicalText(codec.encode(before)) === text,
      () =>
        fileError(
          [folder.path],
          'the folder of this study, on these data and with this version of gradfold',
          'that of another',
          'give another folder'
        )
    ),
    TE.map(() => undefined)
  )
  return pipe(
    folder.make,
    TE.chain(() => folder.names),
    TE.chainFirstW(names => (names.includes(studyName) ? same : put(studyName, `${text}\n`))),
    TE.map(names => new Set(names)),
    TE.map(names => ({
      // what was there when the folder was opened; a trial that is damaged is run again
      recall: ({ index }: Pick<Job<unknown>, 'index'>) =>
        names.has(nameOf(index))
          ? pipe(
              read(folder, nameOf(index), most.trial),
              TE.map(found => {
                const trial = parseJson(trialCodec)(found)
                return E.isLeft(trial) ? undefined : trial.right
              })
            )
          : TE.right(undefined),
      keep: (trial: Trial) => put(nameOf(trial.index), `${canonicalText(trialCodec.encode(trial))}\n`),
      put
    }))
  )
}
