/** Networks that tfjs or the converter of Keras models wrote as `model.json`. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { maxText } from '../../data/limits.js'
import { isObject, knownOptions, wrongArgument } from '../../value/argument.js'
import { decodeError, settingError, type DecodeError, type SettingError } from '../../value/error.js'
import type { ImportedModel } from '../import/imported.js'
import { at, isRecord, recordIn, type Config } from './config.js'
import { pathsOf, storedWeights, type WeightBytes } from './manifest.js'
import type { Dialect } from './site.js'
import { modelFrom } from './walk.js'
import { weightsFrom } from './weights.js'

/** A tfjs model: the text or bytes of `model.json`, and the bytes of its binary files. */
export interface TfjsFiles {
  readonly json: string | Uint8Array
  /** by their names in the manifest; or those of all files one after the other */
  readonly weights: WeightBytes
}

const isText = (u: unknown): boolean => typeof u === 'string' || u instanceof Uint8Array
const isBytes = (u: unknown): boolean => isObject(u) && (u instanceof Uint8Array || !Array.isArray(u))

/** a record from JSON text */
export const parsedJson = (format: string, json: string | Uint8Array): E.Either<DecodeError, Config> =>
  json.length > maxText
    ? E.left(decodeError([format], `at most ${maxText} characters`, `${json.length}`))
    : pipe(
        E.tryCatch(
          () =>
            JSON.parse(
              typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json)
            ) as unknown,
          () => decodeError([format], 'JSON in UTF-8', 'other text')
        ),
        E.chain(u => (isRecord(u) ? E.right(u) : E.left(decodeError([format], 'a JSON object', 'another value'))))
      )

/** which program wrote a file, by its version, or by words that only one of them has */
export const dialectOf = (version: unknown, model: unknown): Dialect =>
  typeof version === 'string'
    ? version.startsWith('tfjs')
      ? 'tfjs'
      : version.startsWith('3')
        ? 'keras3'
        : 'keras2'
    : isRecord(model) && at(model, 'module') !== undefined
      ? 'keras3'
      : 'keras2'

const textsIn = (json: Config): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(recordIn(json, 'userDefinedMetadata')).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string'
    )
  )

const imported = (json: Config, weights: WeightBytes): E.Either<DecodeError, ImportedModel> => {
  const topology = recordIn(json, 'modelTopology')
  if (at(json, 'format') === 'graph-model')
    return E.left(
      decodeError(['tfjs'], 'a layers model', 'a graph model', 'the layers of a Keras model are in a layers model only')
    )
  const model = at(topology, 'model_config') ?? topology
  return pipe(
    storedWeights(json, weights),
    E.chain(stored =>
      modelFrom({
        model,
        weights: weightsFrom(stored),
        dialect: dialectOf(at(topology, 'keras_version'), model),
        dtype: 'f32'
      })
    ),
    E.map(found => ({ ...found, metadata: textsIn(json) }))
  )
}

/**
 * A network from the files of a tfjs layers model: a model value, which can be changed and trained on, and what it has learned. It reads
 * `model.json` in the words of Keras 2 and Keras 3, `Sequential` and functional models, models inside of models, several binary files, and
 * quantized weights (float16, uint8, uint16), whose numbers it computes as tfjs does.
 *
 * Layers are those that gradfold has; branches become `residual`, `fanOut` and merges. A factor or bias that a layer leaves out is 1 or 0
 * here, and is learned in a later training.
 *
 * @example pipe(importTfjs({ json, weights: { 'weights.bin': bytes } }), E.chain(({ model, params, layers }) => predict(model, params, { layers })(x)))
 * @returns Left with every layer that has no form here, by name and class, the first as the error and the rest in `others`: also layers
 * whose numbers would differ, such as recurrent layers with the gate `hard_sigmoid`
 * @see https://www.tensorflow.org/js/guide/save_load
 */
export const importTfjs = (files: TfjsFiles): E.Either<DecodeError | SettingError, ImportedModel> => {
  const { json, weights }: Partial<TfjsFiles> = isObject(files) ? files : {}
  const wrong = wrongArgument(settingError, [
    { path: ['json'], value: json, expected: 'the text or the bytes of model.json', is: isText },
    { path: ['weights'], value: weights, expected: 'bytes, or bytes by the names of files', is: isBytes },
    knownOptions(files, { json: true, weights: true })
  ])
  return wrong !== undefined || json === undefined || weights === undefined
    ? E.left(wrong ?? settingError(['json'], 'files', 'none'))
    : pipe(
        parsedJson('tfjs', json),
        E.chain(parsed => imported(parsed, weights))
      )
}

/**
 * The names of the binary files that a `model.json` needs beside it. They are texts of the file: check them before a file is opened by one.
 *
 * @example tfjsPaths('{ ..., "weightsManifest": [{ "paths": ["weights.bin"], "weights": [] }] }') // Right(['weights.bin'])
 */
export const tfjsPaths = (json: string | Uint8Array): E.Either<DecodeError, readonly string[]> =>
  isText(json)
    ? pipe(parsedJson('tfjs', json), E.chain(pathsOf))
    : E.left(decodeError(['tfjs'], 'the text or the bytes of model.json', 'another value'))
