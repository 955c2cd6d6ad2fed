/** The first difference of two long lists, without looking at all of them. */

/**
 * The first of `count` places where `same` is false, found by bisection: about log2(count) places are asked about. It must be true up to
 * some place and false from there on, as it is of chained sums.
 *
 * @example firstDifferent(8, i => i < 5) // 5, and 8 where all are the same
 */
export const firstDifferent = (count: number, same: (i: number) => boolean): number => {
  // what stands before `low` is the same; `high` is not, or is not there
  const between = (low: number, high: number): number => {
    const middle = Math.floor((low + high) / 2)
    return low >= high ? high : same(middle) ? between(middle + 1, high) : between(low, middle)
  }
  return between(0, count)
}
