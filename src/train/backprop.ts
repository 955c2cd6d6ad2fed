/** Backpropagation, visible: what goes forward and what comes back, by the labels of the layers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../backend/backend.js'
import { evaluate } from '../backend/backend.js'
import { input } from '../expr/build.js'
import type { Several } from '../data/features.js'
import { batchTensors, handedIn } from '../data/program-inputs.js'
import { gradients } from '../expr/gradient.js'
import { inputsLike, keyTensor } from '../expr/inputs.js'
import type { Expr } from '../expr/op.js'
import { collect, namedExprs, precisionOf, type Examples } from '../infer/examples.js'
import type { Value } from '../layer/definition.js'
import type { Model } from '../layer/model.js'
import { mapValue } from '../layer/compose.js'
import { initStateFrom } from '../model/init.js'
import type { ParamsOf } from '../model/params.js'
import { rootKey, type Key } from '../random/index.js'
import {
  backendArgument,
  keyArgument,
  knownOptions,
  optionsOf,
  treeArgument,
  wrongArgument
} from '../value/argument.js'
import { settingError, type BackendError, type DataError, type SettingError, type ShapeError } from '../value/error.js'
import { scalarOf, type Tensor } from '../value/tensor.js'
import { treeLeaves, rebuild, type Branch } from '../value/tree.js'
import type { TrainingRegistry } from './registry.js'
import type { FittingLoss } from './fitting.js'
import type { AnyLoss } from './per-output.js'
import { sgd } from './optimizer/index.js'
import { lossOutputs, passBatch } from './pass.js'
import { batchArguments, checkBatch, type ArrangedBatch, type Batch } from './examples.js'
import { steps } from './stop/index.js'
import { checkTraining, type ValidTraining, type Training } from './training.js'

export interface BackpropOptions<L = AnyLoss> {
  readonly loss: L
  readonly backend: Backend
  readonly registry?: TrainingRegistry
  /** whether dropout drops and batch statistics are used; default true, as in a training step */
  readonly training?: boolean
  /** running statistics, for models that have them; default those of a fresh model */
  readonly layers?: Branch<Tensor>
  /** what random layers draw from; default that of seed 0 */
  readonly key?: Key
}

/** what a layer gives, and how the loss changes with it */
export interface LayerSeen {
  /** the layer's output for the batch: z for an affine layer, a for an activation */
  readonly value: Examples
  /** dE/dvalue: the textbook's delta = dE/dz for an affine layer, dE/da for an activation */
  readonly delta: Examples
}
export interface Backprop<M extends Model = Model> {
  /** E, the loss of the batch */
  readonly loss: number
  /** dE/dw for every parameter, in a tree like that of the parameters */
  readonly gradients: ParamsOf<M>
  /** by label path, in the order of the model: `{ dense: { value, delta }, sigmoid: ..., 'residual/dense': ... }` */
  readonly layers: Readonly<Record<string, LayerSeen>>
}

const pairs = (name: string, v: Value): Readonly<Record<string, Expr>> => Object.fromEntries(namedExprs(name, v))

const run = (
  c: ValidTraining,
  params: Branch<Tensor>,
  batch: ArrangedBatch,
  options: Omit<BackpropOptions, 'loss'>
): E.Either<ShapeError | BackendError, Omit<Backprop, 'gradients'> & { readonly gradients: Branch<Tensor> }> => {
  const state = options.layers ?? initStateFrom(c.placed)
  const given = handedIn(batch, c.training.precision)
  const [p, s] = [inputsLike('params', params), inputsLike('layers', state)]
  const key = input('key', 'u32', [2])
  const context = { params: p, state: s, shared: {}, training: options.training ?? true, key, path: '' }
  const { value, seen } = c.placed.apply(context, given.x)
  const { target, weights } = passBatch(c, given)
  // that no output is a tuple of tuples was checked with the training
  const { loss } = lossOutputs(c, value as Several<Expr>, target, weights)
  const at = treeLeaves<Expr>(p)
  const values = seen.flatMap(([, v]) => namedExprs('', v).map(([, e]) => e))
  const all = gradients(loss, [...at.map(([, e]) => e), ...values])
  const deltas = new Map(values.map((e, i) => [e, all[at.length + i] as Expr]))
  const outputs = {
    loss,
    ...Object.fromEntries(at.map(([path], i) => [`gradient/${path}`, all[i] as Expr])),
    ...Object.fromEntries(
      seen.flatMap(([path, v]) => [
        ...Object.entries(pairs(`value/${path}`, v)),
        ...Object.entries(
          pairs(
            `delta/${path}`,
            mapValue(e => deltas.get(e) as Expr, v)
          )
        )
      ])
    )
  }
  const tensors = {
    ...Object.fromEntries([...treeLeaves<Tensor>(params, 'params'), ...treeLeaves<Tensor>(state, 'layers')]),
    ...batchTensors(batch),
    key: keyTensor(options.key ?? rootKey(0))
  }
  return pipe(
    evaluate(options.backend)<string>(outputs, tensors),
    E.map(r => ({
      loss: scalarOf(r['loss'] as Tensor),
      gradients: rebuild<Tensor, Tensor>(params, path => r[`gradient/${path}`] as Tensor) as Branch<Tensor>,
      layers: Object.fromEntries(
        seen.map(([path, v]) => [
          path,
          { value: collect(`value/${path}`, v, r), delta: collect(`delta/${path}`, v, r) }
        ])
      )
    }))
  )
}

const optionNames = { loss: true, backend: true, registry: true, training: true, layers: true, key: true } as const
/** what is wrong with the arguments of an untyped caller, if anything */
const wrongCall = (params: Branch<Tensor>, batch: Batch, options: BackpropOptions): SettingError | undefined => {
  const { backend, layers = {}, key } = optionsOf(options)
  return wrongArgument(settingError, [
    backendArgument(backend),
    treeArgument('params', params),
    treeArgument('layers', layers),
    ...batchArguments(batch),
    ...(key === undefined ? [] : [keyArgument(key)]),
    knownOptions(options, optionNames)
  ])
}

/**
 * One forward and one backward pass over a batch, with everything in sight: the loss E, its gradient by every parameter, and for each
 * layer what it gave and dE by that. For a dense layer l under an activation f the textbook's formulas hold between them:
 *
 *     delta^(l-1) = (W^l)^T delta^l ⊙ f'(z^(l-1)),   dE/dW^l = delta^l (a^(l-1))^T,   dE/db^l = sum over the batch of delta^l
 *
 * (with examples as columns; in tensors they are rows: dE/dW = a^T delta).
 *
 * @example pipe(backprop(mlp, params, { x, y }, { loss: halfSquaredError, backend }), E.map(({ layers }) => layers['dense']?.delta))
 * @returns Left for a batch that does not suit the model or the loss, or parameters that are not the model's
 */
export const backprop = <M extends Model, const L extends AnyLoss>(
  model: M,
  params: ParamsOf<M>,
  batch: Batch,
  options: BackpropOptions<FittingLoss<L, M>>
): E.Either<SettingError | ShapeError | DataError | BackendError, Backprop<M>> => {
  const tree = params as unknown as Branch<Tensor>
  const unfit = wrongCall(tree, batch, options)
  if (unfit !== undefined) return E.left(unfit)
  const learning = { optimizer: sgd(1), stop: steps(1), batchSize: 1, metrics: [], seed: 0 }
  // how it would be learned does not matter here
  const t: Training<M> = { model, loss: options.loss, precision: precisionOf(tree), ...learning }
  return pipe(
    checkTraining(t, options.registry),
    E.bindTo('c'),
    E.bindW('arranged', ({ c }) => checkBatch(c, batch)),
    E.chainW(({ c, arranged }) => run(c, tree, arranged, options)),
    E.map(r => ({ ...r, gradients: r.gradients as unknown as ParamsOf<M> }))
  )
}
