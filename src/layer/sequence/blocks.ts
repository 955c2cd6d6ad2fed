/** Blocks of transformers: plain functions from settings to layers, made of the layers beside them. */
import { gelu, sigmoid, type Activation } from '../activation.js'
import { fanOut, type FanOut } from '../combinator/branches.js'
import { mergeMultiply, type Merge } from '../combinator/merge.js'
import { residual, type Residual } from '../combinator/residual.js'
import { sequential, type Sequential } from '../combinator/sequential.js'
import type { Layer } from '../definition.js'
import { dense, type Dense } from '../dense.js'
import { dropout, type Dropout } from '../dropout.js'
import { layerNorm, type LayerNorm } from '../layer-norm.js'
import { rmsNorm, type RmsNorm } from '../rms-norm.js'
import type { Mul } from '../types/nat.js'
import type { Rotary } from './attention.js'
import { perPosition, type PerPosition } from './per-position.js'
import { selfAttention, type SelfAttention } from './self-attention.js'

// the types are written out, as in layer/blocks.ts
type Gate<N extends number, A extends Layer> = [FanOut<[Dense<N>, Sequential<[Dense<N>, A]>]>, Merge<'multiply'>]
/** two dense layers, one of them through an activation, multiplied number by number */
export type GatedUnit<N extends number, A extends Layer> = Sequential<Gate<N, A>>

/**
 * The gated linear unit (Dauphin et al. 2017): (x V + c) f(x W + b), number by number, for a flat input. f is sigmoid by default (GLU);
 * with `silu` it is SwiGLU, with `gelu` GeGLU, with `relu` ReGLU (Shazeer 2020).
 *
 * @param units numbers that come out
 * @param activation the f of the gate
 * @example model(input(16), gatedUnit(64, silu), dense(16))
 */
export const gatedUnit = <const N extends number, const A extends Activation = Activation<'sigmoid'>>(
  units: N,
  activation: A = sigmoid as A
): GatedUnit<N, A> => sequential(fanOut(dense(units), sequential(dense(units), activation)), mergeMultiply)

export interface FeedForwardOptions<F extends number, A extends Activation, G extends boolean> {
  /** numbers between the two dense layers; default 4 times the width */
  readonly hidden?: F
  /** default gelu */
  readonly activation?: A
  /** whether the first dense layer is a `gatedUnit`; default false */
  readonly gated?: G
}
/** two dense layers at every position */
export type FeedForward<N extends number, F extends number, A extends Layer, G> = PerPosition<
  G extends true ? Sequential<[...Gate<F, A>, Dense<N>]> : Sequential<[Dense<F>, A, Dense<N>]>
>

/**
 * The feed-forward part of a transformer: at each position of [positions, width], f(x W + b) V + c with `hidden` numbers in between.
 *
 * @param width numbers at each position, which stay
 * @example model(input(16, 64), residual(sequential(layerNorm(), feedForward(64))))
 */
export const feedForward = <
  const N extends number,
  const F extends number = Mul<4, N>,
  const A extends Activation = Activation<'gelu'>,
  const G extends boolean = false
>(
  width: N,
  options: FeedForwardOptions<F, A, G> = {}
): FeedForward<N, F, A, G> => {
  const hidden: number = options.hidden ?? 4 * width
  const activation: Layer = options.activation ?? gelu
  const first: Layer =
    options.gated === true
      ? sequential(fanOut(dense(hidden), sequential(dense(hidden), activation)), mergeMultiply)
      : sequential(dense(hidden), activation)
  return perPosition(sequential(first, dense(width))) as unknown as FeedForward<N, F, A, G>
}

export interface TransformerBlockOptions<
  F extends number,
  A extends Activation,
  G extends boolean,
  R extends Rotary,
  P extends number,
  At extends 'before' | 'after',
  K extends 'layerNorm' | 'rmsNorm'
> extends FeedForwardOptions<F, A, G> {
  /** whether position t sees only the positions up to t; default false */
  readonly causal?: boolean
  /** rotates queries and keys by their position, see `selfAttention`; default 'none' */
  readonly rotary?: R
  /** the chance to drop attention weights, and numbers that are added to the skip connections; default 0 */
  readonly dropout?: P
  /** whether the norm comes before attention and feed-forward, or after each sum; default 'before' */
  readonly normAt?: At
  /** default 'layerNorm' */
  readonly norm?: K
}
type Norm<K> = K extends 'rmsNorm' ? RmsNorm : LayerNorm
/** attention and feed-forward, each with a skip connection and a norm */
export type TransformerBlock<
  At,
  N extends Layer,
  S extends Layer,
  F extends Layer,
  P extends number
> = At extends 'after'
  ? Sequential<[Residual<Sequential<[S, Dropout<P>]>>, N, Residual<Sequential<[F, Dropout<P>]>>, N]>
  : Sequential<[Residual<Sequential<[N, S, Dropout<P>]>>, Residual<Sequential<[N, F, Dropout<P>]>>]>

/**
 * A block of a transformer, for a sequence [positions, width]:
 *
 *     before (default): x + attention(norm(x)), then x + feedForward(norm(x)) (Xiong et al. 2020)
 *     after:            norm(x + attention(x)), then norm(x + feedForward(x)) (Vaswani et al. 2017)
 *
 * PyTorch's TransformerEncoderLayer has the norm after, relu, dropout 0.1 and 2048 hidden numbers by default; here it is before, gelu, 0 and
 * 4 times the width. A network with the norm before ends with one more norm.
 *
 * @param width numbers at each position, which stay
 * @param heads how many heads, a divisor of the width
 * @example ofIndices(model(input(8), embedding(50, 16), positions(), repeat(2)(transformerBlock(16, 4, { causal: true })), perPosition(dense(50))))
 */
export const transformerBlock = <
  const N extends number,
  const H extends number,
  const F extends number = Mul<4, N>,
  const A extends Activation = Activation<'gelu'>,
  const G extends boolean = false,
  const R extends Rotary = 'none',
  const P extends number = 0,
  const At extends 'before' | 'after' = 'before',
  const K extends 'layerNorm' | 'rmsNorm' = 'layerNorm'
>(
  width: N,
  heads: H,
  options: TransformerBlockOptions<F, A, G, R, P, At, K> = {}
): TransformerBlock<At, Norm<K>, SelfAttention<H, true, R>, FeedForward<N, F, A, G>, P> => {
  const { causal = false, rotary, normAt = 'before', norm = 'layerNorm' } = options
  const rate: number = options.dropout ?? 0
  const normal: Layer = norm === 'rmsNorm' ? rmsNorm() : layerNorm()
  const attention: Layer = selfAttention(heads, {
    causal,
    dropout: rate,
    ...(rotary === undefined ? {} : { rotary })
  })
  const forward: Layer = feedForward(width, options)
  const block: Layer =
    normAt === 'after'
      ? sequential(
          residual(sequential(attention, dropout(rate))),
          normal,
          residual(sequential(forward, dropout(rate))),
          normal
        )
      : sequential(
          residual(sequential(normal, attention, dropout(rate))),
          residual(sequential(normal, forward, dropout(rate)))
        )
  return block as unknown as TransformerBlock<At, Norm<K>, SelfAttention<H, true, R>, FeedForward<N, F, A, G>, P>
}
