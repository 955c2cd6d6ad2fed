/** `gradfold explain run.json`: what the compiled engine makes of a training step. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { explain } from '../backend/kernel/explain.js'
import { openRun } from '../run/open.js'
import { fullBatchStep } from '../train/full-batch.js'
import type { Io } from './io.js'
import type { ExitCode } from './exit.js'
import { printed } from './print.js'
import { about, readRun } from './read.js'

export const explainCommand = (io: Io, path: string): Promise<ExitCode> =>
  pipe(
    readRun(path, io.stdin),
    TE.chainW(run => pipe(openRun(run), TE.mapLeft(about(path)))),
    TE.chainEitherKW(({ training, datasets }) => pipe(fullBatchStep(training, datasets.train), E.mapLeft(about(path)))),
    TE.map(explain),
    printed(io)
  )()
