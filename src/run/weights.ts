/** The weights of a model as a file: what other tools read, and what a model can be given back. */
import * as E from 'fp-ts/lib/Either.js'
import { given, optionsOf, treeArgument, wrongArgument } from '../value/argument.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { formatLimits, type FormatContent, type FormatFiles, type FormatLimits } from '../format/format.js'
import { besidesOf, formatOfPath, readAs, writeAs, type FileRegistry } from '../format/formats.js'
import { encodeSafetensors, safetensors } from '../format/safetensors.js'
import type { LayerRegistry } from '../layer/definition.js'
import type { Model } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import type { ParamsOf } from '../model/params.js'
import { build } from '../model/build.js'
import {
  decodeError,
  fileError,
  inside,
  shapeError,
  type DecodeError,
  type FileError,
  type SettingError,
  type ShapeError
} from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import { treeLeaves, type Branch } from '../value/tree.js'
import { pathArgument } from './arguments.js'
import { isFileName, placeOf, type Folder } from './folder.js'
import { readWhole, replaceFile } from './replace.js'
import { treeFrom } from './state.js'

/** what a model needs to predict; a `TrainState` has both */
export interface Weights<P extends Branch<Tensor> = Branch<Tensor>> {
  readonly params: P
  /** running statistics of layers, where it has such layers */
  readonly layers?: Branch<Tensor>
}
/** a format as data: a member of the family */
type FormatData = { readonly tag: string }
export interface WeightsOptions {
  /** what the model's layers mean, and which formats there are */
  readonly registry?: FileRegistry
  readonly limits?: FormatLimits
  /** what the bytes are; by default what the name of a file says, else safetensors */
  readonly format?: FormatData
  /** with bytes of a format that has several files: those beside the first, by their names */
  readonly beside?: Readonly<Record<string, Uint8Array>>
}
export interface SaveOptions {
  readonly registry?: FileRegistry
  /** by default what the name of the file says, else safetensors */
  readonly format?: FormatData
  /** the network that the weights are of, for formats that hold it too */
  readonly model?: Model
}

const contentOf = (weights: Weights, model?: Model): E.Either<ShapeError, FormatContent> => {
  const { params, layers = {} } = optionsOf(weights)
  return given(shapeError, [treeArgument('params', params), treeArgument('layers', layers)], () =>
    E.right({
      tensors: Object.fromEntries([...treeLeaves(params ?? {}, 'params'), ...treeLeaves(layers, 'layers')]),
      metadata: {},
      ...(model === undefined ? {} : { model })
    })
  )
}

/**
 * Weights as a safetensors file with the tensors `params/...` and `layers/...`, as in a checkpoint. Equal weights give equal bytes.
 *
 * @example encodeWeights(trained.state) // Right(bytes): params/dense/weight, params/dense/bias, ...
 * @returns Left for names that the format keeps for itself and tensors whose data are too short
 */
export const encodeWeights = (weights: Weights): E.Either<ShapeError, Uint8Array> =>
  pipe(
    contentOf(weights),
    E.chain(({ tensors }) => encodeSafetensors(tensors))
  )

/**
 * Weights as a file of any format of the registry, in memory: its bytes in pieces, and those of files beside it.
 *
 * @example encodeWeightsAs(safetensors)(trained.state) // Right({ parts: [header, numbers, ...] })
 * @returns Left for what the format cannot hold
 */
export const encodeWeightsAs =
  (format: FormatData, options: SaveOptions & { readonly name?: string } = {}) =>
  (weights: Weights): E.Either<ShapeError | SettingError, FormatFiles> => {
    const { registry, model, name } = optionsOf(options)
    return pipe(
      contentOf(weights, model),
      E.chainW(writeAs(format, { ...(registry && { registry }), ...(name === undefined ? {} : { name }) }))
    )
  }

/** the optimizer's slots, which a checkpoint holds beside the weights */
const isSlot = (name: string): boolean => name.startsWith('optimizer/')

const weightsFrom = <M extends Model>(
  model: M,
  registry: LayerRegistry,
  tensors: FormatContent['tensors']
): E.Either<DecodeError | ShapeError, Required<Weights<ParamsOf<M>>>> => {
  const all = Object.entries(tensors)
  const dtype = all.some(([name, t]) => name.startsWith('params/') && t.dtype === 'f64') ? 'f64' : 'f32'
  return pipe(
    build(model, registry, dtype),
    E.chainFirstW(({ params, state }) => {
      const known = new Set([...treeLeaves(params, 'params'), ...treeLeaves(state, 'layers')].map(([path]) => path))
      const stranger = all.find(([name]) => !known.has(name) && !isSlot(name))?.[0]
      return stranger === undefined
        ? E.right(undefined)
        : E.left(decodeError([], 'the weights of this model', JSON.stringify(stranger), 'is it of this model?'))
    }),
    E.bindTo('placed'),
    E.bindW('params', ({ placed }) => treeFrom(placed.params, 'params', tensors)),
    E.bindW('layers', ({ placed }) => treeFrom(placed.state, 'layers', tensors)),
    // the compiler derives the same tree from the same data (model/params.ts)
    E.map(({ params, layers }) => ({ params: params as ParamsOf<M>, layers }))
  )
}

/**
 * Reads weights for a model: exactly its tensors, each of its shape, all f32 or all f64. Takes checkpoints too (unverified).
 *
 * @example pipe(bytes, decodeWeights(mlp), E.chainW(w => predict(mlp, w.params, { backend, layers: w.layers })(x)))
 * @returns Left naming the tensor that is missing, unknown, or of another shape or element type; never throws
 */
export const decodeWeights =
  <M extends Model>(model: M, options: WeightsOptions = {}) =>
  (bytes: Uint8Array): E.Either<DecodeError | ShapeError, Required<Weights<ParamsOf<M>>>> => {
    const { registry = builtInLayers, format = safetensors, ...more } = optionsOf(options)
    return pipe(
      readAs(format, { registry, ...more })(bytes),
      E.chainW(({ tensors }) => weightsFrom(model, registry, tensors))
    )
  }

const formatFor = (path: string, { format, registry }: WeightsOptions | SaveOptions): FormatData =>
  format ?? formatOfPath(path, registry) ?? safetensors

/**
 * Saves weights to a file, in place of one that may be there: it holds the old content or the new, never half of it. The name says the
 * format, unless the option does. Of a format with several files those beside the first are written before it.
 *
 * @example saveWeights('mnist.safetensors')(trained.state)
 */
export const saveWeights =
  (path: string, options: SaveOptions = {}) =>
  (weights: Weights): TE.TaskEither<FileError | ShapeError | SettingError, void> => {
    const wrong = wrongArgument(fileError, [pathArgument('path', path)])
    if (wrong !== undefined) return TE.left(wrong)
    const chosen = optionsOf(options)
    return pipe(
      placeOf(path),
      TE.bindTo('place'),
      TE.bindW('files', ({ place: [, file] }) => {
        const name = file.replace(/(?<=.)\.[^.]*$/, '')
        return TE.fromEither(encodeWeightsAs(formatFor(path, chosen), { ...chosen, name })(weights))
      }),
      TE.chainFirstW(({ place: [folder] }) => folder.make),
      TE.chainW(({ files: { parts, beside = {} }, place: [folder, name] }) =>
        pipe(
          Object.entries(beside),
          TE.traverseSeqArray(([other, pieces]) => replaceFile(folder)(other, pieces)),
          TE.chain(() => replaceFile(folder)(name, parts))
        )
      )
    )
  }

/** the files beside one, by their names; a name that is a path would choose what is read, so it is refused */
export const readBeside =
  (folder: Folder, limits: FormatLimits) =>
  (names: readonly string[]): TE.TaskEither<FileError | DecodeError, Readonly<Record<string, Uint8Array>>> =>
    pipe(
      names,
      TE.traverseSeqArray((name): TE.TaskEither<FileError | DecodeError, readonly [string, Uint8Array]> =>
        isFileName(name)
          ? pipe(
              readWhole(folder, name, limits.bytes),
              TE.map(bytes => [name, bytes] as const)
            )
          : TE.left(decodeError([], 'the name of a file in the same folder', JSON.stringify(name)))
      ),
      TE.map(all => Object.fromEntries(all))
    )

/**
 * Loads weights for a model from a file; see `decodeWeights`. The name says the format, unless the option does.
 *
 * @example loadWeights(mlp)('mnist.safetensors') // Right({ params, layers })
 */
export const loadWeights =
  <M extends Model>(model: M, options: WeightsOptions = {}) =>
  (path: string): TE.TaskEither<FileError | DecodeError | ShapeError, Required<Weights<ParamsOf<M>>>> => {
    const chosen = optionsOf(options)
    const { limits = formatLimits } = chosen
    const wrong = wrongArgument(fileError, [pathArgument('path', path)])
    if (wrong !== undefined) return TE.left(wrong)
    const format = formatFor(path, chosen)
    return pipe(
      placeOf(path),
      TE.bindTo('place'),
      TE.bind('bytes', ({ place: [folder, name] }) => readWhole(folder, name, limits.bytes)),
      TE.bindW('beside', ({ bytes, place: [folder] }) =>
        pipe(
          TE.fromEither(besidesOf(format, chosen)(bytes)),
          TE.chainW(readBeside(folder, limits)),
          TE.mapLeft(e => (e._tag === 'FileError' ? e : inside(path)(e)))
        )
      ),
      TE.chainEitherKW(({ bytes, beside }) =>
        pipe(decodeWeights(model, { ...chosen, format, beside })(bytes), E.mapLeft(inside(path)))
      )
    )
  }
