/** `gradfold predict model.gradfold new.csv` */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { tablePredictor } from '../run/pipeline/predict.js'
import { badRows, idsIn, predictionsCsv, predictionsJson } from '../run/pipeline/text.js'
import { counted, type DecodeError } from '../value/error.js'
import { utf8 } from '../value/text.js'
import { backendOf, type ComputeFlags } from './backend.js'
import { errorLine, exitCodeOf, exitCodes, oneLine, type ExitCode, type Failure } from './exit.js'
import type { Io } from './io.js'
import { pipelineAt, rowsAt } from './pipeline.js'
import { writeOut } from './out.js'
import { about, called, checkPaths } from './read.js'
import { tellFailure } from './reporter.js'

export interface PredictFlags extends ComputeFlags {
  readonly out?: string
  readonly json?: boolean
  readonly badRows: 'refuse' | 'keep'
}

/** the text on standard output, or in a file */
const written = (io: Io, out: string | undefined, text: string): TE.TaskEither<Failure, unknown> =>
  out === undefined
    ? TE.fromIO(() => {
        io.out.write(text)
      })
    : writeOut(out, utf8(text))

/** rows that are named when none is written */
const named = 5

/** the first rows that cannot be predicted, a line each */
const refusal = (path: string, bad: readonly DecodeError[]): string =>
  [
    ...bad.slice(0, named).map(e => errorLine(e, called(path))),
    `gradfold: nothing is written: ${counted(bad.length, 'row')} cannot be predicted${bad.length > named ? `, of which ${named} are named` : ''}; --bad-rows keep writes the others`
  ]
    .map(line => `${oneLine(line)}\n`)
    .join('')

export const predictCommand = (io: Io, model: string, path: string, flags: PredictFlags): Promise<ExitCode> => {
  const { out, json = false, badRows: policy } = flags
  const wrong = checkPaths('file', { out })
  return pipe(
    wrong === undefined ? pipelineAt(model) : TE.left<Failure>({ problem: wrong }),
    TE.bindTo('pipeline'),
    TE.bind('read', ({ pipeline }) => rowsAt(io, path, false)(pipeline)),
    TE.bind('backend', () => backendOf(io, flags)),
    TE.bind('rows', ({ pipeline, read, backend }) =>
      pipe(TE.fromEither(tablePredictor(pipeline, { backend })(read)), TE.mapLeft(about(path)))
    ),
    TE.chain(({ pipeline, read, rows }): TE.TaskEither<Failure, ExitCode> => {
      const bad = badRows(rows)
      if (bad.length > 0 && policy === 'refuse') {
        io.err.write(refusal(path, bad))
        return TE.right(exitCodes.failed)
      }
      const ids = idsIn(pipeline, read)
      const text = json ? predictionsJson(rows, ids) : predictionsCsv(pipeline, rows, { error: policy === 'keep', ids })
      return pipe(
        written(io, out, text),
        TE.map(() => exitCodes.ok)
      )
    }),
    TE.match(
      (f): ExitCode => {
        tellFailure(io, false, f)
        return exitCodeOf(f)
      },
      code => code
    )
  )()
}
