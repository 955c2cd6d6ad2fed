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

/** 64 MiB: a file may hold small data itself */
const settingsLimits: Limits = { bytes: 0x400_0000, rank: 8 }

/** the text of a file or of standard input, plain or packed with gzip, read up to the limit */
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
/** what a path is called in messages: `-` is standard input */
export const called = (path: string): string => (path === '-' ? 'standard input' : path)
export const about =
  (path: string) =>
  (problem: Problem<string>): Failure => ({ problem, file: called(path) })

/** what is wrong with the paths that options give, if anything: they may be left out, but not be empty */
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
  /** what to do with a folder instead */
  readonly folder: string
  /** fields that all files of the kind have, and none of the other */
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

/** whether a text is a file of the one kind and not of the other, as far as its fields tell */
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
          // of a file of the other kind every field would be wrong
          E.mapLeft(e =>
            isOf(other, kind, text) ? decodeError([], kind.name, other.name, `${other.command} takes it`) : e
          ),
          E.mapLeft(about(path))
        )
      )
    )

/** the run file at a path, or from standard input where the path is `-` */
export const readRun = readKind(runs, studies)
/** the same for a study file */
export const readStudy = readKind(studies, runs)
