/** `gradfold init houses.csv --target price` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defaultLimits, maxText } from '../data/limits.js'
import { starterRun } from '../run/pipeline/starter.js'
import { showRunFile } from '../run/run-file.js'
import { failure, type ExitCode } from './exit.js'
import type { Io } from './io.js'
import { printed } from './print.js'
import { about, textOf } from './read.js'

export interface InitFlags {
  readonly target?: readonly string[]
}

export const initCommand = (io: Io, path: string, { target }: InitFlags): Promise<ExitCode> =>
  pipe(
    textOf(path, io.stdin, { ...defaultLimits, bytes: maxText }),
    TE.mapLeft(failure),
    TE.chainEitherK(text => {
      const [first, ...others] = target ?? []
      return pipe(
        starterRun(path, text, first === undefined ? {} : { target: others.length === 0 ? first : [first, ...others] }),
        E.bimap(about(path), run => showRunFile(run).trimEnd())
      )
    }),
    printed(io)
  )()
