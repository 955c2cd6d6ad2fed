/** Recorded runs: what a training does is written down while it runs, and one that was broken off goes on from its newest checkpoint. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../../backend/backend.js'
import { exampleCount } from '../../data/dataset.js'
import { score } from '../../train/evaluate.js'
import type { Scores } from '../../train/progress.js'
import type { TrainState } from '../../train/state.js'
import { turns, type Trained, type TrainError, type TrainEvent, type Turn } from '../../train/train.js'
import { backendError, fileError, type DecodeError, type FileError, type SettingError } from '../../value/error.js'
import { leaves } from '../../value/tree.js'
import {
  latestCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
  type CheckpointError,
  type Keep,
  type Skipped
} from '../checkpoints.js'
import { folderAt } from '../folder.js'
import { canonicalRun, completeRun, runId } from '../identity.js'
import type { LoadError } from '../../data/files.js'
import { openRun, type OpenRun } from '../open.js'
import { tables, type RunFile, type Tables } from '../run-file.js'
import { stateDigest } from '../state.js'
import type { End } from './end.js'
import { encodeLink, link, type EpochEntry, type EpochLink } from './epochs.js'
import {
  addEnvironment,
  checkpointsOf,
  clearRecord,
  isRecord,
  openEpochs,
  openSteps,
  readRecord,
  startRecord,
  writeEnd,
  type Growing,
  type Recorded
} from './folder.js'
import { lock } from './lock.js'
import { breathe, environment } from './machine.js'
import { chainAt, encodeRows, layoutOf, rowSize, unchained, type Layout, type Row } from './rows.js'

export interface RecordOptions {
  readonly backend: Backend
  readonly known?: Tables
  readonly observe?: (event: TrainEvent) => void
  /** a checkpoint after every so many steps too, besides those at the end of every epoch */
  readonly every?: number
  /** which checkpoints stay; by default the last two and the best */
  readonly keep?: Keep
  /** asked after every turn: true ends the work there, with a checkpoint to go on from */
  readonly stop?: () => boolean
  /** begins anew what has been recorded before */
  readonly again?: boolean
}
export type RecordError = TrainError | LoadError | FileError | DecodeError | SettingError | CheckpointError

/** what came of recording a run */
export type Outcome = {
  /** the name of the run */
  readonly id: string
  readonly step: number
  readonly epoch: number
  /** checkpoints that did not verify, and so were not gone on from */
  readonly skipped: readonly Skipped[]
  /** the step that it was gone on from; 0 for a run from its start */
  readonly from: number
} & (
  | { readonly tag: 'ended'; readonly end: End; /** whether it had ended before */ readonly before: boolean }
  | { readonly tag: 'stopped' }
)

/** what is recorded already, up to the state that the run goes on from */
interface Start {
  readonly id: string
  readonly text: string
  readonly rows: Uint8Array
  readonly links: readonly EpochLink[]
  readonly state?: TrainState
  readonly skipped: readonly Skipped[]
  readonly end?: End
}

const otherRun = (folder: string, id: string, there: string): FileError =>
  fileError(
    [folder],
    `the record of the run ${id.slice(0, 12)}`,
    `that of ${there.slice(0, 12)}`,
    'give another folder, or --again to put this run in its place'
  )

/** what of a record can be gone on from */
const startOf = (
  folder: string,
  id: string,
  text: string,
  { training, datasets }: OpenRun,
  { known = tables, again = false }: RecordOptions
): TE.TaskEither<RecordError, Start> => {
  /** a state can be gone on from where every step and every epoch before it is written down */
  const epochSteps = Math.ceil(exampleCount(datasets.train) / training.batchSize)
  const fresh: Start = { id, text, rows: new Uint8Array(), links: [], skipped: [] }
  const begin = pipe(
    startRecord(folder, text),
    TE.map((): Start => fresh)
  )
  const goOn = (r: Recorded): TE.TaskEither<RecordError, Start> =>
    pipe(
      latestCheckpoint(folderAt(checkpointsOf(folder)), training, {
        families: known.families,
        run: id,
        upTo: Math.min(r.steps?.count ?? 0, (r.links.length + 1) * epochSteps - 1)
      }),
      TE.map(({ found, skipped }): Start => {
        const state = found?.checkpoint.state
        const step = state?.progress.step ?? 0
        return {
          ...fresh,
          skipped,
          rows: r.steps === undefined ? fresh.rows : r.steps.rows.subarray(0, step * rowSize(r.steps.layout)),
          links: r.links.filter(l => l.step <= step),
          ...(state === undefined ? {} : { state }),
          ...(r.end === undefined ? {} : { end: r.end })
        }
      })
    )
  return pipe(
    isRecord(folder),
    TE.chainW((is): TE.TaskEither<RecordError, Start> =>
      !is
        ? begin
        : again
          ? pipe(
              clearRecord(folder),
              TE.chainW(() => begin)
            )
          : pipe(
              readRecord(folder, known),
              TE.chainW(r => (r.id === id ? goOn(r) : TE.left(otherRun(folder, id, r.id))))
            )
    )
  )
}

/** the growing files of a record, and what the next entries follow from */
interface Writer {
  readonly rows: (rows: readonly Row[], tensors: readonly string[]) => TE.TaskEither<FileError, void>
  readonly epoch: (entry: EpochEntry) => TE.TaskEither<FileError, void>
  /** once done, what has been written so far survives a loss of power */
  readonly sync: TE.TaskEither<FileError, void>
  /** of the last epoch */
  readonly chain: () => string
  readonly close: () => Promise<void>
}
const writer = (folder: string, start: Start, precision: Layout['precision']): Writer => {
  let steps: { readonly layout: Layout; readonly file: Growing } | undefined
  let epochs: Growing | undefined
  let chain = unchained
  let last = start.links.at(-1)?.chain ?? start.id
  const openedSteps = (first: Row, tensors: readonly string[]): TE.TaskEither<FileError, NonNullable<typeof steps>> => {
    if (steps !== undefined) return TE.right(steps)
    const layout = layoutOf(first.sums, tensors, precision)
    const kept = start.rows.length / rowSize(layout)
    if (kept > 0) chain = chainAt(layout, start.rows, kept - 1)
    return pipe(
      openSteps(folder, layout, start.rows),
      TE.map(file => (steps = { layout, file }))
    )
  }
  const openedEpochs = (): TE.TaskEither<FileError, Growing> =>
    epochs !== undefined
      ? TE.right(epochs)
      : pipe(
          openEpochs(folder, start.links),
          TE.map(file => (epochs = file))
        )
  return {
    rows: (rows, tensors) =>
      rows[0] === undefined
        ? TE.right(undefined)
        : pipe(
            openedSteps(rows[0], tensors),
            TE.chain(({ layout, file }) => {
              const encoded = encodeRows(layout, rows, chain)
              chain = encoded.chain
              return file.append(encoded.bytes)
            })
          ),
    epoch: entry =>
      pipe(
        openedEpochs(),
        TE.chain(file => {
          const next = link(entry, last)
          last = next.chain
          return file.append(new TextEncoder().encode(encodeLink(next)))
        })
      ),
    sync: () =>
      pipe(
        steps?.file.sync() ?? TE.right(undefined),
        TE.chain(() => epochs?.sync() ?? TE.right(undefined))
      )(),
    chain: () => last,
    close: async () => {
      await steps?.file.close()
      await epochs?.close()
    }
  }
}

const rowsOf = (events: readonly TrainEvent[]): readonly Row[] =>
  events.flatMap(e => (e.tag === 'step' ? [{ ...e, fingerprints: e.fingerprints ?? [] }] : []))

/** the place of a state in its run, as it is written down at the end */
const placeOf = (id: string, chain: string, s: TrainState) => ({
  id,
  step: s.progress.step,
  epoch: s.progress.epoch,
  state: stateDigest(s),
  chain
})

/** what is written when the run is over; a run that fails for want of anything but finite numbers has not ended */
const endOf = (
  { training, datasets: { train, test } }: OpenRun,
  { backend, known = tables }: RecordOptions,
  place: (s: TrainState) => ReturnType<typeof placeOf>,
  result: E.Either<TrainError, Trained>
): E.Either<TrainError, { readonly end: End; readonly state: TrainState }> => {
  if (E.isLeft(result)) {
    const e = result.left
    if (e._tag !== 'Diverged') return E.left(e)
    const { path, expected, got, hint, state } = e
    return E.right({ end: { tag: 'failed', ...place(state), problem: { path, expected, got, hint } }, state })
  }
  const { state, reason } = result.right
  const scores = (data: typeof train) => score(training, state, data, { backend, families: known.families })
  return pipe(
    E.Do,
    E.bind('train', () => scores(train)),
    E.bind('test', () => (test === undefined ? E.right(undefined) : scores(test))),
    E.map(s => ({
      end: {
        tag: 'finished' as const,
        ...place(state),
        reason,
        train: s.train,
        ...(s.test === undefined ? {} : { test: s.test })
      },
      state
    }))
  )
}

/** the work itself, in a folder that is locked */
const work = async (
  folder: string,
  opened: OpenRun,
  start: Start,
  o: RecordOptions
): Promise<E.Either<RecordError, Outcome>> => {
  const { training, datasets } = opened
  const { id, state: from, skipped } = start
  const began = { id, skipped, from: from?.progress.step ?? 0 }
  const checkpoints = folderAt(checkpointsOf(folder))
  const pulled = turns(training, {
    backend: o.backend,
    fingerprints: true,
    ...(o.known === undefined ? {} : { families: o.known.families }),
    ...(from === undefined ? {} : { from }),
    ...(datasets.validation === undefined ? {} : { validation: datasets.validation }),
    ...(o.every === undefined ? {} : { pauseAt: step => step % (o.every as number) === 0 })
  })(datasets.train)
  if (E.isLeft(pulled)) return pulled
  const files = writer(folder, start, training.precision)
  const save = (state: TrainState, scores?: Scores): TE.TaskEither<RecordError, unknown> =>
    pipe(
      files.sync,
      TE.chainW(() => saveCheckpoint(checkpoints)({ state, run: id, ...(scores === undefined ? {} : { scores }) })),
      TE.chainFirstW(() => pruneCheckpoints(checkpoints, o.keep ?? { last: 2, best: true }))
    )
  /** what a turn brought, written down */
  const written = (turn: Turn): TE.TaskEither<RecordError, unknown> => {
    const epoch = turn.events.find(e => e.tag === 'epoch')
    const last = turn.events.at(-1)
    const due = o.every !== undefined && last?.tag === 'step' && last.step % o.every === 0
    const state = epoch !== undefined || due ? turn.state() : undefined
    const rows = files.rows(
      rowsOf(turn.events),
      leaves(state?.params ?? from?.params ?? turn.state().params).map(([path]) => path)
    )
    if (state === undefined) return rows
    return pipe(
      rows,
      TE.chain(() =>
        epoch === undefined ? TE.right(undefined) : files.epoch({ ...epoch, state: stateDigest(state) })
      ),
      TE.chainW(() => save(state, epoch?.validation ?? epoch))
    )
  }
  const all = async (): Promise<E.Either<RecordError, Outcome>> => {
    for (;;) {
      const next = pulled.right.next()
      if (next.done === true) {
        const ended = endOf(opened, o, s => placeOf(id, files.chain(), s), next.value)
        if (E.isLeft(ended)) return ended
        const { end, state } = ended.right
        const done = await pipe(
          save(state),
          TE.chainW(() => writeEnd(folder, end))
        )()
        return E.isLeft(done)
          ? done
          : E.right({ ...began, tag: 'ended', end, before: false, step: end.step, epoch: end.epoch })
      }
      const turn = next.value
      const wrote = await written(turn)()
      if (E.isLeft(wrote)) return wrote
      for (const e of turn.events) o.observe?.(e)
      await breathe()
      if (o.stop?.() !== true) continue
      const state = turn.state()
      const saved = await save(state)()
      return E.isLeft(saved)
        ? saved
        : E.right({ ...began, tag: 'stopped', step: state.progress.step, epoch: state.progress.epoch })
    }
  }
  return all().finally(() => {
    // gives back the engine's memory and threads, wherever the work was left
    pulled.right.return(E.left(backendError([folder], 'a run that goes on', 'its end')))
    return files.close()
  })
}

/**
 * Trains a run and records it in a folder: every step's loss, sums and fingerprints, every epoch with the digest of its state, and
 * checkpoints. Where the folder holds the record of this run already, broken off, it goes on from the newest checkpoint that verifies;
 * one that has ended is not repeated. A folder takes one such work at a time.
 *
 * @example pipe(TE.fromEither(parseRunFile(text)), TE.chainW(run => recordRun('runs/mnist', run, { backend: wasm })))
 * @returns Left for a folder that is in use, holds another run or cannot be written, and whatever keeps a training from beginning
 */
export const recordRun = (folder: string, run: RunFile, o: RecordOptions): TE.TaskEither<RecordError, Outcome> =>
  pipe(
    openRun(run, o.known),
    TE.bindTo('opened'),
    TE.bindW('complete', ({ opened }) => TE.fromEither(completeRun(run, opened.source, o.known))),
    TE.chainW(({ opened, complete }) =>
      TE.bracketW(
        lock(folder),
        () =>
          pipe(
            startOf(folder, runId(complete, o.known), canonicalRun(complete, o.known), opened, o),
            TE.chainW(start =>
              start.end !== undefined && start.end.step === start.state?.progress.step
                ? TE.right<RecordError, Outcome>({
                    tag: 'ended',
                    before: true,
                    end: start.end,
                    id: start.id,
                    step: start.end.step,
                    epoch: start.end.epoch,
                    from: start.end.step,
                    skipped: start.skipped
                  })
                : pipe(
                    addEnvironment(folder, environment(o.backend)),
                    TE.chainW(() => () => work(folder, opened, start, o))
                  )
            )
          ),
        release => TE.fromTask(release)
      )
    )
  )

/** Goes on with the run that a folder holds the record of; see `recordRun`. */
export const resumeRun = (folder: string, o: RecordOptions): TE.TaskEither<RecordError, Outcome> =>
  pipe(
    readRecord(folder, o.known),
    TE.chainW(({ run }) => recordRun(folder, run, o))
  )
