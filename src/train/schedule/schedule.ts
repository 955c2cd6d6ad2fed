/** Schedules: how a hyperparameter changes in a run. Plain numbers are constant. */
import * as t from 'io-ts'
import { positive, type Codec } from '../../value/codec.js'
import type { Member } from '../../value/family.js'
import type { Memory, Progress } from '../progress.js'

/** tag -> the data type of that schedule; extended by declaration merging */
export interface Schedules {}
export type Schedule = Schedules[keyof Schedules]

/** a hyperparameter: constant, or scheduled */
export type Setting = number | Schedule

export interface ScheduleKind<S extends { readonly tag: string }> extends Member {
  readonly tag: S['tag']
  /** the value for the step about to be taken; host arithmetic by the numerics contract, section 2 */
  value(schedule: S, at: Progress, memory: Memory, self: Interpreter): number
  /** what it remembers, for schedules that look back */
  start?(schedule: S): Memory
  next?(schedule: S, memory: Memory, after: Progress): Memory
  readonly tex: string
  readonly samples: readonly S[]
}
/** for schedules made of schedules */
export type Interpreter = (schedule: Setting, at: Progress, memory: Memory) => number

/** a number in the range, or a schedule; `inner` is the codec of schedules. Left out of JSON, it is the default. */
export const setting = (range: Codec<number>, inner: Codec<unknown>, missing?: number): Codec<unknown> =>
  new t.Type<unknown, unknown, unknown>(
    `${range.name}, or a schedule`,
    (u): u is unknown => range.is(u) || inner.is(u),
    (u, c) => {
      if (u === undefined && missing !== undefined) return t.success(missing)
      return typeof u === 'object' && u !== null ? inner.validate(u, c) : range.validate(u, c)
    },
    a => (typeof a === 'object' ? inner.encode(a) : a)
  )
export const positiveSetting = (inner: Codec<unknown>, missing: number): Codec<unknown> => setting(positive, inner, missing)
