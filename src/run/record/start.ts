/**
 * Where a record can be resumed from: the newest state that verifies, if every step and epoch before it is recorded.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { exampleCount } from '../../data/dataset.js'
import { sameData } from '../../value/equal.js'
import type { TrainState } from '../../train/state.js'
import { decodeError, fileError, type FileError } from '../../value/error.js'
import { fingerprintOf } from '../../value/fingerprint.js'
import type { Tensor } from '../../value/tensor.js'
import { treeLeaves } from '../../value/tree.js'
import { latestCheckpoint, type CheckpointError, type Latest, type Skipped } from '../checkpoints.js'
import type { Folder } from '../folder.js'
import type { OpenRun } from '../open.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import type { End } from './end.js'
import {
  checkpointsOf,
  clearRecord,
  foreignFile,
  isRecord,
  recordIn,
  startRecord,
  stepsName,
  type Recorded
} from './folder.js'
import type { RecordError, RecordOptions } from './options.js'
import { decodeRow, rowSize } from './rows.js'
import type { Kept } from './writer.js'

/** the recorded part up to the state that the run resumes from */
export interface Start extends Kept {
  readonly state?: TrainState
  readonly skipped: readonly Skipped[]
  readonly end?: End
}

const otherRun = ({ path }: Folder, id: string, there: string): FileError =>
  fileError(
    [path],
    `the record of the run ${id.slice(0, 12)}`,
    `that of ${there.slice(0, 12)}`,
    'give another folder, or --again to put this run in its place'
  )

/** whether the parameters of a state have the fingerprints recorded for its step */
const agrees = (steps: Recorded['steps'], { params, progress }: TrainState): boolean =>
  progress.step === 0 ||
  (steps !== undefined &&
    sameData(
      decodeRow(steps.layout, steps.rows, progress.step - 1).fingerprints,
      treeLeaves<Tensor>(params).flatMap(([, t]) => fingerprintOf(t))
    ))

/** a record of a run, in a folder that is locked */
interface Opened {
  readonly folder: Folder
  readonly id: string
  readonly run: OpenRun
  readonly registry: RunRegistry
}

/**
 * The newest intact checkpoint that agrees with the recorded steps, up to step `upTo`. Checkpoints after step `max` are
 * newer than the recorded steps, and are skipped silently. The newest checkpoint is looked at first in any case, because
 * one of another run is an error.
 */
const newestState = (
  o: Opened,
  steps: Recorded['steps'],
  max: number,
  before: readonly Skipped[],
  upTo = Infinity
): TE.TaskEither<CheckpointError, Latest> =>
  pipe(
    latestCheckpoint(checkpointsOf(o.folder), o.run.training, { registry: o.registry, run: o.id, upTo }),
    TE.chain(({ found, skipped }) => {
      const all = [...before, ...skipped]
      if (found === undefined) return TE.right({ skipped: all })
      const { name, step, checkpoint } = found
      if (step > max) return newestState(o, steps, max, all, step - 1)
      if (agrees(steps, checkpoint.state)) return TE.right({ found, skipped: all })
      const error = decodeError([name], 'the state that the steps were recorded for', 'another')
      return newestState(o, steps, max, [...all, { name, step, error }], step - 1)
    })
  )

const noRows = new Uint8Array()

const resumed = (o: Opened, r: Recorded): TE.TaskEither<RecordError, Start> => {
  const { training, datasets } = o.run
  const epochSteps = Math.ceil(exampleCount(datasets.train) / training.batchSize)
  const count = r.steps?.count ?? 0
  // every step and every epoch before the state must be recorded
  const max = Math.min(count, (r.links.length + 1) * epochSteps - 1)
  const damaged = r.damage === undefined ? [] : [{ name: stepsName, step: count, error: r.damage }]
  return pipe(
    newestState(o, r.steps, max, damaged),
    TE.map(({ found, skipped }): Start => {
      const state = found?.checkpoint.state
      const step = state?.progress.step ?? 0
      return {
        id: o.id,
        skipped,
        rows: r.steps === undefined ? noRows : r.steps.rows.subarray(0, step * rowSize(r.steps.layout)),
        links: r.links.filter(l => l.step <= step),
        ...(state === undefined ? {} : { state }),
        ...(r.end === undefined ? {} : { end: r.end })
      }
    })
  )
}

/** fails for a folder with files of another origin that a record would overwrite */
const checkForeign = (folder: Folder, registry: RunRegistry): TE.TaskEither<RecordError, unknown> =>
  pipe(
    foreignFile(folder, registry),
    TE.filterOrElseW(
      name => name === undefined,
      name =>
        fileError(
          [folder.path],
          'the folder of a record, or a new one',
          `one with a ${name} of its own`,
          'give another folder'
        )
    )
  )

/** where to resume a run in a folder, or a new record if there is none */
export const startOf = (
  folder: Folder,
  id: string,
  text: string,
  run: OpenRun,
  { registry = builtInRun, again = false }: RecordOptions
): TE.TaskEither<RecordError, Start> => {
  const begin = pipe(
    startRecord(folder, text),
    TE.map((): Start => ({ id, rows: noRows, links: [], skipped: [] }))
  )
  const replace = pipe(
    clearRecord(folder),
    TE.chainW(() => begin)
  )
  const resume = pipe(
    recordIn(folder, registry),
    TE.chainW(r => (r.id === id ? resumed({ folder, id, run, registry }, r) : TE.left(otherRun(folder, id, r.id))))
  )
  return pipe(
    checkForeign(folder, registry),
    TE.chainW(() => isRecord(folder)),
    TE.chainW((is): TE.TaskEither<RecordError, Start> => (!is ? begin : again ? replace : resume))
  )
}
