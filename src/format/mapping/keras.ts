/**
 * Keras variables as tensors by path, from and for the weights of a model. https://keras.io/api/layers has the layers; the paths are those
 * of `w.path` in Keras 3.
 */
import type * as E from 'fp-ts/lib/Either.js'
import type { ModelData } from '../../layer/model.js'
import type { DecodeError, SettingError, ShapeError } from '../../value/error.js'
import type { Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import {
  weightsFrom,
  weightsTo,
  type Convention,
  type MappedWeights,
  type MappingOptions,
  type ModelTensors,
  type PiecesOf
} from './mapping.js'
import { at, gates, plain, type Form } from './pieces.js'

type Kind = Readonly<Record<string, PiecesOf>>
const one =
  (there: string, form: (shape: Dims) => Form = plain): PiecesOf =>
  shape => [{ there, ...form(shape) }]
/** the same numbers in the same order, in another shape */
const seen = (shape: Dims, view: Dims): Form => ({ ...plain(view), shape })

const bias = one('bias')
const kernel: Kind = { weight: one('kernel'), bias }
const swapped = (shape: Dims): Form => {
  const places = Array.from({ length: shape.length - 2 }, (_, i) => i)
  const order = [...places, shape.length - 1, shape.length - 2]
  const there = order.map(i => at(shape, i))
  return { shape: there, view: there, order }
}
const transposed: Kind = { weight: one('kernel', swapped), bias }
const scaled: Kind = { gamma: one('gamma'), beta: one('beta') }

const recurrent = (cell: string): Kind => ({
  weight: one(`${cell}/kernel`),
  recurrent: one(`${cell}/recurrent_kernel`),
  bias: one(`${cell}/bias`)
})
/** the gates z r h of Keras, in the order r z h of here */
const order = [1, 0, 2] as const
/** the rows of its bias are those of the input and of the state, where the reset gate acts after the product */
const rows = (shape: Dims): Form => seen([1, ...shape], shape)
const gru: Kind = {
  weight: shape => gates(shape, order).map(p => ({ ...p, there: 'gru_cell/kernel' })),
  recurrent: shape => gates(shape, order).map(p => ({ ...p, there: 'gru_cell/recurrent_kernel' })),
  bias: (shape, { shapeOf }) => {
    const there = 'gru_cell/bias'
    const all = gates(shape, order)
    if (shapeOf('recurrentBias') === undefined) return all.map(p => ({ ...p, there }))
    return all.flatMap((p, k) => {
      const row = { ...p, ...rows(p.shape), there }
      const start = at(p.start, 0)
      return [{ ...row, start: [0, start] }, ...(k < 2 ? [{ ...row, start: [1, start], added: true as const }] : [])]
    })
  },
  recurrentBias: shape => [{ there: 'gru_cell/bias', ...rows(shape), start: [1, 2 * at(shape, 0)] }]
}

const projection = (label: string): Kind => ({
  [`${label}/weight`]: (shape, { heads = 1 }) => [
    { there: `${label}/kernel`, ...seen([at(shape, 0), heads, at(shape, 1) / heads], shape) }
  ],
  [`${label}/bias`]: (shape, { heads = 1 }) => [
    { there: `${label}/bias`, ...seen([heads, at(shape, 0) / heads], shape) }
  ]
})
const attention: Kind = {
  ...projection('query'),
  ...projection('key'),
  ...projection('value'),
  'output/weight': (shape, { heads = 1 }) => [
    { there: 'attention_output/kernel', ...seen([heads, at(shape, 0) / heads, at(shape, 1)], shape) }
  ],
  'output/bias': one('attention_output/bias')
}

const convention: Convention = {
  name: 'keras',
  library: 'Keras',
  join: '/',
  channelsFirst: false,
  kinds: {
    dense: kernel,
    conv1d: kernel,
    conv2d: kernel,
    conv3d: kernel,
    convTranspose1d: transposed,
    convTranspose2d: transposed,
    depthwiseConv2d: kernel,
    separableConv2d: { depthwise: one('depthwise_kernel'), pointwise: one('pointwise_kernel'), bias },
    batchNorm: { ...scaled, mean: one('moving_mean'), variance: one('moving_variance') },
    layerNorm: scaled,
    groupNorm: scaled,
    embedding: { table: one('embeddings') },
    simpleRnn: recurrent('simple_rnn_cell'),
    lstm: recurrent('lstm_cell'),
    gru,
    selfAttention: attention,
    crossAttention: attention
  }
}

/**
 * The weights of a model from the variables of a Keras model, by their paths: in Python
 * `safetensors.numpy.save_file({w.path: w.numpy() for w in model.weights}, 'net.safetensors')`, which `decodeSafetensors` reads. Kernels
 * are stored as here, but for the gates of a GRU (z r h there, r z h here), whose two rows of biases are added up for z and r; attention
 * has an axis of heads. Images have the channels last in both. All f32 or all f64.
 *
 * Settings are not among the variables: Keras has epsilon 1e-3 in norms and `forgetBias` inside the bias; `reset_after: False` is
 * `reset: 'before'`.
 *
 * @param options the name there of each layer, where it is not the path of the layer: `{ lstm: 'bidirectional/forward_lstm' }`
 * @example pipe(decodeSafetensors(bytes), E.chainW(f => fromKeras(net, { modules: { lstm: 'lstm_1' } })(f.tensors)))
 * @returns parameters, running statistics and a report, as `fromTorch`. Left for a tensor that is missing, of another shape or element
 * type, for a layer that Keras does not have, and for modules of layers that the model does not have
 */
export const fromKeras = (
  model: ModelData,
  options: MappingOptions = {}
): ((tensors: Readonly<Record<string, Tensor>>) => E.Either<DecodeError | ShapeError | SettingError, MappedWeights>) =>
  weightsFrom(convention)(model, options)

/**
 * Weights of a model as variables of a Keras model, by their paths: in Python `for w in model.weights: w.assign(tensors[w.path])`.
 *
 * @param options as for `fromKeras`
 * @example pipe(trained.state, toKeras(net, { modules: { dense: 'dense_1' } }), E.chainW(encodeSafetensors))
 * @returns Left for weights that are not those of the model, and for a layer that Keras does not have
 */
export const toKeras = (
  model: ModelData,
  options: MappingOptions = {}
): ((weights: ModelTensors) => E.Either<ShapeError | SettingError, Readonly<Record<string, Tensor>>>) =>
  weightsTo(convention)(model, options)
