import { familyCodec, table, type Table } from '../../value/family.js'
import type { Codec } from '../../value/codec.js'
import { scheduleCodec, type ScheduleTable, type Setting } from '../schedule/index.js'
import { adamKind } from './adam.js'
import type { ByPath, Given, Interpreter, Optimizer, OptimizerKind, Updated } from './optimizer.js'
import { sgdKind } from './sgd.js'

export type OptimizerTable = Table<OptimizerKind<Optimizer>>
export const optimizers: OptimizerTable = table<OptimizerKind<Optimizer>>(sgdKind, adamKind)

export const optimizerCodec = (kinds: OptimizerTable, schedules: ScheduleTable): Codec<Optimizer> =>
  familyCodec<Optimizer>('optimizer', kinds, scheduleCodec(schedules))

const under = (label: string, name: string): string => (label === '' ? name : `${label}.${name}`)
const relabel = <A>(label: string, r: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(r).map(([name, a]) => [under(label, name), a]))
const scoped = (label: string, given: Given): Given => ({
  ...given,
  slots: (name): ByPath => given.slots(under(label, name)),
  scalar: name => given.scalar(under(label, name)),
  setting: name => given.setting(under(label, name))
})

/** optimizers as their tables' records say; a part's slots and settings stand under its label */
export const optimizerInterpreter = (kinds: OptimizerTable): Interpreter => {
  const kindOf = (o: Optimizer): OptimizerKind<Optimizer> => kinds[o.tag] as OptimizerKind<Optimizer>
  const self: Interpreter = {
    slots: (o, label) => relabel(label, kindOf(o).slots(o, self)),
    settings: (o, label): Readonly<Record<string, Setting>> => relabel(label, kindOf(o).settings(o, self)),
    update: (o, label, given): Updated => {
      const r = kindOf(o).update(o, scoped(label, given), self)
      return { updates: r.updates, slots: relabel(label, r.slots), scalars: relabel(label, r.scalars) }
    }
  }
  return self
}

export type { Optimizer, OptimizerKind, Optimizers, Given, Updated, Slot, ByPath } from './optimizer.js'
export { perParameter } from './optimizer.js'
export { adam, type Adam, type AdamOptions } from './adam.js'
export { sgd, type Sgd } from './sgd.js'
