/** A pipeline as one file: safetensors, whose metadata hold everything that is no tensor. */
import * as E from 'fp-ts/lib/Either.js'
import { given, modelArgument, optionsOf, treeArgument } from '../../value/argument.js'
import { pipe } from 'fp-ts/lib/function.js'
import { scalingCodec } from '../../data/normalise.js'
import { fittedTableCodec } from '../../data/table/fitted.js'
import {
  decodeSafetensors,
  encodeSafetensors,
  safetensorsLimits,
  type SafetensorsLimits
} from '../../format/safetensors.js'
import type { ModelData } from '../../layer/model.js'
import { checkModel } from '../../model/model.js'
import { modelCodec } from '../../model/codec.js'
import { codecsOf } from '../../registry/codecs.js'
import { builtInTraining, type TrainingRegistry } from '../../train/registry.js'
import { exact, inRange, oneOf, optional, type Codec } from '../../value/codec.js'
import { decodeError, shapeError, type DecodeError, type SettingError, type ShapeError } from '../../value/error.js'
import { treeLeaves } from '../../value/tree.js'
import { metadataJson, treeFrom } from '../state.js'
import { versioned } from '../versioned.js'
import { checkPipeline, type Pipeline } from './value.js'

/** the name of the JSON among the metadata */
const jsonName = 'pipeline'

interface PipelineJson extends Omit<Pipeline, 'model' | 'params' | 'layers'> {
  readonly model: ModelData
}
const jsonCodec = (registry: TrainingRegistry): Codec<PipelineJson> =>
  versioned(
    exact('pipeline', {
      fitted: fittedTableCodec,
      scalings: exact('scalings', { inputs: optional(scalingCodec), targets: optional(scalingCodec) }),
      model: modelCodec(registry),
      loss: codecsOf(registry).loss,
      precision: oneOf('f32', 'f64'),
      threshold: optional(inRange('a number from 0 to 1', n => n >= 0 && n <= 1))
    }) as Codec<PipelineJson>,
    []
  )

export interface PipelineOptions {
  /** where the members of the model and the loss are looked up */
  readonly registry?: TrainingRegistry
  /** of the file */
  readonly limits?: SafetensorsLimits
}

/**
 * A pipeline as the bytes of a safetensors file: the tensors `params/...` and `layers/...`, the rest as JSON under the name `pipeline`
 * of its metadata. Equal pipelines give equal bytes.
 *
 * @example encodePipeline(pipeline) // Right(bytes)
 * @returns Left for names that the format keeps for itself
 */
export const encodePipeline = (p: Pipeline, options: PipelineOptions = {}): E.Either<ShapeError, Uint8Array> => {
  const { registry = builtInTraining } = optionsOf(options)
  const { params, layers, ...json } = optionsOf(p) as Pipeline
  const args = [modelArgument(json.model), treeArgument('params', params), treeArgument('layers', layers)]
  return given(shapeError, args, () =>
    encodeSafetensors(Object.fromEntries([...treeLeaves(params, 'params'), ...treeLeaves(layers, 'layers')]), {
      [jsonName]: JSON.stringify(jsonCodec(registry).encode(json))
    })
  )
}

/**
 * Reads what `encodePipeline` wrote. The rows that it takes are typed by its schema, which the compiler does not know: see `predictRows`.
 *
 * @example pipe(bytes, decodePipeline(), E.map(p => predictRows(p)))
 * @returns Left for bytes that are no safetensors file, or one without a pipeline; for JSON that is not exactly one; for a schema, a model
 * and a loss that do not suit each other; for tensors that are missing, unknown, or of another shape. Never throws.
 */
export const decodePipeline =
  (options: PipelineOptions = {}) =>
  (bytes: Uint8Array): E.Either<DecodeError | SettingError | ShapeError, Pipeline> => {
    const { registry = builtInTraining, limits = safetensorsLimits } = optionsOf(options)
    return pipe(
      E.Do,
      E.bind('file', () => decodeSafetensors(bytes, limits)),
      E.bind('json', ({ file }) => metadataJson(file, jsonName, jsonCodec(registry))),
      E.bindW('model', ({ json }) => checkModel(json.model, registry)),
      E.bindW('checked', ({ json, model }) => checkPipeline({ ...json, model }, registry)),
      E.chainFirstW(({ file, checked: { placed } }) => {
        const known = new Set(
          [...treeLeaves(placed.params, 'params'), ...treeLeaves(placed.state, 'layers')].map(([path]) => path)
        )
        const stranger = Object.keys(file.tensors).find(name => !known.has(name))
        return stranger === undefined
          ? E.right(undefined)
          : E.left(decodeError([], 'the tensors of this pipeline', JSON.stringify(stranger), 'is it of its model?'))
      }),
      E.bindW('params', ({ file, checked }) => treeFrom(checked.placed.params, 'params', file.tensors)),
      E.bindW('layers', ({ file, checked }) => treeFrom(checked.placed.state, 'layers', file.tensors)),
      E.map(({ json, model, params, layers }): Pipeline => Object.freeze({ ...json, model, params, layers }))
    )
  }
