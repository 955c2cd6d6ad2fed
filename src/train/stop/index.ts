import { familyCodec, table, type Table } from '../../value/family.js'
import type { Codec } from '../../value/codec.js'
import { earlyStoppingKind } from './early.js'
import { allOfKind, anyOfKind, epochsKind, lossBelowKind, stepsKind } from './rules.js'
import type { Interpreter, StopKind, StopRule } from './stop.js'

export type StopTable = Table<StopKind<StopRule>>
/** the stop rules that gradfold comes with, by tag; add your own with `{ ...stopRules, mine }` */
export const stopRules: StopTable = table<StopKind<StopRule>>(
  epochsKind,
  stepsKind,
  lossBelowKind,
  earlyStoppingKind,
  anyOfKind,
  allOfKind
)

/** JSON of any stop rule of the table; unknown tags and fields are refused with their place */
export const stopCodec = (kinds: StopTable): Codec<StopRule> => familyCodec<StopRule>('stop rule', kinds)

/** stop rules as their table's records say */
export const stopInterpreter = (kinds: StopTable): Interpreter => {
  const kindOf = (r: StopRule): StopKind<StopRule> => kinds[r.tag] as StopKind<StopRule>
  const self: Interpreter = {
    reason: (r, at, memory) => kindOf(r).reason(r, at, memory, self),
    start: r => kindOf(r).start?.(r, self) ?? {},
    next: (r, memory, after) => kindOf(r).next?.(r, memory, after, self) ?? memory,
    validates: r => kindOf(r).validates?.(r, self) ?? false
  }
  return self
}

export type { StopKind, StopRule, StopRules } from './stop.js'
export { earlyStopping, type EarlyStopping } from './early.js'
export {
  allOf,
  anyOf,
  epochs,
  lossBelow,
  steps,
  type AllOf,
  type AnyOf,
  type Epochs,
  type LossBelow,
  type Steps
} from './rules.js'
