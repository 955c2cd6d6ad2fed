/**
 * A folder of checkpoints. Each file is one checkpoint, named after its step: `step-000000001200.safetensors`. Other
 * files in the folder are ignored.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TrainingRegistry } from '../train/registry.js'
import { optionsOf, stateArgument, wrongArgument } from '../value/argument.js'
import { showUnknown } from '../value/codec.js'
import { isSize } from '../value/shape.js'
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
import { folderArgument, type Folder } from './folder.js'
import { readWhole, replaceFile, targetOf } from './replace.js'

const digits = 12
const [ending] = contractFormat.extensions
const pattern = /^step-(\d{12,16})$/
const nameOf = (step: number): string => `step-${String(step).padStart(digits, '0')}${ending}`
/** the step in a file name; undefined unless the name is exactly what that step's file is called */
const stepOf = (name: string): number | undefined => {
  const step = name.endsWith(ending) ? Number(pattern.exec(name.slice(0, -ending.length))?.[1] ?? NaN) : NaN
  return Number.isSafeInteger(step) && nameOf(step) === name ? step : undefined
}

/** whether a name is that of a checkpoint whose writing was interrupted */
const isLeftover = (name: string): boolean => {
  const target = targetOf(name)
  return target !== undefined && stepOf(target) !== undefined
}

interface Named {
  readonly name: string
  readonly step: number
}
/** Left for anything but a folder */
const namesOf = (folder: Folder): TE.TaskEither<FileError, readonly string[]> => {
  const wrong = wrongArgument(fileError, [folderArgument(folder)])
  return wrong === undefined ? folder.names : TE.left(wrong)
}
/** the files with names of checkpoints, the newest first */
const namedIn = (folder: Folder): TE.TaskEither<FileError, readonly Named[]> =>
  pipe(
    namesOf(folder),
    TE.map(names => {
      const named = names.flatMap(name => {
        const step = stepOf(name)
        return step === undefined ? [] : [{ name, step }]
      })
      return [...named].sort((a, b) => b.step - a.step)
    })
  )

/**
 * Saves a checkpoint under the name of its step, and replaces an older one of this step. Once this is done, the
 * checkpoint survives a power failure; until then the folder holds what it held before. The second argument is the digest of the
 * state (`stateDigest`), if it is known.
 *
 * @example saveCheckpoint(folderAt('runs/mnist/checkpoints'))({ state, run: runId(run) })
 * @returns the name of the file
 */
export const saveCheckpoint =
  (folder: Folder) =>
  (checkpoint: Checkpoint, digest?: string): TE.TaskEither<FileError, string> => {
    const wrong = wrongArgument(fileError, [folderArgument(folder), stateArgument(optionsOf(checkpoint).state)])
    if (wrong !== undefined) return TE.left(wrong)
    const name = nameOf(checkpoint.state.progress.step)
    const { header, data } = checkpointParts(checkpoint, digest)
    return pipe(
      folder.make,
      TE.chain(() => replaceFile(folder)(name, [header, ...data])),
      TE.map(() => name)
    )
  }

/** Removes every checkpoint, damaged ones too, and the temporary files of interrupted saves. */
export const clearCheckpoints = (folder: Folder): TE.TaskEither<FileError, unknown> =>
  pipe(
    folder.names,
    TE.map(names => names.filter(name => stepOf(name) !== undefined || isLeftover(name))),
    TE.chain(TE.traverseSeqArray(folder.remove))
  )

/** a checkpoint of a folder, with its header */
export interface ListedCheckpoint extends Named {
  /** Left if the header is damaged */
  readonly head: E.Either<FileError | DecodeError, CheckpointHead>
}

/** the first 8 bytes hold the length of the header */
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

/** adds the file name to an error about the content of a file; other errors have it already */
const inFile =
  (name: string) =>
  <P extends Problem<string>>(e: P): P =>
    e._tag === 'FileError' ? e : inside(name)(e)

/** rejects a file whose name and content say different steps */
const sameStep =
  (step: number) =>
  (head: CheckpointHead): E.Either<DecodeError, CheckpointHead> =>
    head.state.progress.step === step
      ? E.right(head)
      : E.left(decodeError([], `the state after step ${step}, as the name says`, `step ${head.state.progress.step}`))

/** The headers of a folder's checkpoints, the newest first. The tensors are neither read nor verified. */
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

/** a file that was skipped, and why */
export interface Skipped extends Named {
  readonly error: FileError | DecodeError
}
/** the state to resume from */
export interface Latest {
  readonly found?: Named & { readonly checkpoint: SavedCheckpoint }
  /** damaged checkpoints that are newer, the newest first */
  readonly skipped: readonly Skipped[]
}
export interface LatestOptions {
  readonly registry?: TrainingRegistry
  readonly limits?: FormatLimits
  /** the name of the run that checkpoints must belong to; see `runId` */
  readonly run?: string
  /** the last step that counts */
  readonly upTo?: number
}
export type CheckpointError = FileError | DecodeError | SettingError | ShapeError

/**
 * The newest checkpoint of a folder that verifies, byte by byte. Damaged ones are skipped and listed; they are not
 * deleted.
 *
 * @example latestCheckpoint(folderAt('runs/mnist/checkpoints'), training) // Right({ found: { step: 1200, checkpoint,
 * ... }, skipped: [] })
 * @returns without `found` if none verifies; Left if the folder cannot be read, or if an intact checkpoint is of
 * another training or run: to skip that one would restart the training
 */
export const latestCheckpoint = (
  folder: Folder,
  training: Training,
  options: LatestOptions = {}
): TE.TaskEither<CheckpointError, Latest> => {
  const { registry, limits = formatLimits, run, upTo = Infinity } = optionsOf(options)
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
  /** how many of the newest to keep: a positive whole number */
  readonly last: number
  /** also keep the one with the smallest loss, of those that have scores; the earlier one of equals */
  readonly best?: boolean
}

/** the smallest loss; the earlier one of equals; any number is better than NaN */
const best = (all: readonly (Named & { readonly loss: number })[]): Named | undefined =>
  [...all]
    .reverse()
    .reduce<(Named & { readonly loss: number }) | undefined>(
      (a, b) => (a === undefined || b.loss < a.loss || (Number.isNaN(a.loss) && !Number.isNaN(b.loss)) ? b : a),
      undefined
    )

/**
 * Removes all checkpoints of a folder except the newest ones and, with `best`, the best one. Removes the temporary
 * files of interrupted saves too. Checkpoints with a damaged header don't count and stay. Don't use it while another
 * process writes to the folder.
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
  const { last } = optionsOf(keep)
  return isSize(last)
    ? pipe(
        TE.Do,
        TE.bind('names', () => namesOf(folder)),
        TE.bind('listed', () => listCheckpoints(folder, limits)),
        TE.chain(({ names, listed }) => {
          const whole = listed.flatMap(({ name, step, head }) =>
            E.isRight(head) ? [{ name, step, loss: head.right.scores?.loss }] : []
          )
          const scored = whole.flatMap(({ loss, ...named }) => (loss === undefined ? [] : [{ ...named, loss }]))
          const kept = [...whole.slice(0, last), ...(keep.best === true ? [best(scored)] : [])].map(c => c?.name)
          const removed = whole.map(c => c.name).filter(name => !kept.includes(name))
          const leftovers = names.filter(isLeftover)
          return pipe(
            removeAll([...removed, ...leftovers]),
            TE.map(() => removed)
          )
        })
      )
    : TE.left(settingError(['last'], 'a positive whole number', showUnknown(last)))
}
