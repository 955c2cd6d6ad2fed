/** From several tensors to one. */
import * as E from 'fp-ts/lib/Either.js'
import { add as plus, concat as joined, div, mul, reshape } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { oneOf } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { isDims, sameShape, showShape, type Shape } from '../../value/shape.js'
import type { LayerDefinition } from '../definition.js'
import type { Add } from '../types/nat.js'
import { mergeLayer } from '../compose.js'
import { movesIndexes } from '../indexes.js'
import type { Dims, Fail, NotKnown, Same, Show, ShowAll } from '../types/fail.js'

export type MergeBy = 'concat' | 'add' | 'multiply' | 'mean' | 'scale'
export interface Merge<M extends MergeBy = MergeBy> {
  readonly tag: 'merge'
  /** how several numbers become one */
  readonly by: M
}
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly merge: Merge
  }
  interface ShapeRules<L, In> {
    readonly merge: L extends Merge<infer M>
      ? In extends readonly [infer A extends Dims, ...infer R extends readonly Dims[]]
        ? M extends 'concat'
          ? Joined<R, A, In>
          : M extends 'scale'
            ? Scaled<In>
            : AllSame<R, A, In>
        : Fail<'several tensors', Show<In>, 'put fanOut or parallel before it'>
      : never
  }
  interface LabelRules<L> {
    readonly merge: L extends Merge<infer M> ? M : never
  }
}
type Joined<R extends readonly unknown[], A, In extends readonly unknown[]> = A extends readonly [
  ...infer I extends Dims,
  infer a extends number
]
  ? R extends readonly [infer B, ...infer T]
    ? B extends readonly [...infer J extends Dims, infer b extends number]
      ? Same<I, J> extends infer Q
        ? Q extends true
          ? Joined<T, [...I, Add<a, b>], In>
          : Q extends false
            ? Unequal<In>
            : NotKnown<A, B>
        : never
      : Unequal<In>
    : A
  : Unequal<In>
type Unequal<In extends readonly unknown[]> = Fail<'branches that are equal before the last axis', ShowAll<In>>
type AllSame<R extends readonly unknown[], A, In extends readonly unknown[]> = R extends readonly [infer B, ...infer T]
  ? Same<A, B> extends infer Q
    ? Q extends true
      ? AllSame<T, A, In>
      : Q extends false
        ? Fail<'branches of one shape', ShowAll<In>>
        : NotKnown<A, B>
    : never
  : A

type Scaled<In extends readonly unknown[]> = In extends readonly [
  infer A extends Dims,
  readonly [infer s extends number]
]
  ? A extends readonly [...Dims, infer c extends number]
    ? Same<c, s> extends infer Q
      ? Q extends true
        ? A
        : Q extends false
          ? NoScale<In>
          : NotKnown<A, [s]>
      : never
    : NoScale<In>
  : NoScale<In>
type NoScale<In extends readonly unknown[]> = Fail<'a tensor [..., n] and its factors [n]', ShowAll<In>>

/**
 * Several tensors become one: joined along the last axis, added, multiplied or averaged number by number; or, of two, the first times
 * one factor for each place along its last axis ('scale').
 *
 * @example sequential(fanOut(dense(8), dense(8)), merge('mean'))
 */
export const merge = <const M extends MergeBy>(by: M): Merge<M> => Object.freeze({ tag: 'merge', by })
/**
 * Joined along the last axis: [..., a] and [..., b] give [..., a + b].
 *
 * @example model(input(3), fanOut(dense(8), dense(4)), mergeConcat) // gives [12]
 */
export const mergeConcat = merge('concat')
/** branches of one shape added number by number. @example model(input(3), fanOut(dense(8), dense(8)), mergeAdd) */
export const mergeAdd = merge('add')
/** branches of one shape multiplied number by number: a gate */
export const mergeMultiply = merge('multiply')
/** branches of one shape averaged number by number */
export const mergeMean = merge('mean')
/**
 * A tensor [..., n] times its factors [n], one for each place along the last axis.
 *
 * @example sequential(fanOut(identity, sequential(globalAveragePool, dense(16), sigmoid)), mergeScale) // [8, 8, 16] -> [8, 8, 16]
 */
export const mergeScale = merge('scale')

const fold = (f: (a: Expr, b: Expr) => Expr) => (xs: readonly Expr[]) => xs.reduce((a, b) => f(a, b))
/** [b, n] -> [b, 1, ..., 1, n] */
const alongLast = (s: Expr, rank: number): Expr =>
  reshape(
    s,
    s.shape.flatMap((n, i) => (i === 0 ? [n, ...Array.from({ length: rank - 2 }, () => 1)] : [n]))
  )
const formulas: { readonly [M in MergeBy]: (xs: readonly Expr[]) => Expr } = {
  concat: xs => joined(xs, -1),
  add: fold(plus),
  multiply: fold(mul),
  mean: xs => div(fold(plus)(xs), xs.length),
  scale: ([x, s]) => mul(x as Expr, alongLast(s as Expr, (x as Expr).shape.length))
}

const areTensors = (s: Shape): s is readonly [Dims, ...(readonly Dims[])] =>
  s.length > 0 && s.every((x): x is Dims => typeof x !== 'number' && isDims(x))
const isScale = (ds: readonly Dims[]): boolean =>
  ds.length === 2 && ds[0]?.length !== 0 && ds[1]?.length === 1 && ds[0]?.at(-1) === ds[1][0]
const lead = (d: Dims): Dims => d.slice(0, -1)

/** the definition of `merge`, and so of `mergeConcat`, `mergeAdd`, `mergeMultiply`, `mergeMean` and `mergeScale` */
export const mergeDefinition: LayerDefinition<Merge> = {
  tag: 'merge',
  fields: () => ({ by: oneOf('concat', 'add', 'multiply', 'mean', 'scale') }),
  show: ({ by }) => by,
  label: ({ by }) => by,
  place: ({ by }, input) => {
    if (!areTensors(input))
      return E.left(shapeError([], 'several tensors', showShape(input), 'put fanOut or parallel before it'))
    const [first] = input
    const all = input.map(showShape).join(' and ')
    if (by === 'concat')
      return input.every(d => d.length > 0 && sameShape(lead(d), lead(first)))
        ? E.right({
            ...mergeLayer([...lead(first), input.reduce((n, d) => n + (d.at(-1) ?? 0), 0)], formulas[by]),
            ...movesIndexes
          })
        : E.left(shapeError([], 'branches that are equal before the last axis', all))
    if (by === 'scale')
      return isScale(input)
        ? E.right(mergeLayer(first, formulas[by]))
        : E.left(shapeError([], 'a tensor [..., n] and its factors [n]', all))
    return input.every(d => sameShape(d, first))
      ? E.right(mergeLayer(first, formulas[by]))
      : E.left(shapeError([], 'branches of one shape', all))
  },
  samples: [
    {
      layer: mergeConcat,
      input: [
        [2, 3],
        [2, 1]
      ]
    },
    { layer: mergeAdd, input: [[3], [3]] },
    { layer: mergeMultiply, input: [[3], [3], [3]] },
    { layer: mergeMean, input: [[3], [3]] },
    { layer: mergeScale, input: [[2, 3], [3]] }
  ]
}
