/** `gradfold profile run.json`: how long each kernel of a training step takes on this machine. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { profileOn } from '../backend/wasm/profile.js'
import { openRun, type OpenRun } from '../run/open.js'
import { steps } from '../train/stop/index.js'
import type { TrainError } from '../train/divergence.js'
import { train } from '../train/train.js'
import type { Io } from './io.js'
import type { ExitCode } from './exit.js'
import { printed } from './print.js'
import { about, readRun } from './read.js'

export interface ProfileFlags {
  /** 1 to 8, in digits */
  readonly threads: string
  /** number of training steps to measure */
  readonly steps: number
}

const profiled =
  (io: Io, flags: ProfileFlags) =>
  ({ training, datasets }: OpenRun): E.Either<TrainError, string> => {
    const profile = profileOn(Number(flags.threads), io.now)
    return pipe(
      datasets.train,
      train({ ...training, stop: steps(flags.steps) }, { backend: profile.backend }),
      E.map(profile.table)
    )
  }

export const profileCommand = (io: Io, path: string, flags: ProfileFlags): Promise<ExitCode> =>
  pipe(
    readRun(path, io.stdin),
    TE.chainW(run => pipe(openRun(run), TE.mapLeft(about(path)))),
    TE.chainEitherKW(run => pipe(run, profiled(io, flags), E.mapLeft(about(path)))),
    printed(io)
  )()
