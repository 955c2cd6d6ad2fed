/** The gated recurrent unit. */
import { add, matmul, mul, sub, tanh } from '../../expr/build.js'
import { sigmoid } from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import { oneOf, withDefault } from '../../value/codec.js'
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

/** where the reset gate acts: on the product of the state, or on the state before it */
export type Reset = 'after' | 'before'
export interface Gru<
  N extends number = number,
  O extends Outputs = Outputs,
  G extends boolean = boolean,
  S extends InitialState = InitialState,
  R extends Reset = Reset
> extends Recurrent<N, O, G, S> {
  readonly tag: 'gru'
  readonly reset: R
}
type AnyGru = Gru
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly gru: AnyGru
  }
  interface ShapeRules<L, In> {
    readonly gru: RecurrentOut<L, In, 1>
  }
  interface OutputRangeRules<L> {
    readonly gru: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly gru: L extends Gru<infer N, Outputs, boolean, InitialState, infer R>
      ? GruParams<In, KnownSize<N>, R>
      : never
  }
}
interface GruWeights<In, N extends number> {
  readonly weight: Tensor<[FeaturesOf<In>, Mul<3, N>], FloatType>
  readonly recurrent: Tensor<[N, Mul<3, N>], FloatType>
  readonly bias: Tensor<[Mul<3, N>], FloatType>
}
type GruParams<In, N extends number, R> = R extends 'after'
  ? GruWeights<In, N> & { readonly recurrentBias: Tensor<[N], FloatType> }
  : GruWeights<In, N>
// a choice made at run time is a choice of layers, which the compiler cannot check
type GruOf<N extends number, O, G, S, R> = O extends Outputs
  ? G extends boolean
    ? S extends InitialState
      ? R extends Reset
        ? Gru<N, O, G, S, R>
        : never
      : never
    : never
  : never

/**
 * The gated recurrent unit (Cho et al. 2014) over a sequence [steps, features]:
 *
 *     [r z n] = x[t] W + b         [p q m] = h[t-1] U        W [features, 3 units], U [units, 3 units], b [3 units]
 *     r[t] = sigmoid(r + p)        z[t] = sigmoid(z + q)
 *     n[t] = tanh(n + r[t] (m + d))                          d: recurrentBias [units]
 *     h[t] = z[t] h[t-1] + (1 - z[t]) n[t]
 *
 * The gates have the order of PyTorch: reset, update, candidate; Keras and ONNX have z r h. The reset gate acts after the product, as in
 * PyTorch and in Keras by default. With `reset: 'before'`, the form of the paper and the default of ONNX, it acts before:
 * n[t] = tanh(n + (r[t] h[t-1]) U[n]), and there is no d. PyTorch has two biases: their sums are b for r and z; those of n are b and d.
 * h before the first step is 0, or an input [units] (`initialState: 'given'`). The output is the last h [units], or all of them
 * (`outputs: 'all'`, [steps, units]). With `lengths: true` a second input [1] holds the number of steps of each example: at later steps
 * the state stays as it is and `'all'` has zeros; an example of length 0 gives the initial state.
 *
 * @example model(input(50, 8), gru(32), dense(1))
 */
export const gru = <
  const N extends number,
  const O extends Outputs = 'last',
  const G extends boolean = false,
  const S extends InitialState = 'zeros',
  const R extends Reset = 'after'
>(
  units: N,
  settings: RecurrentSettings<O, G, S> & { readonly reset?: R } = {}
): GruOf<N, O, G, S, R> =>
  Object.freeze({
    tag: 'gru',
    ...recurrentData(units, settings),
    reset: settings.reset ?? 'after'
  }) as GruOf<N, O, G, S, R>

const mixed = (z: Expr, h: Expr, n: Expr): readonly [Expr] => [add(mul(z, h), mul(sub(1, z), n))]

const after: Cell = {
  gates: 3,
  states: 1,
  bias: 'zeros',
  extra: units => ({ recurrentBias: { shape: [units], initializer: 'zeros', role: 'bias' } }),
  step:
    (param, units, drop) =>
    (share, [h = share]) => {
      const product = matmul(drop(h), param('recurrent'))
      const gate = (k: number): Expr => sigmoid(add(block(share, units, k), block(product, units, k)))
      const candidate = mul(gate(0), add(block(product, units, 2), param('recurrentBias')))
      return mixed(gate(1), h, tanh(add(block(share, units, 2), candidate)))
    }
}
const before: Cell = {
  gates: 3,
  states: 1,
  bias: 'zeros',
  step: (param, units, drop) => {
    const [ofGates, ofCandidate] = [block(param('recurrent'), units, 0, 2), block(param('recurrent'), units, 2)]
    return (share, [h = share]) => {
      const heard = drop(h)
      const gates = sigmoid(add(block(share, units, 0, 2), matmul(heard, ofGates)))
      const candidate = matmul(mul(block(gates, units, 0), heard), ofCandidate)
      return mixed(block(gates, units, 1), h, tanh(add(block(share, units, 2), candidate)))
    }
  }
}

/**
 * the definition of `gru`: parameters weight [features, 3 units], recurrent [units, 3 units], bias [3 units], and recurrentBias [units]
 * unless the reset gate acts before the product
 */
export const gruDefinition: LayerDefinition<Gru> = {
  tag: 'gru',
  fields: ({ initializer }) => ({
    ...recurrentFields(initializer),
    reset: withDefault(oneOf('after', 'before'), 'after')
  }),
  show: layer => showRecurrent(layer, ...(layer.reset === 'before' ? ['reset before'] : [])),
  place: (layer, input, place) => placeRecurrent(layer, layer.reset === 'after' ? after : before, input, place),
  samples: [
    { layer: gru(2), input: [3, 2] },
    { layer: gru(1, { reset: 'before', outputs: 'all', lengths: true }), input: [[2, 2], [1]] }
  ]
}
