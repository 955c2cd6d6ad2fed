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
import { builtInRun } from '../registry.js'
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

/** what of a record can be gone on from */
export const startOf = (
  folder: Folder,
  id: string,
  text: string,
  { training, datasets }: OpenRun,
  { registry = builtInRun, again = false }: RecordOptions
): TE.TaskEither<RecordError, Start> => {
  /** a state can be gone on from where every step and every epoch before it is written down */
  const epochSteps = Math.ceil(exampleCount(datasets.train) / training.batchSize)
  const fresh: Start = { id, rows: new Uint8Array(), links: [], skipped: [] }
  const begin = pipe(
    startRecord(folder, text),
    TE.map((): Start => fresh)
  )
  /**
   * A whole checkpoint may still hold another state than the steps tell of, or be newer than they are. The newest is looked at first: one
   * of another run is an error, whatever the steps tell of.
   */
  const told = (
    r: Recorded,
    most: number,
    upTo: number,
    before: readonly Skipped[]
  ): TE.TaskEither<CheckpointError, Latest> =>
    pipe(
      latestCheckpoint(checkpointsOf(folder), training, { registry, run: id, upTo }),
      TE.chain(({ found, skipped }) => {
        const all = [...before, ...skipped]
        if (found === undefined) return TE.right({ skipped: all })
        const { name, step, checkpoint } = found
        if (step > most) return told(r, most, step - 1, all)
        return agrees(r.steps, checkpoint.state)
          ? TE.right({ found, skipped: all })
          : told(r, most, step - 1, [
              ...all,
              { name, step, error: decodeError([name], 'the state that the steps tell of', 'another') }
            ])
      })
    )
  const goOn = (r: Recorded): TE.TaskEither<RecordError, Start> =>
    pipe(
      told(
        r,
        Math.min(r.steps?.count ?? 0, (r.links.length + 1) * epochSteps - 1),
        Infinity,
        r.damage === undefined ? [] : [{ name: stepsName, step: r.steps?.count ?? 0, error: r.damage }]
      ),
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
    ),
    TE.chainW(() => isRecord(folder)),
    TE.chainW((is): TE.TaskEither<RecordError, Start> =>
      !is
        ? begin
        : again
          ? pipe(
              clearRecord(folder),
              TE.chainW(() => begin)
            )
          : pipe(
              recordIn(folder, registry),
              TE.chainW(r => (r.id === id ? goOn(r) : TE.left(otherRun(folder, id, r.id))))
            )
    )
  )
}
