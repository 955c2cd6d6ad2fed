/** An activation as a layer. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { lookup } from '../registry/lookup.js'
import { shapeError } from '../value/error.js'
import { isDims, showShape } from '../value/shape.js'
import type { ActivationRange, ActivationName, Activations } from './activation-table.js'
import type { LayerDefinition } from './definition.js'
import { eachTensor, rangeField } from './compose.js'
import { keepsIndexes } from './indexes.js'
import type { Fail, Show } from './types/fail.js'

export interface Activation<F extends ActivationName = ActivationName> {
  readonly tag: 'activation'
  /** its name in the family of activations */
  readonly fn: F
}
declare const custom: unique symbol
/** an activation that the compiler's table does not name: it keeps the shape, and looks at each number alone */
export interface CustomActivation<N extends string = string> {
  readonly tag: 'activation'
  readonly fn: N
  readonly [custom]: true
}
type AnyActivation = Activation | CustomActivation
declare module './definition.js' {
  interface BuiltInLayers {
    readonly activation: AnyActivation
  }
  interface ShapeRules<L, In> {
    readonly activation: L extends Activation<infer F>
      ? Activations[F] extends 'each'
        ? In
        : In extends readonly [number, ...number[]]
          ? In
          : Fail<'one tensor with a last axis', Show<In>>
      : In
  }
  interface OutputRangeRules<L> {
    readonly activation: L extends Activation<infer F> ? ActivationRange[F & keyof ActivationRange] : never
  }
  interface LabelRules<L> {
    readonly activation: L extends { readonly fn: infer F extends string } ? F : never
  }
}

/**
 * An activation by its name. The shape stays as it is.
 *
 * @example activation('relu') // the same as relu
 */
export const activation = <const F extends ActivationName>(fn: F): Activation<F> =>
  Object.freeze({ tag: 'activation', fn })

/** x as it is: a linear output, written down */
export const identity = activation('identity')
/** 1 / (1 + exp(-x)): from any number to a probability. `sigmoidCrossEntropy` takes the logits instead, without it. */
export const sigmoid = activation('sigmoid')
/** max(x, 0), the rectified linear unit (Nair and Hinton 2010); its derivative at 0 is 0. Weights suited to it: `heNormal`. */
export const relu = activation('relu')
/** tanh x, from -1 to 1; its derivative is 1 - tanh^2 x */
export const tanh = activation('tanh')
/**
 * exp(x_i) / sum_j exp(x_j) along the last axis: probabilities of classes, for `crossEntropy`. `softmaxCrossEntropy` takes the logits
 * instead, without it.
 */
export const softmax = activation('softmax')
/** x_i - log sum_j exp(x_j) along the last axis: the logarithms of what `softmax` gives, finite where those round to 0 */
export const logSoftmax = activation('logSoftmax')
/** x, and 0.01 x below 0 (Maas, Hannun and Ng 2013) */
export const leakyRelu = activation('leakyRelu')
/** x, and exp(x) - 1 below 0 (Clevert, Unterthiner and Hochreiter 2016) */
export const elu = activation('elu')
/**
 * lambda x, and lambda alpha (exp(x) - 1) below 0, with lambda = 1.0507 and alpha = 1.6733, which keep mean 0 and variance 1 (Klambauer
 * et al. 2017). Weights suited to it: `leCunNormal`.
 */
export const selu = activation('selu')
/** x P(Z < x) for a standard normal Z, x (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel 2016) */
export const gelu = activation('gelu')
/** the approximation of `gelu` by tanh: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (Hendrycks and Gimpel 2016) */
export const geluTanh = activation('geluTanh')
/** x / (1 + exp(-x)), also called swish (Elfwing, Uchibe and Doya 2018) */
export const silu = activation('silu')
/** log(1 + exp(x)): a smooth `relu`, always above 0 (Dugas et al. 2001) */
export const softplus = activation('softplus')
/** x / (1 + |x|), from -1 to 1 (Bergstra et al. 2009) */
export const softsign = activation('softsign')
/** x tanh(log(1 + exp(x))) (Misra 2019) */
export const mish = activation('mish')
/** x / 6 + 1 / 2, kept within 0 and 1: `sigmoid` in straight lines (Howard et al. 2019) */
export const hardSigmoid = activation('hardSigmoid')
/** max(x, 0), but 6 at most (Krizhevsky 2010) */
export const relu6 = activation('relu6')

/** the definition of every activation as a layer: its formula is looked up by its name among the activations of the registry */
export const activationLayerDefinition: LayerDefinition<AnyActivation> = {
  tag: 'activation',
  fields: ({ activation }) => ({ fn: activation }),
  show: ({ fn }) => fn,
  label: ({ fn }) => fn,
  place: ({ fn }, input, { registry }) =>
    pipe(
      lookup(registry.activations, fn, shapeError, [], 'one of the activations'),
      E.chain(kind =>
        kind.along === 'lastAxis' && (!isDims(input) || input.length === 0)
          ? E.left(shapeError([], 'one tensor with a last axis', showShape(input)))
          : // of the formulas those of floats refuse indexes, and the identity keeps them
            E.right({ ...eachTensor(input, kind.formula), ...rangeField(kind.gives), ...keepsIndexes })
      )
    ),
  samples: [
    { layer: tanh, input: [3] },
    { layer: softmax, input: [2, 3] }
  ]
}
