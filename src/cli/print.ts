/** How a command that only prints something ends: the text on stdout, or one line on stderr. */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Io } from './command.js'
import { errorLine, exitCodeOf, exitCodes, type ExitCode } from './exit.js'
import type { Failure } from './read.js'

export const printed =
  (io: Io) =>
  (text: TE.TaskEither<Failure, string>): T.Task<ExitCode> =>
    pipe(
      text,
      TE.match(
        ({ problem, file }): ExitCode => {
          io.err.write(`${errorLine(problem, file)}\n`)
          return exitCodeOf(problem)
        },
        line => {
          io.out.write(`${line}\n`)
          return exitCodes.ok
        }
      )
    )
