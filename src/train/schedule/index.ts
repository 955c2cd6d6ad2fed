import type { Codec } from '../../value/codec.js'
import { familyCodec, table, type Table } from '../../value/family.js'
import type { Memory, Progress } from '../progress.js'
import { exponentialDecayKind } from './decay.js'
import type { Schedule, ScheduleKind, Setting } from './schedule.js'

export type ScheduleTable = Table<ScheduleKind<Schedule>>
export const schedules: ScheduleTable = table<ScheduleKind<Schedule>>(exponentialDecayKind)

export const scheduleCodec = (kinds: ScheduleTable): Codec<Schedule> => familyCodec<Schedule>('schedule', kinds)

const kindOf = (kinds: ScheduleTable, s: Schedule): ScheduleKind<Schedule> => kinds[s.tag] as ScheduleKind<Schedule>

/** the value of a setting for the step about to be taken */
export const settingValue =
  (kinds: ScheduleTable) =>
  (s: Setting, at: Progress, memory: Memory): number =>
    typeof s === 'number' ? s : kindOf(kinds, s).value(s, at, memory, settingValue(kinds))
/** what a setting remembers before the first step */
export const startSetting =
  (kinds: ScheduleTable) =>
  (s: Setting): Memory =>
    typeof s === 'number' ? {} : (kindOf(kinds, s).start?.(s) ?? {})
/** ... and after a step */
export const nextSetting =
  (kinds: ScheduleTable) =>
  (s: Setting, memory: Memory, after: Progress): Memory =>
    typeof s === 'number' ? memory : (kindOf(kinds, s).next?.(s, memory, after) ?? memory)

export type { Schedule, ScheduleKind, Schedules, Setting } from './schedule.js'
export { exponentialDecay, type ExponentialDecay } from './decay.js'
