/** `gradfold summary run.json` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describeModel } from '../model/describe.js'
import type { Io } from './io.js'
import type { ExitCode } from './exit.js'
import { printed } from './print.js'
import { about, readRun } from './read.js'

export const summaryCommand = (io: Io, path: string): Promise<ExitCode> =>
  pipe(
    readRun(path, io.stdin),
    TE.chainEitherK(run => pipe(describeModel(run.model), E.mapLeft(about(path)))),
    printed(io)
  )()
