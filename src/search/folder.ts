/**
 * A study in a folder: its file, and each trial as soon as it is finished, so that an interrupted study can be resumed.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { LoadError } from '../data/files.js'
import { canonicalText, digest } from '../run/digest.js'
import { sha256Of } from '../run/sha256.js'
import { folderAt, type Folder } from '../run/folder.js'
import { isRecord } from '../run/record/folder.js'
import { lock, type Release } from '../run/record/lock.js'
import { readWhole, removeLeftovers, replaceFile } from '../run/replace.js'
import { exact, optional, parseJson, type Codec } from '../value/codec.js'
import { wrongArgument } from '../value/argument.js'
import {
  decodeError,
  failIf,
  fileError,
  inside,
  type DecodeError,
  type FileError,
  type SettingError
} from '../value/error.js'
import { folderArgument, studyFileArgument } from './arguments.js'
import { completeStudy, studyFileCodec, type StudyFile } from './study-file.js'
import { builtIn, type Registry } from './registry.js'
import { trialCodec, trialFields, type Job, type Trial } from './trial.js'

/** the study itself */
export const studyName = 'study.json'
export const trialName = (index: number): string => `trial-${String(index).padStart(6, '0')}.json`
const isTrialName = (name: string): boolean => /^trial-\d{6,}\.json$/.test(name)
/** other files of the folder */
const ownNames: readonly string[] = [studyName, 'best.json', 'report.html']
/** size limits: a trial is a few hundred bytes, settings included; a study may contain small data */
export const most = { trial: 0x10_0000, study: 0x400_0000 }

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

export const readText = (folder: Folder, name: string, bytes: number): TE.TaskEither<FileError, string> =>
  pipe(readWhole(folder, name, bytes), TE.map(textOf))

/** whether a folder holds a study */
export const holdsStudy = (folder: Folder): TE.TaskEither<FileError, boolean> =>
  pipe(
    folder.names,
    TE.map(names => names.includes(studyName))
  )

/** the folder in which a study's trials are saved */
export interface StudyFolder {
  /** the trial with a job's index, if it exists and is intact */
  readonly recall: (job: Pick<Job<unknown>, 'index'>) => TE.TaskEither<FileError, Trial | undefined>
  readonly keep: (trial: Trial) => TE.TaskEither<FileError, void>
  /** writes another file into the folder */
  readonly put: (name: string, text: string) => TE.TaskEither<FileError, void>
}

/** a saved trial: with the SHA-256 of its study and of itself */
interface Kept extends Trial {
  readonly sha256?: string | undefined
}
const keptCodec: Codec<Kept> = exact('trial', { ...trialFields, sha256: optional(digest) }) as Codec<Kept>
const trialText = (kept: Kept): string => `${canonicalText(keptCodec.encode(kept))}\n`
const sealOf = (study: string, trial: Trial): string =>
  sha256Of(utf8(`${study}\n${canonicalText(trialCodec.encode(trial))}`))

/**
 * The trial in a text, if it is written exactly as for this study: a changed or truncated text is not a trial. Earlier
 * releases wrote no digest.
 */
export const trialIn = (study: string, text: string): Trial | undefined => {
  const read = parseJson(keptCodec)(text)
  if (E.isLeft(read) || trialText(read.right) !== text) return undefined
  const { sha256, ...trial } = read.right
  return sha256 === undefined || sha256 === sealOf(study, trial) ? trial : undefined
}

/**
 * Opens a folder that other processes may write to at the same time: a new one, or one with the trials of the same study.
 *
 * @returns Left for a folder that holds another study
 */
const openFolder = (
  folder: Folder,
  file: StudyFile,
  registry: Registry
): TE.TaskEither<FileError | DecodeError, StudyFolder> => {
  const codec = studyFileCodec(registry)
  const text = canonicalText(codec.encode(file))
  const put = (name: string, content: string): TE.TaskEither<FileError, void> =>
    replaceFile(folder)(name, [utf8(content)])
  const same: TE.TaskEither<FileError | DecodeError, void> = pipe(
    readText(folder, studyName, most.study),
    TE.bindTo('there'),
    TE.bindW('before', ({ there }) =>
      TE.fromEither(pipe(parseJson(codec)(there), E.mapLeft(inside(`${folder.path}/${studyName}`))))
    ),
    TE.filterOrElseW(
      ({ before }) => canonicalText(codec.encode(before)) === text,
      () =>
        fileError(
          [folder.path],
          'the folder of this study, on these data and with this version of gradfold',
          'that of another',
          'give another folder'
        )
    ),
    // rewrites the study file if it is the same study with other white space, or with extra text at its end
    TE.chainW(({ there }) => (there === `${text}\n` ? TE.right(undefined) : put(studyName, `${text}\n`)))
  )
  return pipe(
    folder.make,
    TE.chain(() => folder.names),
    TE.chainFirstW(names => (names.includes(studyName) ? same : put(studyName, `${text}\n`))),
    TE.map(names => new Set(names)),
    TE.map(names => ({
      // the trials that existed when the folder was opened; a damaged trial is run again
      recall: ({ index }: Pick<Job<unknown>, 'index'>) =>
        names.has(trialName(index))
          ? pipe(
              readText(folder, trialName(index), most.trial),
              TE.map(found => trialIn(text, found))
            )
          : TE.right(undefined),
      keep: (trial: Trial) => put(trialName(trial.index), trialText({ ...trial, sha256: sealOf(text, trial) })),
      put
    }))
  )
}

/**
 * Opens a folder for a study: a new one, or one with the trials of the same study. Removes what interrupted saves left: no other
 * process may be writing there.
 *
 * @returns Left for a folder that holds another study
 */
export const openStudyFolder = (
  folder: Folder,
  file: StudyFile,
  registry: Registry = builtIn
): TE.TaskEither<FileError | DecodeError, StudyFolder> =>
  pipe(
    TE.fromEither(failIf(wrongArgument(decodeError, [folderArgument(folder), studyFileArgument(file)]))),
    TE.chainW(() => folder.make),
    TE.chainW(() => removeLeftovers(folder, name => isTrialName(name) || ownNames.includes(name))),
    TE.chainW(() => openFolder(folder, file, registry))
  )

/** a study with the folder that keeps its trials, locked until `release` */
export interface OpenStudy {
  readonly study: StudyFile
  readonly kept: StudyFolder
  readonly release: Release
}

const holdsRun = (path: string): FileError =>
  fileError([path], 'the folder of a study, or a new one', 'one with the run.json of a run', 'give another folder')

/**
 * Opens and locks the folder at a path for a study; fills in the digest of its data and the version first.
 *
 * @param resume refuses a folder that holds no study yet
 * @returns Left for a folder that is in use, or that holds another study or the record of a run
 */
export const openStudyAt = (
  path: string,
  file: StudyFile,
  { resume = false, registry = builtIn }: { readonly resume?: boolean; readonly registry?: Registry } = {}
): TE.TaskEither<LoadError | SettingError | FileError | DecodeError, OpenStudy> => {
  const folder = folderAt(path)
  return pipe(
    TE.Do,
    TE.bind('there', () => holdsStudy(folder)),
    TE.bindW('run', () => isRecord(folder)),
    TE.filterOrElseW(
      ({ there }) => there || !resume,
      () => fileError([path], 'the folder of a study to resume', 'none', 'leave --resume out to start one')
    ),
    // a study and a record in one folder would share a lock, and could be mistaken for one another
    TE.filterOrElseW(
      ({ there, run }) => there || !run,
      () => holdsRun(path)
    ),
    TE.chainW(() => lock(path)),
    TE.chainW(release =>
      pipe(
        completeStudy(file, registry),
        TE.bindTo('study'),
        TE.bindW('kept', ({ study }) => openStudyFolder(folder, study, registry)),
        TE.map(open => ({ ...open, release })),
        TE.orElseFirstTaskK(() => release)
      )
    )
  )
}

/**
 * Opens the folder at a path that many processes write trials of one study to. Nothing is locked: each file comes into being whole, and
 * two processes that compute one trial write the same bytes.
 *
 * @param file the study; none for the one that the folder holds
 * @returns Left for a folder that holds another study or the record of a run, or none where a study is expected
 */
export const openSharedStudyAt = (
  path: string,
  file: StudyFile | undefined,
  registry: Registry = builtIn
): TE.TaskEither<LoadError | SettingError | FileError | DecodeError, Omit<OpenStudy, 'release'>> => {
  const folder = folderAt(path)
  const kept: TE.TaskEither<FileError | DecodeError, StudyFile> = pipe(
    holdsStudy(folder),
    TE.filterOrElse(
      there => there,
      () => fileError([path], 'the folder of a study', 'none', 'start one with the study file: --study study.json')
    ),
    TE.chain(() => readText(folder, studyName, most.study)),
    TE.chainEitherKW(text => pipe(parseJson(studyFileCodec(registry))(text), E.mapLeft(inside(`${path}/${studyName}`))))
  )
  return pipe(
    TE.Do,
    TE.bind('there', () => holdsStudy(folder)),
    TE.bindW('run', () => isRecord(folder)),
    TE.filterOrElseW(
      ({ there, run }) => there || !run,
      () => holdsRun(path)
    ),
    TE.chainW((): TE.TaskEither<LoadError | SettingError | FileError | DecodeError, StudyFile> =>
      file === undefined ? kept : completeStudy(file, registry)
    ),
    TE.bindTo('study'),
    TE.bindW('kept', ({ study }) => openFolder(folder, study, registry))
  )
}
