/**
 * A training state as bytes and back, exact to the bit: a safetensors file of its tensors, whose metadata hold its
 * numbers as JSON.
 */
import * as E from 'fp-ts/lib/Either.js'
import { optionsOf } from '../value/argument.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { plainTotals, runningTotals, type Totals } from '../infer/totals.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import type { Memory, Progress, Scores } from '../train/progress.js'
import { formOf, tensorsOf, type TrainState } from '../train/state.js'
import { metricNames } from '../train/training/heads.js'
import { settingsOf } from '../train/bookkeeping.js'
import { checkTraining, type ValidTraining, type Training } from '../train/training.js'
import { count, exact, list, optional, parseJson, recordOf, type Codec } from '../value/codec.js'
import { decodeError, type DecodeError, type SettingError, type ShapeError } from '../value/error.js'
import { sameShape } from '../value/shape.js'
import type { Aval, Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { treeLeaves, rebuild, type Branch } from '../value/tree.js'
import {
  decodeFile,
  formatLimits,
  joined,
  layout,
  type Content,
  type FormatLimits,
  type Parts
} from './contract-format.js'
import { canonicalText } from './digest.js'
import { sha256Of } from './sha256.js'
import { exactNumber, metricValue } from './numbers.js'
import { versioned } from './versioned.js'

type Tensors = Content['tensors']
/** a state without its tensors */
export interface StateNumbers extends Omit<TrainState, 'params' | 'layers' | 'optimizer' | 'epochSums'> {
  readonly epochSums: Omit<TrainState['epochSums'], 'metrics'> & { readonly metrics: Totals }
}

export const scoresCodec = exact('scores', {
  loss: exactNumber,
  metrics: recordOf('metrics', metricValue)
}) as Codec<Scores>
const progress = exact('progress', {
  step: count,
  epoch: count,
  epochEnded: t.boolean,
  loss: exactNumber,
  epochLoss: exactNumber,
  validation: optional(scoresCodec)
}) as Codec<Progress>
const memory: Codec<Memory> = recordOf('memory', exactNumber)

/** JSON of a state's numbers */
export const stateNumbersCodec: Codec<StateNumbers> = versioned(
  exact('state', {
    progress,
    epochSums: exact('sums', {
      loss: exactNumber,
      weight: exactNumber,
      metrics: recordOf('sums of metrics', list(exactNumber))
    }),
    position: count,
    stop: memory,
    settings: recordOf('settings', memory)
  }),
  []
)

export const numbersOf = ({ progress, epochSums, position, stop, settings }: TrainState): StateNumbers => ({
  progress,
  epochSums: { ...epochSums, metrics: plainTotals(epochSums.metrics) },
  position,
  stop,
  settings
})
/** the key of a state's numbers in the metadata of a file */
const numbersName = 'state'

/** a state as a safetensors file, in parts */
const stateParts = (tensors: Tensors, numbers: StateNumbers): Parts =>
  layout({ tensors, metadata: { [numbersName]: canonicalText(stateNumbersCodec.encode(numbers)) } })

/**
 * A whole training state as bytes: a safetensors file with the tensors `params/...`, `layers/...` and `optimizer/...`,
 * and the numbers as canonical JSON in its metadata. Equal states give equal bytes.
 *
 * @example pipe(encodeState(state), decodeState(training)) // Right(state), to the bit
 */
export const encodeState = (s: TrainState): Uint8Array => joined(stateParts(tensorsOf(s), numbersOf(s)))

/** The digest of a whole training state: SHA-256 of `encodeState(state)`, in 64 hexadecimal digits. */
export const stateDigest = (s: TrainState): string => digestOfParts(tensorsOf(s), numbersOf(s))

/** `stateDigest` of a state that is given as tensors by name and numbers */
export const digestOfParts = (tensors: Tensors, numbers: StateNumbers): string => {
  const { header, data } = stateParts(tensors, numbers)
  return sha256Of(header, ...data)
}

// ---- reading

/** a tree with the form, shapes and element types of `wanted`, its tensors read from a file by name */
export const treeFrom = (
  form: Branch<Aval>,
  prefix: string,
  tensors: Tensors
): E.Either<DecodeError, Branch<Tensor>> => {
  const given = (path: string): Tensor | undefined => (Object.hasOwn(tensors, path) ? tensors[path] : undefined)
  const wrong = treeLeaves(form, prefix).find(([path, a]) => {
    const tensor = given(path)
    return tensor?.dtype !== a.dtype || !sameShape(tensor.shape, a.shape)
  })
  if (wrong === undefined)
    return E.right(rebuild<Aval, Tensor>(form, path => given(`${prefix}/${path}`) as Tensor) as Branch<Tensor>)
  const [path, wanted] = wrong
  const got = given(path)
  return E.left(
    decodeError(
      [path],
      showAval(wanted),
      got === undefined ? 'no tensor of this name' : showAval(got),
      'is it of this model?'
    )
  )
}

/** checks what the codec of the numbers cannot: whether they belong to this training */
const checkNumbers = (c: ValidTraining, n: StateNumbers): DecodeError | undefined => {
  const names = settingsOf(c).map(([name]) => name)
  const got = Object.keys(n.settings)
  const metrics = metricNames(c)
  const sum = Object.keys(n.epochSums.metrics).find(k => !metrics.some(name => k.startsWith(`${name}/`)))
  const list = (xs: readonly string[]): string => (xs.length === 0 ? 'none' : [...xs].join(', '))
  return got.length !== names.length || !names.every(name => Object.hasOwn(n.settings, name))
    ? decodeError(['state', 'settings'], `the optimizer's settings (${list(names)})`, list(got))
    : sum !== undefined
      ? decodeError(['state', 'epochSums', 'metrics'], `sums of the metrics (${list(metrics)})`, JSON.stringify(sum))
      : n.progress.epoch > n.progress.step || n.position > n.progress.step
        ? decodeError(
            ['state', 'progress'],
            'at most as many epochs and batches as steps',
            `epoch ${n.progress.epoch}, batch ${n.position}, step ${n.progress.step}`
          )
        : undefined
}

/** the state from tensors and numbers, if they belong to this training and nothing is left over */
export const stateFrom =
  (c: ValidTraining) =>
  (tensors: Tensors, numbers: StateNumbers): E.Either<DecodeError, TrainState> => {
    const form = formOf(c)
    const known = new Set(
      Object.entries(form).flatMap(([prefix, tree]) => treeLeaves(tree, prefix).map(([path]) => path))
    )
    const stranger = Object.keys(tensors).find(name => !known.has(name))
    const wrong =
      stranger === undefined
        ? checkNumbers(c, numbers)
        : decodeError([], 'the tensors of a state of this training', JSON.stringify(stranger), 'is it of this model?')
    return wrong !== undefined
      ? E.left(wrong)
      : pipe(
          E.Do,
          E.bind('params', () => treeFrom(form.params, 'params', tensors)),
          E.bind('layers', () => treeFrom(form.layers, 'layers', tensors)),
          E.bind('optimizer', () => treeFrom(form.optimizer, 'optimizer', tensors)),
          E.map(trees => {
            const { epochSums } = numbers
            return { ...trees, ...numbers, epochSums: { ...epochSums, metrics: runningTotals(epochSums.metrics) } }
          })
        )
  }

/** a JSON text in the metadata of a file */
export const metadataJson = <A>(
  { metadata }: Pick<Content, 'metadata'>,
  name: string,
  codec: Codec<A>
): E.Either<DecodeError, A> =>
  pipe(
    Object.hasOwn(metadata, name)
      ? parseJson(codec)(metadata[name] as string)
      : E.left(decodeError([], 'JSON', 'nothing', 'is it of gradfold?')),
    E.mapLeft(({ path, expected, got, hint }) =>
      decodeError(['__metadata__', name, ...path.slice(1)], expected, got, hint)
    )
  )

export interface StateOptions {
  readonly registry?: TrainingRegistry
  readonly limits?: FormatLimits
}

/**
 * Reads what `encodeState` wrote, as a state of the given training: it must have exactly the tensors of the model and
 * the optimizer. `train` resumes from it (`from`) as from the state itself. Never throws.
 *
 * @returns Left if the training is invalid, if the bytes are not a safetensors file, or if the state is of another
 * training; the error names the tensor or the number
 */
export const decodeState =
  (training: Training, options: StateOptions = {}) =>
  (bytes: Uint8Array): E.Either<DecodeError | SettingError | ShapeError, TrainState> => {
    const { registry = builtInTraining, limits = formatLimits } = optionsOf(options)
    return pipe(
      checkTraining(training, registry),
      E.chainW(c =>
        pipe(
          decodeFile(bytes, limits),
          E.chain(file =>
            pipe(
              metadataJson(file, numbersName, stateNumbersCodec),
              E.chain(numbers => stateFrom(c)(file.tensors, numbers))
            )
          )
        )
      )
    )
  }
