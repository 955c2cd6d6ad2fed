/**
 * Narrows an interval around the positions of kept values. Plain numbers along an axis: logarithms, or the values
 * themselves.
 */

export interface Interval {
  readonly low: number
  readonly high: number
}
export interface Narrowing {
  /** positions of the kept values, the best one first; not empty */
  readonly kept: readonly number[]
  /** the margin around them on each side */
  readonly room: number
  /** the min width of an interval; a `fixed` interval keeps its width */
  readonly least: number
  readonly fixed: boolean
  /** the ends that may move outwards */
  readonly open: { readonly lower: boolean; readonly upper: boolean }
}
export interface NarrowedInterval extends Interval {
  readonly extended?: 'lower' | 'upper'
}

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(x, high))

/**
 * The interval from the smallest to the largest kept position, with `room` around it, limited to the old ends. If the
 * best position is within half of the room of an end, that end moves outwards by the room instead, if it is open. A
 * fixed interval keeps its width, and so can only move; any other is at least as wide as `least`.
 */
export const narrowInterval = (
  { low, high }: Interval,
  { kept, room, least, fixed, open }: Narrowing
): NarrowedInterval => {
  const best = kept[0] as number
  const near = (distance: number): boolean => room > 0 && distance <= room / 2
  const end = near(best - low) && open.lower ? 'lower' : near(high - best) && open.upper ? 'upper' : undefined
  if (end === undefined && fixed) return { low, high }
  // the limits of the new interval
  const [from, to] = [end === 'lower' ? low - room : low, end === 'upper' ? high + room : high]
  const a = end === 'lower' ? from : clamp(kept.reduce((p, q) => Math.min(p, q)) - room, from, to)
  const b = end === 'upper' ? to : clamp(kept.reduce((p, q) => Math.max(p, q)) + room, from, to)
  const width = fixed ? high - low : Math.max(b - a, Math.min(least, to - from))
  // the width that is missing is added on both sides if possible; an end that moved outwards stays
  const start = end === 'lower' ? from : end === 'upper' ? to - width : clamp((a + b - width) / 2, from, to - width)
  const whole = width === b - a
  const narrowed = { low: whole ? a : start, high: whole ? b : start + width }
  return end === undefined ? narrowed : { ...narrowed, extended: end }
}
