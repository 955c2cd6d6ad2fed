/** The simple recurrent layer. */
import { add, matmul, tanh } from '../../expr/build.js'
import { relu } from '../../expr/functions.js'
import { oneOf, withDefault } from '../../value/codec.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import type { LayerDefinition } from '../definition.js'
import type { KnownSize } from '../types/size.js'
import {
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

export type RecurrentActivation = 'tanh' | 'relu'
export interface SimpleRnn<
  N extends number = number,
  O extends Outputs = Outputs,
  G extends boolean = boolean,
  S extends InitialState = InitialState
> extends Recurrent<N, O, G, S> {
  readonly tag: 'simpleRnn'
  readonly activation: RecurrentActivation
}
type AnySimpleRnn = SimpleRnn
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly simpleRnn: AnySimpleRnn
  }
  interface ShapeRules<L, In> {
    readonly simpleRnn: RecurrentOut<L, In, 1>
  }
  interface OutputRangeRules<L> {
    readonly simpleRnn: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly simpleRnn: L extends SimpleRnn<infer N>
      ? {
          readonly weight: Tensor<[FeaturesOf<In>, KnownSize<N>], FloatType>
          readonly recurrent: Tensor<[KnownSize<N>, KnownSize<N>], FloatType>
          readonly bias: Tensor<[KnownSize<N>], FloatType>
        }
      : never
  }
}
// a choice made at run time is a choice of layers, which the compiler cannot check
type SimpleRnnOf<N extends number, O, G, S> = O extends Outputs
  ? G extends boolean
    ? S extends InitialState
      ? SimpleRnn<N, O, G, S>
      : never
    : never
  : never

/**
 * The simple (Elman 1990) recurrent layer over a sequence [steps, features]:
 *
 *     h[t] = f(x[t] W + b + h[t-1] U)        W [features, units], U [units, units], b [units], f: tanh or relu
 *
 * h before the first step is 0, or an input [units] (`initialState: 'given'`). The output is the last h [units], or all of them
 * (`outputs: 'all'`, [steps, units]). With `lengths: true` a second input [1] holds the number of steps of each example: at later
 * steps the state stays as it is and `'all'` has zeros; an example of length 0 gives the initial state. PyTorch has two biases,
 * whose sum is b.
 *
 * @example model(input(20, 3), simpleRnn(16), dense(1))
 */
export const simpleRnn = <
  const N extends number,
  const O extends Outputs = 'last',
  const G extends boolean = false,
  const S extends InitialState = 'zeros'
>(
  units: N,
  settings: RecurrentSettings<O, G, S> & { readonly activation?: RecurrentActivation } = {}
): SimpleRnnOf<N, O, G, S> =>
  Object.freeze({
    tag: 'simpleRnn',
    ...recurrentData(units, settings),
    activation: settings.activation ?? 'tanh'
  }) as SimpleRnnOf<N, O, G, S>

const cell = (activation: RecurrentActivation): Cell => ({
  gates: 1,
  states: 1,
  bias: 'zeros',
  step:
    (param, _, drop) =>
    (share, [h = share]) => [(activation === 'tanh' ? tanh : relu)(add(share, matmul(drop(h), param('recurrent'))))]
})

/** the definition of `simpleRnn`: parameters weight [features, units], recurrent [units, units] and bias [units] */
export const simpleRnnDefinition: LayerDefinition<SimpleRnn> = {
  tag: 'simpleRnn',
  fields: ({ initializer }) => ({
    ...recurrentFields(initializer),
    activation: withDefault(oneOf('tanh', 'relu'), 'tanh')
  }),
  show: layer => showRecurrent(layer, ...(layer.activation === 'relu' ? ['relu'] : [])),
  place: (layer, input, place) => placeRecurrent(layer, cell(layer.activation), input, place),
  samples: [
    { layer: simpleRnn(2, { outputs: 'all', direction: 'backward' }), input: [3, 2] },
    { layer: simpleRnn(1, { lengths: true, initialState: 'given', activation: 'relu' }), input: [[2, 2], [1], [1]] }
  ]
}
