/** Layers of numbers and sequences in the words of tfjs. */
import * as E from 'fp-ts/lib/Either.js'
import type { Activation } from '../../layer/activation.js'
import type { BatchNorm } from '../../layer/batch-norm.js'
import type { Merge } from '../../layer/combinator/merge.js'
import type { Layer } from '../../layer/definition.js'
import type { Dense, DenseWithoutBias } from '../../layer/dense.js'
import type { Dropout } from '../../layer/dropout.js'
import type { LayerNorm } from '../../layer/layer-norm.js'
import { modelData } from '../../layer/model.js'
import type { Gru } from '../../layer/recurrent/gru.js'
import type { Lstm } from '../../layer/recurrent/lstm.js'
import type { SimpleRnn } from '../../layer/recurrent/simple-rnn.js'
import type { Reshape } from '../../layer/reshape.js'
import type { Embedding } from '../../layer/sequence/embedding.js'
import type { SpatialDropout } from '../../layer/spatial/spatial-dropout.js'
import { sizeOf } from '../../value/shape.js'
import { numbersOf, tensorView, type Tensor } from '../../value/tensor.js'
import { toKeras } from '../mapping/keras.js'
import { tfjsNames } from './activations.js'
import { missing, type Config, type Missing } from './config.js'
import { said, weighted, type Said, type SaidLayers, type Writer, type WriteSite } from './write-site.js'

const dense = (layer: Dense | DenseWithoutBias, s: WriteSite): SaidLayers => [
  said('Dense', { units: layer.units, activation: 'linear', use_bias: layer.bias }, weighted(s, layer.bias))
]
const activation = ({ fn }: Activation): SaidLayers => {
  const name = Object.hasOwn(tfjsNames, fn) ? tfjsNames[fn] : undefined
  return fn === 'leakyRelu'
    ? [said('LeakyReLU', { alpha: 0.01 })]
    : name === undefined
      ? missing('an activation that tfjs has', fn)
      : [said('Activation', { activation: name })]
}
const batchNorm = ({ epsilon, momentum }: BatchNorm, s: WriteSite): SaidLayers => [
  said('BatchNormalization', { axis: -1, momentum, epsilon, center: true, scale: true }, [
    ['gamma', s.tensor('gamma')],
    ['beta', s.tensor('beta')],
    ['moving_mean', s.tensor('mean')],
    ['moving_variance', s.tensor('variance')]
  ])
]
const layerNorm = ({ epsilon }: LayerNorm, s: WriteSite): SaidLayers => [
  said('LayerNormalization', { axis: [s.sizes.length], epsilon, center: true, scale: true }, [
    ['gamma', s.tensor('gamma')],
    ['beta', s.tensor('beta')]
  ])
]
const textbook = missing('the convention inverted', 'textbook', 'tfjs scales numbers in training, not in inference')
const dropout = ({ rate, convention }: Dropout): SaidLayers =>
  convention === 'textbook' && rate > 0 ? textbook : [said('Dropout', { rate, noise_shape: null, seed: null })]
const spatialDropout = ({ rate, convention }: SpatialDropout, s: WriteSite): SaidLayers =>
  convention === 'textbook' && rate > 0
    ? textbook
    : s.sizes.length === 2
      ? [said('SpatialDropout1D', { rate, seed: null })]
      : missing('dropout of the channels of a sequence', 'one of an image', 'tfjs has SpatialDropout1D alone')
const reshape = ({ shape }: Reshape): SaidLayers => [said('Reshape', { target_shape: shape })]

/** the row of the padding index is 0 here, whatever the table holds */
const rowsOf = (table: Tensor, padding: number | undefined): Tensor => {
  const size = table.shape[1] ?? 1
  const numbers = Float32Array.from(numbersOf(table))
  if (padding !== undefined) numbers.fill(0, padding * size, (padding + 1) * size)
  return tensorView('f32', table.shape, numbers)
}
const embedding = ({ vocabulary, size, padding }: Embedding, s: WriteSite): SaidLayers => [
  said('Embedding', { input_dim: vocabulary, output_dim: size, mask_zero: false, input_length: null }, [
    ['embeddings', rowsOf(s.tensor('table'), padding)]
  ])
]

const kinds = { concat: 'Concatenate', add: 'Add', multiply: 'Multiply', mean: 'Average' } as const
const merge = ({ by }: Merge): SaidLayers =>
  by === 'scale' ? [said('Multiply')] : [said(kinds[by], by === 'concat' ? { axis: -1 } : {})]

// ---- recurrent layers

type Recurrent = SimpleRnn | Lstm | Gru
const classes = { simpleRnn: 'SimpleRNN', lstm: 'LSTM', gru: 'GRU' } as const
const cells = { simpleRnn: 'simple_rnn_cell', lstm: 'lstm_cell', gru: 'gru_cell' } as const
const parameters = ['weight', 'recurrent', 'bias'] as const

/** the weights of one direction, by the names in its cell; those of `format/mapping` */
const weightsOf = (layer: Recurrent, s: WriteSite, under: string): Said['weights'] | Missing => {
  const params = { [layer.tag]: Object.fromEntries(parameters.map(p => [p, s.tensor(`${under}${p}`)])) }
  const there = toKeras(modelData(s.sizes, layer as Layer))({ params })
  if (E.isLeft(there)) return missing(there.left.expected, there.left.got)
  return ['kernel', 'recurrent_kernel', 'bias'].map(
    name => [name, there.right[`${layer.tag}/${cells[layer.tag]}/${name}`] as Tensor] as const
  )
}
/** the settings, but for the direction */
const configOf = (layer: Recurrent): Config | Missing =>
  layer.lengths || layer.initialState === 'given'
    ? missing('a sequence alone', 'lengths or a given state', 'tfjs takes masks, and states of layers alone')
    : layer.tag === 'gru' && layer.reset === 'after'
      ? missing("reset 'before'", "'after'", 'tfjs does not have reset_after')
      : {
          units: layer.units,
          activation: layer.tag === 'simpleRnn' ? layer.activation : 'tanh',
          ...(layer.tag === 'simpleRnn' ? {} : { recurrent_activation: 'sigmoid' }),
          use_bias: true,
          ...(layer.tag === 'lstm' ? { unit_forget_bias: layer.forgetBias === 1 } : {}),
          ...(layer.tag === 'gru' ? { reset_after: false } : {}),
          dropout: 0,
          recurrent_dropout: layer.recurrentDropout ?? 0,
          return_sequences: layer.outputs === 'all',
          return_state: false,
          stateful: false,
          unroll: false
        }
const isMissing = (x: Config | Said['weights'] | Missing): x is Missing => 'expected' in x && 'got' in x
const recurrent = (layer: Recurrent, s: WriteSite): SaidLayers => {
  const config = configOf(layer)
  const back = layer.direction === 'backward'
  if (isMissing(config)) return config
  if (back && layer.outputs === 'all')
    return missing('one output of a layer that goes backward', 'all', 'tfjs gives them in the order of its steps')
  const weights = weightsOf(layer, s, '')
  return isMissing(weights) ? weights : [said(classes[layer.tag], { ...config, go_backwards: back }, weights)]
}

const modes: Readonly<Partial<Record<string, string>>> = { concat: 'concat', add: 'sum', mean: 'ave' }
/** the layers of `bidirectional`: two directions of one layer, and how their outputs become one */
export const bothDirections = (
  branches: Layer,
  joined: Layer | undefined
): readonly [Recurrent, string] | undefined => {
  if (branches.tag !== 'fanOut' || joined?.tag !== 'merge' || branches.layers.length !== 2) return undefined
  const [a, b] = branches.layers.map(l => (l.tag === 'named' ? l : undefined))
  const mode = modes[joined.by]
  if (a?.name !== 'forward' || b?.name !== 'backward' || mode === undefined) return undefined
  const [forward, backward] = [a.layer, b.layer] as readonly Layer[]
  const isOne = (l: Layer | undefined): l is Recurrent => l !== undefined && Object.hasOwn(classes, l.tag)
  return isOne(forward) &&
    isOne(backward) &&
    forward.direction === 'forward' &&
    JSON.stringify({ ...forward, direction: 'backward' }) === JSON.stringify(backward)
    ? [forward, mode]
    : undefined
}
export const writeBoth = (layer: Recurrent, mode: string, s: WriteSite, name: string): SaidLayers => {
  const config = configOf(layer)
  if (isMissing(config)) return config
  const both = (['forward', 'backward'] as const).map(d => [d, weightsOf(layer, s, `${d}/${layer.tag}/`)] as const)
  const wrong = both.map(([, w]) => w).find(isMissing)
  if (wrong !== undefined) return wrong
  const inner = { class_name: classes[layer.tag], config: { ...config, name, go_backwards: false } }
  const weights = both.flatMap(([d, w]) =>
    (w as Said['weights']).map(([key, t]) => [`${d}_${name}/${key}`, t] as const)
  )
  return [said('Bidirectional', { merge_mode: mode, layer: inner }, weights)]
}

const flatten = (_: never, s: WriteSite): SaidLayers =>
  // of one number for each example there is nothing to flatten there
  s.sizes.length === 0
    ? [said('Reshape', { target_shape: [sizeOf(s.sizes)] })]
    : [said('Flatten', { data_format: 'channels_last' })]

export const denseWriters: Readonly<Record<string, Writer>> = {
  dense: dense,
  activation: activation,
  batchNorm: batchNorm,
  layerNorm: layerNorm,
  dropout: dropout,
  spatialDropout: spatialDropout,
  flatten,
  reshape: reshape,
  embedding: embedding,
  merge: merge,
  simpleRnn: recurrent,
  lstm: recurrent,
  gru: recurrent
}
