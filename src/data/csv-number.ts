/** Numbers in text, read in place: a pass over the digits, without a string for each of millions of cells. */

/** 10^0 to 10^15, each exact */
const powersOf10: readonly number[] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
]

/** the number of digits that always make a whole number below 2^53 */
const exactDigits = 15

const isDigit = (c: number): boolean => c >= 48 && c <= 57

/** the end of the digits from `i` on */
const afterDigits = (source: string, from: number, end: number): number => {
  let i = from
  while (i < end && isDigit(source.charCodeAt(i))) i++
  return i
}

const isSign = (c: number): boolean => c === 43 || c === 45

/**
 * The number that the characters from `start` to `end` are: a sign or none, digits with at most one point among, before or behind
 * them, and an exponent or none. A whole number below 2^53 divided by a power of ten up to 10^22 is the nearest f64, as both are exact
 * (W. Clinger, How to read floating point numbers accurately, 1990); what has more digits is left to the engine.
 *
 * @returns NaN where they are not a number
 */
export const numberIn = (source: string, start: number, end: number): number => {
  const sign = start < end ? source.charCodeAt(start) : 0
  const from = isSign(sign) ? start + 1 : start
  let whole = 0
  let digits = 0
  let decimals = 0
  let point = false
  let i = from
  for (; i < end; i++) {
    const c = source.charCodeAt(i)
    if (isDigit(c)) {
      whole = whole * 10 + (c - 48)
      digits++
      if (point) decimals++
    } else if (c === 46 && !point) point = true
    else break
  }
  if (digits === 0) return NaN
  if (i === end && digits <= exactDigits) {
    const x = decimals === 0 ? whole : whole / (powersOf10[decimals] as number)
    return sign === 45 ? -x : x
  }
  if (i < end) {
    if ((source.charCodeAt(i) | 32) !== 101) return NaN
    const exponent = i + 1 < end && isSign(source.charCodeAt(i + 1)) ? i + 2 : i + 1
    if (exponent === end || afterDigits(source, exponent, end) !== end) return NaN
  }
  return Number(source.slice(start, end))
}
