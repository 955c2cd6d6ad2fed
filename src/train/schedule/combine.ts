/** Schedules made of several settings in sequence. */
import { list, nonNegative, size, withDefault } from '../../value/codec.js'
import { settingError } from '../../value/error.js'
import { joinedMemories, partOf } from '../memory.js'
import { cosineDecay, exponentialDecay } from './decay.js'
import { epochs, steps } from '../stop/index.js'
import {
  inUnits,
  nonNegativeSetting,
  since,
  unit,
  type ScheduleDefinition,
  type Setting,
  type SettingPer,
  type Span,
  type Unit,
  type UnitOf
} from './schedule.js'
import { largest } from '../../value/largest.js'

export interface WarmUp<U extends Unit = Unit> {
  readonly tag: 'warmUp'
  readonly over: number
  readonly initial: number
  /** what follows, with a clock that starts there */
  readonly then: Setting
  readonly per: U
}
export interface JoinSchedules<U extends Unit = Unit> {
  readonly tag: 'joined'
  readonly parts: readonly Setting[]
  /** when the second part begins, the third, ... */
  readonly at: readonly number[]
  readonly per: U
}
type AnyWarmUp = WarmUp
type AnyJoined = JoinSchedules
declare module './open.js' {
  interface BuiltInSchedules {
    readonly warmUp: AnyWarmUp
    readonly joined: AnyJoined
  }
}

/**
 * A straight line from `initial` to the start value of `then` over the first T: initial + (start - initial) t / T;
 * after that `then`, with a clock that starts there. t counts completed steps or epochs, so the first step, or the
 * whole first epoch, uses `initial` itself. By default `initial` is 0, and nothing is learned in it: if you count
 * epochs, begin above 0.
 *
 * @example warmUp(steps(500), cosineDecay(0.1, steps(10_000)))
 * @example warmUp(epochs(5), 0.1, 0.02)
 */
export const warmUp = <const S extends Span>(over: S, then: SettingPer<UnitOf<S>>, initial = 0): WarmUp<UnitOf<S>> => {
  const { per, length } = inUnits(over)
  return Object.freeze({ tag: 'warmUp', over: length, initial, then, per })
}

/**
 * Settings in sequence, each with the time at which it begins (the first begins at 0) and a clock that starts there.
 * All count the same unit of time.
 *
 * @example joined(0.1, [epochs(10), exponentialDecay(0.1, 0.9)], [epochs(20), 0.001])
 */
export const joinSchedules = <const S extends Span>(
  first: SettingPer<UnitOf<S>>,
  second: readonly [at: S, setting: SettingPer<UnitOf<S>>],
  ...more: readonly (readonly [at: S, setting: SettingPer<UnitOf<S>>])[]
): JoinSchedules<UnitOf<S>> => {
  const later = [second, ...more].map(([at, setting]) => ({ ...inUnits(at), setting }))
  return Object.freeze({
    tag: 'joined',
    parts: Object.freeze([first, ...later.map(p => p.setting)]),
    at: Object.freeze(later.map(p => p.length)),
    per: inUnits(second[0]).per
  })
}

export const warmUpKind: ScheduleDefinition<WarmUp> = {
  tag: 'warmUp',
  fields: ({ schedule }) => ({
    over: size,
    initial: withDefault(nonNegative, 0),
    then: nonNegativeSetting(schedule),
    per: unit
  }),
  value: ({ over, initial, then, per }, at, memory, self) => {
    const target = self.value(then, since(at, per, Math.min(at[per], over)), memory)
    return at[per] >= over ? target : initial + (target - initial) * (at[per] / over)
  },
  highest: ({ initial, then }, self) => Math.max(initial, self.highest(then)),
  start: ({ then }, self) => self.start(then),
  next: ({ over, then, per }, memory, after, self) =>
    after[per] <= over ? memory : self.next(then, memory, since(after, per, over)),
  inner: ({ then }) => [then],
  tex: '\\eta_t = \\begin{cases} \\eta_0 + (f(0) - \\eta_0) \\frac{t}{T} & \\text{if } t < T \\\\ f(t - T) & \\text{otherwise} \\end{cases}',
  samples: [warmUp(steps(5), cosineDecay(0.1, steps(10))), warmUp(epochs(2), 0.1, 0.01)]
}

/** the part at time t, and when that part began */
const partAt = ({ at }: JoinSchedules, t: number): { readonly i: number; readonly start: number } => {
  const i = at.filter(start => start <= t).length
  return { i, start: at[i - 1] ?? 0 }
}
export const joinedKind: ScheduleDefinition<JoinSchedules> = {
  tag: 'joined',
  fields: ({ schedule }) => ({ parts: list(nonNegativeSetting(schedule)), at: list(size), per: unit }),
  value: (s, now, memory, self) => {
    const { i, start } = partAt(s, now[s.per])
    return self.value(s.parts[i] as Setting, since(now, s.per, start), partOf(i, memory))
  },
  highest: ({ parts }, self) => largest(parts.map(self.highest), -Infinity),
  start: ({ parts }, self) => joinedMemories(parts, p => self.start(p)),
  // the losses of a step or epoch go to the part in which it ran
  next: (s, memory, after, self) => {
    const { i, start } = partAt(s, after[s.per] - 1)
    return joinedMemories(s.parts, (p, k) =>
      k === i ? self.next(p, partOf(k, memory), since(after, s.per, start)) : partOf(k, memory)
    )
  },
  inner: ({ parts }) => parts,
  check: ({ parts, at }) =>
    parts.length === at.length + 1 && at.every((t, i) => i === 0 || t > (at[i - 1] as number))
      ? undefined
      : settingError(
          ['joined', 'at'],
          `${Math.max(0, parts.length - 1)} rising times, one for each part but the first`,
          `[${at.join(', ')}]`
        ),
  tex: '\\eta_t = f_i(t - t_i) \\text{ for } t_i \\le t < t_{i+1}',
  samples: [
    joinSchedules(0.1, [epochs(2), exponentialDecay(0.1, 0.5)], [epochs(4), 0.001]),
    joinSchedules(cosineDecay(0.1, steps(6), 0.01), [steps(6), 0.01])
  ]
}
