/** What `predict` and `evaluate` read: a pipeline, and rows for it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defaultLimits, maxText } from '../data/limits.js'
import type { ReadTable } from '../data/table/table.js'
import { folderAt } from '../run/folder.js'
import { loadPipeline } from '../run/pipeline/file.js'
import { recordPipeline } from '../run/pipeline/run.js'
import { rowsOfText } from '../run/pipeline/text.js'
import type { Pipeline } from '../run/pipeline/value.js'
import { failure, type Failure } from './exit.js'
import type { Io } from './io.js'
import { about, textOf } from './read.js'

/** the pipeline in a file, or in the folder of a recorded run */
export const pipelineAt = (path: string): TE.TaskEither<Failure, Pipeline> =>
  pipe(
    folderAt(path).names,
    // of a file there are no names
    TE.orElse(() => TE.right<never, readonly string[]>([])),
    TE.chainW(names => (names.includes('run.json') ? recordPipeline(path) : loadPipeline(path))),
    TE.mapLeft(failure)
  )

/** rows for a pipeline, from a file or standard input: CSV, or lines of JSON */
export const rowsAt =
  (io: Io, path: string, targets: boolean) =>
  (p: Pipeline): TE.TaskEither<Failure, ReadTable> =>
    pipe(
      textOf(path, io.stdin, { ...defaultLimits, bytes: maxText }),
      TE.mapLeft(failure),
      TE.chainEitherK(text => pipe(rowsOfText(p, text, targets), E.mapLeft(about(path))))
    )
