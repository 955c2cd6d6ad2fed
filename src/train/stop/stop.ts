/** Stop rules decide when a run ends. They are values that combine. */
import type { Definition } from '../../registry/definition.js'
import type { Memory, Progress } from '../progress.js'
import type { StopRules } from './open.js'

export type { BuiltInStopRules, StopRules } from './open.js'

export type StopRule = StopRules[keyof StopRules]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly stopRule: StopRule
  }
}

export interface StopDefinition<R extends { readonly tag: string }> extends Definition {
  readonly tag: R['tag']
  /** why the run ends, or undefined to continue; asked before the first step and after every step */
  reason(rule: R, at: Progress, memory: Memory, self: Interpreter): string | undefined
  /** the initial memory, for rules that look back */
  start?(rule: R, self: Interpreter): Memory
  next?(rule: R, memory: Memory, after: Progress, self: Interpreter): Memory
  /** whether it reads the scores of a validation set, so that a run without one is refused */
  validates?(rule: R, self: Interpreter): boolean
  readonly samples: readonly R[]
}
export interface Interpreter {
  readonly reason: (rule: StopRule, at: Progress, memory: Memory) => string | undefined
  readonly start: (rule: StopRule) => Memory
  readonly next: (rule: StopRule, memory: Memory, after: Progress) => Memory
  readonly validates: (rule: StopRule) => boolean
}
