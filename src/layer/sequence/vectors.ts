/** Sequences of vectors: their shape, and the frequencies of positions. */
import * as E from 'fp-ts/lib/Either.js'
import { exp, log } from '../../value/elementary.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isDims, showShape, type Shape } from '../../value/shape.js'
import type { Fail, Show } from '../types/fail.js'

/** a sequence of vectors keeps its shape */
export type VectorsAt<In> = In extends readonly [number, number]
  ? In
  : Fail<'a sequence of vectors [positions, n]', Show<In>>

/** the sizes of a sequence of vectors */
export const vectorsOf = (input: Shape): E.Either<ShapeError, readonly [positions: number, width: number]> =>
  isDims(input) && input.length === 2
    ? E.right(input as readonly [number, number])
    : E.left(shapeError([], 'a sequence of vectors [positions, n]', showShape(input)))

/** base^(-2i / n), for the pairs of numbers i */
export const frequency = (i: number, n: number, base = 10_000): number => exp((-2 * i * log(base)) / n)
