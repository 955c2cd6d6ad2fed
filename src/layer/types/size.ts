/** Sizes: literals that the compiler checks, and numbers from data that `checkSize` has checked. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isSize } from '../../value/shape.js'
import type { Fail, IsUnion } from './fail.js'

declare const checked: unique symbol
/** a size from data, known to be a positive whole number; shapes show it as `number` */
export type Size = number & { readonly [checked]: true }

/**
 * A size for layers whose width is only known when the program runs.
 *
 * @example pipe(checkSize(rows.length), E.map(n => model(input(n), dense(10))))
 * @returns Left when the number is not a positive whole number
 */
export const checkSize = (n: number): E.Either<ShapeError, Size> =>
  isSize(n) ? E.right(n as Size) : E.left(badSize(n))

/** the error for a number that is no size */
export const badSize = (n: number): ShapeError => shapeError([], 'a positive whole number', `${n}`)

/** the first number of a list that is no size, as an error */
export const checkSizes = (ns: readonly number[]): E.Either<ShapeError, readonly number[]> => {
  const bad = ns.find(n => !isSize(n))
  return bad === undefined ? E.right(ns) : E.left(badSize(bad))
}

type NoSize<N extends number> = `${N}` extends
  `-${string}` | '0' | `${string}.${string}` | `${string}e${string}` | 'NaN' | 'Infinity'
  ? true
  : false
/** a literal is itself, a `Size` is `number`, anything else a failure */
export type SizeOf<N extends number> = [N] extends [Size]
  ? number
  : number extends N
    ? Fail<'a size that the compiler knows', 'number', 'use a literal, checkSize or checkModel'>
    : IsUnion<N> extends true
      ? Fail<'one size', 'a choice made at run time', 'use checkModel'>
      : NoSize<N> extends true
        ? Fail<'a positive whole number', `${N}`>
        : N
/** what a shape keeps of a size: a literal, or `number` for one from data */
export type KnownSize<N extends number> = SizeOf<N> extends infer R extends number ? R : number
/** the type O, unless N is no size */
export type Sized<N extends number, O> = SizeOf<N> extends number ? O : SizeOf<N>
/** the type O, unless one of the list is no size: then the failure of the first one */
export type AllSized<Ns extends readonly unknown[], O> = Ns extends readonly [infer N extends number, ...infer T]
  ? SizeOf<N> extends number
    ? AllSized<T, O>
    : SizeOf<N>
  : O
