/** Schedules that rise and fall: one cycle, and a schedule that restarts. */
import type { Codecs } from '../../registry/definition.js'
import { fraction, nonNegative, oneOf, optional, positive, size, withDefault } from '../../value/codec.js'
import { cosineBetween, cosineDecay } from './decay.js'
import { reduceOnPlateau } from './plateau.js'
import { epochs, steps } from '../stop/index.js'
import { inUnits, unit, type Schedule, type ScheduleDefinition, type Span, type Unit, type UnitOf } from './schedule.js'

export interface OneCycle<U extends Unit = Unit> {
  readonly tag: 'oneCycle'
  readonly peak: number
  readonly initial: number
  readonly final: number
  /** the fraction of the time in which it rises */
  readonly rise: number
  readonly over: number
  readonly per: U
  /** how steps are counted; by default the peak is at t = rise T, and the final value at t = T */
  readonly counting?: 'pytorch'
}
export interface Restarts<U extends Unit = Unit> {
  readonly tag: 'restarts'
  readonly schedule: Schedule
  /** the length of the first round */
  readonly every: number
  /** how many times longer each round is than the previous one */
  readonly stretch: number
  readonly per: U
}
type AnyOneCycle = OneCycle
type AnyRestarts = Restarts
declare module './open.js' {
  interface BuiltInSchedules {
    readonly oneCycle: AnyOneCycle
    readonly restarts: AnyRestarts
  }
}
export interface OneCycleOptions {
  /** default peak / 25 */
  readonly initial?: number
  /** default peak / 250000 */
  readonly final?: number
  /** default 0.3 */
  readonly rise?: number
  /** PyTorch's counting: the peak one step earlier, the final value in the last step */
  readonly counting?: 'pytorch'
}

/**
 * One cycle (Smith and Topin 2019): half a cosine from `initial` up to `peak` in the first part of the time, then
 * another one down to `final`.
 *
 * With t = 0, 1, 2, ... steps taken, the peak is at t = rise T and `final` at t = T, which is after the last of T steps: the last step has
 * a little more. `counting: 'pytorch'` is that of `OneCycleLR`: the peak is at t = rise T - 1 and `final` at t = T - 1, in the last
 * step. Where rise T is no whole number, no step has exactly the peak in either.
 *
 * @example oneCycle(0.1, steps(5000))
 */
export const oneCycle = <const S extends Span>(
  peak: number,
  over: S,
  { initial = peak / 25, final = peak / 250_000, rise = 0.3, counting }: OneCycleOptions = {}
): OneCycle<UnitOf<S>> => {
  const { per, length } = inUnits(over)
  const times = { over: length, per, ...(counting === undefined ? {} : { counting }) }
  return Object.freeze({ tag: 'oneCycle', peak, initial, final, rise, ...times })
}

/**
 * A schedule that restarts after each round (Loshchilov and Hutter 2017). If rounds become longer, the schedule is
 * stretched with them.
 *
 * @param stretch a whole number: how many times longer each round is than the previous one
 * @example restarts(cosineDecay(0.1, epochs(10)), epochs(10), 2) // rounds of 10, 20, 40, ... epochs
 */
export const restarts = <const S extends Span>(
  schedule: Schedule & { readonly per: UnitOf<S> },
  every: S,
  stretch = 1
): Restarts<UnitOf<S>> => {
  const { per, length } = inUnits(every)
  return Object.freeze({ tag: 'restarts', schedule, every: length, stretch, per })
}

export const oneCycleKind: ScheduleDefinition<OneCycle> = {
  tag: 'oneCycle',
  fields: () => ({
    peak: positive,
    initial: nonNegative,
    final: nonNegative,
    rise: withDefault(fraction, 0.3),
    over: size,
    per: unit,
    counting: optional(oneOf('pytorch'))
  }),
  highest: ({ peak, initial, final }) => Math.max(peak, initial, final),
  value: ({ peak, initial, final, rise, over, per, counting }, at) => {
    const less = counting === 'pytorch' ? 1 : 0
    const [t, top, last] = [at[per], rise * over - less, over - less]
    return t < top ? cosineBetween(initial, peak, t / top) : cosineBetween(peak, final, (t - top) / (last - top))
  },
  tex: '\\eta_t = \\begin{cases} \\mathrm{c}(\\eta_0, \\hat\\eta, \\frac{t}{rT}) & \\text{if } t < rT \\\\ \\mathrm{c}(\\hat\\eta, \\eta_T, \\frac{t - rT}{T - rT}) & \\text{otherwise} \\end{cases}, \\; \\mathrm{c}(a, b, x) = b + \\frac{a - b}{2} (1 + \\cos \\pi x)',
  samples: [
    oneCycle(0.1, steps(20)),
    oneCycle(0.1, epochs(4), { rise: 0.5 }),
    oneCycle(0.1, steps(12), { counting: 'pytorch' })
  ]
}

/** the progress within the round at time t, on the clock of the first round */
const inRound = (t: number, every: number, stretch: number): number => {
  if (stretch === 1) return t % every
  const next = (left: number, length: number, slower: number): number =>
    left < length ? left / slower : next(left - length, length * stretch, slower * stretch)
  return next(t, every, 1)
}

export const restartsKind: ScheduleDefinition<Restarts> = {
  tag: 'restarts',
  fields: ({ schedule }: Codecs) => ({ schedule, every: size, stretch: withDefault(size, 1), per: unit }),
  value: ({ schedule, every, stretch, per }, at, memory, self) =>
    self.value(schedule, { ...at, [per]: inRound(at[per], every, stretch) }, memory),
  highest: ({ schedule }, self) => self.highest(schedule),
  start: ({ schedule }, self) => self.start(schedule),
  // a new round starts without the memory of the previous one
  next: ({ schedule, every, stretch, per }, memory, after, self) => {
    const t = inRound(after[per], every, stretch)
    const begins = t === 0 && (per === 'step' || after.epochEnded)
    return begins ? self.start(schedule) : self.next(schedule, memory, { ...after, [per]: t })
  },
  inner: ({ schedule }) => [schedule],
  tex: '\\eta_t = f\\left(\\frac{t - t_i}{s^i}\\right), \\; t_i = T \\, (1 + s + \\cdots + s^{i-1}) \\le t < t_{i+1}',
  samples: [
    restarts(cosineDecay(0.1, epochs(2)), epochs(2), 2),
    restarts(cosineDecay(0.1, steps(4), 0.01), steps(5)),
    restarts(reduceOnPlateau(0.1, { patience: 1, of: 'loss' }), epochs(3))
  ]
}
