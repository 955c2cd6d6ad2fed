/** Attention of a sequence to itself. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { node } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { fraction, oneOf, size, withDefault } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { sameShape, showShape } from '../../value/shape.js'
import { tensorOf } from '../compose.js'
import type { Context, LayerDefinition } from '../definition.js'
import { frozen, type Initializer } from '../initializer.js'
import type { AnyFail } from '../types/fail.js'
import { checkSizes, type SizeOf } from '../types/size.js'
import {
  attend,
  attentionParams,
  wrongHeads,
  type AttentionOptions,
  type AttentionParams,
  type HeadsOf,
  type RotatedOf,
  type Rotary
} from './attention.js'
import { vectorsOf, type VectorsAt } from './vectors.js'

export interface SelfAttention<H extends number = number, B extends boolean = boolean, R extends Rotary = Rotary> {
  readonly tag: 'selfAttention'
  readonly heads: H
  /** whether a position only looks at itself and those before it */
  readonly causal: boolean
  readonly bias: B
  readonly dropout: number
  readonly rotary: R
  readonly initializer: Initializer
}
type AnySelfAttention = SelfAttention
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly selfAttention: AnySelfAttention
  }
  interface ShapeRules<L, In> {
    readonly selfAttention: L extends SelfAttention<infer H, boolean, infer R>
      ? SizeOf<H> extends number
        ? VectorsAt<In> extends infer X
          ? X extends AnyFail
            ? X
            : X extends readonly [number, infer N extends number]
              ? HeadsOf<N, H, RotatedOf<N, H, R, In>>
              : never
          : never
        : SizeOf<H>
      : never
  }
  interface OutputRangeRules<L> {
    readonly selfAttention: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly selfAttention: L extends SelfAttention<number, infer B>
      ? In extends readonly [number, infer N extends number]
        ? AttentionParams<N, N, B>
        : never
      : never
  }
}
export interface SelfAttentionOptions<B extends boolean, R extends Rotary> extends AttentionOptions<B> {
  /** whether position t sees only the positions up to t; default false */
  readonly causal?: boolean
  /** rotates queries and keys by their position: number i of a head with i + half ('halves'), or neighbours ('pairs'); default 'none' */
  readonly rotary?: R
}

/**
 * Multi-head self-attention (Vaswani et al. 2017). A sequence [positions, n] keeps its shape:
 *
 *     q, k, v = x Wq + bq, x Wk + bk, x Wv + bv, each cut into heads of n / heads = d numbers
 *     head    = softmax((q / sqrt(d)) k^T) v
 *     y       = (the heads side by side) Wo + bo
 *
 * The query is scaled before the product. With `causal`, and inside `maskPadding`, the softmax runs over the positions that take part, and
 * the others weigh 0. A row without any position that takes part is 0 (as in ONNX; PyTorch gives NaN), so that y is bo there. Dropout
 * drops weights, each with a draw for its head, query and key of its example, and scales the others by 1 / (1 - rate).
 *
 * @param heads how many heads, a divisor of n
 * @example model(input(16, 64), residual(sequential(layerNorm(), selfAttention(4, { causal: true }))))
 */
export const selfAttention = <const H extends number, const B extends boolean = true, const R extends Rotary = 'none'>(
  heads: H,
  options: SelfAttentionOptions<B, R> = {}
): SelfAttention<H, B, R> => {
  const { causal = false, bias, dropout = 0, rotary, initializer = 'glorotUniform' } = options
  return Object.freeze({
    tag: 'selfAttention',
    heads,
    causal,
    bias: bias ?? (true as B),
    dropout,
    rotary: rotary ?? ('none' as R),
    initializer: frozen(initializer)
  })
}

/** the mask of the sequence, if it has the length of this one */
const checkedMask = ({ mask, path }: Context, x: Expr): Expr | undefined =>
  mask === undefined || sameShape(mask.shape, x.shape.slice(0, 2))
    ? mask
    : node('invalid', [], {
        error: shapeError(
          path.split('/'),
          `a sequence of ${mask.shape[1]} positions, as maskPadding has`,
          showShape(x.shape.slice(1)),
          'put layers that change the length outside of maskPadding'
        )
      })

/** the definition of `selfAttention`: parameters weight [n, n] and bias [n] of query, key, value and output */
export const selfAttentionDefinition: LayerDefinition<SelfAttention> = {
  tag: 'selfAttention',
  fields: ({ initializer }) => ({
    heads: size,
    causal: withDefault(t.boolean, false),
    bias: withDefault(t.boolean, true),
    dropout: withDefault(fraction, 0),
    rotary: withDefault(oneOf('none', 'halves', 'pairs'), 'none'),
    initializer: withDefault(initializer, 'glorotUniform')
  }),
  show: ({ heads, causal, rotary }) =>
    `self-attention, ${heads} heads${causal ? ', causal' : ''}${rotary === 'none' ? '' : `, rotary ${rotary}`}`,
  place: (layer, input, { dtype }) =>
    pipe(
      checkSizes([layer.heads]),
      E.chain(() => vectorsOf(input)),
      E.chain(([length, n]) => {
        const wrong = wrongHeads(n, layer.heads, layer.rotary)
        return wrong !== undefined
          ? E.left(wrong)
          : E.right({
              output: [length, n],
              gives: 'numbers' as const,
              params: attentionParams(n, n, dtype, layer),
              state: {},
              shared: {},
              rows: [],
              apply: (context, v) => {
                const x = tensorOf(v)
                const mask = checkedMask(context, x)
                return { value: attend(context, layer, { x, to: x, mask }), state: {}, seen: [] }
              }
            })
      })
    ),
  samples: [
    { layer: selfAttention(2, { causal: true, rotary: 'halves' }), input: [3, 4] },
    { layer: selfAttention(1, { bias: false, dropout: 0.5, rotary: 'pairs' }), input: [2, 2] }
  ]
}
