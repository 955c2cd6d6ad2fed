/** `gradfold explain run.json`: the compiled form of a training step. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { PassName } from '../backend/kernel/compile.js'
import { explain, explainPass, type ExplainOptions } from '../backend/kernel/explain.js'
import { explainWat } from '../backend/wasm/explain.js'
import { residentData } from '../data/program-inputs.js'
import type { Program } from '../expr/program.js'
import { openRun } from '../run/open.js'
import { fullBatchStep } from '../train/full-batch.js'
import type { Io } from './io.js'
import type { ExitCode } from './exit.js'
import { printed } from './print.js'
import { about, readRun } from './read.js'

export interface ExplainFlags {
  /** 1 to 8, in digits */
  readonly threads: string
  readonly pass?: PassName
  readonly wat?: boolean
}

const explained =
  ({ pass, wat }: ExplainFlags, options: ExplainOptions) =>
  (p: Program): string =>
    wat === true ? explainWat(p, options) : pass === undefined ? explain(p, options) : explainPass(p, pass, options)

export const explainCommand = (io: Io, path: string, flags: ExplainFlags): Promise<ExitCode> =>
  pipe(
    readRun(path, io.stdin),
    TE.chainW(run => pipe(openRun(run), TE.mapLeft(about(path)))),
    TE.chainEitherKW(({ training, datasets }) =>
      pipe(
        fullBatchStep(training, datasets.train),
        E.map(
          explained(flags, { threads: Number(flags.threads), resident: Object.keys(residentData(datasets.train)) })
        ),
        E.mapLeft(about(path))
      )
    ),
    printed(io)
  )()
