/** Watches a training while it is recorded: looks at the state between two turns, and changes nothing of it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TrainingChunk } from '../../train/events.js'
import { startState } from '../../train/start.js'
import type { TrainState } from '../../train/state.js'
import { nextStep } from '../../train/watch.js'
import { watchedOf } from '../../train/watched.js'
import { showError, type FileError } from '../../value/error.js'
import { utf8 } from '../../value/text.js'
import { isMissing, type Folder } from '../folder.js'
import type { OpenRun } from '../open.js'
import { builtInRun } from '../registry.js'
import { writeAll } from '../replace.js'
import type { RecordOptions } from './options.js'
import { encodeWatched, watchedName, type WatchedRow } from './watched.js'

export interface Watcher {
  /** records what the first step sees */
  readonly first: TE.TaskEither<FileError, unknown>
  /** records what the step after a turn sees, where that is due */
  readonly turn: (turn: TrainingChunk) => TE.TaskEither<FileError, unknown>
}
const nothing: Watcher = { first: TE.right(undefined), turn: () => TE.right(undefined) }

/** nothing, or the end of a line that was not written to its end: the next row would be part of it */
const lineEnd = (folder: Folder, size: number): TE.TaskEither<FileError, string> =>
  size === 0
    ? TE.right('')
    : pipe(
        folder.read(watchedName, size - 1, 1),
        TE.map(([last]) => (last === newLine ? '' : '\n'))
      )
const newLine = 0x0a

const append = (folder: Folder, r: WatchedRow): TE.TaskEither<FileError, unknown> =>
  pipe(
    folder.size(watchedName),
    TE.orElse(e => (isMissing(e) ? TE.right(0) : TE.left(e))),
    TE.bindTo('size'),
    TE.bind('end', ({ size }) => lineEnd(folder, size)),
    TE.bind('file', ({ size }) => folder.extend(watchedName, size)),
    TE.chain(
      ({ file, end }) =>
        () =>
          writeAll(file, utf8(`${end}${encodeWatched(r)}`), [folder.path, watchedName])().then(wrote =>
            file.close().then(closed => (E.isLeft(wrote) ? wrote : closed))
          )
    )
  )

/** A training that cannot be watched is trained nevertheless, and its rows say why. */
export const watcherOf = (folder: Folder, opened: OpenRun, o: RecordOptions): Watcher => {
  const { watch, backend, registry = builtInRun } = o
  if (watch === undefined) return nothing
  const { training, datasets } = opened
  const look = (state: TrainState): TE.TaskEither<FileError, unknown> =>
    append(
      folder,
      pipe(
        nextStep(training, state, datasets.train, { backend, registry }),
        E.match(
          (e): WatchedRow => ({ step: state.progress.step, absent: showError(e) }),
          (seen): WatchedRow => watchedOf(seen)
        )
      )
    )
  return {
    first: pipe(
      startState(training, { registry }),
      E.match(() => TE.right(undefined), look)
    ),
    turn: turn => {
      const last = turn.events.reduce((n, e) => (e.tag === 'step' ? e.step : n), 0)
      return last > 0 && last % watch === 0 ? look(turn.state()) : TE.right(undefined)
    }
  }
}
