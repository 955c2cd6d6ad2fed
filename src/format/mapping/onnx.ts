/**
 * Initializers of ONNX nodes as tensors by name, from and for the weights of a model. https://onnx.ai/onnx/operators has the operators and
 * the order of their gates.
 */
import type * as E from 'fp-ts/lib/Either.js'
import type { ModelData } from '../../layer/model.js'
import type { DecodeError, SettingError, ShapeError } from '../../value/error.js'
import type { Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
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
import { at, gates, plain, turned, type Piece } from './pieces.js'

type Kind = Readonly<Record<string, PiecesOf>>
/** where the weights of a layer stand along the axis of directions */
const place = ({ direction, paired }: About): number => (direction === 'backward' && paired ? 1 : 0)

/** blocks of W or R [directions, gates units, in] */
const blocks =
  (there: string, order: readonly number[]): PiecesOf =>
  (shape, about) =>
    gates(shape, order).map(({ shape: block, start, columns }): Piece => {
      const { shape: there2, view, order: axes } = turned(block)
      return { there, shape: [1, ...there2], view, order: axes, start: [place(about), at(start, 1), 0], columns }
    })
/** a part of B [directions, 2 gates units] */
const part = (about: About, shape: Dims, start: number): Piece => ({
  there: 'B',
  ...plain(shape),
  shape: [1, ...shape],
  start: [place(about), start]
})
/** the biases of the input and those of the state, of which `kept` gates are not added up */
const biases =
  (order: readonly number[], kept: (about: About) => number): PiecesOf =>
  (shape, about) =>
    gates(shape, order).flatMap(({ shape: block, start, columns }, k): readonly Piece[] => {
      const from = at(start, 0)
      const own = { ...part(about, block, from), columns }
      const second = { ...part(about, block, at(shape, 0) + from), columns, added: true as const }
      return k < order.length - kept(about) ? [own, second] : [own]
    })
const recurrent = (order: readonly number[]): Kind => ({
  weight: blocks('W', order),
  recurrent: blocks('R', order),
  bias: biases(order, () => 0)
})
/** z r h there, r z h here */
const ofGru = [1, 0, 2] as const
const gru: Kind = {
  ...recurrent(ofGru),
  bias: biases(ofGru, ({ shapeOf }) => (shapeOf('recurrentBias') === undefined ? 0 : 1)),
  recurrentBias: (shape, about) => [part(about, shape, 5 * at(shape, 0))]
}

const convention: Convention = {
  name: 'onnx',
  library: 'ONNX',
  join: '.',
  channelsFirst: true,
  kinds: {
    simpleRnn: recurrent([0]),
    // i o f c there, i f c o here
    lstm: recurrent([0, 2, 3, 1]),
    gru,
    dense: { weight: shape => [{ there: 'B', ...turned(shape) }], bias: shape => [{ there: 'C', ...plain(shape) }] }
  }
}

/**
 * The weights of a model from initializers of ONNX nodes: those of `LSTM`, `GRU` and `RNN` are `NODE.W`, `NODE.R` and `NODE.B`, after the
 * names that the operators give their inputs, and those of `Gemm` with `transB` are `NODE.B` and `NODE.C`. Two layers with the same node,
 * one of them backward, are its two directions. The gates are i o f c and z r h there; the two halves of B are added up, but for the
 * candidate of a GRU with `linear_before_reset`. Peepholes, clipping and other activations have no layer here. All f32 or all f64.
 *
 * Settings are attributes of a node: `linear_before_reset` is 0 by default there, which is `reset: 'before'`.
 *
 * @param options the node of each layer, where it is not called after the path of the layer
 * @example fromOnnx(net, { modules: { lstm: 'rnn' } })({ 'rnn.W': w, 'rnn.R': r, 'rnn.B': b })
 * @returns parameters and a report, as `fromTorch`. Left for a tensor that is missing, of another shape or element type, for a layer
 * of another kind, and for modules of layers that the model does not have
 */
export const fromOnnx = (
  model: ModelData,
  options: MappingOptions = {}
): ((tensors: Readonly<Record<string, Tensor>>) => E.Either<DecodeError | ShapeError | SettingError, MappedWeights>) =>
  weightsFrom(convention)(model, options)

/**
 * Weights of a model as initializers of ONNX nodes, named as `fromOnnx` reads them. `exportOnnx` writes whole models.
 *
 * @param options as for `fromOnnx`
 * @example pipe(trained.state, toOnnx(net, { modules: { gru: 'rnn' } })) // rnn.W, rnn.R, rnn.B
 * @returns Left for weights that are not those of the model, and for a layer of another kind
 */
export const toOnnx = (
  model: ModelData,
  options: MappingOptions = {}
): ((weights: ModelTensors) => E.Either<ShapeError | SettingError, Readonly<Record<string, Tensor>>>) =>
  weightsTo(convention)(model, options)
