/** Long short-term memory. */
import { add, matmul, mul, tanh } from '../../expr/build.js'
import { sigmoid } from '../../expr/functions.js'
import { finite, withDefault } from '../../value/codec.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import type { LayerDefinition } from '../definition.js'
import type { Mul } from '../types/nat.js'
import type { KnownSize } from '../types/size.js'
import {
  block,
  placeRecurrent,
  recurrentData,
  recurrentFields,
  showRecurrent,
  type Cell,
  type FeaturesOf,
  type InitialState,
  type Outputs,
  type Recurrent,
  type RecurrentOut,
  type RecurrentSettings
} from './recurrence.js'

export interface Lstm<
  N extends number = number,
  O extends Outputs = Outputs,
  G extends boolean = boolean,
  S extends InitialState = InitialState
> extends Recurrent<N, O, G, S> {
  readonly tag: 'lstm'
  /** where the bias of the forget gate begins */
  readonly forgetBias: number
}
type AnyLstm = Lstm
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly lstm: AnyLstm
  }
  interface ShapeRules<L, In> {
    readonly lstm: RecurrentOut<L, In, 2>
  }
  interface OutputRangeRules<L> {
    readonly lstm: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly lstm: L extends Lstm<infer N>
      ? {
          readonly weight: Tensor<[FeaturesOf<In>, Mul<4, KnownSize<N>>], FloatType>
          readonly recurrent: Tensor<[KnownSize<N>, Mul<4, KnownSize<N>>], FloatType>
          readonly bias: Tensor<[Mul<4, KnownSize<N>>], FloatType>
        }
      : never
  }
}
// a choice made at run time is a choice of layers, which the compiler cannot check
type LstmOf<N extends number, O, G, S> = O extends Outputs
  ? G extends boolean
    ? S extends InitialState
      ? Lstm<N, O, G, S>
      : never
    : never
  : never

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) over a sequence [steps, features]:
 *
 *     [i f g o] = x[t] W + b + h[t-1] U      W [features, 4 units], U [units, 4 units], b [4 units]
 *     c[t] = sigmoid(f) c[t-1] + sigmoid(i) tanh(g)
 *     h[t] = sigmoid(o) tanh(c[t])
 *
 * The gates have the order of PyTorch: input, forget, candidate, output. Keras has i f c o too, ONNX i o f c. There is one bias; that
 * of the forget gate begins at `forgetBias` (default 1, as in Keras; PyTorch draws it), the others at 0. PyTorch has two biases,
 * whose sum is b. h and c before the first step are 0, or inputs [units] each (`initialState: 'given'`). The output is the last h
 * [units], or all of them (`outputs: 'all'`, [steps, units]). With `lengths: true` a second input [1] holds the number of steps of each
 * example: at later steps the state stays as it is and `'all'` has zeros; an example of length 0 gives the initial state.
 *
 * @example model(input(50, 8), lstm(64, { outputs: 'all' }), lstm(32), dense(1))
 */
export const lstm = <
  const N extends number,
  const O extends Outputs = 'last',
  const G extends boolean = false,
  const S extends InitialState = 'zeros'
>(
  units: N,
  settings: RecurrentSettings<O, G, S> & { readonly forgetBias?: number } = {}
): LstmOf<N, O, G, S> =>
  Object.freeze({
    tag: 'lstm',
    ...recurrentData(units, settings),
    forgetBias: settings.forgetBias ?? 1
  }) as LstmOf<N, O, G, S>

const cell = (forgetBias: number): Cell => ({
  gates: 4,
  states: 2,
  bias: { tag: 'parts', values: [0, forgetBias, 0, 0] },
  step:
    (param, units, drop) =>
    (share, [h = share, c = share]) => {
      const sums = add(share, matmul(drop(h), param('recurrent')))
      const [i, f, g, o] = [0, 1, 2, 3].map(k => block(sums, units, k)) as [typeof h, typeof h, typeof h, typeof h]
      const memory = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
      return [mul(sigmoid(o), tanh(memory)), memory]
    }
})

/** the definition of `lstm`: parameters weight [features, 4 units], recurrent [units, 4 units] and bias [4 units] */
export const lstmDefinition: LayerDefinition<Lstm> = {
  tag: 'lstm',
  fields: ({ initializer }) => ({ ...recurrentFields(initializer), forgetBias: withDefault(finite, 1) }),
  show: layer => showRecurrent(layer),
  place: (layer, input, place) => placeRecurrent(layer, cell(layer.forgetBias), input, place),
  samples: [
    { layer: lstm(2), input: [3, 2] },
    {
      layer: lstm(1, { outputs: 'all', direction: 'backward', lengths: true, initialState: 'given', forgetBias: 0 }),
      input: [[2, 1], [1], [1], [1]]
    }
  ]
}
