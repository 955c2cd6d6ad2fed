/**
 * A folder of checkpoints. Each file is one checkpoint, called after its step and nothing else: `step-000000001200.safetensors`. What
 * else lies in the folder is left alone.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TrainingRegistry } from '../train/registry.js'
import type { Training } from '../train/training.js'
import {
  decodeError,
  fileError,
  inside,
  settingError,
  type DecodeError,
  type FileError,
  type Problem,
  type SettingError,
  type ShapeError
} from '../value/error.js'
import {
  checkpointOf,
  checkpointParts,
  decodeCheckpointHead,
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointHead,
  type SavedCheckpoint,
  type VerifiedCheckpoint
} from './checkpoint.js'
import { contractFormat, formatLimits, type FormatLimits } from './contract-format.js'
import type { Folder } from './folder.js'
import { readWhole, replaceFile, targetOf } from './replace.js'

const digits = 12
const [ending] = contractFormat.extensions
const pattern = /^step-(\d{12,16})$/
const nameOf = (step: number): string => `step-${String(step).padStart(digits, '0')}${ending}`
/** the step that a name says; only names that are written for a step say one */
const stepOf = (name: string): number | undefined => {
  const step = name.endsWith(ending) ? Number(pattern.exec(name.slice(0, -ending.length))?.[1] ?? NaN) : NaN
  return Number.isSafeInteger(step) && nameOf(step) === name ? step : undefined
}

/** whether a name is that of a checkpoint whose writing was broken off */
const isLeftover = (name: string): boolean => {
  const target = targetOf(name)
  return target !== undefined && stepOf(target) !== undefined
}

interface Named {
  readonly name: string
  readonly step: number
}
/** the files that are called as checkpoints, the newest first */
const namedIn = (folder: Folder): TE.TaskEither<FileError, readonly Named[]> =>
  pipe(
    folder.names,
    TE.map(names => {
      const named = names.flatMap(name => {
        const step = stepOf(name)
        return step === undefined ? [] : [{ name, step }]
      })
      return [...named].sort((a, b) => b.step - a.step)
    })
  )

/**
 * Saves a checkpoint under the name of its step, in place of an older one of this step. Once it is done, it outlives a loss of
 * power; until then the folder holds what it held before.
 *
 * @param digest of the state (`stateDigest`), where it is known already
 * @example saveCheckpoint(folderAt('runs/mnist/checkpoints'))({ state, run: runId(run) })
 * @returns the name of the file
 */
export const saveCheckpoint =
  (folder: Folder) =>
  (checkpoint: Checkpoint, digest?: string): TE.TaskEither<FileError, string> => {
    const name = nameOf(checkpoint.state.progress.step)
    const { header, data } = checkpointParts(checkpoint, digest)
    return pipe(
      folder.make,
      TE.chain(() => replaceFile(folder)(name, [header, ...data])),
      TE.map(() => name)
    )
  }

/** Removes every checkpoint, damaged ones too, and what a writing that was broken off has left. */
export const clearCheckpoints = (folder: Folder): TE.TaskEither<FileError, unknown> =>
  pipe(
    folder.names,
    TE.map(names => names.filter(name => stepOf(name) !== undefined || isLeftover(name))),
    TE.chain(TE.traverseSeqArray(folder.remove))
  )

/** a checkpoint of a folder by what its header says */
export interface ListedCheckpoint extends Named {
  /** Left where even the header is damaged */
  readonly head: E.Either<FileError | DecodeError, CheckpointHead>
}

/** the length of a header stands in the first 8 bytes */
const readHead = (
  folder: Folder,
  { name, step }: Named,
  limits: FormatLimits
): TE.TaskEither<FileError | DecodeError, CheckpointHead> =>
  pipe(
    folder.size(name),
    TE.chain(size =>
      pipe(
        folder.read(name, 0, 8),
        TE.map(first => {
          const length = first.length < 8 ? 0n : new DataView(first.buffer, first.byteOffset).getBigUint64(0, true)
          return length > BigInt(Math.min(size, limits.header)) ? 8 : 8 + Number(length)
        })
      )
    ),
    TE.chain(length => folder.read(name, 0, length)),
    TE.chainEitherKW(bytes => decodeCheckpointHead(bytes, limits)),
    TE.chainEitherKW(sameStep(step)),
    TE.mapLeft(inFile(name))
  )

/** what is wrong with the content of a file is told with its name; errors of files have it already */
const inFile =
  (name: string) =>
  <P extends Problem<string>>(e: P): P =>
    e._tag === 'FileError' ? e : inside(name)(e)

/** a file that was given the name of another one is not believed */
const sameStep =
  (step: number) =>
  (head: CheckpointHead): E.Either<DecodeError, CheckpointHead> =>
    head.state.progress.step === step
      ? E.right(head)
      : E.left(decodeError([], `the state after step ${step}, as the name says`, `step ${head.state.progress.step}`))

/** The checkpoints of a folder by their headers, the newest first; the tensors are neither read nor verified. */
export const listCheckpoints = (
  folder: Folder,
  limits: FormatLimits = formatLimits
): TE.TaskEither<FileError, readonly ListedCheckpoint[]> =>
  pipe(
    namedIn(folder),
    TE.chain(
      TE.traverseSeqArray((named): TE.TaskEither<FileError, ListedCheckpoint> =>
        pipe(
          readHead(folder, named, limits),
          T.map(head => E.right({ ...named, head }))
        )
      )
    )
  )

// ---- reading

/** a file that was passed over, and why */
export interface Skipped extends Named {
  readonly error: FileError | DecodeError
}
/** what there is to go on from */
export interface Latest {
  readonly found?: Named & { readonly checkpoint: SavedCheckpoint }
  /** damaged ones that are newer, the newest first */
  readonly skipped: readonly Skipped[]
}
export interface LatestOptions {
  readonly registry?: TrainingRegistry
  readonly limits?: FormatLimits
  /** the name of the run that they must be of; see `runId` */
  readonly run?: string
  /** none after this step */
  readonly upTo?: number
}
export type CheckpointError = FileError | DecodeError | SettingError | ShapeError

/**
 * The newest checkpoint of a folder that verifies, byte by byte. Damaged ones are passed over, and named: they stay where they are.
 *
 * @example latestCheckpoint(folderAt('runs/mnist/checkpoints'), training) // Right({ found: { step: 1200, checkpoint, ... }, skipped: [] })
 * @returns without `found` where none verifies; Left for a folder that cannot be read, and for a whole checkpoint of another training or
 * another run, which to pass over would be to begin anew
 */
export const latestCheckpoint = (
  folder: Folder,
  training: Training,
  { registry, limits = formatLimits, run, upTo = Infinity }: LatestOptions = {}
): TE.TaskEither<CheckpointError, Latest> => {
  const verified = ({ name, step }: Named): TE.TaskEither<FileError | DecodeError, VerifiedCheckpoint> =>
    pipe(
      readWhole(folder, name, limits.bytes),
      TE.chainEitherKW(bytes => verifyCheckpoint(bytes, limits)),
      TE.chainFirstEitherKW(({ head }) => sameStep(step)(head)),
      TE.mapLeft(inFile(name))
    )
  const ofRun = (name: string, { head }: VerifiedCheckpoint): E.Either<FileError, unknown> =>
    run === undefined || head.run === run
      ? E.right(undefined)
      : E.left(fileError([folder.path, name], `a checkpoint of the run ${run}`, head.run ?? 'one of no run'))
  const newest = (files: readonly Named[], skipped: readonly Skipped[]): TE.TaskEither<CheckpointError, Latest> => {
    const [file, ...older] = files
    return file === undefined
      ? TE.right({ skipped })
      : pipe(
          verified(file),
          TE.matchEW(
            error => newest(older, [...skipped, { ...file, error }]),
            whole =>
              pipe(
                ofRun(file.name, whole),
                E.chainW(() => checkpointOf(training, registry)(whole)),
                E.bimap(inFile(file.name), checkpoint => ({ found: { ...file, checkpoint }, skipped })),
                TE.fromEither
              )
          )
        )
  }
  return pipe(
    namedIn(folder),
    TE.chainW(files =>
      newest(
        files.filter(f => f.step <= upTo),
        []
      )
    )
  )
}

// ---- keeping some

export interface Keep {
  /** the newest so many: a positive whole number */
  readonly last: number
  /** the one with the smallest loss too, of those that have scores; of equally good ones the earlier */
  readonly best?: boolean
}

/** of equally good ones the earlier, and anything rather than NaN */
const best = (all: readonly (Named & { readonly loss: number })[]): Named | undefined =>
  [...all]
    .reverse()
    .reduce<(Named & { readonly loss: number }) | undefined>(
      (a, b) => (a === undefined || b.loss < a.loss || (Number.isNaN(a.loss) && !Number.isNaN(b.loss)) ? b : a),
      undefined
    )

/**
 * Removes all checkpoints of a folder but the newest ones and, if asked for, the best one; and what a writing that was broken off has
 * left. Those whose header is damaged don't count and stay. Not for a folder that somebody else is writing to.
 *
 * @example pruneCheckpoints(folder, { last: 3, best: true })
 * @returns the names of the checkpoints removed
 */
export const pruneCheckpoints = (
  folder: Folder,
  keep: Keep,
  limits: FormatLimits = formatLimits
): TE.TaskEither<FileError | SettingError, readonly string[]> => {
  const removeAll = (names: readonly string[]): TE.TaskEither<FileError, unknown> =>
    TE.traverseSeqArray(folder.remove)(names)
  return Number.isSafeInteger(keep.last) && keep.last > 0
    ? pipe(
        TE.Do,
        TE.bind('names', () => folder.names),
        TE.bind('listed', () => listCheckpoints(folder, limits)),
        TE.chain(({ names, listed }) => {
          const whole = listed.flatMap(({ name, step, head }) =>
            E.isRight(head) ? [{ name, step, loss: head.right.scores?.loss }] : []
          )
          const scored = whole.flatMap(({ loss, ...named }) => (loss === undefined ? [] : [{ ...named, loss }]))
          const kept = [...whole.slice(0, keep.last), ...(keep.best === true ? [best(scored)] : [])].map(c => c?.name)
          const removed = whole.map(c => c.name).filter(name => !kept.includes(name))
          const leftovers = names.filter(isLeftover)
          return pipe(
            removeAll([...removed, ...leftovers]),
            TE.map(() => removed)
          )
        })
      )
    : TE.left(settingError(['last'], 'a positive whole number', String(keep.last)))
}
