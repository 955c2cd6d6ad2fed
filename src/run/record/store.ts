/**
 * A store of records: a folder with one folder for each run, named after it. Recorded work is not repeated: a whole
 * run, the start of a run, or the start of another run that differs in its stop rule alone.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TrainState } from '../../train/state.js'
import { latestCheckpoint, saveCheckpoint } from '../checkpoints.js'
import { digest } from '../digest.js'
import { folderAt, type Folder } from '../folder.js'
import { canonicalRun } from '../identity.js'
import { optionsOf } from '../../value/argument.js'
import { calledWith, pathArgument, runArgument, runnerArgument, watchArgument } from '../arguments.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import type { RunFile } from '../run-file.js'
import { changes } from './changes.js'
import { relinked } from './epochs.js'
import {
  checkpointsOf,
  closing,
  isRecord,
  openEpochs,
  openSteps,
  recordIn,
  runIn,
  startRecord,
  type Recorded
} from './folder.js'
import type { RunOutcome, RecordError, RecordOptions } from './options.js'
import { nameRun, recordNamed, type NamedRun } from './recorder.js'
import { progressOf, sharedSteps } from './reuse.js'
import { decodeRows, rowSize } from './rows.js'

/** whether a name is that of a run's folder */
const isName = (name: string): boolean => digest.is(name)

/** a state of another run that is also a state of this run */
interface Shared {
  readonly recorded: Recorded
  readonly state: TrainState
}

/** the newest state that a recorded run shares with another one whose stop rule alone differs */
const sharedOf = (
  folder: Folder,
  { complete, opened }: NamedRun,
  registry: RunRegistry
): TE.TaskEither<RecordError, Shared | undefined> =>
  pipe(
    recordIn(folder, registry),
    TE.chainW(recorded => {
      const { run, id, links, steps } = recorded
      const rows = steps === undefined ? [] : decodeRows(steps.layout, steps.rows)
      const upTo = sharedSteps(run.stop, complete.stop, progressOf(rows, links), registry.stopRules)
      return pipe(
        // the two trainings have the same tensors and the same settings
        latestCheckpoint(checkpointsOf(folder), opened.training, {
          run: id,
          upTo,
          registry
        }),
        TE.map(({ found }) => {
          const state = found?.checkpoint.state
          return state === undefined || state.progress.step === 0 ? undefined : { recorded, state }
        })
      )
    })
  )

/** the record in a store that shares the most steps with this run */
const furthest = (
  store: Folder,
  named: NamedRun,
  registry: RunRegistry
): TE.TaskEither<RecordError, Shared | undefined> => {
  const candidate = (name: string): T.Task<Shared | undefined> =>
    pipe(
      runIn(store.within(name), registry),
      TE.chainW(({ run, id }) =>
        id === name && changes(run, named.complete, registry).every(({ path }) => path[0] === 'stop')
          ? sharedOf(store.within(name), named, registry)
          : TE.right(undefined)
      ),
      // a folder without a record, or with a damaged one, is skipped
      TE.getOrElse((): T.Task<Shared | undefined> => T.of(undefined))
    )
  return pipe(
    store.names,
    TE.map(names => names.filter(isName)),
    TE.chainTaskK(T.traverseSeqArray(candidate)),
    TE.map(all =>
      all.reduce(
        (a, b) => (b !== undefined && b.state.progress.step > (a?.state.progress.step ?? 0) ? b : a),
        undefined
      )
    )
  )
}

/** makes a record with the steps of another one, up to a state that both share */
const takeOver = (
  folder: Folder,
  { complete, id }: NamedRun,
  { recorded, state }: Shared,
  registry: RunRegistry
): TE.TaskEither<RecordError, unknown> => {
  const { steps, links } = recorded
  const { step } = state.progress
  if (steps === undefined) return TE.right(undefined)
  const rows = steps.rows.subarray(0, step * rowSize(steps.layout))
  const kept = relinked(
    links.filter(l => l.step <= step),
    id
  )
  return pipe(
    openSteps(folder, steps.layout, rows),
    TE.chainW(file => pipe(file.sync, closing(file))),
    TE.chainW(() => openEpochs(folder, kept)),
    TE.chainW(file => pipe(file.sync, closing(file))),
    TE.chainW(() => saveCheckpoint(checkpointsOf(folder))({ state, run: id })),
    // last: this makes the folder a record
    TE.chainW(() => startRecord(folder, canonicalRun(complete, registry)))
  )
}

/**
 * Trains a run with its record in a store; see `recordRun`. An ended run is not repeated, and an interrupted one
 * resumes. If records of the store share the start of this run under another stop rule, the run continues from there:
 * 50 epochs after 20 cost 30.
 *
 * @example pipe(TE.fromEither(parseRunFile(text)), TE.chainW(run => storeRun('runs', run, { backend: wasm })))
 */
export const storeRun = (store: string, run: RunFile, o: RecordOptions): TE.TaskEither<RecordError, RunOutcome> => {
  const registry = optionsOf(o).registry ?? builtInRun
  return pipe(
    calledWith([pathArgument('store', store), runArgument(run), runnerArgument(o), watchArgument(o)], () =>
      nameRun(run, registry)
    ),
    TE.chain(named => {
      const all = folderAt(store)
      const folder = all.within(named.id)
      const prepare = pipe(
        isRecord(folder),
        TE.chainW(is => (is || o.again === true ? TE.right(undefined) : furthest(all, named, registry))),
        TE.chainFirst(shared =>
          shared === undefined ? TE.right(undefined) : takeOver(folder, named, shared, registry)
        ),
        TE.map(shared => shared?.recorded.id)
      )
      return recordNamed(folder, named, o, prepare)
    })
  )
}
