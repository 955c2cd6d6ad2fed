/** Run files and study files from disk or from standard input. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBounded, readStream } from '../data/bounded.js'
import type { LoadError } from '../data/files.js'
import { unpack } from '../data/gzip.js'
import type { Limits } from '../data/limits.js'
import { parseRunFile, type RunFile } from '../run/run-file.js'
import { parseStudyFile, type StudyFile } from '../search/study-file.js'
import { decodeError, inside, settingError, type DecodeError, type Problem, type SettingError } from '../value/error.js'
import type { Failure } from './exit.js'

/** 64 MiB, because a file may contain small data */
const settingsLimits: Limits = { bytes: 0x400_0000, rank: 8 }

/** the text of a file or of standard input, plain or gzipped, read up to the limit */
export const textOf = (path: string, stdin: Stdin, limits: Limits = settingsLimits): TE.TaskEither<LoadError, string> =>
  pipe(
    path === '-' ? readStream(called(path), stdin(), limits.bytes) : readBounded(path, limits.bytes),
    TE.chainEitherKW(bytes =>
      pipe(
        unpack(bytes, limits),
        E.chain(plain =>
          E.tryCatch(
            () => new TextDecoder('utf-8', { fatal: true }).decode(plain),
            () => decodeError([], 'text in UTF-8', 'other bytes', 'save the file as UTF-8')
          )
        ),
        E.mapLeft(inside(called(path)))
      )
    )
  )

type Stdin = () => AsyncIterable<Uint8Array>
/** the name of a path in messages: `-` is standard input */
export const called = (path: string): string => (path === '-' ? 'standard input' : path)
export const about =
  (path: string) =>
  (problem: Problem<string>): Failure => ({ problem, file: called(path) })

/** checks the paths given as options: they may be absent, but not empty */
export const checkPaths = (
  kind: 'folder' | 'file',
  paths: Readonly<Record<string, string | undefined>>
): SettingError | undefined => {
  const empty = Object.keys(paths).find(name => paths[name] === '')
  return empty === undefined ? undefined : settingError([empty], `the path of a ${kind}`, '""')
}

interface Kind<A> {
  readonly name: string
  readonly command: string
  /** advice if the path is a folder */
  readonly folder: string
  /** fields that all files of this kind have and files of the other kind don't */
  readonly fields: readonly string[]
  readonly parse: (text: string) => E.Either<DecodeError, A>
}
const runs: Kind<RunFile> = {
  name: 'a run file',
  command: 'gradfold train',
  folder: 'gradfold resume takes the folder of a recorded run, and run.json in it is a run file',
  fields: ['data', 'model'],
  parse: parseRunFile
}
const studies: Kind<StudyFile> = {
  name: 'a study file',
  command: 'gradfold search',
  folder: 'study.json in the folder of a recorded study is a study file',
  fields: ['space', 'run'],
  parse: parseStudyFile
}

/** whether the fields of a text are those of one kind of file and not of the other */
const isOf = (kind: Kind<unknown>, other: Kind<unknown>, text: string): boolean =>
  pipe(
    E.tryCatch(
      () => JSON.parse(text) as unknown,
      () => undefined
    ),
    E.exists(json => {
      const has = (field: string): boolean => typeof json === 'object' && json !== null && Object.hasOwn(json, field)
      return kind.fields.every(has) && !other.fields.some(has)
    })
  )

const readKind =
  <A>(kind: Kind<A>, other: Kind<unknown>) =>
  (path: string, stdin: Stdin): TE.TaskEither<Failure, A> =>
    pipe(
      textOf(path, stdin),
      TE.mapLeft((e): Failure => ({
        problem: e.got === 'EISDIR' ? decodeError([path], kind.name, 'a folder', kind.folder) : e
      })),
      TE.chainEitherK(text =>
        pipe(
          kind.parse(text),
          // for a file of the other kind, name the kind instead of listing every field as wrong
          E.mapLeft(e =>
            isOf(other, kind, text) ? decodeError([], kind.name, other.name, `${other.command} takes it`) : e
          ),
          E.mapLeft(about(path))
        )
      )
    )

/** the run file at a path, or from standard input if the path is `-` */
export const readRun = readKind(runs, studies)
/** the study file at a path, or from standard input if the path is `-` */
export const readStudy = readKind(studies, runs)
