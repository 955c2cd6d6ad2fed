/** Axes: where a number is in a picture, and which numbers are written beside it. */
import { scaleLinear } from 'd3-scale'
import { log } from '../value/elementary.js'
import { element, fragment, type Markup } from './markup.js'
import { extentOf, px, short, type ScaleKind } from './number.js'

export interface Tick {
  readonly at: number
  readonly label: string
}
export interface Axis {
  readonly at: (value: number) => number
  readonly ticks: readonly Tick[]
  readonly domain: readonly [number, number]
}

/** The ends of an axis that holds these numbers, with room around them where they are all equal. */
export const domainOf = (xs: Iterable<number>, kind: ScaleKind): readonly [number, number] => {
  const all = kind === 'log' ? Array.from(xs).filter(x => x > 0) : xs
  const [low, high] = extentOf(all) ?? (kind === 'log' ? [1, 10] : [0, 1])
  const close = high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high)) || high - low < 1e-300
  if (!close) return [low, high]
  const room = Math.abs(low) > 1e-300 ? Math.abs(low) / 2 : 0.5
  return kind === 'log' ? [low / 2, high * 2] : [low - room, high + room]
}

/** the powers of ten from `low` to `high`, every k-th so that there are at most seven */
const powers = (low: number, high: number): readonly number[] => {
  const all = Array.from({ length: 632 }, (_, i) => Number(`1e${i - 323}`)).filter(p => p >= low && p <= high)
  const step = Math.ceil(all.length / 7)
  return all.filter((_, i) => i % step === 0)
}

/** @param range the places of the ends of the domain */
export const axis = (
  domain: readonly [number, number],
  range: readonly [number, number],
  kind: ScaleKind = 'linear',
  count = 5
): Axis => {
  const [low, high] = domain
  const linear = scaleLinear(domain, range)
  const start = kind === 'log' ? log(low) : 0
  const span = kind === 'log' ? log(high) - start : 1
  /** two neighbouring numbers can have one logarithm: both are in the middle, as on a linear axis of a single number */
  const share = (value: number): number => (span === 0 ? 0.5 : (log(value) - start) / span)
  const at =
    kind === 'log'
      ? (value: number): number => range[0] + share(value) * (range[1] - range[0])
      : (value: number): number => (Number.isFinite(value) ? linear(value) : NaN)
  const whole = kind === 'log' ? powers(low, high) : []
  // between numbers that are next to each other, or next to 0, there are no round ones
  const close = high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high)) || high - low < 1e-300
  const ticks = close ? domain : whole.length > 1 ? whole : linear.ticks(count)
  return { at, domain, ticks: ticks.map(t => ({ at: at(t), label: short(t) })) }
}

export interface Frame {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export const label = (x: number, y: number, kind: string, text: string): Markup =>
  element('text', { x: px(x), y: px(y), class: kind }, text)

/** the ticks below a frame, and what the axis is called */
export const below = ({ left, right, bottom }: Frame, ticks: readonly Tick[], name: string): Markup =>
  fragment(
    element('path', { class: 'axis', d: `M${px(left)} ${px(bottom)}H${px(right)}` }),
    ticks.map(t => [
      element('path', { class: 'axis', d: `M${px(t.at)} ${px(bottom)}v5` }),
      label(t.at, bottom + 18, 'c soft', t.label)
    ]),
    label((left + right) / 2, bottom + 36, 'c', name)
  )

/** the ticks beside a frame with their lines, and what the axis is called */
export const beside = ({ left, right, top, bottom }: Frame, ticks: readonly Tick[], name: string): Markup =>
  fragment(
    ticks.map(t => [
      element('path', { class: 'grid', d: `M${px(left)} ${px(t.at)}H${px(right)}` }),
      label(left - 8, t.at + 4, 'r soft', t.label)
    ]),
    element('text', { transform: `translate(14 ${px((top + bottom) / 2)}) rotate(-90)`, class: 'c' }, name)
  )
