/** Finds the first difference of two long lists without comparing all items. */

/**
 * The first of `count` indexes where `same` is false, by bisection: about log2(count) calls. `same` must be true up to
 * some index and false from there on, as it is for hash chains.
 *
 * @example firstDifferent(8, i => i < 5) // 5, and 8 where all are the same
 */
export const firstDifferent = (count: number, same: (i: number) => boolean): number => {
  // everything before `low` is the same; `high` differs or is the end
  const between = (low: number, high: number): number => {
    const middle = Math.floor((low + high) / 2)
    return low >= high ? high : same(middle) ? between(middle + 1, high) : between(low, middle)
  }
  return between(0, count)
}
