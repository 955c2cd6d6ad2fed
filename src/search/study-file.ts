/**
 * Study files: a study as JSON. Its run is a run file with holes: `{ "$": "rate" }` is replaced by the value of the
 * dimension `rate`, anywhere and any number of times.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { LoadError } from '../data/files.js'
import { loadSource } from '../data/readers.js'
import { codecsOf } from '../registry/codecs.js'
import { dataDigest } from '../run/identity.js'
import { runFileCodec } from '../run/run-file.js'
import { shortCodecsOf } from '../run/shorthand.js'
import { version } from '../run/version.js'
import {
  decode,
  exact,
  inRange,
  list,
  nonEmpty,
  oneOf,
  optional,
  parseJson,
  positive,
  refined,
  size,
  uint32,
  withDefault,
  type Codec
} from '../value/codec.js'
import { given, registryArgument, wrongArgument } from '../value/argument.js'
import { decodeError, settingError, type DecodeError, type Problem, type SettingError } from '../value/error.js'
import { studyFileArgument } from './arguments.js'
import type { Constraint } from './constraint.js'
import type { Dimension, DimensionRecord } from './dimension/index.js'
import { isJson, labelled, type Json } from './json.js'
import { studyMetricCodec, validationLoss, type StudyMetric } from './metric.js'
import { defaultNarrowing, zoom, type Zoom } from './narrow.js'
import { randomSearch, type Sampler } from './sampler/index.js'
import type { Settings } from './space.js'
import { builtIn, type Registry } from './registry.js'
import { checkStudy, type Study } from './study.js'

export interface StudyFile {
  readonly space: DimensionRecord
  readonly constraints: readonly Constraint[]
  /** a run file with holes */
  readonly run: Json
  readonly metric: StudyMetric
  readonly budget: number
  readonly seed: number
  readonly sampler: Sampler
  readonly zoom: Zoom
  readonly timeout?: number | undefined
  readonly trialSeed?: 'run' | undefined
}

// ---- holes

type JsonRecord = { readonly [key: string]: Json }
const isRecord = (j: Json): j is JsonRecord => typeof j === 'object' && j !== null && !Array.isArray(j)
const entriesOf = (j: Json): readonly (readonly [string, Json])[] =>
  typeof j === 'object' && j !== null ? Object.entries(j as JsonRecord) : []

interface Hole {
  readonly path: readonly string[]
  readonly name: Json
  /** whether the record has no other field */
  readonly alone: boolean
}
const holesIn = (j: Json, path: readonly string[]): readonly Hole[] =>
  isRecord(j) && Object.hasOwn(j, '$')
    ? [{ path, name: j['$'] as Json, alone: Object.keys(j).length === 1 }]
    : entriesOf(j).flatMap(([key, inner]) => holesIn(inner, [...path, key]))

/** the run with the holes filled by the settings */
export const filled = (run: Json, settings: Settings): Json => {
  const name = isRecord(run) ? run['$'] : undefined
  return typeof name === 'string' && Object.hasOwn(settings, name)
    ? (settings[name] as Json)
    : Array.isArray(run)
      ? (run as readonly Json[]).map(inner => filled(inner, settings))
      : isRecord(run)
        ? Object.fromEntries(Object.entries(run).map(([key, inner]) => [key, filled(inner, settings)]))
        : run
}

const checkHoles = ({ space, run }: StudyFile): DecodeError | undefined => {
  const names = Object.keys(space)
  const holes = holesIn(run, ['$', 'run'])
  const wrong = holes.find(h => !h.alone || typeof h.name !== 'string' || !names.includes(h.name))
  const idle = names.find(name => holes.every(h => h.name !== name))
  return wrong !== undefined
    ? wrong.alone
      ? decodeError([...wrong.path, '$'], `the name of a dimension: ${names.join(', ')}`, JSON.stringify(wrong.name))
      : decodeError(wrong.path, 'a hole, { "$": name } with nothing else in it', 'more fields')
    : idle !== undefined
      ? decodeError(
          ['$', 'space', idle],
          'a hole in the run for each dimension',
          'none',
          `put { "$": "${idle}" } where its value belongs`
        )
      : undefined
}

// ---- JSON

const share = (most: number): Codec<number> => inRange(`a number from 0 to ${most}`, x => x >= 0 && x <= most)
const zoomCodec: Codec<Zoom> = exact('zoom', {
  rounds: size,
  keep: withDefault(size, defaultNarrowing.keep),
  margin: withDefault(share(0.5), defaultNarrowing.margin),
  minWidth: withDefault(share(1), defaultNarrowing.minWidth)
})
const template: Codec<Json> = refined('a run file with holes', (u): u is Json => isJson(u) && isRecord(u))

/** JSON of study files. Reading fills in the defaults of the study, writing includes every setting. */
export const studyFileCodec = (registry: Registry = builtIn): Codec<StudyFile> =>
  exact('study', {
    space: nonEmpty(labelled<Dimension>(codecsOf(registry).dimension)),
    constraints: withDefault(list(codecsOf(registry).constraint), []),
    run: template,
    metric: withDefault(studyMetricCodec, validationLoss),
    budget: size,
    seed: withDefault(uint32, 0),
    sampler: withDefault(shortCodecsOf(registry).sampler, randomSearch),
    zoom: withDefault(zoomCodec, zoom(1)),
    timeout: optional(positive),
    trialSeed: optional(oneOf('run'))
  }) as Codec<StudyFile>

/** whether nothing in it depends on settings */
const isFixed = (run: Json): boolean => holesIn(run, []).length === 0

/**
 * The file of the study limited to these data and this version of the library, if all of its trials use the same data:
 * then, as for a run, results on other data belong to another study.
 *
 * @returns Left if the data cannot be loaded
 */
export const completeStudy = (
  file: StudyFile,
  registry: Registry = builtIn
): TE.TaskEither<LoadError | DecodeError | SettingError, StudyFile> => {
  const wrong = wrongArgument(settingError, [studyFileArgument(file), registryArgument(registry)])
  return wrong === undefined ? completed(file, registry) : TE.left(wrong)
}
const completed = (
  file: StudyFile,
  registry: Registry
): TE.TaskEither<LoadError | DecodeError | SettingError, StudyFile> => {
  const { run } = file
  const source = isRecord(run) ? run['data'] : undefined
  return !isRecord(run) || source === undefined || !isFixed(source)
    ? TE.right(file)
    : pipe(
        TE.fromEither(decode(shortCodecsOf(registry).source)(source)),
        TE.chainW(named => loadSource(named, registry)),
        TE.map(data => ({ ...file, run: { version, dataDigest: dataDigest(data), ...run } }))
      )
}

/** The study that a file describes. Checks nothing; `checkStudyFile` does. */
export const studyOf = (file: StudyFile, registry: Registry = builtIn): Study => {
  const { space: dimensions, constraints, run, ...rest } = file
  const codec = runFileCodec(registry)
  return Object.freeze({
    ...rest,
    space: Object.freeze({ dimensions, constraints }),
    run: (settings: Settings) => decode(codec)(filled(run, settings))
  })
}

const inFile = ({ path, expected, got, hint }: Problem<string>): DecodeError =>
  decodeError(['$', ...path], expected, got, hint)

/**
 * The study of a file, checked.
 *
 * @returns Left with the place in the file: see `checkStudy`; holes and dimensions must match too
 */
export const checkStudyFile = (file: StudyFile, registry: Registry = builtIn): E.Either<DecodeError, Study> => {
  const wrong = wrongArgument(decodeError, [studyFileArgument(file), registryArgument(registry)]) ?? checkHoles(file)
  return wrong === undefined ? pipe(checkStudy(studyOf(file, registry), registry), E.mapLeft(inFile)) : E.left(wrong)
}

/**
 * A study file from its text.
 *
 * @example
 * parseStudyFile(`{
 *   "space": { "rate": { "tag": "logUniform", "lower": 1e-4, "upper": 1 } },
 *   "run": {
 *     "data": "iris", "validation": "stratified", "model": { "input": [4], "layers": [{ "tag": "dense", "units": 3 }] },
 *     "loss": "softmaxCrossEntropy", "optimizer": { "tag": "adam", "rate": { "$": "rate" } }, "stop": { "tag": "epochs", "count": 10 }
 *   },
 *   "budget": 20
 * }`)
 * @returns Left with the place: `$/space/rate/lower: expected at most 1, the upper bound, got 10`; never throws
 */
export const parseStudyFile = (text: string, registry: Registry = builtIn): E.Either<DecodeError, StudyFile> =>
  pipe(
    given(decodeError, [registryArgument(registry)], () => parseJson(studyFileCodec(registry))(text)),
    E.chainFirst(file => checkStudyFile(file, registry))
  )

/** The text of a study file with every setting of the study; `parseStudyFile` reads the same file from it. */
export const showStudyFile = (file: StudyFile, registry: Registry = builtIn): string =>
  `${JSON.stringify(studyFileCodec(registry).encode(file), undefined, 2)}\n`
