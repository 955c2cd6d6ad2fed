/** `gradfold report`: a page of a recorded run or study, or of several runs. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../backend/backend.js'
import { compareHtml } from '../report/compare.js'
import { comparisonOf, reportOf } from '../report/open-record.js'
import { runHtml } from '../report/run-report.js'
import { folderAt, placeOf } from '../run/folder.js'
import { replaceAt } from './out.js'
import { holdsStudy } from '../search/folder.js'
import { studyHtml } from '../search/page.js'
import { readStudyAt } from '../search/recorded.js'
import { builtIn } from '../search/registry.js'
import { settingError } from '../value/error.js'
import { utf8 } from '../value/text.js'
import { backendOf, type ComputeFlags } from './backend.js'
import { failure, type ExitCode, type Failure } from './exit.js'
import type { Io } from './io.js'
import { printed } from './print.js'
import { checkPaths } from './read.js'
import { fromRecords } from './record.js'

export interface ReportFlags extends ComputeFlags {
  readonly out?: string
  /** false with --no-data */
  readonly data?: boolean
}

const write = (path: string, text: string): TE.TaskEither<Failure, void> =>
  pipe(
    placeOf(path),
    TE.chainW(([folder, name]) =>
      pipe(
        folder.make,
        TE.chainW(() => replaceAt(folder, name, utf8(text)))
      )
    ),
    TE.mapLeft((problem): Failure => ({ problem, begun: {} }))
  )

const isStudy = (path: string): TE.TaskEither<Failure, boolean> =>
  pipe(
    holdsStudy(folderAt(path)),
    TE.orElse(() => TE.right(false))
  )

const ofStudy = (path: string): TE.TaskEither<Failure, string> =>
  pipe(
    readStudyAt(path),
    TE.bimap(failure, found => studyHtml(found, `Study ${path}`, builtIn, found.complete))
  )
const ofRun = (io: Io, folder: string, flags: ReportFlags): TE.TaskEither<Failure, string> =>
  pipe(
    flags.data === false ? TE.right<Failure, Backend | undefined>(undefined) : backendOf(io, flags),
    TE.chain(backend =>
      pipe(reportOf(folder, backend === undefined ? {} : { backend }), TE.map(runHtml), fromRecords(folder))
    )
  )
const ofRuns = (folders: readonly string[]): TE.TaskEither<Failure, string> =>
  pipe(comparisonOf(folders), TE.map(compareHtml), fromRecords(...folders))

const html = (io: Io, folders: readonly string[], flags: ReportFlags): TE.TaskEither<Failure, string> => {
  const [folder = ''] = folders
  return folders.length > 1
    ? ofRuns(folders)
    : pipe(
        isStudy(folder),
        TE.chain(study => (study ? ofStudy(folder) : ofRun(io, folder, flags)))
      )
}

export const reportCommand = (io: Io, folders: readonly string[], flags: ReportFlags): Promise<ExitCode> => {
  const wrong =
    folders.find(f => f === '') === undefined
      ? checkPaths('file', { out: flags.out })
      : settingError(['folder'], 'the path of a folder', '""')
  // of several runs in the folder where the command runs
  const out = flags.out ?? (folders.length > 1 ? 'comparison.html' : `${folders[0] ?? '.'}/report.html`)
  return pipe(
    wrong === undefined ? html(io, folders, flags) : TE.left(failure(wrong)),
    TE.chainFirst(text => write(out, text)),
    TE.map(text => `report saved as ${out} (${Math.ceil(text.length / 1000)} kB)`),
    printed(io)
  )()
}
