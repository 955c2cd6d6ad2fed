/** Run files from disk or from standard input. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readText, type LoadError } from '../data/files.js'
import type { Limits } from '../data/limits.js'
import { parseRunFile, type RunFile } from '../run/run-file.js'
import { dataError, decodeError, type Problem } from '../value/error.js'

/** 64 MiB: a run file may hold small data itself */
const limits: Limits = { bytes: 0x400_0000, rank: 8 }

const stdinText = (stdin: () => Promise<Uint8Array>): TE.TaskEither<LoadError, string> =>
  pipe(
    TE.tryCatch(stdin, e => dataError(['standard input'], 'bytes', e instanceof Error ? e.message : String(e))),
    TE.filterOrElseW(
      bytes => bytes.length <= limits.bytes,
      bytes => decodeError(['standard input'], `at most ${limits.bytes} bytes`, `${bytes.length}`)
    ),
    TE.chainEitherKW(bytes =>
      E.tryCatch(
        () => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
        () => decodeError(['standard input'], 'text in UTF-8', 'other bytes')
      )
    )
  )

/** a problem, and the run file it is about; none where that file could not even be read */
export interface Failure {
  readonly problem: Problem<string>
  readonly file?: string
}
export const about =
  (file: string) =>
  (problem: Problem<string>): Failure => ({ problem, file })

/** the run file at a path, or from standard input where the path is `-` */
export const readRun = (path: string, stdin: () => Promise<Uint8Array>): TE.TaskEither<Failure, RunFile> =>
  pipe(
    path === '-' ? stdinText(stdin) : readText(path, limits),
    TE.mapLeft((problem): Failure => ({ problem })),
    TE.chainEitherK(text => pipe(parseRunFile(text), E.mapLeft(about(path === '-' ? 'standard input' : path))))
  )
