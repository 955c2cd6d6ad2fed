/** The end of a command that only prints: the text on stdout, or one line on stderr. */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { exitCodeOf, exitCodes, type ExitCode, type Failure } from './exit.js'
import type { Io } from './io.js'
import { tellFailure } from './reporter.js'

export const printed =
  (io: Io) =>
  (text: TE.TaskEither<Failure, string>): T.Task<ExitCode> =>
    pipe(
      text,
      TE.match(
        (f): ExitCode => {
          tellFailure(io, false, f)
          return exitCodeOf(f)
        },
        line => {
          io.out.write(`${line}\n`)
          return exitCodes.ok
        }
      )
    )
