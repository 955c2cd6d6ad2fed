/** The first difference of two long lists, without reading them whole. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'

/**
 * The first of `count` places where `same` is false, found by bisection: about log2(count) places are asked about. It must be true up to
 * some place and false from there on, as it is of chained sums.
 *
 * @example firstDifferent(8, i => TE.right(i < 5)) // 5, and 8 where all are the same
 */
export const firstDifferent = <F>(
  count: number,
  same: (i: number) => TE.TaskEither<F, boolean>
): TE.TaskEither<F, number> => {
  // what stands before `low` is the same; `high` is not, or is not there
  const between = (low: number, high: number): TE.TaskEither<F, number> => {
    const middle = Math.floor((low + high) / 2)
    return low >= high
      ? TE.right(high)
      : pipe(
          same(middle),
          TE.chain(is => (is ? between(middle + 1, high) : between(low, middle)))
        )
  }
  return between(0, count)
}
