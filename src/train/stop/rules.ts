/** The basic rules, and their combinations. */
import type { Codecs } from '../../registry/definition.js'
import { finite, list, nonEmpty, size } from '../../value/codec.js'
import { joinedMemories, partOf } from '../memory.js'
import type { Memory } from '../progress.js'
import type { Interpreter, StopDefinition, StopRule } from './stop.js'

export interface Epochs {
  readonly tag: 'epochs'
  readonly count: number
}
export interface Steps {
  readonly tag: 'steps'
  readonly count: number
}
export interface LossBelow {
  readonly tag: 'lossBelow'
  readonly value: number
}
export interface AnyOf {
  readonly tag: 'anyOf'
  readonly rules: readonly StopRule[]
}
export interface AllOf {
  readonly tag: 'allOf'
  readonly rules: readonly StopRule[]
}
declare module './open.js' {
  interface BuiltInStopRules {
    readonly epochs: Epochs
    readonly steps: Steps
    readonly lossBelow: LossBelow
    readonly anyOf: AnyOf
    readonly allOf: AllOf
  }
}

/** after a number of passes over the data */
export const epochs = (count: number): Epochs => Object.freeze({ tag: 'epochs', count })
/** after a number of steps */
export const steps = (count: number): Steps => Object.freeze({ tag: 'steps', count })
/**
 * "Until the error is small enough": ends after an epoch whose mean loss is below the value (not equal). The losses of
 * gradfold are never below 0, so with a value of 0 or less only a custom loss can end the run.
 *
 * @example anyOf(lossBelow(0.01), epochs(100)) // ends in any case
 */
export const lossBelow = (value: number): LossBelow => Object.freeze({ tag: 'lossBelow', value })
/** ends as soon as one of the rules ends; at least one rule is needed */
export const anyOf = (...rules: readonly StopRule[]): AnyOf =>
  Object.freeze({ tag: 'anyOf', rules: Object.freeze(rules) })
/** ends once all of the rules end at the same step; at least one rule is needed */
export const allOf = (...rules: readonly StopRule[]): AllOf =>
  Object.freeze({ tag: 'allOf', rules: Object.freeze(rules) })

export const epochsKind: StopDefinition<Epochs> = {
  tag: 'epochs',
  fields: () => ({ count: size }),
  reason: ({ count }, at) => (at.epoch >= count ? `epochs ${count}` : undefined),
  samples: [epochs(2)]
}
export const stepsKind: StopDefinition<Steps> = {
  tag: 'steps',
  fields: () => ({ count: size }),
  reason: ({ count }, at) => (at.step >= count ? `steps ${count}` : undefined),
  samples: [steps(7)]
}
export const lossBelowKind: StopDefinition<LossBelow> = {
  tag: 'lossBelow',
  fields: () => ({ value: finite }),
  reason: ({ value }, at) =>
    at.epochEnded && at.epochLoss < value ? `loss ${at.epochLoss} below ${value}` : undefined,
  samples: [lossBelow(0.5)]
}

const combined = {
  fields: ({ stopRule }: Codecs) => ({ rules: nonEmpty(list(stopRule)) }),
  start: ({ rules }: { readonly rules: readonly StopRule[] }, self: Interpreter): Memory =>
    joinedMemories(rules, r => self.start(r)),
  next: (
    { rules }: { readonly rules: readonly StopRule[] },
    memory: Memory,
    after: Parameters<Interpreter['next']>[2],
    self: Interpreter
  ): Memory => joinedMemories(rules, (r, i) => self.next(r, partOf(i, memory), after)),
  validates: ({ rules }: { readonly rules: readonly StopRule[] }, self: Interpreter): boolean =>
    rules.some(self.validates)
}
export const anyOfKind: StopDefinition<AnyOf> = {
  tag: 'anyOf',
  ...combined,
  reason: ({ rules }, at, memory, self) =>
    rules.map((r, i) => self.reason(r, at, partOf(i, memory))).find(r => r !== undefined),
  samples: [anyOf(steps(5), lossBelow(0.1))]
}
export const allOfKind: StopDefinition<AllOf> = {
  tag: 'allOf',
  ...combined,
  reason: ({ rules }, at, memory, self) => {
    const reasons = rules.map((r, i) => self.reason(r, at, partOf(i, memory)))
    return reasons.every(r => r !== undefined) ? reasons.join(' and ') : undefined
  },
  samples: [allOf(steps(5), epochs(1))]
}
