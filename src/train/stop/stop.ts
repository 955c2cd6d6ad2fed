/** Stop rules: when a run is over. Values that combine. */
import type { Member } from '../../value/family.js'
import type { Memory, Progress } from '../progress.js'

/** tag -> the data type of that rule; extended by declaration merging */
export interface StopRules {}
export type StopRule = StopRules[keyof StopRules]

export interface StopKind<R extends { readonly tag: string }> extends Member {
  readonly tag: R['tag']
  /** why the run is over, or undefined to go on; asked before the first step and after every step */
  reason(rule: R, at: Progress, memory: Memory, self: Interpreter): string | undefined
  /** what the rule remembers, for rules that look back */
  start?(rule: R, self: Interpreter): Memory
  next?(rule: R, memory: Memory, after: Progress, self: Interpreter): Memory
  /** whether it looks at the scores of a validation set, so that a run without one is refused */
  validates?(rule: R, self: Interpreter): boolean
  readonly samples: readonly R[]
}
export interface Interpreter {
  readonly reason: (rule: StopRule, at: Progress, memory: Memory) => string | undefined
  readonly start: (rule: StopRule) => Memory
  readonly next: (rule: StopRule, memory: Memory, after: Progress) => Memory
  readonly validates: (rule: StopRule) => boolean
}
