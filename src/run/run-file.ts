/**
 * A run file says everything that decides the result of a training: data, model, loss, optimizer, seed, ... It is JSON
 * that people write: settings with a default may be left out, and a string means a member without settings.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Source } from '../data/reader/reader.js'
import type { Model, ModelData } from '../layer/model.js'
import { checkModel } from '../model/model.js'
import type { AnyRegistry } from '../registry/definition.js'
import { augmentationCodec } from '../train/augment.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import { shardsCodec } from '../train/shards.js'
import { checkTraining, type Training } from '../train/training.js'
import {
  exact,
  list,
  oneOf,
  optional,
  parseJson,
  refined,
  size,
  uint32,
  withDefault,
  type Codec
} from '../value/codec.js'
import { given, registryArgument } from '../value/argument.js'
import { decodeError, type DecodeError, type Problem } from '../value/error.js'
import { runArgument } from './arguments.js'
import { rowModelCodec } from './model-codec.js'
import { digest } from './digest.js'
import { normaliseCodec, splitCodec, type Preparation } from './prepare.js'
import { builtInRun, type RunRegistry } from './registry.js'
import { shorthand, shortCodecsOf } from './shorthand.js'
import { versioned, type Migration } from './versioned.js'

/** the version of the numerics contract that decides the bits of a run */
export const contract = 1

/** a training with its data; `M` is `ModelData` while the shapes are unchecked */
export interface RunFile<M extends ModelData = Model> extends Omit<Training, 'model'>, Preparation {
  readonly gradfold: typeof contract
  /** the version of the library, if the run is limited to one; see `completeRun` */
  readonly version?: string | undefined
  readonly data: Source
  /** the digest of the source data (`dataDigest`), if the run is limited to them: other data are refused */
  readonly dataDigest?: string | undefined
  readonly model: M
  /** whether the state after the best epoch is kept and scored too: by the validation loss, or by that of the epoch */
  readonly keepBest?: boolean | undefined
}

/** the fields of a training, as JSON */
const trainingFields = (registry: AnyRegistry) => {
  const { loss, optimizer, stopRule, metric } = shortCodecsOf(registry)
  return {
    model: rowModelCodec(registry),
    loss,
    optimizer,
    batchSize: withDefault(size, 32),
    stop: stopRule,
    metrics: withDefault(list(metric), []),
    seed: withDefault(uint32, 0),
    precision: withDefault(oneOf('f32', 'f64'), 'f32'),
    shards: optional(shardsCodec),
    augment: optional(list(shorthand(augmentationCodec)))
  }
}

/** JSON of a training without its data; the model's shapes are not checked yet */
export const trainingCodec = (
  registry: TrainingRegistry = builtInTraining
): Codec<Omit<Training, 'model'> & { readonly model: ModelData }> =>
  // `shards` and `augment` may be absent from the record
  exact('training', trainingFields(registry)) as Codec<Omit<Training, 'model'> & { readonly model: ModelData }>

const version = refined(
  `${contract}, the version of the numerics contract that this gradfold keeps`,
  (u): u is typeof contract => u === contract
)

const release = refined(
  'the version of a release, as 0.1.0',
  (u): u is string => typeof u === 'string' && /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(u)
)

/** from older formats of run files to the newest */
const migrations: readonly Migration[] = []

/**
 * JSON of run files. Reading upgrades older formats and fills in defaults; writing includes every setting. The model's
 * shapes are not checked yet.
 */
export const runFileCodec = (registry: RunRegistry = builtInRun): Codec<RunFile<ModelData>> => {
  // `split`, `validation` and others may be absent from the record, which the inferred type of `exact` cannot express
  const newest = exact('run file', {
    gradfold: withDefault(version, contract),
    version: optional(release),
    data: shortCodecsOf(registry).source,
    dataDigest: optional(digest),
    split: optional(splitCodec),
    validation: optional(splitCodec),
    normalise: optional(normaliseCodec),
    normaliseTargets: optional(normaliseCodec),
    keepBest: optional(t.boolean),
    ...trainingFields(registry)
  }) as Codec<RunFile<ModelData>>
  return versioned(newest, migrations)
}

/** the training that a run file describes */
export const trainingOf = <M extends ModelData>(run: RunFile<M>): Omit<Training, 'model'> & { readonly model: M } => {
  const { model, loss, optimizer, batchSize, stop, metrics, seed, precision, shards, augment } = run
  return Object.freeze({
    ...{ model, loss, optimizer, batchSize, stop, metrics, seed, precision },
    ...(shards === undefined ? {} : { shards }),
    ...(augment === undefined ? {} : { augment })
  })
}

const at =
  (...place: readonly string[]) =>
  ({ path, expected, got, hint }: Problem<string>): DecodeError =>
    decodeError(['$', ...place, ...path], expected, got, hint)

/**
 * Checks the shapes of a run's model, and that the parts of its training suit each other.
 *
 * @returns Left with the place: for a layer that does not fit, its label path below `$/model`
 */
export const checkRunFile = (
  run: RunFile<ModelData>,
  registry: RunRegistry = builtInRun
): E.Either<DecodeError, RunFile> =>
  pipe(
    given(decodeError, [runArgument(run), registryArgument(registry)], () => checkModel(run.model, registry)),
    E.mapLeft(e => (e._tag === 'DecodeError' ? e : at('model')(e))),
    E.map((model): RunFile => ({ ...run, model })),
    E.chainFirst(checked =>
      pipe(
        checkTraining(trainingOf(checked), registry),
        // a path that starts with no field of the run is inside the model
        E.mapLeft(e => (Object.hasOwn(run, e.path[0] ?? '') ? at()(e) : at('model')(e)))
      )
    )
  )

/**
 * A run file from its text.
 *
 * @example
 * parseRunFile(`{
 *   "data": "iris", "split": "stratified", "normalise": "standardise",
 *   "model": { "input": [4], "layers": [{ "tag": "dense", "units": 16 }, "relu", { "tag": "dense", "units": 3 }] },
 *   "loss": "softmaxCrossEntropy", "optimizer": "adam", "stop": { "tag": "epochs", "count": 50 }, "metrics": ["accuracy"]
 * }`)
 * @returns Left with the place: `$/model/layers/1/units: expected a positive whole number, got 0`; never throws
 */
export const parseRunFile = (text: string, registry: RunRegistry = builtInRun): E.Either<DecodeError, RunFile> =>
  pipe(
    given(decodeError, [registryArgument(registry)], () => parseJson(runFileCodec(registry))(text)),
    E.chain(run => checkRunFile(run, registry))
  )

/** The text of a run file with every setting; `parseRunFile` reads the same run from it. */
export const showRunFile = (run: RunFile<ModelData>, registry: RunRegistry = builtInRun): string =>
  `${JSON.stringify(runFileCodec(registry).encode(run), undefined, 2)}\n`
