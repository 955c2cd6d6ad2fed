/** The weights of a model as a safetensors file: what other tools read, and what a model can be given back. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  decodeSafetensors,
  encodeSafetensors,
  safetensorsLimits,
  type SafeTensors,
  type SafetensorsLimits
} from '../format/safetensors.js'
import type { LayerRegistry } from '../layer/definition.js'
import type { Model } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import type { ParamsOf } from '../model/params.js'
import { build } from '../model/build.js'
import { decodeError, inside, type DecodeError, type FileError, type ShapeError } from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import { treeLeaves, type Branch } from '../value/tree.js'
import { placeOf } from './folder.js'
import { readWhole, replaceFile } from './replace.js'
import { treeFrom } from './state.js'

/** what a model needs to predict; a `TrainState` has both */
export interface Weights<P extends Branch<Tensor> = Branch<Tensor>> {
  readonly params: P
  /** running statistics of layers, where it has such layers */
  readonly layers?: Branch<Tensor>
}
export interface WeightsOptions {
  readonly registry?: LayerRegistry
  readonly limits?: SafetensorsLimits
}

/**
 * Weights as a safetensors file with the tensors `params/...` and `layers/...`, as in a checkpoint. Equal weights give equal bytes.
 *
 * @example encodeWeights(trained.state) // Right(bytes): params/dense/weight, params/dense/bias, ...
 * @returns Left for names that the format keeps for itself and tensors whose data are too short
 */
export const encodeWeights = ({ params, layers = {} }: Weights): E.Either<ShapeError, Uint8Array> =>
  encodeSafetensors(Object.fromEntries([...treeLeaves(params, 'params'), ...treeLeaves(layers, 'layers')]))

/** the optimizer's slots, which a checkpoint holds beside the weights */
const isSlot = (name: string): boolean => name.startsWith('optimizer/')

const weightsFrom = <M extends Model>(
  model: M,
  registry: LayerRegistry,
  tensors: SafeTensors['tensors']
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
  <M extends Model>(model: M, { registry = builtInLayers, limits = safetensorsLimits }: WeightsOptions = {}) =>
  (bytes: Uint8Array): E.Either<DecodeError | ShapeError, Required<Weights<ParamsOf<M>>>> =>
    pipe(
      decodeSafetensors(bytes, limits),
      E.chainW(({ tensors }) => weightsFrom(model, registry, tensors))
    )

/**
 * Saves weights to a file, in place of one that may be there: it holds the old content or the new, never half of it.
 *
 * @example saveWeights('mnist.safetensors')(trained.state)
 */
export const saveWeights =
  (path: string) =>
  (weights: Weights): TE.TaskEither<FileError | ShapeError, void> =>
    pipe(
      TE.fromEither(encodeWeights(weights)),
      TE.bindTo('bytes'),
      TE.bindW('place', () => placeOf(path)),
      TE.chainFirstW(({ place: [folder] }) => folder.make),
      TE.chainW(({ bytes, place: [folder, name] }) => replaceFile(folder)(name, [bytes]))
    )

/**
 * Loads weights for a model from a safetensors file; see `decodeWeights`.
 *
 * @example loadWeights(mlp)('mnist.safetensors') // Right({ params, layers })
 */
export const loadWeights =
  <M extends Model>(model: M, options: WeightsOptions = {}) =>
  (path: string): TE.TaskEither<FileError | DecodeError | ShapeError, Required<Weights<ParamsOf<M>>>> =>
    pipe(
      placeOf(path),
      TE.chain(([folder, name]) => readWhole(folder, name, (options.limits ?? safetensorsLimits).bytes)),
      TE.chainEitherKW(bytes => pipe(decodeWeights(model, options)(bytes), E.mapLeft(inside(path))))
    )
