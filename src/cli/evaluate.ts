/** `gradfold evaluate model.gradfold test.csv` */
import { markdownTable } from 'markdown-table'
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { tableScores, type ClassScores, type NumberScores, type PipelineScores } from '../run/pipeline/evaluate.js'
import { counted } from '../value/error.js'
import { backendOf, type ComputeFlags } from './backend.js'
import { jsonText } from './events.js'
import { oneLine, type ExitCode } from './exit.js'
import { number, pairs } from './format.js'
import type { Io } from './io.js'
import { pipelineAt, rowsAt } from './pipeline.js'
import { printed } from './print.js'
import { about } from './read.js'

export interface EvaluateFlags extends ComputeFlags {
  readonly json?: boolean
}

/** counts, a row for each true class */
const confusionText = ({ classes, confusion }: ClassScores): readonly string[] =>
  markdownTable([
    ['true \\ predicted', ...classes],
    ...confusion.map((row, i) => [classes[i] ?? '', ...row.map(String)])
  ]).split('\n')

const targetText = (name: string, s: NumberScores | ClassScores): readonly string[] =>
  'classes' in s
    ? [
        `${name}  ${pairs({ accuracy: number(s.accuracy), ...(s.rocAuc === undefined ? {} : { rocAuc: number(s.rocAuc) }) })}`,
        ...confusionText(s)
      ]
    : [`${name}  ${pairs({ rmse: number(s.rmse), mae: number(s.mae), r2: number(s.r2) })}`]

const scoresText = ({ rows, targets }: PipelineScores): string =>
  [counted(rows, 'row'), ...Object.entries(targets).flatMap(([name, s]) => targetText(name, s))].map(oneLine).join('\n')

export const evaluateCommand = (io: Io, model: string, path: string, flags: EvaluateFlags): Promise<ExitCode> =>
  pipe(
    pipelineAt(model),
    TE.bindTo('pipeline'),
    TE.bind('read', ({ pipeline }) => rowsAt(io, path, true)(pipeline)),
    TE.bind('backend', () => backendOf(io, flags)),
    TE.chainEitherK(({ pipeline, read, backend }) =>
      pipe(tableScores(pipeline, read, { backend }), E.mapLeft(about(path)))
    ),
    TE.map(scores => (flags.json === true ? jsonText(scores) : scoresText(scores))),
    printed(io)
  )()
