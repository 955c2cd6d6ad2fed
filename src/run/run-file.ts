/**
 * A run file says everything that decides the result of a training: data, model, loss, optimizer, seed, ... It is JSON that people
 * write: what has a usual value may be left out, and a string stands for a member without settings.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Reader, Source } from '../data/reader/reader.js'
import { readers } from '../data/readers.js'
import type { Model, ModelData } from '../layer/model.js'
import { checkModel } from '../model/model.js'
import { families, type Families } from '../train/families.js'
import type { Loss } from '../train/loss/index.js'
import type { Metric } from '../train/metric/index.js'
import type { Optimizer } from '../train/optimizer/index.js'
import type { Schedule } from '../train/schedule/index.js'
import type { StopRule } from '../train/stop/index.js'
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
import { decodeError, type DecodeError, type Problem } from '../value/error.js'
import type { Table } from '../value/family.js'
import { rowModelCodec } from './model-codec.js'
import { digest } from './digest.js'
import { normaliseCodec, splitCodec, type Preparation } from './prepare.js'
import { shortFamily } from './short.js'
import { versioned, type Migration } from './versioned.js'

/** the version of the numerics contract: a run means these bits */
export const contract = 1

/** a training with the data it is for; `M` is `ModelData` where nobody has checked the shapes yet */
export interface RunFile<M extends ModelData = Model> extends Omit<Training, 'model'>, Preparation {
  readonly gradfold: typeof contract
  /** the version of the library, where the run is for one alone; see `completeRun` */
  readonly version?: string | undefined
  readonly data: Source
  /** of the data as they come from their source (`dataDigest`), where the run is for these alone: others are then refused */
  readonly dataDigest?: string | undefined
  readonly model: M
}

/** where members are looked up; hand in your own to have them read from run files */
export interface Tables {
  /** layers, losses, optimizers, ... */
  readonly families: Families
  /** where data come from */
  readonly readers: Table<Reader>
}
/** the families and readers that gradfold comes with */
export const tables: Tables = Object.freeze({ families, readers })

/** the fields of a training, as JSON */
const trainingFields = (f: Families) => ({
  model: rowModelCodec(f.kinds),
  loss: shortFamily<Loss>('loss', f.losses),
  optimizer: shortFamily<Optimizer>('optimizer', f.optimizers, shortFamily<Schedule>('schedule', f.schedules)),
  batchSize: withDefault(size, 32),
  stop: shortFamily<StopRule>('stop rule', f.stopRules),
  metrics: withDefault(list(shortFamily<Metric>('metric', f.metrics)), []),
  seed: withDefault(uint32, 0),
  precision: withDefault(oneOf('f32', 'f64'), 'f32')
})

/** JSON of a training, the data apart; the model's shapes are not yet checked */
export const trainingCodec = (f: Families = families): Codec<Omit<Training, 'model'> & { readonly model: ModelData }> =>
  exact('training', trainingFields(f))

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
 * JSON of run files. Reading brings an older format up to date and fills in what is left out, writing leaves nothing out; the model's
 * shapes are not yet checked.
 */
export const runFileCodec = ({ families: f, readers: r }: Tables = tables): Codec<RunFile<ModelData>> => {
  // `split`, `validation` and others may also be absent from the record, which the type that `exact` infers cannot say
  const newest = exact('run file', {
    gradfold: withDefault(version, contract),
    version: optional(release),
    data: shortFamily<Source>('data source', r),
    dataDigest: optional(digest),
    split: optional(splitCodec),
    validation: optional(splitCodec),
    normalise: optional(normaliseCodec),
    normaliseTargets: optional(normaliseCodec),
    ...trainingFields(f)
  }) as Codec<RunFile<ModelData>>
  return versioned(newest, migrations)
}

/** the training that a run file describes */
export const trainingOf = <M extends ModelData>(run: RunFile<M>): Omit<Training, 'model'> & { readonly model: M } => {
  const { model, loss, optimizer, batchSize, stop, metrics, seed, precision } = run
  return Object.freeze({ model, loss, optimizer, batchSize, stop, metrics, seed, precision })
}

const at =
  (...place: readonly string[]) =>
  ({ path, expected, got, hint }: Problem<string>): DecodeError =>
    decodeError(['$', ...place, ...path], expected, got, hint)

/**
 * The run with its model's shapes checked, and whether the parts of its training suit each other.
 *
 * @returns Left with the place: for a layer that does not fit its label path below `$/model`
 */
export const checkRunFile = (
  run: RunFile<ModelData>,
  { families: f }: Tables = tables
): E.Either<DecodeError, RunFile> =>
  pipe(
    checkModel(run.model, f.kinds),
    E.mapLeft(at('model')),
    E.map((model): RunFile => ({ ...run, model })),
    E.chainFirst(checked =>
      pipe(
        checkTraining(trainingOf(checked), f),
        // what is not the name of a field is about the model as a whole
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
export const parseRunFile = (text: string, known: Tables = tables): E.Either<DecodeError, RunFile> =>
  pipe(
    parseJson(runFileCodec(known))(text),
    E.chain(run => checkRunFile(run, known))
  )

/** The text of a run file, every setting written out; `parseRunFile` gives the same run back. */
export const showRunFile = (run: RunFile<ModelData>, known: Tables = tables): string =>
  `${JSON.stringify(runFileCodec(known).encode(run), undefined, 2)}\n`
