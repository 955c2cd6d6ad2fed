/** An activation as a layer. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { shapeError } from '../value/error.js'
import { isDims, showShape } from '../value/shape.js'
import type { ActivationGives, ActivationName, Activations } from './activations.js'
import type { Kind } from './kind.js'
import { lookUp } from './look-up.js'
import { eachTensor, giving } from './series.js'
import type { Fail, Show } from './static.js'

export interface Activation<F extends ActivationName = ActivationName> {
  readonly tag: 'activation'
  readonly fn: F
}
declare module './kind.js' {
  interface Layers {
    readonly activation: Activation
  }
  interface ShapeRules<L, In> {
    readonly activation: L extends Activation<infer F>
      ? Activations[F] extends 'each'
        ? In
        : In extends readonly [number, ...number[]]
          ? In
          : Fail<'one tensor with a last axis', Show<In>>
      : never
  }
  interface GivesRules<L> {
    readonly activation: L extends Activation<infer F> ? ActivationGives[F & keyof ActivationGives] : never
  }
  interface LabelRules<L> {
    readonly activation: L extends Activation<infer F> ? F : never
  }
}

/**
 * An activation by its name. The shape stays as it is.
 *
 * @example activation('relu') // the same as relu
 */
export const activation = <const F extends ActivationName>(fn: F): Activation<F> =>
  Object.freeze({ tag: 'activation', fn })

export const identity = activation('identity')
export const sigmoid = activation('sigmoid')
export const relu = activation('relu')
export const tanh = activation('tanh')
export const softmax = activation('softmax')
export const logSoftmax = activation('logSoftmax')
export const leakyRelu = activation('leakyRelu')
export const elu = activation('elu')
export const selu = activation('selu')
export const gelu = activation('gelu')
export const geluTanh = activation('geluTanh')
export const silu = activation('silu')
export const softplus = activation('softplus')
export const softsign = activation('softsign')
export const mish = activation('mish')
export const hardSigmoid = activation('hardSigmoid')
export const relu6 = activation('relu6')

export const activationKind: Kind<Activation> = {
  tag: 'activation',
  fields: ({ activation }) => ({ fn: activation }),
  show: ({ fn }) => fn,
  label: ({ fn }) => fn,
  place: ({ fn }, input, { kinds }) =>
    pipe(
      lookUp('activation', kinds.activations, fn),
      E.chain(kind =>
        kind.along === 'lastAxis' && (!isDims(input) || input.length === 0)
          ? E.left(shapeError([], 'one tensor with a last axis', showShape(input)))
          : E.right({ ...eachTensor(input, kind.formula), ...giving(kind.gives) })
      )
    ),
  samples: [
    { layer: tanh, input: [3] },
    { layer: softmax, input: [2, 3] }
  ]
}
