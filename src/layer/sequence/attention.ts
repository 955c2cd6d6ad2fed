/** What layers of attention share: projections, heads, rotation by position, the softmax with a mask. */
import {
  add,
  broadcast,
  concat,
  constant,
  div,
  equal,
  exp,
  iota,
  lessEqual,
  matmul,
  mul,
  reduceMax,
  reshape,
  select,
  slice,
  stopGradient,
  sub,
  sum,
  transpose,
  transposed
} from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { cos, sin } from '../../value/elementary.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { allocate, tensorView, type FloatType, type Tensor } from '../../value/tensor.js'
import type { Branch } from '../../value/tree.js'
import { childContext, paramOf } from '../compose.js'
import type { Context, ParamSpec } from '../definition.js'
import { droppedOut } from '../dropout.js'
import type { Initializer } from '../initializer.js'
import type { Div, Mul, Sub } from '../types/nat.js'
import type { Fail, Show } from '../types/fail.js'
import { frequency } from './vectors.js'

/** which two numbers of a head are rotated together: number i with i + half of them, or neighbours */
export type Rotary = 'none' | 'halves' | 'pairs'
/** the settings that all attention has */
export interface AttentionSettings {
  readonly heads: number
  readonly bias: boolean
  readonly dropout: number
  readonly initializer: Initializer
}
export interface AttentionOptions<B extends boolean> {
  /** whether the four projections add a bias; default true */
  readonly bias?: B
  /** the chance of an attention weight to be dropped in training, drawn for each head, query and key of each example; default 0 */
  readonly dropout?: number
  /** how the weights of the projections begin; default glorotUniform. Biases begin at 0. */
  readonly initializer?: Initializer
}

// ---- shapes

/** the output O, where H heads divide the width */
export type HeadsOf<N extends number, H extends number, O> = H extends 1
  ? O
  : number extends N | H
    ? Fail<'sizes that the compiler knows', `${Show<N>} numbers for ${Show<H>} heads`, 'use checkModel'>
    : Sub<N, Mul<Div<N, H>, H>> extends 0
      ? O
      : Fail<`a width that ${H} heads divide`, `${N}`>
/** the output O, unless a rotation has an odd number of numbers in each head */
export type RotatedOf<N extends number, H extends number, R, O> = R extends 'none'
  ? O
  : Div<N, H> extends infer D extends number
    ? `${D}` extends `${string}${'1' | '3' | '5' | '7' | '9'}`
      ? Fail<'an even number of numbers in each head for a rotation', `${D}`>
      : O
    : never

export const wrongHeads = (width: number, heads: number, rotary: Rotary = 'none'): ShapeError | undefined =>
  width % heads !== 0
    ? shapeError([], `a width that ${heads} heads divide`, `${width}`)
    : rotary !== 'none' && (width / heads) % 2 !== 0
      ? shapeError([], 'an even number of numbers in each head for a rotation', `${width / heads}`)
      : undefined

/** a projection: weight [in, out] and bias [out] */
export type Projection<I extends number, O extends number, B> = B extends false
  ? { readonly weight: Tensor<[I, O], FloatType> }
  : { readonly weight: Tensor<[I, O], FloatType>; readonly bias: Tensor<[O], FloatType> }
/** the parameters of attention from vectors of N numbers to vectors of M */
export interface AttentionParams<N extends number, M extends number, B> {
  readonly query: Projection<N, N, B>
  readonly key: Projection<M, N, B>
  readonly value: Projection<M, N, B>
  readonly output: Projection<N, N, B>
}

export const attentionParams = (
  n: number,
  m: number,
  dtype: FloatType,
  { bias, initializer }: AttentionSettings
): Branch<ParamSpec> => {
  const projection = (from: number): Branch<ParamSpec> => {
    const fan = { in: from, out: n }
    const weight: ParamSpec = { dtype, shape: [from, n], initializer, fan, role: 'weight' }
    return bias ? { weight, bias: { dtype, shape: [n], initializer: 'zeros', fan, role: 'bias' } } : { weight }
  }
  return { query: projection(n), key: projection(m), value: projection(m), output: projection(n) }
}

// ---- formulas

/** x W + b at each position, with the parameters under a label */
const projected = (context: Context, label: string, bias: boolean, x: Expr): Expr => {
  const param = paramOf(childContext(context, label))
  const [examples = 1, positions = 1, n = 1] = x.shape
  const product = matmul(reshape(x, [examples * positions, n]), param('weight'))
  const y = bias ? add(product, param('bias')) : product
  return reshape(y, [examples, positions, y.shape.at(-1) ?? 1])
}
/** [examples, positions, n] -> [examples, heads, positions, n / heads] */
const inHeads = (x: Expr, heads: number): Expr => {
  const [examples = 1, positions = 1, n = 1] = x.shape
  return transpose(reshape(x, [examples, positions, heads, n / heads]), [0, 2, 1, 3])
}
const outOfHeads = (x: Expr): Expr => {
  const [examples = 1, heads = 1, positions = 1, n = 1] = x.shape
  return reshape(transpose(x, [0, 2, 1, 3]), [examples, positions, heads * n])
}

/** f of t base^(-2i / n), for the positions t and the pairs i, along two axes of which one has size 1 */
const angles = (f: (x: number) => number, x: Expr, pairs: readonly number[], frequency: readonly number[]): Expr => {
  const positions = x.shape[2] ?? 1
  const dtype = x.dtype as FloatType
  const all = Array.from({ length: positions }, (_, t) => frequency.map(w => f(t * w))).flat()
  return constant(tensorView(dtype, [1, 1, positions, ...pairs], allocate(dtype, all)))
}
/**
 * The rotation of each pair (a, b) of numbers at position t by the angle t 10000^(-2i / n) for the pair i: (a cos - b sin, b cos + a sin)
 * (Su et al. 2021)
 */
const rotated = (x: Expr, rotary: Rotary): Expr => {
  if (rotary === 'none') return x
  const [examples = 1, heads = 1, positions = 1, n = 2] = x.shape
  const half = n / 2
  const lead = [examples, heads, positions]
  const axis = rotary === 'halves' ? 3 : 4
  const paired = reshape(x, [...lead, ...(rotary === 'halves' ? [2, half] : [half, 2])])
  const one = rotary === 'halves' ? [1, half] : [half, 1]
  const part = (i: number): Expr =>
    slice(paired, [...lead.map(() => 0), ...(rotary === 'halves' ? [i, 0] : [0, i])], [...lead, ...one])
  const frequencies = Array.from({ length: half }, (_, i) => frequency(i, n))
  const [a, b] = [part(0), part(1)]
  const [c, s] = [angles(cos, x, one, frequencies), angles(sin, x, one, frequencies)]
  return reshape(concat([sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s))], axis), x.shape)
}

/** whether query t may look at key u: u <= t. Both are counted from the first position on. */
const causalMask = (queries: number, keys: number): Expr =>
  lessEqual(iota('u32', [1, 1, queries, keys], 3), iota('u32', [1, 1, queries, keys], 2))

/**
 * softmax along the last axis over the places where all masks are true; the other places get 0, and all places of a row without any
 */
export const maskedSoftmax = (scores: Expr, masks: readonly Expr[], rowsMayBeEmpty: boolean): Expr => {
  const last = [scores.shape.length - 1]
  const open = masks.reduce((s, m) => select(broadcast(m, scores.shape), s, -Infinity), scores)
  const peak = stopGradient(reduceMax(open, last))
  const e = exp(sub(open, rowsMayBeEmpty ? select(equal(peak, -Infinity), 0, peak) : peak))
  const whole = sum(e, last)
  return div(e, rowsMayBeEmpty ? select(equal(whole, 0), 1, whole) : whole)
}

/** attention of the vectors x to the vectors of `to` */
export const attend = (
  context: Context,
  settings: AttentionSettings & { readonly causal?: boolean; readonly rotary?: Rotary },
  { x, to, mask }: { readonly x: Expr; readonly to: Expr; readonly mask?: Expr | undefined }
): Expr => {
  const { heads, bias, dropout, causal = false, rotary = 'none' } = settings
  const of = (label: string, v: Expr): Expr => inHeads(projected(context, label, bias, v), heads)
  const query = rotated(of('query', x), rotary)
  const key = rotated(of('key', to), rotary)
  const [examples = 1, , queries = 1, size = 1] = query.shape
  const keys = key.shape[2] ?? 1
  const scores = matmul(mul(query, 1 / Math.sqrt(size)), transposed(key))
  const masks = [
    ...(causal ? [causalMask(queries, keys)] : []),
    ...(mask === undefined ? [] : [reshape(mask, [examples, 1, 1, keys])])
  ]
  const weights = maskedSoftmax(scores, masks, mask !== undefined)
  const kept = droppedOut({ rate: dropout, convention: 'inverted' }, context, weights, weights.shape)
  return projected(context, 'output', bias, outOfHeads(matmul(kept, of('value', to))))
}
