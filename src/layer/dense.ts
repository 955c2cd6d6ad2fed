/** The fully connected layer. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { add, matmul } from '../expr/build.js'
import { optional, size, withDefault } from '../value/codec.js'
import { shapeError } from '../value/error.js'
import { showShape } from '../value/shape.js'
import type { FloatType, Tensor } from '../value/tensor.js'
import { frozen, type Initializer } from './initializer.js'
import type { LayerDefinition, ParamSpec } from './definition.js'
import { tensorLayer } from './compose.js'
import { checkSizes, type KnownSize, type Sized, type SizeOf } from './types/size.js'
import type { Fail, Show } from './types/fail.js'

export interface Dense<N extends number = number> {
  readonly tag: 'dense'
  readonly units: N
  readonly bias: true
  readonly initializer: Initializer
  readonly biasInitializer?: Initializer | undefined
}
export interface DenseWithoutBias<N extends number = number> {
  readonly tag: 'dense'
  readonly units: N
  readonly bias: false
  readonly initializer: Initializer
}
type AnyDense = Dense | DenseWithoutBias
type DenseOf<N extends number, B> = B extends true ? Dense<N> : DenseWithoutBias<N>

declare module './definition.js' {
  interface BuiltInLayers {
    readonly dense: AnyDense
  }
  interface ShapeRules<L, In> {
    readonly dense: L extends { readonly units: infer N extends number }
      ? Sized<
          N,
          In extends readonly [number] ? [SizeOf<N>] : Fail<'a flat input [n]', Show<In>, 'put flatten before it'>
        >
      : never
  }
  interface OutputRangeRules<L> {
    readonly dense: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly dense: In extends readonly [infer I extends number]
      ? L extends Dense<infer N>
        ? { readonly weight: Tensor<[I, KnownSize<N>], FloatType>; readonly bias: Tensor<[KnownSize<N>], FloatType> }
        : L extends DenseWithoutBias<infer N>
          ? { readonly weight: Tensor<[I, KnownSize<N>], FloatType> }
          : never
      : never
  }
}
export interface DenseSettings<B extends boolean> {
  /** whether a bias is added; default true */
  readonly bias?: B
  /** how the weights begin; default glorotUniform */
  readonly initializer?: Initializer
  /** how the bias begins; default zeros */
  readonly biasInitializer?: Initializer
}

/**
 * The fully connected (affine) layer: y = x W + b, for a flat input [n], with W [n, units] and b [units].
 *
 * @example dense(128)
 * @example dense(10, { bias: false, initializer: 'heNormal' })
 * @example dense(8, { biasInitializer: { tag: 'uniform', limit: 0.05 } })
 */
export const dense = <const N extends number, const B extends boolean = true>(
  units: N,
  settings: DenseSettings<B> = {}
): DenseOf<N, B> =>
  Object.freeze({
    tag: 'dense',
    units,
    bias: settings.bias ?? true,
    initializer: frozen(settings.initializer ?? 'glorotUniform'),
    ...(settings.biasInitializer === undefined ? {} : { biasInitializer: frozen(settings.biasInitializer) })
  }) as DenseOf<N, B>

/** the definition of `dense`: parameters weight [n, units] and bias [units] */
export const denseDefinition: LayerDefinition<AnyDense> = {
  tag: 'dense',
  fields: ({ initializer }) => ({
    units: size,
    bias: withDefault(t.boolean, true),
    initializer: withDefault(initializer, 'glorotUniform'),
    // absent where it has the default: run files without it keep their name
    biasInitializer: optional(initializer)
  }),
  show: ({ units, bias }) => `dense ${units}${bias ? '' : ', no bias'}`,
  place: ({ units, initializer, ...given }, input, { dtype }) =>
    pipe(
      checkSizes([units]),
      E.chain(() => {
        const [n] = input
        if (input.length !== 1 || typeof n !== 'number')
          return E.left(shapeError([], 'a flat input [n]', showShape(input), 'put flatten before it'))
        const fan = { in: n, out: units }
        const weight: ParamSpec = { dtype, shape: [n, units], initializer, fan, role: 'weight' }
        return E.right(
          tensorLayer({
            output: [units],
            gives: 'numbers',
            params: given.bias
              ? {
                  weight,
                  bias: { dtype, shape: [units], initializer: given.biasInitializer ?? 'zeros', fan, role: 'bias' }
                }
              : { weight },
            formula: (x, param) =>
              given.bias ? add(matmul(x, param('weight')), param('bias')) : matmul(x, param('weight'))
          })
        )
      })
    ),
  samples: [
    { layer: dense(3), input: [4] },
    { layer: dense(2, { bias: false, initializer: 'heNormal' }), input: [3] }
  ]
}
