/** Attention of one sequence to another. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { less } from '../../expr/build.js'
import { fraction, size, withDefault } from '../../value/codec.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isDims, showShape, type Shape } from '../../value/shape.js'
import { tensorOf, tupleOf } from '../compose.js'
import type { LayerDefinition, Value } from '../definition.js'
import { frozen, type Initializer } from '../initializer.js'
import type { Fail, NotKnown, Same, Show, ShowAll } from '../types/fail.js'
import { checkSizes, type SizeOf } from '../types/size.js'
import {
  attend,
  attentionParams,
  wrongHeads,
  type AttentionOptions,
  type AttentionParams,
  type HeadsOf
} from './attention.js'

export interface CrossAttention<H extends number = number, B extends boolean = boolean> {
  readonly tag: 'crossAttention'
  readonly heads: H
  readonly bias: B
  readonly dropout: number
  readonly initializer: Initializer
}
type AnyCrossAttention = CrossAttention
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly crossAttention: AnyCrossAttention
  }
  interface ShapeRules<L, In> {
    readonly crossAttention: L extends CrossAttention<infer H>
      ? SizeOf<H> extends number
        ? In extends readonly [readonly [infer T extends number, infer N extends number], readonly [number, number]]
          ? HeadsOf<N, H, [T, N]>
          : In extends readonly [
                readonly [infer T extends number, infer N extends number],
                readonly [infer S extends number, number],
                readonly [infer M extends number]
              ]
            ? Same<S, M> extends infer Q
              ? Q extends true
                ? HeadsOf<N, H, [T, N]>
                : Q extends false
                  ? NoSequences<In>
                  : NotKnown<[S], [M]>
              : never
            : NoSequences<In>
        : SizeOf<H>
      : never
  }
  interface OutputRangeRules<L> {
    readonly crossAttention: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly crossAttention: L extends CrossAttention<number, infer B>
      ? In extends readonly [
          readonly [number, infer N extends number],
          readonly [number, infer M extends number],
          ...unknown[]
        ]
        ? AttentionParams<N, M, B>
        : never
      : never
  }
}
type NoSequences<In> = Fail<
  'two sequences of vectors [positions, n] and [keys, m], and perhaps a mask [keys]',
  In extends readonly (readonly unknown[])[] ? ShowAll<In> : Show<In>
>

/**
 * Multi-head attention of one sequence [positions, n] to another [keys, m], as of a decoder to its encoder: `selfAttention` with queries
 * from the first and keys and values from the second. Gives [positions, n]. With a third input, a mask [keys], a key takes part where its
 * number is above 1/2; a query without any such key gives the bias of the output.
 *
 * @param heads how many heads, a divisor of n
 * @example model(inputs(input(5, 16), input(7, 32)), crossAttention(4)) // [5, 16]
 */
export const crossAttention = <const H extends number, const B extends boolean = true>(
  heads: H,
  { bias, dropout = 0, initializer = 'glorotUniform' }: AttentionOptions<B> = {}
): CrossAttention<H, B> =>
  Object.freeze({
    tag: 'crossAttention',
    heads,
    bias: bias ?? (true as B),
    dropout,
    initializer: frozen(initializer)
  })

interface Sides {
  readonly positions: number
  readonly n: number
  readonly m: number
}
const sidesOf = (input: Shape): E.Either<ShapeError, Sides> => {
  const parts = isDims(input) ? [] : input
  const [x, to, mask] = parts.map(p => (isDims(p) ? p : []))
  const fits =
    (parts.length === 2 || (parts.length === 3 && mask?.length === 1 && mask[0] === to?.[0])) &&
    x?.length === 2 &&
    to?.length === 2
  return fits
    ? E.right({ positions: x[0] as number, n: x[1] as number, m: to[1] as number })
    : E.left(
        shapeError(
          [],
          'two sequences of vectors [positions, n] and [keys, m], and perhaps a mask [keys]',
          isDims(input) ? showShape(input) : input.map(showShape).join(' and ')
        )
      )
}

/** the definition of `crossAttention`: parameters weight and bias of query, key, value and output */
export const crossAttentionDefinition: LayerDefinition<CrossAttention> = {
  tag: 'crossAttention',
  fields: ({ initializer }) => ({
    heads: size,
    bias: withDefault(t.boolean, true),
    dropout: withDefault(fraction, 0),
    initializer: withDefault(initializer, 'glorotUniform')
  }),
  show: ({ heads }) => `cross-attention, ${heads} heads`,
  place: (layer, input, { dtype }) =>
    pipe(
      checkSizes([layer.heads]),
      E.chain(() => sidesOf(input)),
      E.chain(({ positions, n, m }) => {
        const wrong = wrongHeads(n, layer.heads)
        return wrong !== undefined
          ? E.left(wrong)
          : E.right({
              output: [positions, n],
              gives: 'numbers' as const,
              params: attentionParams(n, m, dtype, layer),
              state: {},
              shared: {},
              rows: [],
              apply: (context, v: Value) => {
                const [x, to, given] = tupleOf(v).map(tensorOf)
                const mask = given === undefined ? undefined : less(0.5, given)
                const sides = { x: x ?? tensorOf(v), to: to ?? tensorOf(v), mask }
                return { value: attend(context, layer, sides), state: {}, seen: [] }
              }
            })
      })
    ),
  samples: [
    {
      layer: crossAttention(1),
      input: [
        [2, 2],
        [3, 1]
      ]
    },
    { layer: crossAttention(2, { bias: false }), input: [[2, 2], [3, 1], [3]] }
  ]
}
