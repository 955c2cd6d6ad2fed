/** `gradfold summary run.json` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe } from '../model/describe.js'
import type { Io } from './command.js'
import { errorLine, exitCodeOf, exitCodes, type ExitCode } from './exit.js'
import { about, readRun } from './read.js'

export const summaryCommand = (io: Io, path: string): Promise<ExitCode> =>
  pipe(
    readRun(path, io.stdin),
    TE.chainEitherK(run => pipe(describe(run.model), E.mapLeft(about(path)))),
    TE.matchW(
      ({ problem, file }) => {
        io.err.write(`${errorLine(problem, file)}\n`)
        return exitCodeOf(problem)
      },
      table => {
        io.out.write(`${table}\n`)
        return exitCodes.ok
      }
    )
  )()
