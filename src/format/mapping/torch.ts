/**
 * PyTorch state dicts as tensors by name, from and for the weights of a model. https://pytorch.org/docs/stable/nn.html has the shapes of
 * the modules' tensors.
 */
import type * as E from 'fp-ts/lib/Either.js'
import type { ModelData } from '../../layer/model.js'
import type { DecodeError, SettingError, ShapeError } from '../../value/error.js'
import type { Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import type { Flattened } from './order.js'
import {
  weightsFrom,
  weightsTo,
  type About,
  type Convention,
  type MappedWeights,
  type MappingOptions,
  type ModelTensors,
  type PiecesOf
} from './mapping.js'
import { at, channelsFirst, channelsLast, narrow, plain, turned, type Form } from './pieces.js'

export type TorchOptions = MappingOptions

const vector = (shape: Dims, flat: Flattened): Form =>
  flat === undefined ? plain(shape) : { shape, view: channelsFirst(flat), order: channelsLast(flat.length) }

const kernel = ([...shape]: Dims, first: 'out' | 'in'): Form => {
  const rank = shape.length - 2
  const places = Array.from({ length: rank }, (_, i) => i)
  const order = first === 'out' ? [rank + 1, rank] : [rank, rank + 1]
  const there = [...order, ...places].map(i => at(shape, i))
  const back = [...places.map(i => i + 2), ...(first === 'out' ? [1, 0] : [0, 1])]
  return { shape: there, view: there, order: back }
}
const matrix = (shape: Dims, flat: Flattened): Form =>
  flat === undefined
    ? turned(shape)
    : {
        shape: [at(shape, 1), at(shape, 0)],
        view: [at(shape, 1), ...channelsFirst(flat)],
        order: [...channelsLast(flat.length).map(i => i + 1), 0]
      }
const depthwise = ([h = 1, w = 1, c = 1, m = 1]: Dims): Form => ({
  shape: [c * m, 1, h, w],
  view: [c, m, h, w],
  order: [2, 3, 0, 1]
})

type Kind = Readonly<Record<string, PiecesOf>>
/** a tensor that is one tensor there */
const one =
  (there: string, form: (shape: Dims, flat: Flattened) => Form): PiecesOf =>
  (shape, { flat }) => [{ there, ...form(shape, flat) }]
const bias = one('bias', plain)
const scaled: Kind = { gamma: one('weight', vector), beta: one('bias', vector) }
const convolution: Kind = { weight: one('weight', s => kernel(s, 'out')), bias }
const transposed: Kind = { weight: one('weight', s => kernel(s, 'in')), bias }

// ---- recurrent modules: both biases are added up in the one here, but for the candidate of a GRU

/** weight_ih of a direction and a layer of the stack */
const inStack = (label: string, { direction, stack }: About): string =>
  `${label}_l${stack}${direction === 'backward' ? '_reverse' : ''}`
const recurrent: Kind = {
  weight: (shape, about) => [{ there: inStack('weight_ih', about), ...turned(shape) }],
  recurrent: (shape, about) => [{ there: inStack('weight_hh', about), ...turned(shape) }],
  bias: (shape, about) => [
    { there: inStack('bias_ih', about), ...plain(shape) },
    { there: inStack('bias_hh', about), ...plain(shape), added: true }
  ]
}
const resetAfter: PiecesOf = () => "a gru with reset 'after'"
const gru: Kind = {
  weight: (shape, about) =>
    about.shapeOf('recurrentBias') === undefined
      ? resetAfter(shape, about)
      : [{ there: inStack('weight_ih', about), ...turned(shape) }],
  recurrent: (shape, about) => [{ there: inStack('weight_hh', about), ...turned(shape) }],
  bias: (shape, about) => {
    const gates = (at(shape, 0) / 3) * 2
    return [
      { there: inStack('bias_ih', about), ...plain(shape) },
      { there: inStack('bias_hh', about), ...plain(narrow(shape, gates)), columns: [0, gates], added: true }
    ]
  },
  recurrentBias: (shape, about) => [{ there: inStack('bias_hh', about), ...plain(shape), start: [2 * at(shape, 0)] }]
}

// ---- MultiheadAttention: the first three projections are one matrix, unless keys have another width

const names = { query: 'q_proj_weight', key: 'k_proj_weight', value: 'v_proj_weight' } as const
const projection = (label: keyof typeof names, place: number): Kind => ({
  [`${label}/weight`]: (shape, { shapeOf }) => {
    const n = at(shape, 1)
    return shapeOf('key/weight')?.[0] === n
      ? [{ there: 'in_proj_weight', ...turned(shape), start: [place * n, 0] }]
      : [{ there: names[label], ...turned(shape) }]
  },
  [`${label}/bias`]: shape => [{ there: 'in_proj_bias', ...plain(shape), start: [place * at(shape, 0)] }]
})
const attention: Kind = {
  ...projection('query', 0),
  ...projection('key', 1),
  ...projection('value', 2),
  'output/weight': one('out_proj.weight', turned),
  'output/bias': one('out_proj.bias', plain)
}
const table: Kind = { table: one('weight', plain) }

const convention: Convention = {
  name: 'torch',
  library: 'PyTorch',
  join: '.',
  channelsFirst: true,
  stacks: true,
  kinds: {
    dense: { weight: one('weight', matrix), bias },
    conv1d: convolution,
    conv2d: convolution,
    conv3d: convolution,
    convTranspose1d: transposed,
    convTranspose2d: transposed,
    depthwiseConv2d: { weight: one('weight', depthwise), bias },
    batchNorm: { ...scaled, mean: one('running_mean', vector), variance: one('running_var', vector) },
    layerNorm: scaled,
    groupNorm: scaled,
    instanceNorm: scaled,
    rmsNorm: scaled,
    embedding: table,
    positions: table,
    simpleRnn: recurrent,
    lstm: recurrent,
    gru,
    selfAttention: attention,
    crossAttention: attention
  }
}

/**
 * The weights of a model from a PyTorch state dict: tensors by name, as `decodeSafetensors` gives them. `linear` is transposed, kernels of
 * convolutions become channels last, weights after a `flatten` take the order of the places of images here. BatchNorm's running
 * statistics become those of `batchNorm`. The two biases of recurrent modules are added up, but for that of the candidate of a GRU inside
 * the product. A layer that goes backward has the names with `_reverse`. All f32 or all f64.
 *
 * Settings are not in a state dict: PyTorch's BatchNorm has epsilon 1e-5 as here.
 *
 * @param options the module of each layer, where it is not called after the path of the layer. A number after a colon says which layer of a
 * recurrent module with several it is, as in `rnn:1`; default 0
 * @example pipe(decodeSafetensors(bytes), E.chainW(f => fromTorch(net, { modules: { conv2d: 'conv1', dense: 'fc1' } })(f.tensors)))
 * @returns parameters, running statistics, and a report: what became what, and which names were left. Left for a tensor that is missing,
 * of another shape or element type, for a layer without a module in PyTorch, and for modules of layers that the model does not have
 */
export const fromTorch = (
  model: ModelData,
  options: TorchOptions = {}
): ((tensors: Readonly<Record<string, Tensor>>) => E.Either<DecodeError | ShapeError | SettingError, MappedWeights>) =>
  weightsFrom(convention)(model, options)

/**
 * Weights of a model as a PyTorch state dict: tensors by name, for `encodeSafetensors`. `load_state_dict` takes it; the counter
 * `num_batches_tracked` of BatchNorm, which it sets by itself, is left out. The second bias of recurrent modules is 0 where it is
 * added to the first.
 *
 * @param options as for `fromTorch`
 * @example pipe(trained.state, toTorch(net), E.chainW(encodeSafetensors)) // torch: model.load_state_dict(load_file('net.safetensors'))
 * @returns Left for weights that are not those of the model, and for a layer without a module in PyTorch
 */
export const toTorch = (
  model: ModelData,
  options: TorchOptions = {}
): ((weights: ModelTensors) => E.Either<ShapeError | SettingError, Readonly<Record<string, Tensor>>>) =>
  weightsTo(convention)(model, options)
