/** Runs done again: whether a record tells the truth, and the state at any of its steps. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../../backend/backend.js'
import type { LoadError } from '../../data/files.js'
import { tensorsOf, type TrainState } from '../../train/state.js'
import { startState } from '../../train/start.js'
import { turns, type Trained, type TrainError, type TrainEvent, type Turn } from '../../train/train.js'
import { settingError, type DecodeError, type FileError, type SettingError } from '../../value/error.js'
import { fingerprintOf } from '../../value/fingerprint.js'
import type { Tensor } from '../../value/tensor.js'
import { leaves } from '../../value/tree.js'
import { latestCheckpoint, listCheckpoints, type CheckpointError } from '../checkpoints.js'
import { folderAt } from '../folder.js'
import { openRun, type OpenRun } from '../open.js'
import { tables, type Tables } from '../run-file.js'
import { stateDigest } from '../state.js'
import { checkpointsOf, readRecord, type Recorded } from './folder.js'
import { breathe } from './machine.js'
import { decodeRow, type Row } from './rows.js'
import { singleDifference, tensorDifference, type NumberDifference, type TensorDifference } from './values.js'

export interface ReplayOptions {
  readonly backend: Backend
  readonly known?: Tables
  readonly observe?: (event: TrainEvent) => void
}
export type ReplayError = TrainError | LoadError | FileError | DecodeError | SettingError | CheckpointError

/** the first place where a record says something else than the run done again */
export interface Departure {
  readonly step: number
  /** the path of the first tensor that differs, `params/hidden/weight`; of a step whose loss or sums alone differ, and of a state's numbers, their name */
  readonly at: string
  /** the one number of the tensor that differs, as far as that can be told: `a` is recorded, `b` is right */
  readonly number?: NumberDifference
  /** where a checkpoint has the tensor: how it differs as a whole */
  readonly tensor?: TensorDifference
}
export type Verdict =
  | { readonly tag: 'identical'; readonly steps: number; readonly epochs: number; readonly checkpoints: number }
  | ({ readonly tag: 'different' } & Departure)

const turnsOf = (
  { training, datasets }: OpenRun,
  { backend, known }: ReplayOptions,
  rest: { readonly from?: TrainState; readonly pauseAt: (step: number) => boolean }
): E.Either<TrainError, Generator<Turn, E.Either<TrainError, Trained>>> =>
  turns(training, {
    backend,
    fingerprints: true,
    ...rest,
    ...(known === undefined ? {} : { families: known.families }),
    ...(datasets.validation === undefined ? {} : { validation: datasets.validation })
  })(datasets.train)

/** stops pulling: nothing more is wanted of it */
const leave = (pulled: Generator<Turn, E.Either<TrainError, Trained>>): void => {
  pulled.return(E.left(settingError([], 'a run that goes on', 'its end')))
}

/** what differs between a recorded row and the step done again: a parameter by its place, or the name of a number */
const difference = (recorded: Row, right: Row): number | string | undefined => {
  const tensor = right.fingerprints.findIndex((w, i) => w !== recorded.fingerprints[i])
  if (tensor >= 0) return tensor >> 1
  const numbers = (r: Row): readonly (readonly [string, number])[] => [
    ['loss', r.loss],
    ['weight', r.weight],
    ['examples', r.examples],
    ...Object.entries(r.sums).flatMap(([name, sums]) => sums.map(x => [`metric/${name}`, x] as const))
  ]
  const other = numbers(recorded)
  return numbers(right).find(([, x], i) => !Object.is(x, other[i]?.[1]))?.[0]
}

/** the first tensor that differs between a saved state and the right one, or else what of the numbers */
const stateDeparture = (step: number, saved: TrainState, right: TrainState): Departure => {
  const there = tensorsOf(saved)
  for (const [name, b] of Object.entries(tensorsOf(right))) {
    const tensor = tensorDifference(there[name] as Tensor, b)
    if (tensor !== undefined) return { step, at: name, number: tensor.largest, tensor }
  }
  return { step, at: 'numbers of the state' }
}

/** Checks one turn against the record; undefined where all is as recorded. */
const checkTurn = (
  { steps, links }: Recorded,
  turn: Turn
): { readonly step: number; readonly what: number | string } | undefined => {
  if (steps === undefined) return undefined
  for (const e of turn.events) {
    if (e.tag === 'step') {
      if (e.step > steps.count) return undefined
      const what = difference(decodeRow(steps.layout, steps.rows, e.step - 1), {
        ...e,
        fingerprints: e.fingerprints ?? []
      })
      if (what !== undefined) return { step: e.step, what }
    }
    if (e.tag === 'epoch') {
      const recorded = links.find(l => l.epoch === e.epoch)
      if (recorded !== undefined && recorded.state !== stateDigest(turn.state())) return { step: e.step, what: 'state' }
    }
  }
  return undefined
}

/** the state of a run after a step, from the nearest checkpoint before it that verifies */
const stateOf = async (
  r: Recorded,
  opened: OpenRun,
  step: number,
  o: ReplayOptions,
  trusted = true
): Promise<E.Either<ReplayError, TrainState>> => {
  const families = o.known?.families
  const found = trusted
    ? await latestCheckpoint(folderAt(checkpointsOf(r.folder)), opened.training, {
        run: r.id,
        upTo: step,
        ...(families === undefined ? {} : { families })
      })()
    : E.right({ found: undefined })
  if (E.isLeft(found)) return found
  const from = found.right.found?.checkpoint.state
  if (from?.progress.step === step) return E.right(from)
  if (step === 0) return startState(opened.training, families === undefined ? {} : { families })
  const pulled = turnsOf(opened, o, { pauseAt: s => s === step, ...(from === undefined ? {} : { from }) })
  if (E.isLeft(pulled)) return pulled
  for (let next = pulled.right.next(); next.done !== true; next = pulled.right.next()) {
    if (!next.value.events.some(e => e.tag === 'step' && e.step === step)) {
      await breathe()
      continue
    }
    const state = next.value.state()
    leave(pulled.right)
    return E.right(state)
  }
  return E.left(settingError(['step'], `a step of the run, which ends before`, String(step)))
}

/** the steps of checkpoints that verify, with what they hold */
const savedStates = (r: Recorded, { training }: OpenRun, { known = tables }: ReplayOptions) => {
  const folder = folderAt(checkpointsOf(r.folder))
  return pipe(
    listCheckpoints(folder),
    TE.chainW(
      TE.traverseSeqArray(({ step }) =>
        pipe(
          latestCheckpoint(folder, training, { run: r.id, upTo: step, families: known.families }),
          TE.map(({ found }) => (found?.step === step ? [[step, found.checkpoint.state] as const] : []))
        )
      )
    ),
    TE.map(all => new Map(all.flat()))
  )
}

const verified = async (r: Recorded, opened: OpenRun, o: ReplayOptions): Promise<E.Either<ReplayError, Verdict>> => {
  const read = await savedStates(r, opened, o)()
  if (E.isLeft(read)) return read
  const saved = read.right
  const count = r.steps?.count ?? 0
  const tensors = r.steps?.layout.tensors ?? []
  const pulled = turnsOf(opened, o, { pauseAt: step => saved.has(step) || step === count })
  if (E.isLeft(pulled)) return pulled
  const differs = async (step: number, what: number | string): Promise<E.Either<ReplayError, Verdict>> => {
    if (typeof what === 'string') return E.right({ tag: 'different', step, at: what })
    const at = `params/${tensors[what] ?? what}`
    const state = await stateOf(r, opened, step, o, false)
    if (E.isLeft(state)) return state
    const b = leaves<Tensor>(state.right.params)[what]?.[1] as Tensor
    const recorded = decodeRow(
      (r.steps as NonNullable<typeof r.steps>).layout,
      (r.steps as NonNullable<typeof r.steps>).rows,
      step - 1
    )
    const kept = saved.get(step)
    const tensor = kept === undefined ? undefined : tensorDifference(tensorsOf(kept)[at] as Tensor, b)
    const number =
      tensor?.largest ??
      singleDifference(b, fingerprintOf(b), [
        recorded.fingerprints[2 * what] as number,
        recorded.fingerprints[2 * what + 1] as number
      ])
    return E.right({
      tag: 'different',
      step,
      at,
      ...(number === undefined ? {} : { number }),
      ...(tensor === undefined ? {} : { tensor })
    })
  }
  let step = 0
  let epochs = 0
  for (let next = pulled.right.next(); ; next = pulled.right.next()) {
    const done = next.done === true
    if (!done) {
      const turn = next.value as Turn
      const off = checkTurn(r, turn)
      if (off !== undefined) {
        leave(pulled.right)
        return differs(off.step, off.what)
      }
      for (const e of turn.events) o.observe?.(e)
      for (const e of turn.events)
        if (e.tag === 'step') step = e.step
        else if (e.tag === 'epoch' && e.epoch <= r.links.length) epochs = e.epoch
      const kept = saved.get(step)
      if (kept !== undefined && stateDigest(kept) !== stateDigest(turn.state())) {
        const right = turn.state()
        leave(pulled.right)
        return E.right({ tag: 'different', ...stateDeparture(step, kept, right) })
      }
      await breathe()
    }
    if (done || step >= count) {
      if (!done) leave(pulled.right)
      const short = step < count
      return E.right(
        short
          ? { tag: 'different', step: step + 1, at: 'end of the run' }
          : { tag: 'identical', steps: step, epochs, checkpoints: saved.size }
      )
    }
  }
}

/**
 * Does a recorded run again and compares: every step's loss, sums and fingerprints, the digest of the state after every epoch, and the
 * checkpoints that are there.
 *
 * @example verifyRecord('runs/mnist', { backend: wasm }) // Right({ tag: 'identical', steps: 15000, epochs: 8, checkpoints: 2 })
 * @returns the first step, and the tensor, where the record differs; Left for what is no record, or cannot be run here
 */
export const verifyRecord = (folder: string, o: ReplayOptions): TE.TaskEither<ReplayError, Verdict> =>
  pipe(
    readRecord(folder, o.known),
    TE.bindTo('r'),
    TE.bindW('opened', ({ r }) => openRun(r.run, o.known)),
    TE.chainW(
      ({ r, opened }) =>
        () =>
          verified(r, opened, o)
    )
  )

/**
 * The state of a recorded run after any of its steps: replayed from the nearest checkpoint before it.
 *
 * @example stateAt('runs/mnist', 1200, { backend: wasm })
 * @returns Left for a step that the run does not reach
 */
export const stateAt = (
  folder: string,
  step: number,
  o: ReplayOptions
): TE.TaskEither<ReplayError, { readonly recorded: Recorded; readonly state: TrainState }> =>
  pipe(
    readRecord(folder, o.known),
    TE.bindTo('recorded'),
    TE.filterOrElseW(
      () => Number.isSafeInteger(step) && step >= 0,
      () => settingError(['step'], 'a whole number, 0 or more', String(step))
    ),
    TE.bindW('opened', ({ recorded }) => openRun(recorded.run, o.known)),
    TE.bindW(
      'state',
      ({ recorded, opened }) =>
        () =>
          stateOf(recorded, opened, step, o)
    )
  )
