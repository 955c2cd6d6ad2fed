/** Numbers for readers of pages and pictures: fixed digits, no locale, no host mathematics. */

/** a place in a picture, to a hundredth of a pixel */
export const px = (x: number): string => {
  const text = x.toFixed(2).replace(/\.?0+$/, '')
  return text === '-0' ? '0' : text
}

/** 4 digits: 0.6931, 1.235e-7, 123400; whole numbers whole */
export const digits = (x: number): string => {
  const rounded = Number.isSafeInteger(x) ? x : Number(x.toPrecision(4))
  return rounded !== 0 && (Math.abs(rounded) < 1e-3 || Math.abs(rounded) >= 1e9)
    ? rounded.toExponential().replace('+', '')
    : String(rounded)
}

/** 3 digits, for ticks: 0.5, 2000, 1e-6 */
export const short = (x: number): string => {
  const rounded = Number(x.toPrecision(3))
  return rounded !== 0 && (Math.abs(rounded) < 1e-3 || Math.abs(rounded) >= 1e6)
    ? rounded.toExponential().replace('+', '')
    : String(rounded)
}

/** 1234567 -> 1,234,567 */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')

/** from the smallest to the largest of the finite numbers; none where there are none */
export const extentOf = (xs: Iterable<number>): readonly [number, number] | undefined => {
  const finite = Array.from(xs).filter(Number.isFinite)
  return finite.length === 0
    ? undefined
    : [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))]
}

export type ScaleKind = 'linear' | 'log'
/** A wide range of positive numbers is seen on a logarithmic scale. */
export const scaleFor = (xs: Iterable<number>): ScaleKind => {
  const [low, high] = extentOf(xs) ?? [0, 0]
  return low > 0 && high / low > 30 ? 'log' : 'linear'
}
