/** `gradfold collect folder`: what a study in a folder still needs, or what it came to. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { showRunFile } from '../run/run-file.js'
import { openSharedStudyAt, studyName, type StudyFolder } from '../search/folder.js'
import { studyHtml } from '../search/page.js'
import { arrayText, progressOf, resultOf, type SearchResult } from '../search/result.js'
import { studyOf } from '../search/study-file.js'
import { foundJson, roundJson } from './events.js'
import { exitCodeOf, exitCodes, failure, oneLine, type ExitCode, type Failure } from './exit.js'
import type { Io } from './io.js'
import { about, checkPaths, readStudy } from './read.js'
import { foundText } from './found.js'
import { tellFailure } from './reporter.js'

export interface CollectFlags {
  readonly study?: string
  readonly array?: boolean
  readonly json?: boolean
}

/** what `search --record` leaves beside the trials, with the same bytes */
const keptResult = (kept: StudyFolder, found: SearchResult): TE.TaskEither<Failure, unknown> =>
  pipe(
    found.best === undefined ? TE.right(undefined) : kept.put('best.json', showRunFile(found.best.run)),
    TE.chain(() => kept.put('report.html', studyHtml(found, studyName))),
    TE.mapLeft((e): Failure => ({ ...failure(e), begun: {} }))
  )

export const collectCommand = (io: Io, folder: string, flags: CollectFlags): Promise<ExitCode> => {
  const { study: path, array = false, json = false } = flags
  const wrong = checkPaths('folder', { folder }) ?? checkPaths('file', { study: path })
  const ended = (found: SearchResult): ExitCode => {
    if (json) io.out.write(foundJson(found))
    else if (!array) io.out.write(foundText(found))
    return found.best === undefined ? exitCodes.failed : exitCodes.ok
  }
  return pipe(
    wrong === undefined ? TE.right<Failure, string | undefined>(path) : TE.left(failure(wrong)),
    TE.chain(given => (given === undefined ? TE.right(undefined) : readStudy(given, io.stdin))),
    TE.chain(file => pipe(openSharedStudyAt(folder, file), TE.mapLeft(about(path ?? folder)))),
    TE.bindTo('opened'),
    TE.let('study', ({ opened }) => studyOf(opened.study)),
    TE.bind('progress', ({ opened, study }) => pipe(progressOf(study, opened.kept.recall), TE.mapLeft(about(folder)))),
    TE.chain(({ opened, study, progress: { trials, rounds, open, missing } }) => {
      if (missing.length === 0) {
        const found = resultOf(study, trials, rounds)
        return pipe(
          keptResult(opened.kept, found),
          TE.map(() => ended(found))
        )
      }
      const indexes = arrayText(missing.map(j => j.index))
      const round = open[0]?.round ?? 0
      if (json) io.out.write(roundJson(round, indexes))
      else io.out.write(array ? `${indexes}\n` : `${oneLine(`round ${round + 1}: run trials ${indexes}`)}\n`)
      return TE.right<Failure, ExitCode>(exitCodes.ok)
    }),
    TE.match(
      (f): ExitCode => {
        tellFailure(io, json, f)
        return exitCodeOf(f)
      },
      code => code
    )
  )()
}
