/** Verification of a record: the run is repeated and compared with everything that is recorded. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sameData } from '../../value/equal.js'
import { build } from '../../model/build.js'
import { tensorsOf, type TrainState } from '../../train/state.js'
import { notStarted } from '../../train/progress.js'
import type { Diverged } from '../../train/divergence.js'
import type { TrainError } from '../../train/divergence.js'
import type { TrainingChunk } from '../../train/events.js'
import type { Trained } from '../../train/train.js'
import { fingerprintOf } from '../../value/fingerprint.js'
import type { Tensor } from '../../value/tensor.js'
import { treeLeaves } from '../../value/tree.js'
import { latestCheckpoint, listCheckpoints, type CheckpointError, type Skipped } from '../checkpoints.js'
import { called } from '../../value/callback.js'
import { scoreParts } from '../execute.js'
import { folderAt } from '../folder.js'
import { openRun, type OpenRun } from '../open.js'
import type { DecodeError } from '../../value/error.js'
import { calledWith, pathArgument, runnerArgument } from '../arguments.js'
import { builtInRun } from '../registry.js'
import { stateDigest } from '../state.js'
import { link } from './epochs.js'
import { checkpointsOf, readRecord, type Recorded } from './folder.js'
import { breathe } from './machine.js'
import { leave, stateOf, turnsOf, type ReplayError, type ReplayOptions } from './replay.js'
import { decodeRow, layoutOf, rowSums, type StepRow } from './rows.js'
import {
  firstDifference,
  singleDifference,
  tensorDifference,
  type NumberDifference,
  type TensorDifference
} from './values.js'

/** the first place where a record differs from the repeated run */
export interface ReplayDivergence {
  readonly step: number
  /**
   * the path of the first tensor that differs, as `params/hidden/weight`; or the name of a number (loss, sums,
   * progress) if no tensor differs
   */
  readonly at: string
  /** one number of the tensor that differs, if it can be found: `a` is recorded, `b` is right */
  readonly number?: NumberDifference
  /** if a checkpoint has the tensor: how it differs as a whole */
  readonly tensor?: TensorDifference
}
export type Verdict =
  | {
      readonly tag: 'identical'
      readonly steps: number
      readonly epochs: number
      /** number of compared checkpoints */
      readonly checkpoints: number
      /** damaged checkpoints, which were not compared */
      readonly skipped: readonly Skipped[]
    }
  | ({
      readonly tag: 'different'
      /** damage in the rows, if there is any */ readonly damage?: DecodeError
    } & ReplayDivergence)

/** what differs between a recorded row and the repeated step: the index of a parameter, or the name of a number */
const difference = (recorded: StepRow, right: StepRow): number | string | undefined => {
  const tensor = right.fingerprints.findIndex((w, i) => w !== recorded.fingerprints[i])
  if (tensor >= 0) return tensor >> 1
  const numbers = (r: StepRow): readonly (readonly [string, number])[] => [
    ['loss', r.loss],
    ['weight', r.weight],
    ['examples', r.examples],
    ...rowSums(r.sums).flatMap(([name, sums]) => sums.map(x => [`metric/${name}`, x] as const))
  ]
  const other = numbers(recorded)
  return numbers(right).find(([, x], i) => !Object.is(x, other[i]?.[1]))?.[0]
}

/** the first tensor that differs between a saved state and the right one; else the first number */
const stateDeparture = (step: number, saved: TrainState, right: TrainState): ReplayDivergence => {
  const first = firstDifference(tensorsOf(saved), tensorsOf(right))
  return first === undefined
    ? { step, at: 'numbers of the state' }
    : { step, at: first.at, number: first.tensor.largest, tensor: first.tensor }
}

/** Compares one turn with the record; undefined if all is as recorded. */
const checkTurn = (
  { steps, links, run, id }: Recorded,
  turn: TrainingChunk,
  tensors: readonly string[]
): { readonly step: number; readonly what: number | string } | undefined => {
  if (steps === undefined) return undefined
  for (const e of turn.events) {
    if (e.tag === 'step') {
      if (e.step > steps.count) return undefined
      if (e.step === 1 && !sameData(steps.layout, layoutOf(e.sums, tensors, run.precision)))
        return { step: 1, what: 'what is recorded' }
      const what = difference(decodeRow(steps.layout, steps.rows, e.step - 1), {
        ...e,
        fingerprints: e.fingerprints ?? []
      })
      if (what !== undefined) return { step: e.step, what }
    }
    if (e.tag === 'epoch') {
      const recorded = links[e.epoch - 1]
      if (recorded === undefined) continue
      const state = stateDigest(turn.state())
      if (recorded.state !== state) return { step: e.step, what: 'state' }
      if (recorded.chain !== link({ ...e, state }, links[e.epoch - 2]?.chain ?? id).chain)
        return { step: e.step, what: `numbers of epoch ${e.epoch}` }
    }
  }
  return undefined
}

interface Saved {
  /** states by step */
  readonly states: ReadonlyMap<number, TrainState>
  readonly skipped: readonly Skipped[]
}
/** the checkpoints of a record up to a step */
const savedOf = (
  r: Recorded,
  { training }: OpenRun,
  after: readonly number[],
  { registry = builtInRun }: ReplayOptions
): TE.TaskEither<CheckpointError, Saved> => {
  const folder = checkpointsOf(r.folder)
  return pipe(
    after,
    TE.traverseSeqArray(step => latestCheckpoint(folder, training, { run: r.id, upTo: step, registry })),
    TE.map(all => ({
      states: new Map(all.flatMap(({ found }) => (found === undefined ? [] : [[found.step, found.checkpoint.state]]))),
      // each newer checkpoint lists the same older ones as skipped, so count them once
      skipped: all
        .flatMap(({ skipped }) => skipped.slice(0, 1))
        .filter((x, n, xs) => xs.findIndex(y => y.name === x.name) === n)
    }))
  )
}

type Off = { readonly step: number; readonly what: number | string }

/** compares the recorded end with the end of the repeated run */
const checkEnd = (
  { end, links, id, steps }: Recorded,
  opened: OpenRun,
  result: E.Either<TrainError, Trained>,
  { backend, registry = builtInRun }: ReplayOptions
): E.Either<TrainError, Off | undefined> => {
  if (end === undefined) return E.right(undefined)
  const off = (what: string): E.Either<TrainError, Off> => E.right({ step: end.step, what })
  if (E.isLeft(result) && result.left._tag !== 'Diverged') return result
  if (end.id !== id) return off('name of the run')
  const { state } = E.isLeft(result) ? (result.left as Diverged) : result.right
  if (state.progress.step !== end.step) return off('end of the run')
  if ((steps?.count ?? 0) < end.step) return E.right({ step: (steps?.count ?? 0) + 1, what: 'the row of the step' })
  if (stateDigest(state) !== end.state) return off('digest of the last state')
  if ((links.at(-1)?.chain ?? id) !== end.chain || state.progress.epoch !== end.epoch) return off('chain of the epochs')
  if (E.isLeft(result)) return end.tag === 'failed' ? E.right(undefined) : off('reason of the end')
  if (end.tag !== 'finished' || end.reason !== result.right.reason) return off('reason of the end')
  return pipe(
    scoreParts(opened, state, { backend, registry }),
    E.chain(right =>
      sameData(right.train, end.train) && sameData(right.test, end.test)
        ? E.right(undefined)
        : off('scores of the last state')
    )
  )
}

/** a checkpoint is saved after its steps and epochs are recorded: if these are missing, they were removed */
const checkSaved = ({ steps, links }: Recorded, { states }: Saved): Off | undefined => {
  const newest = [...states.values()].reduce((a, { progress }) => (progress.step > a.step ? progress : a), notStarted)
  const count = steps?.count ?? 0
  return newest.step > count
    ? { step: count + 1, what: 'the row of the step' }
    : newest.epoch > links.length
      ? { step: (links.at(-1)?.step ?? 0) + 1, what: `the line of epoch ${links.length + 1}` }
      : undefined
}

/** a record under verification: its content, its run, and its checkpoints */
interface Examined {
  readonly r: Recorded
  readonly opened: OpenRun
  readonly saved: Saved
  readonly o: ReplayOptions
}
type Verified = E.Either<ReplayError, Verdict>

/** the verdict for a difference, with the number that differs if it can be found */
const differs = async ({ r, opened, saved: { states }, o }: Examined, { step, what }: Off): Promise<Verified> => {
  const { steps } = r
  if (typeof what === 'string' || steps === undefined) return E.right({ tag: 'different', step, at: String(what) })
  const at = `params/${steps.layout.tensors[what] ?? what}`
  const state = await stateOf(r, opened, step, o, false)
  if (E.isLeft(state)) return state
  const b = treeLeaves<Tensor>(state.right.params)[what]?.[1] as Tensor
  const { fingerprints } = decodeRow(steps.layout, steps.rows, step - 1)
  const kept = states.get(step)
  const tensor = kept === undefined ? undefined : tensorDifference(tensorsOf(kept)[at] as Tensor, b)
  const [low, high] = [fingerprints[2 * what] as number, fingerprints[2 * what + 1] as number]
  const number = tensor?.largest ?? singleDifference(b, fingerprintOf(b), [low, high])
  return E.right({
    tag: 'different',
    step,
    at,
    ...(number === undefined ? {} : { number }),
    ...(tensor === undefined ? {} : { tensor })
  })
}

/** compares one turn: gives the verdict if it differs, else the record that remains to be checked */
const examine = (
  { r, saved: { states } }: Examined,
  turn: TrainingChunk,
  tensors: readonly string[],
  step: number
): { readonly off?: Off | undefined; readonly state?: ReplayDivergence } => {
  const off = checkTurn(r, turn, tensors)
  const kept = states.get(step)
  if (kept === undefined || (off !== undefined && off.what !== 'state')) return { off }
  const right = turn.state()
  return stateDigest(kept) === stateDigest(right) ? { off } : { state: stateDeparture(step, kept, right) }
}

/** repeats the run turn by turn, to the first difference or the end */
const follow = async (
  x: Examined,
  pulled: Generator<TrainingChunk, E.Either<TrainError, Trained>>,
  tensors: readonly string[]
): Promise<Verified> => {
  const { r, opened, saved, o } = x
  const count = r.steps?.count ?? 0
  let [step, epochs] = [0, 0]
  const identical = (steps: number): Verified =>
    E.right({ tag: 'identical', steps, epochs, checkpoints: saved.states.size, skipped: saved.skipped })
  for (;;) {
    const next = pulled.next()
    if (next.done === true) {
      const off =
        step < count ? E.right({ step: step + 1, what: 'end of the run' }) : checkEnd(r, opened, next.value, o)
      if (E.isLeft(off)) return off
      return off.right === undefined ? identical(step) : differs(x, off.right)
    }
    const turn = next.value
    const observed = called('observe', () => turn.events.forEach(e => o.observe?.(e)))
    if (E.isLeft(observed)) return observed
    for (const e of turn.events) {
      if (e.tag === 'step') step = e.step
      else if (e.tag === 'epoch' && e.epoch <= r.links.length) epochs = e.epoch
    }
    const { off, state } = examine(x, turn, tensors, step)
    if (state !== undefined) return E.right({ tag: 'different', ...state })
    if (off !== undefined) return differs(x, off)
    // an ended run is repeated to its end
    if (step >= count && r.end === undefined) {
      const lacks = checkSaved(r, saved)
      return lacks === undefined ? identical(count) : differs(x, lacks)
    }
    await breathe()
  }
}

const verified = async (
  r: Recorded,
  opened: OpenRun,
  savedAfter: readonly number[],
  o: ReplayOptions
): Promise<Verified> => {
  const read = await savedOf(r, opened, savedAfter, o)()
  if (E.isLeft(read)) return read
  const saved = read.right
  const registry = o.registry ?? builtInRun
  const placed = build(opened.training.model, registry, opened.training.precision)
  if (E.isLeft(placed)) return placed
  const tensors = treeLeaves(placed.right.params).map(([path]) => path)
  const pulled = turnsOf(opened, o, { pauseAt: step => saved.states.has(step) || step === (r.steps?.count ?? 0) })
  if (E.isLeft(pulled)) return pulled
  return follow({ r, opened, saved, o }, pulled.right, tensors).finally(() => leave(pulled.right))
}

/** damaged rows explain a difference; a record with the right numbers may still have extra bytes */
const withDamage =
  ({ damage, end, steps }: Recorded) =>
  (v: Verdict): Verdict =>
    damage === undefined
      ? v
      : v.tag === 'different'
        ? { ...v, damage }
        : { tag: 'different', step: end?.step ?? steps?.count ?? 0, at: `length of ${damage.path.at(-1)}`, damage }

/**
 * Repeats a recorded run and compares every step's loss, sums and fingerprints, the digest of the state after every
 * epoch, and the checkpoints.
 *
 * @example verifyRecord('runs/mnist', { backend: wasm }) // Right({ tag: 'identical', steps: 15000, epochs: 8,
 * checkpoints: 2, ... })
 * @returns the first step and tensor where the record differs; Left for anything but a record, and for a run that
 * cannot be repeated here
 */
export const verifyRecord = (folder: string, o: ReplayOptions): TE.TaskEither<ReplayError, Verdict> =>
  pipe(
    // list checkpoints before reading rows: while another process writes, newer rows may appear, but no rows of these
    // checkpoints are missing
    calledWith([pathArgument('folder', folder), runnerArgument(o)], () =>
      listCheckpoints(checkpointsOf(folderAt(folder)))
    ),
    TE.bindTo('saved'),
    TE.bindW('r', () => readRecord(folder, o.registry)),
    TE.bindW('opened', ({ r }) => openRun(r.run, o.registry)),
    TE.chainW(
      ({ saved, r, opened }) =>
        () =>
          verified(
            r,
            opened,
            saved.map(({ step }) => step),
            o
          ).then(E.map(withDamage(r)))
    )
  )
