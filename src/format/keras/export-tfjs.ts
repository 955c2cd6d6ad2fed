/** Models as the `model.json` and binary file that tfjs loads. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { LayerRegistry } from '../../layer/definition.js'
import type { ModelData } from '../../layer/model.js'
import { builtInLayers } from '../../layer/registry.js'
import { build } from '../../model/build.js'
import { isObject, knownOptions, modelArgument, optionsOf, treeArgument, wrongArgument } from '../../value/argument.js'
import { bytesOf, joinedBytes } from '../../value/bytes.js'
import { settingError, type SettingError, type ShapeError } from '../../value/error.js'
import type { Tensor } from '../../value/tensor.js'
import { tensorsFor, type ModelWeights } from '../tensors.js'
import type { Config } from './config.js'
import { sheetOf, type Line, type Sheet } from './sheet.js'

export interface TfjsOptions {
  /** the name of the binary file in the manifest; default `weights.bin` */
  readonly binary?: string
  /** texts by name that the file holds too, such as the names of classes */
  readonly metadata?: Readonly<Record<string, string>>
  /** what the layers of the model mean */
  readonly registry?: LayerRegistry
}
/** the files of a tfjs model, as `importTfjs` takes them */
export interface TfjsExport {
  /** the text of `model.json` */
  readonly json: string
  /** the bytes of the binary file, by its name */
  readonly weights: Readonly<Record<string, Uint8Array>>
}

/** whether each layer takes what the one before it gives */
const isChain = ({ lines, inputs, outputs }: Sheet): boolean =>
  inputs.length === 1 &&
  outputs.length === 1 &&
  inputs[0]?.config['dtype'] === 'float32' &&
  lines.every(
    (line, i) => line.inputs.length === 1 && line.inputs[0] === (i === 0 ? inputs[0]?.name : lines[i - 1]?.name)
  ) &&
  outputs[0] === lines.at(-1)?.name

const configOf = ({ name, config }: Line): Config => ({ name, trainable: true, ...config })
const sequential = ({ lines, inputs }: Sheet): Config => ({
  class_name: 'Sequential',
  config: {
    name: 'sequential',
    layers: lines.map((line, i) => ({
      class_name: line.kind,
      config:
        i === 0
          ? { ...configOf(line), batch_input_shape: inputs[0]?.config['batch_input_shape'], dtype: 'float32' }
          : configOf(line)
    }))
  }
})
const call = (name: string): readonly unknown[] => [name, 0, 0]
const functional = ({ lines, inputs, outputs }: Sheet): Config => ({
  class_name: 'Functional',
  config: {
    name: 'model',
    layers: [...inputs, ...lines].map(line => ({
      name: line.name,
      class_name: line.kind,
      config: configOf(line),
      inbound_nodes: line.inputs.length === 0 ? [] : [line.inputs.map(name => [...call(name), {}])]
    })),
    input_layers: inputs.map(({ name }) => call(name)),
    output_layers: outputs.map(call)
  }
})

const filesOf = (sheet: Sheet, { binary = 'weights.bin', metadata = {} }: TfjsOptions): TfjsExport => {
  const weights = sheet.lines.flatMap(({ name, weights: own }) =>
    own.map(([key, t]): readonly [string, Tensor] => [`${name}/${key}`, t])
  )
  const topology = isChain(sheet) ? sequential(sheet) : functional(sheet)
  const texts = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  const json = {
    format: 'layers-model',
    generatedBy: 'gradfold',
    convertedBy: null,
    // the words are those of this version, and so is what settings mean that are left out
    modelTopology: { ...topology, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
    weightsManifest: [
      { paths: [binary], weights: weights.map(([name, t]) => ({ name, shape: t.shape, dtype: 'float32' })) }
    ],
    ...(Object.keys(texts).length === 0 ? {} : { userDefinedMetadata: texts })
  }
  return { json: JSON.stringify(json), weights: { [binary]: joinedBytes(weights.map(([, t]) => bytesOf(t))) } }
}

const isName = (u: unknown): boolean => typeof u === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(u)
const isTexts = (u: unknown): boolean => isObject(u) && Object.values(u).every(x => typeof x === 'string')

/**
 * A model with its weights as a tfjs layers model, which `tf.loadLayersModel` reads: `model.json` and one binary file. Layers one after the
 * other are a `Sequential`, others a functional model. Names of layers are their paths. Equal models and weights give equal bytes.
 *
 * Its predictions differ from those of `predict` in the last digits. docs/reference/tfjs.md has what each layer becomes and the differences.
 *
 * @param options the name of the binary file, texts that the file holds too, and the registry
 * @example pipe(trained.state, exportTfjs(net)) // Right({ json, weights: { 'weights.bin': bytes } })
 * @returns Left for weights that are not those of the model or not f32, and for a layer that tfjs does not have, or whose numbers would
 * differ there: the path names it
 */
export const exportTfjs =
  (model: ModelData, options: TfjsOptions = {}) =>
  (weights: ModelWeights): E.Either<ShapeError | SettingError, TfjsExport> => {
    const { params, layers = {} } = optionsOf(weights)
    const { binary, metadata } = optionsOf(options)
    const wrong = wrongArgument(settingError, [
      modelArgument(model),
      knownOptions(options, { binary: true, metadata: true, registry: true }),
      { path: ['binary'], value: binary ?? 'weights.bin', expected: 'the name of a file', is: isName },
      { path: ['metadata'], value: metadata ?? {}, expected: 'texts by name', is: isTexts },
      treeArgument('params', params),
      treeArgument('layers', layers)
    ])
    if (wrong !== undefined) return E.left(wrong)
    const { registry = builtInLayers } = options
    return pipe(
      build(model, registry, 'f32'),
      E.chain(built => tensorsFor('tfjs', built, weights)),
      E.chain(tensors => sheetOf(model, tensors, registry)),
      E.map(sheet => filesOf(sheet, options))
    )
  }
