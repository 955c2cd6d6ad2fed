/** What the compiler knows of shapes: refusals and their words, comparison, printing. The words are those of value/error.ts. */
import type { Dims, Shape } from '../../value/shape.js'

/** Why a layer does not fit, as a type: the fields of a ShapeError. */
export interface Fail<Expected extends string, Got extends string, Hint extends string = '', Path extends string = ''> {
  readonly expected: Expected
  readonly got: Got
  readonly hint: Hint
  readonly path: Path
}
export type AnyFail = Fail<string, string, string, string>

/** the same failure, one level further out */
export type Inside<Label extends string, F> =
  F extends Fail<infer E, infer G, infer H, infer P> ? Fail<E, G, H, P extends '' ? Label : `${Label}/${P}`> : F

/** `hidden/dense: expected a flat input [n], got [28, 28, 1]; put flatten before it` */
export type Sentence<F> =
  F extends Fail<infer E, infer G, infer H, infer P>
    ? `${P extends '' ? '' : `${P}: `}expected ${E}, got ${G}${H extends '' ? '' : `; ${H}`}`
    : never

type Join<S extends readonly unknown[]> = S extends readonly [infer H, ...infer T]
  ? T extends readonly []
    ? Show<H>
    : `${Show<H>}, ${Join<T>}`
  : ''
/** [28, 28, 1] -> "[28, 28, 1]"; a size that the compiler doesn't know is shown as ? */
export type Show<S> = S extends number
  ? number extends S
    ? '?'
    : `${S}`
  : S extends readonly unknown[]
    ? number extends S['length']
      ? '[...]'
      : `[${Join<S>}]`
    : '?'
type JoinAnd<S extends readonly unknown[]> = S extends readonly [infer H, ...infer T]
  ? T extends readonly []
    ? Show<H>
    : `${Show<H>} and ${JoinAnd<T>}`
  : ''
/** [[8], [9]] -> "[8] and [9]" */
export type ShowAll<S extends readonly unknown[]> = number extends S['length'] ? '[...]' : JoinAnd<S>

type SameSize<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? number extends A
      ? 'unknown'
      : true
    : number extends A
      ? 'unknown'
      : number extends B
        ? 'unknown'
        : false
  : number extends A
    ? 'unknown'
    : false
type And<X, Y> = X extends false ? false : Y extends false ? false : X extends 'unknown' ? 'unknown' : Y
type SameList<A extends readonly unknown[], B extends readonly unknown[], Acc = true> = A extends readonly [
  infer a,
  ...infer AR
]
  ? B extends readonly [infer b, ...infer BR]
    ? SameList<AR, BR, And<Acc, Same<a, b>>>
    : false
  : B extends readonly []
    ? Acc
    : false
/** whether two shapes are equal: true, false, or 'unknown' where sizes come from data */
export type Same<A, B> = A extends number
  ? B extends number
    ? SameSize<A, B>
    : false
  : A extends readonly unknown[]
    ? B extends readonly unknown[]
      ? number extends A['length']
        ? 'unknown'
        : number extends B['length']
          ? 'unknown'
          : SameList<A, B>
      : false
    : false

/** where only data can decide whether two shapes are equal */
export type NotKnown<A, B> = Fail<`sizes that the compiler knows`, ShowAll<[A, B]>, 'use checkModel'>

export type IsUnion<T, U = T> = [T] extends [never]
  ? false
  : T extends unknown
    ? [U] extends [T]
      ? false
      : true
    : never

/** drops `readonly`, so that editors show [784] and not readonly [784] */
export type Plain<S> = S extends readonly [...infer T] ? (number extends T['length'] ? S : T) : S

/** the only tensor of an input, or a failure: most layers take one */
export type OneTensor<In> = In extends Dims ? In : Fail<'one tensor', Show<In>, 'merge the branches before it'>

export type { Dims, Shape }
