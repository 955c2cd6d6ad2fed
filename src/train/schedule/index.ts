import { inside, type SettingError } from '../../value/error.js'
import type { Family } from '../../registry/definition.js'
import { joinedKind, warmUpKind } from './combine.js'
import { oneCycleKind, restartsKind } from './cycle.js'
import { cosineDecayKind, exponentialDecayKind, polynomialDecayKind, stepDecayKind } from './decay.js'
import { geometricKind } from './geometric.js'
import { reduceOnPlateauKind } from './plateau.js'
import {
  wrongUnit,
  type BuiltInSchedules,
  type Interpreter,
  type Schedule,
  type ScheduleDefinition,
  type Setting
} from './schedule.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './open.js' {
  interface Schedules {}
}

const table = {
  stepDecay: stepDecayKind,
  exponentialDecay: exponentialDecayKind,
  polynomialDecay: polynomialDecayKind,
  cosineDecay: cosineDecayKind,
  geometric: geometricKind,
  oneCycle: oneCycleKind,
  warmUp: warmUpKind,
  restarts: restartsKind,
  joined: joinedKind,
  reduceOnPlateau: reduceOnPlateauKind
} satisfies { readonly [K in keyof BuiltInSchedules]: ScheduleDefinition<BuiltInSchedules[K]> }

export type ScheduleTable = Family<ScheduleDefinition<Schedule>>
/** the schedules that gradfold comes with, by tag */
export const schedules: ScheduleTable = Object.freeze<ScheduleTable>(table)

/** settings as their table's records say: a number is what it is, always */
export const scheduleInterpreter = (definitions: ScheduleTable): Interpreter => {
  const kindOf = (s: Schedule): ScheduleDefinition<Schedule> => definitions[s.tag] as ScheduleDefinition<Schedule>
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
export type {
  Schedule,
  ScheduleDefinition,
  Schedules,
  Setting,
  SettingPer,
  Span,
  Timed,
  Unit,
  UnitOf
} from './schedule.js'
export { joinSchedules, warmUp, type JoinSchedules, type WarmUp } from './combine.js'
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
export { geometric, type Geometric } from './geometric.js'
export { reduceOnPlateau, type ReduceOnPlateau, type ReduceOnPlateauOptions } from './plateau.js'
