/** `gradfold work redis://127.0.0.1`: a worker of a queue. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { workQueue } from '../search/runner/queue/work.js'
import type { TrialOutcome } from '../search/trial.js'
import { settingError } from '../value/error.js'
import { backendName, reportFallback, type ComputeFlags } from './backend.js'
import { exitCodeOf, exitCodes, failure, oneLine, type ExitCode, type Failure } from './exit.js'
import { number } from './format.js'
import type { EndSignal, Io } from './io.js'
import { tellFailure } from './reporter.js'

export interface WorkFlags extends Pick<ComputeFlags, 'backend' | 'fallback'> {
  readonly workers: number | string
  readonly lock: number | string
  readonly quiet?: boolean
}

const checkLock = (lock: number | string): E.Either<Failure, number> =>
  typeof lock === 'number' && lock >= 1 && lock <= 86_400
    ? E.right(lock)
    : E.left(failure(settingError(['lock'], 'a whole number of seconds from 1 to 86400', String(lock))))

export const workCommand = (io: Io, address: string, flags: WorkFlags): Promise<ExitCode> => {
  const say = (text: string): void => {
    if (flags.quiet !== true) io.err.write(`${oneLine(text)}\n`)
  }
  const observe = (id: string, outcome: TrialOutcome): void =>
    say(`trial ${id.slice(0, 8)}: ${outcome.tag === 'scored' ? number(outcome.value) : outcome.tag}`)
  const asked = IORef.newIORef<EndSignal | undefined>(undefined)()
  return pipe(
    TE.fromEither(checkLock(flags.lock)),
    TE.chain(lockSeconds =>
      pipe(
        workQueue(address, {
          workers: Number(flags.workers),
          lockSeconds,
          observe,
          backend: backendName(io, flags.backend),
          fallback: flags.fallback === true ? reportFallback(io) : undefined
        }),
        TE.mapLeft(failure)
      )
    ),
    TE.chain(({ ended, close }) => async () => {
      const takeBack = io.onEndSignal(signal => {
        asked.write(signal)()
        void close()
      })
      say('waiting for trials')
      const problem = await ended
      takeBack()
      await close()
      return problem === undefined ? E.right(undefined) : E.left(failure(problem))
    }),
    TE.match(
      (f): ExitCode => {
        tellFailure(io, false, f)
        return exitCodeOf(f)
      },
      () => exitCodes[asked.read() ?? 'ok']
    )
  )()
}
