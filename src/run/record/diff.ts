/** How two records differ: the differences of their run files, and the first step where they diverge. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sameData } from '../../value/equal.js'
import { tensorsOf, type TrainState } from '../../train/state.js'
import type { DecodeError, FileError } from '../../value/error.js'
import { fingerprintOf, type Fingerprint } from '../../value/fingerprint.js'
import type { Tensor } from '../../value/tensor.js'
import { treeLeaves } from '../../value/tree.js'
import { latestCheckpoint, listCheckpoints, type CheckpointError } from '../checkpoints.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import { trainingOf } from '../run-file.js'
import { firstDifferent } from './bisect.js'
import { changes, type Change } from './changes.js'
import { checkpointsOf, readRecord, type Recorded, type RecordedSteps } from './folder.js'
import { chainAt, decodeRow } from './rows.js'
import { firstDifference, singleDifference, type NumberDifference, type TensorDifference } from './values.js'

export interface RunDivergence {
  readonly step: number
  /** the paths of the tensors that differ after it, or the names of the numbers */
  readonly at: readonly string[]
  /**
   * a number of the first such tensor that differs; found if both records, or one and the fingerprint of the other,
   * have the values
   */
  readonly number?: NumberDifference
  /** if both records have a checkpoint of the step: how that tensor differs as a whole */
  readonly tensor?: TensorDifference
}
export interface Difference {
  /** differences of the run files; `a` and `b` are the two records */
  readonly changes: readonly Change[]
  /** numbers of recorded steps */
  readonly steps: { readonly a: number; readonly b: number }
  /** absent if all steps that both have are equal to the bit */
  readonly first?: RunDivergence
  /** damage in the rows of either record */
  readonly damaged: readonly DecodeError[]
}
type DiffError = FileError | DecodeError | CheckpointError

/** what differs between the rows of a step that both records have */
const partingAt = (a: RecordedSteps, b: RecordedSteps, i: number): RunDivergence => {
  const [p, q] = [decodeRow(a.layout, a.rows, i), decodeRow(b.layout, b.rows, i)]
  const tensors = a.layout.tensors.filter((_, t) =>
    [2 * t, 2 * t + 1].some(w => p.fingerprints[w] !== q.fingerprints[w])
  )
  const numbers = [
    ...(['loss', 'weight', 'examples'] as const).filter(k => !Object.is(p[k], q[k])),
    ...Object.keys(p.sums)
      .filter(k => !sameData(p.sums[k], q.sums[k]))
      .map(k => `metric/${k}`)
  ]
  return { step: i + 1, at: [...tensors.map(t => `params/${t}`), ...numbers] }
}

/** the first step where the rows of two records diverge: their chains are equal before it, and differ from it on */
const rowParting = (a: RecordedSteps, b: RecordedSteps): RunDivergence | undefined => {
  if (!sameData(a.layout, b.layout)) return { step: 1, at: ['what is recorded'] }
  const count = Math.min(a.count, b.count)
  const first = firstDifferent(count, i => sameData(chainAt(a.layout, a.rows, i), chainAt(b.layout, b.rows, i)))
  return first === count ? undefined : partingAt(a, b, first)
}

/** the state of a record's checkpoint after a step */
const savedAt = (
  r: Recorded,
  step: number,
  registry: RunRegistry
): TE.TaskEither<CheckpointError, TrainState | undefined> =>
  pipe(
    latestCheckpoint(checkpointsOf(r.folder), trainingOf(r.run), {
      run: r.id,
      upTo: step,
      registry
    }),
    TE.map(({ found }) => (found?.step === step ? found.checkpoint.state : undefined))
  )

/** the first epoch after which the states differ: statistics and slots may differ although the parameters don't yet */
const epochParting = (x: Recorded, y: Recorded): RunDivergence | undefined => {
  const other = x.links.find((l, i) => y.links[i] !== undefined && y.links[i].state !== l.state)
  return other === undefined ? undefined : { step: other.step, at: [`state after epoch ${other.epoch}`] }
}

/** the first step for which both have a checkpoint and the states differ, even if all other recorded data are equal */
const savedParting = (x: Recorded, y: Recorded): TE.TaskEither<FileError, RunDivergence | undefined> => {
  const digests = (r: Recorded): TE.TaskEither<FileError, ReadonlyMap<number, string>> =>
    pipe(
      listCheckpoints(checkpointsOf(r.folder)),
      // checkpoints are listed from the newest on; damaged ones can't be compared
      TE.map(
        all => new Map([...all].reverse().flatMap(c => (E.isRight(c.head) ? [[c.step, c.head.right.digest]] : [])))
      )
    )
  return pipe(
    TE.Do,
    TE.bind('a', () => digests(x)),
    TE.bind('b', () => digests(y)),
    TE.map(({ a, b }) => {
      const other = [...a].find(([step, d]) => b.has(step) && b.get(step) !== d)
      return other === undefined ? undefined : { step: other[0], at: [`state after step ${other[0]}`] }
    })
  )
}

/** the recorded fingerprint of a tensor after a step */
const recordedOf = ({ steps }: Recorded, step: number, tensor: number): Fingerprint => {
  const words = steps === undefined ? [] : decodeRow(steps.layout, steps.rows, step - 1).fingerprints
  return [words[2 * tensor] as number, words[2 * tensor + 1] as number]
}

/** adds the differing values, if checkpoints of the step have them */
const withValues =
  (x: Recorded, y: Recorded, registry: RunRegistry) =>
  (first: RunDivergence): TE.TaskEither<CheckpointError, RunDivergence> =>
    pipe(
      TE.Do,
      TE.bind('a', () => savedAt(x, first.step, registry)),
      TE.bind('b', () => savedAt(y, first.step, registry)),
      TE.map(({ a, b }): RunDivergence => {
        if (a !== undefined && b !== undefined) {
          const found = firstDifference(tensorsOf(a), tensorsOf(b))
          if (found === undefined) return first
          const { at, tensor } = found
          return { ...first, at: [at, ...first.at.filter(name => name !== at)], number: tensor.largest, tensor }
        }
        const tensor = x.steps?.layout.tensors.findIndex(t => `params/${t}` === first.at[0]) ?? -1
        const [saved, other] = a === undefined ? [b, x] : [a, y]
        const known = saved === undefined ? undefined : treeLeaves<Tensor>(saved.params)[tensor]?.[1]
        if (known === undefined) return first
        const number = singleDifference(known, fingerprintOf(known), recordedOf(other, first.step, tensor))
        if (number === undefined) return first
        return { ...first, number: a === undefined ? number : { ...number, a: number.b, b: number.a } }
      })
    )

/**
 * Compares two records without running anything: the run files path by path, and the first step whose rows differ,
 * found by bisection over the chained fingerprints. If checkpoints have the values of that step, the report includes
 * them. Checkpoints of the same step are compared by their digests.
 *
 * @example diffRecords('runs/a', 'runs/b') // Right({ changes: [{ path: ['seed'], a: 1, b: 2 }], steps, first: { step:
 * 1, at: [...] } })
 */
export const diffRecords = (
  a: string,
  b: string,
  registry: RunRegistry = builtInRun
): TE.TaskEither<DiffError, Difference> =>
  pipe(
    TE.Do,
    TE.bind('x', () => readRecord(a, registry)),
    TE.bind('y', () => readRecord(b, registry)),
    TE.bindW('saved', ({ x, y }) => savedParting(x, y)),
    TE.bindW('first', ({ x, y, saved }) => {
      const rows = x.steps === undefined || y.steps === undefined ? undefined : rowParting(x.steps, y.steps)
      // of divergences at the same step, the first has the most detail
      const first = [rows, epochParting(x, y), saved].reduce((a, b) =>
        b === undefined || (a !== undefined && a.step <= b.step) ? a : b
      )
      // tensors of different shapes can't be compared
      return first === undefined || !sameData(x.run.model, y.run.model) || x.run.precision !== y.run.precision
        ? TE.right(first)
        : withValues(x, y, registry)(first)
    }),
    TE.map(({ x, y, first }): Difference => ({
      changes: changes(x.run, y.run, registry),
      steps: { a: x.steps?.count ?? 0, b: y.steps?.count ?? 0 },
      damaged: [x, y].flatMap(r => r.damage ?? []),
      ...(first === undefined ? {} : { first })
    }))
  )
