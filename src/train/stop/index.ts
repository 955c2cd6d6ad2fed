import type { Family } from '../../registry/definition.js'
import { earlyStoppingKind } from './early.js'
import { allOfKind, anyOfKind, epochsKind, lossBelowKind, stepsKind } from './rules.js'
import type { BuiltInStopRules, Interpreter, StopDefinition, StopRule } from './stop.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './open.js' {
  interface StopRules {}
}

const table = {
  epochs: epochsKind,
  steps: stepsKind,
  lossBelow: lossBelowKind,
  earlyStopping: earlyStoppingKind,
  anyOf: anyOfKind,
  allOf: allOfKind
} satisfies { readonly [K in keyof BuiltInStopRules]: StopDefinition<BuiltInStopRules[K]> }

export type StopTable = Family<StopDefinition<StopRule>>
/** the stop rules that gradfold comes with, by tag */
export const stopRules: StopTable = Object.freeze<StopTable>(table)

/** stop rules as their table's records say */
export const stopInterpreter = (definitions: StopTable): Interpreter => {
  const kindOf = (r: StopRule): StopDefinition<StopRule> => definitions[r.tag] as StopDefinition<StopRule>
  const self: Interpreter = {
    reason: (r, at, memory) => kindOf(r).reason(r, at, memory, self),
    start: r => kindOf(r).start?.(r, self) ?? {},
    next: (r, memory, after) => kindOf(r).next?.(r, memory, after, self) ?? memory,
    validates: r => kindOf(r).validates?.(r, self) ?? false
  }
  return self
}

export type { StopDefinition, StopRule, StopRules } from './stop.js'
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
