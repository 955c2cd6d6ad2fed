/** Schedules: how a hyperparameter changes in a run. Plain numbers are constant. */
import * as t from 'io-ts'
import { finite, fraction, nonNegative, oneOf, positive, type Codec } from '../../value/codec.js'
import { settingError, type SettingError } from '../../value/error.js'
import type { Definition } from '../../registry/definition.js'
import type { Memory, Progress } from '../progress.js'
import type { Epochs, Steps } from '../stop/index.js'
import type { Schedules } from './open.js'

export type { BuiltInSchedules, Schedules } from './open.js'

export type Schedule = Schedules[keyof Schedules]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly schedule: Schedule
  }
}

/** a hyperparameter: constant, or scheduled */
export type Setting = number | Schedule

/** what a schedule's time counts: steps taken, or whole epochs completed */
export type Unit = 'step' | 'epoch'
/** a length of time, said as in a stop rule: `steps(500)`, `epochs(10)` */
export type Span = Steps | Epochs
export type UnitOf<S extends Span> = S extends Steps ? 'step' : 'epoch'
/** a setting whose time counts in this unit: what may stand inside a schedule that counts so */
export type SettingPer<U extends Unit> = number | (Schedule & { readonly per: U })

/** every schedule says what its time counts */
export interface Timed {
  readonly tag: string
  readonly per: Unit
}
export interface ScheduleDefinition<S extends Timed> extends Definition {
  readonly tag: S['tag']
  /** the value for the step about to be taken; host arithmetic by the numerics contract, section 2 */
  value(schedule: S, at: Progress, memory: Memory, self: Interpreter): number
  /** the largest value that it ever gives: it must be one that the setting may have */
  highest(schedule: S, self: Interpreter): number
  /** what it remembers, for schedules that look back */
  start?(schedule: S, self: Interpreter): Memory
  next?(schedule: S, memory: Memory, after: Progress, self: Interpreter): Memory
  /** the settings inside, for a schedule made of schedules: they must count the same time */
  inner?(schedule: S): readonly Setting[]
  /** whether it looks at scores over a validation set; without one the run is refused */
  validates?(schedule: S): boolean
  /** what the ranges of its fields cannot say */
  check?(schedule: S): SettingError | undefined
  readonly tex: string
  readonly samples: readonly S[]
}
/** for schedules made of schedules */
export interface Interpreter {
  readonly value: (setting: Setting, at: Progress, memory: Memory) => number
  readonly highest: (setting: Setting) => number
  readonly start: (setting: Setting) => Memory
  readonly next: (setting: Setting, memory: Memory, after: Progress) => Memory
  readonly check: (setting: Setting) => SettingError | undefined
  readonly validates: (setting: Setting) => boolean
}

/** `steps(500)` -> 'step', 500 */
export const inUnits = <S extends Span>(span: S): { readonly per: UnitOf<S>; readonly length: number } => ({
  per: (span.tag === 'steps' ? 'step' : 'epoch') as UnitOf<S>,
  length: span.count
})
export const unit: Codec<Unit> = oneOf('step', 'epoch')

/** the same progress on a clock that was started later */
export const since = (at: Progress, per: Unit, start: number): Progress => ({ ...at, [per]: at[per] - start })

/** the first setting inside that counts another time */
export const wrongUnit = ({ tag, per }: Timed, inner: readonly Setting[]): SettingError | undefined => {
  const other = inner.find(s => typeof s !== 'number' && s.per !== per)
  return other === undefined || typeof other === 'number'
    ? undefined
    : settingError(
        [tag],
        `schedules per ${per} inside one per ${per}`,
        `${other.tag} per ${other.per}`,
        'count both in steps, or both in epochs'
      )
}

/** a number in the range, or a schedule; `inner` is the codec of schedules. Left out of JSON, it is the default. */
export const setting = (range: Codec<number>, inner: t.Mixed, missing?: number): Codec<unknown> =>
  new t.Type<unknown, unknown, unknown>(
    `${range.name}, or a schedule`,
    (u): u is unknown => range.is(u) || inner.is(u),
    (u, c) => {
      if (u === undefined && missing !== undefined) return t.success(missing)
      return typeof u === 'object' && u !== null ? inner.validate(u, c) : range.validate(u, c)
    },
    a => (typeof a === 'object' ? inner.encode(a) : a)
  )
type SettingCodec = (inner: t.Mixed, missing?: number) => Codec<unknown>
/** JSON of a number above 0, or of a schedule, which `inner` reads; left out, it is `missing` */
export const positiveSetting: SettingCodec = (inner, missing) => setting(positive, inner, missing)
/** the same for a number, 0 or more */
export const nonNegativeSetting: SettingCodec = (inner, missing) => setting(nonNegative, inner, missing)
/** the same for a number from 0 up to, not including, 1 */
export const fractionSetting: SettingCodec = (inner, missing) => setting(fraction, inner, missing)
/** the same for any finite number */
export const finiteSetting: SettingCodec = (inner, missing) => setting(finite, inner, missing)
