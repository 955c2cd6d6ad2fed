import type { Codec } from '../../value/codec.js'
import { inside, type SettingError } from '../../value/error.js'
import { familyCodec, table, type Table } from '../../value/family.js'
import { joinedKind, warmUpKind } from './combine.js'
import { oneCycleKind, restartsKind } from './cycle.js'
import { cosineDecayKind, exponentialDecayKind, polynomialDecayKind, stepDecayKind } from './decay.js'
import { reduceOnPlateauKind } from './plateau.js'
import { wrongUnit, type Interpreter, type Schedule, type ScheduleKind, type Setting } from './schedule.js'

export type ScheduleTable = Table<ScheduleKind<Schedule>>
/** the schedules that gradfold comes with, by tag; add your own with `{ ...schedules, mine }` */
export const schedules: ScheduleTable = table<ScheduleKind<Schedule>>(
  stepDecayKind,
  exponentialDecayKind,
  polynomialDecayKind,
  cosineDecayKind,
  oneCycleKind,
  warmUpKind,
  restartsKind,
  joinedKind,
  reduceOnPlateauKind
)

/** JSON of any schedule of the table; unknown tags and fields are refused with their place */
export const scheduleCodec = (kinds: ScheduleTable): Codec<Schedule> => familyCodec<Schedule>('schedule', kinds)

/** settings as their table's records say: a number is what it is, always */
export const scheduleInterpreter = (kinds: ScheduleTable): Interpreter => {
  const kindOf = (s: Schedule): ScheduleKind<Schedule> => kinds[s.tag] as ScheduleKind<Schedule>
  const innerOf = (s: Schedule): readonly Setting[] => kindOf(s).inner?.(s) ?? []
  const self: Interpreter = {
    value: (s, at, memory) => (typeof s === 'number' ? s : kindOf(s).value(s, at, memory, self)),
    highest: s => (typeof s === 'number' ? s : kindOf(s).highest(s, self)),
    start: s => (typeof s === 'number' ? {} : (kindOf(s).start?.(s, self) ?? {})),
    next: (s, memory, after) => (typeof s === 'number' ? memory : (kindOf(s).next?.(s, memory, after, self) ?? memory)),
    check: (s): SettingError | undefined => {
      if (typeof s === 'number') return undefined
      const inner = innerOf(s)
      const below = inner.map(part => self.check(part)).find(e => e !== undefined)
      return wrongUnit(s, inner) ?? kindOf(s).check?.(s) ?? (below === undefined ? undefined : inside(s.tag)(below))
    },
    validates: s => typeof s !== 'number' && ((kindOf(s).validates?.(s) ?? false) || innerOf(s).some(self.validates))
  }
  return self
}

export { finiteSetting, fractionSetting, nonNegativeSetting, positiveSetting } from './schedule.js'
export type { Schedule, ScheduleKind, Schedules, Setting, SettingPer, Span, Timed, Unit, UnitOf } from './schedule.js'
export { joined, warmUp, type Joined, type WarmUp } from './combine.js'
export { oneCycle, restarts, type OneCycle, type OneCycleOptions, type Restarts } from './cycle.js'
export {
  cosineDecay,
  exponentialDecay,
  polynomialDecay,
  stepDecay,
  type CosineDecay,
  type ExponentialDecay,
  type PolynomialDecay,
  type StepDecay
} from './decay.js'
export { reduceOnPlateau, type ReduceOnPlateau, type ReduceOnPlateauOptions } from './plateau.js'
