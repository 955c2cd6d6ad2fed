/**
 * A checkpoint is one safetensors file. It holds all tensors of a training state; its metadata hold the rest of the
 * state as JSON, the name of the run, and the digest of the state. Two digests cover every byte: that of the state
 * covers the numbers, and a SHA-256 in the header (computed with 64 zeros in its place) covers the header.
 */
import * as E from 'fp-ts/lib/Either.js'
import { optionsOf } from '../value/argument.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Scores } from '../train/progress.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import { tensorsOf, type TrainState } from '../train/state.js'
import { checkTraining, type Training } from '../train/training.js'
import { exact, optional, type Codec } from '../value/codec.js'
import { decodeError, type DecodeError, type SettingError, type ShapeError } from '../value/error.js'
import { utf8 } from '../value/text.js'
import { decodeFile, decodeHeader, formatLimits, joined, layout, type Content, type Parts } from './contract-format.js'
import { canonicalText, digest } from './digest.js'
import { sha256Of } from './sha256.js'
import {
  digestOfParts,
  metadataJson,
  numbersOf,
  scoresCodec,
  stateDigest,
  stateFrom,
  stateNumbersCodec,
  type StateNumbers,
  type StateOptions
} from './state.js'
import { versioned } from './versioned.js'

export interface Checkpoint {
  readonly state: TrainState
  /** the name of the run, if there is one; see `runId` */
  readonly run?: string | undefined
  /** scores of the state, if they were computed; the best checkpoint is the one with the smallest loss */
  readonly scores?: Scores | undefined
}
/** a checkpoint without its tensors */
export interface CheckpointHead {
  /** SHA-256 of the state, as `stateDigest` gives it */
  readonly digest: string
  readonly run?: string | undefined
  readonly scores?: Scores | undefined
  readonly state: StateNumbers
}
/** a checkpoint that was read, with its digest */
export interface SavedCheckpoint extends Checkpoint {
  readonly digest: string
}

const headCodec: Codec<CheckpointHead> = versioned(
  exact('checkpoint', {
    digest,
    run: optional(digest),
    scores: optional(scoresCodec),
    state: stateNumbersCodec
  }) as Codec<CheckpointHead>,
  []
)

const headName = 'checkpoint'
const sealName = 'sha256'
const noSeal = '0'.repeat(64)

/** the position of the digest in a header whose metadata begin with this text */
const sealAt = (head: string): number =>
  utf8(`........{"__metadata__":{"${headName}":${JSON.stringify(head)},"${sealName}":"`).length
const withSeal = (header: Uint8Array, at: number, seal: string): Uint8Array =>
  header.map((byte, i) => (i >= at && i < at + seal.length ? seal.charCodeAt(i - at) : byte))

/** a checkpoint as a safetensors file, in parts; pass the digest of the state if it is known */
export const checkpointParts = ({ state, run, scores }: Checkpoint, known = stateDigest(state)): Parts => {
  const head = canonicalText(headCodec.encode({ digest: known, run, scores, state: numbersOf(state) }))
  const { header, data } = layout({
    tensors: tensorsOf(state),
    metadata: { [headName]: head, [sealName]: noSeal }
  })
  return { header: withSeal(header, sealAt(head), sha256Of(header)), data }
}

/**
 * A checkpoint as bytes: a safetensors file whose tensors `params/...`, `layers/...` and `optimizer/...` other tools
 * can read.
 *
 * @example pipe(encodeCheckpoint({ state, run: runId(run) }), decodeCheckpoint(training)) // Right({ state, run, digest
 * })
 */
export const encodeCheckpoint = (c: Checkpoint): Uint8Array => joined(checkpointParts(c))

/** the metadata of a file, if the digest of the header is right */
const unsealed = (header: Uint8Array, file: Pick<Content, 'metadata'>): E.Either<DecodeError, CheckpointHead> =>
  pipe(
    metadataJson(file, headName, headCodec),
    E.filterOrElse(
      () => {
        const { [headName]: head = '', [sealName]: seal = '' } = file.metadata
        const at = sealAt(head)
        const there = new TextDecoder().decode(header.subarray(at, at + seal.length))
        return digest.is(seal) && there === seal && sha256Of(withSeal(header, at, noSeal)) === seal
      },
      () => decodeError(['__metadata__', sealName], 'the SHA-256 of the header', 'another', 'the file is damaged')
    )
  )

/** A checkpoint without its tensors, which are not verified. `bytes` need only hold the header. */
export const decodeCheckpointHead = (bytes: Uint8Array, limits = formatLimits): E.Either<DecodeError, CheckpointHead> =>
  pipe(
    decodeHeader(bytes, limits),
    E.chain(({ start, metadata }) => unsealed(bytes.subarray(0, start), { metadata }))
  )

/** a checkpoint whose bytes are verified, for an unknown training */
export interface VerifiedCheckpoint {
  readonly head: CheckpointHead
  readonly tensors: Content['tensors']
}

/** Verifies every byte of a checkpoint. @returns Left with the place if it is damaged, or is not a checkpoint */
export const verifyCheckpoint = (bytes: Uint8Array, limits = formatLimits): E.Either<DecodeError, VerifiedCheckpoint> =>
  pipe(
    decodeCheckpointHead(bytes, limits),
    E.bindTo('head'),
    E.bind('tensors', () =>
      pipe(
        decodeFile(bytes, limits),
        E.map(file => file.tensors)
      )
    ),
    E.filterOrElse(
      ({ head, tensors }) => digestOfParts(tensors, head.state) === head.digest,
      ({ head }) => decodeError(['digest'], `a state with the SHA-256 ${head.digest}`, 'another', 'the file is damaged')
    )
  )

/** the contents of a checkpoint, if it belongs to the given training */
export const checkpointOf =
  (training: Training, registry: TrainingRegistry = builtInTraining) =>
  ({ head, tensors }: VerifiedCheckpoint): E.Either<DecodeError | SettingError | ShapeError, SavedCheckpoint> =>
    pipe(
      checkTraining(training, registry),
      E.chainW(checked => stateFrom(checked)(tensors, head.state)),
      E.map(state => ({ ...head, state }))
    )

/**
 * Reads a checkpoint of the given training and verifies every byte. Never throws.
 *
 * @returns Left if the training is invalid, if the bytes are not a checkpoint, if it is of another training, or if any
 * byte changed
 */
export const decodeCheckpoint =
  (training: Training, options: StateOptions = {}) =>
  (bytes: Uint8Array): E.Either<DecodeError | SettingError | ShapeError, SavedCheckpoint> => {
    const { registry = builtInTraining, limits = formatLimits } = optionsOf(options)
    return pipe(verifyCheckpoint(bytes, limits), E.chainW(checkpointOf(training, registry)))
  }
