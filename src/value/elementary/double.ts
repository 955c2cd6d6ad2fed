/**
 * Double-double arithmetic: a number as an unevaluated sum of two doubles, some 104 bits together.
 *
 * Source: T. J. Dekker, "A floating-point technique for extending the available precision", 1971; D. E. Knuth's two-sum.
 */
export type Double = readonly [high: number, low: number]

/** what a + b loses when rounded to s, exactly */
export const sumError = (a: number, b: number, s: number): number => {
  const t = s - a
  return a - (s - t) + (b - t)
}

/** 2^27 + 1: splits a double into halves of 26 bits */
const SPLITTER = 134217729

const upperHalf = (a: number): number => {
  const t = SPLITTER * a
  return t - (t - a)
}

/** what a * b loses when rounded to p, exactly where nothing overflows or is subnormal */
export const productError = (a: number, b: number, p: number): number => {
  const ah = upperHalf(a)
  const bh = upperHalf(b)
  const al = a - ah
  const bl = b - bh
  return ah * bh - p + ah * bl + al * bh + al * bl
}

/** a + b of two doubles, exactly */
export const sum = (a: number, b: number): Double => {
  const s = a + b
  return [s, sumError(a, b, s)]
}

/** a * b of two doubles, exactly */
export const product = (a: number, b: number): Double => {
  const p = a * b
  return [p, productError(a, b, p)]
}

/** the same number with |low| at most half an ulp of high, given |low| < |high| */
export const tidy = (high: number, low: number): Double => {
  const s = high + low
  return [s, low - (s - high)]
}

export const add = ([ah, al]: Double, [bh, bl]: Double): Double => {
  const [s, e] = sum(ah, bh)
  const [t, u] = sum(al, bl)
  const [s2, e2] = tidy(s, e + t)
  return tidy(s2, e2 + u)
}

export const multiply = ([ah, al]: Double, [bh, bl]: Double): Double => {
  const [p, e] = product(ah, bh)
  return tidy(p, e + (ah * bl + al * bh))
}

export const divide = ([ah, al]: Double, [bh, bl]: Double): Double => {
  const q = ah / bh
  const [p, e] = product(q, bh)
  return tidy(q, (ah - p - e + al - q * bl) / bh)
}
