/** How an interval is narrowed around the places of the values that were kept. Plain numbers along an axis: logarithms, or the values themselves. */

export interface Interval {
  readonly low: number
  readonly high: number
}
export interface Narrowing {
  /** places of the values kept, the best one first; not empty */
  readonly kept: readonly number[]
  /** what is left around them on each side */
  readonly room: number
  /** the least width of an interval; one that may not get narrower (`fixed`) keeps its own */
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
 * The interval from the least to the greatest place kept, with `room` around it, cut off at the old ends. Where the best place is as
 * near to an end as half of the room, that end moves outwards by the room instead, if it is open. An interval that is fixed
 * keeps its width, and so can only move; any other is never made narrower than `least`.
 */
export const narrowInterval = (
  { low, high }: Interval,
  { kept, room, least, fixed, open }: Narrowing
): NarrowedInterval => {
  const best = kept[0] as number
  const near = (distance: number): boolean => room > 0 && distance <= room / 2
  const end = near(best - low) && open.lower ? 'lower' : near(high - best) && open.upper ? 'upper' : undefined
  if (end === undefined && fixed) return { low, high }
  // where the new interval may lie
  const [from, to] = [end === 'lower' ? low - room : low, end === 'upper' ? high + room : high]
  const a = end === 'lower' ? from : clamp(kept.reduce((p, q) => Math.min(p, q)) - room, from, to)
  const b = end === 'upper' ? to : clamp(kept.reduce((p, q) => Math.max(p, q)) + room, from, to)
  const width = fixed ? high - low : Math.max(b - a, Math.min(least, to - from))
  // what is added to reach the least width goes to both sides where there is room; an end that moved outwards stays
  const start = end === 'lower' ? from : end === 'upper' ? to - width : clamp((a + b - width) / 2, from, to - width)
  const whole = width === b - a
  const narrowed = { low: whole ? a : start, high: whole ? b : start + width }
  return end === undefined ? narrowed : { ...narrowed, extended: end }
}
