/** `gradfold export runs/iris --to tensorboard --out logs`: a recorded run or study as files that other programs show. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { ColumnTable } from '../format/columns/columns.js'
import { encodeCsv } from '../format/columns/csv.js'
import { encodeParquet } from '../format/columns/parquet.js'
import { encodeEvents, type EventLog } from '../format/tensorboard/events.js'
import { runEvents } from '../report/tools/run-events.js'
import { runTables } from '../report/tools/run-tables.js'
import { folderAt, placeOf, type Folder } from '../run/folder.js'
import { recordIn, type Recorded } from '../run/record/folder.js'
import { keptStates } from '../run/record/states.js'
import { studyName } from '../search/folder.js'
import { readStudyIn } from '../search/recorded.js'
import type { SearchResult } from '../search/result.js'
import { optunaJournal } from '../search/tools/optuna.js'
import { trialEvents } from '../search/tools/trial-events.js'
import { trialTable } from '../search/tools/trial-table.js'
import { counted, settingError, type Problem } from '../value/error.js'
import { utf8 } from '../value/text.js'
import { failure, type ExitCode, type Failure } from './exit.js'
import type { ExportFlags, ToolFormat } from './export-formats.js'
import type { Io } from './io.js'
import { replaceAt } from './out.js'
import { printed } from './print.js'
import { about, checkPaths } from './read.js'

interface ToolFlags extends Pick<ExportFlags, 'out'> {
  readonly to: ToolFormat
}
/** a file to write: the folder inside the one asked for, if there is one, its name and its bytes */
interface Made {
  readonly within?: string
  readonly name: string
  readonly bytes: Uint8Array
}
type Making = TE.TaskEither<Problem<string>, readonly Made[]>

// TensorBoard finds files by this part of the name
const eventsName = 'events.out.tfevents.0.gradfold'
const eventsFile = (log: EventLog, within?: string): E.Either<Problem<string>, Made> =>
  pipe(
    encodeEvents(log),
    E.map(bytes => ({ name: eventsName, bytes, ...(within === undefined ? {} : { within }) }))
  )
const tableFile =
  (to: 'csv' | 'parquet') =>
  (table: ColumnTable): TE.TaskEither<Problem<string>, Made> =>
    pipe(
      to === 'csv' ? TE.fromEither(pipe(encodeCsv(table), E.map(utf8))) : encodeParquet(table),
      TE.map(bytes => ({ name: `${table.name}.${to}`, bytes }))
    )

const needsStudy = settingError(['to'], 'the folder of a study for optuna', 'the record of a run', '--to tensorboard')
const ofRecord = (recorded: Recorded, to: ToolFormat): Making =>
  to === 'optuna'
    ? TE.left(needsStudy)
    : to === 'tensorboard'
      ? pipe(
          keptStates(recorded),
          TE.chainEitherKW(states => runEvents(recorded, { states })),
          TE.chainEitherKW(log => eventsFile(log)),
          TE.map(made => [made])
        )
      : pipe(TE.fromEither(runTables(recorded)), TE.chainW(TE.traverseSeqArray(tableFile(to))))
const ofStudy = (result: SearchResult, { to, out }: ToolFlags): Making =>
  to === 'optuna'
    ? pipe(
        TE.Do,
        TE.bind('place', () => placeOf(out)),
        TE.bindW('text', () => TE.fromEither(optunaJournal(result))),
        TE.map(({ place: [, name], text }) => [{ name, bytes: utf8(text) }])
      )
    : to === 'tensorboard'
      ? pipe(
          trialEvents(result),
          E.chain(logs =>
            E.traverseArray(([within, log]: readonly [string, EventLog]) => eventsFile(log, within))(
              Object.entries(logs)
            )
          ),
          TE.fromEither
        )
      : pipe(
          TE.fromEither(trialTable(result)),
          TE.chainW(tableFile(to)),
          TE.map(made => [made])
        )

/** the folder that the files of a format are for: for the journal, that of the file asked for */
const target = ({ to, out }: ToolFlags): TE.TaskEither<Problem<string>, Folder> =>
  to === 'optuna'
    ? pipe(
        placeOf(out),
        TE.map(([folder]) => folder)
      )
    : TE.right(folderAt(out))
const write =
  (folder: Folder) =>
  ({ within, name, bytes }: Made): TE.TaskEither<Problem<string>, void> => {
    const there = within === undefined ? folder : folder.within(within)
    return pipe(
      there.make,
      TE.chainW(() => replaceAt(there, name, bytes))
    )
  }

export const exportToolCommand = (io: Io, path: string, flags: ToolFlags): Promise<ExitCode> => {
  const { out, to } = flags
  const wrong = checkPaths(to === 'optuna' ? 'file' : 'folder', { out })
  const from = folderAt(path)
  const made: Making = pipe(
    from.names,
    TE.chainW((names): Making =>
      names.includes(studyName)
        ? pipe(
            readStudyIn(from),
            TE.chainW(result => ofStudy(result, flags))
          )
        : pipe(
            recordIn(from),
            TE.chainW(recorded => ofRecord(recorded, to))
          )
    )
  )
  return pipe(
    wrong === undefined ? pipe(made, TE.mapLeft(failure)) : TE.left(failure(wrong)),
    TE.chainFirstW((files): TE.TaskEither<Failure, unknown> =>
      pipe(
        target(flags),
        TE.chain(folder => TE.traverseSeqArray(write(folder))(files)),
        TE.mapLeft(about(out))
      )
    ),
    TE.map(files => (to === 'optuna' ? `journal saved as ${out}` : `${counted(files.length, 'file')} saved in ${out}`)),
    printed(io)
  )()
}
