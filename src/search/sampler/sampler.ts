/**
 * Samplers decide which settings are tried. Data with a tag; a sampler's definition gives the next trials, given those
 * that are finished.
 */
import type { Either } from 'fp-ts/lib/Either.js'
import type { Key } from '../../random/index.js'
import type { SettingError } from '../../value/error.js'
import type { Definition, Family } from '../../registry/definition.js'
import type { Settings, Space, SpaceRegistry } from '../space.js'
import type { Goal, Trial } from '../trial.js'

/** tag -> the data type of each built-in sampler; the table of index.ts has exactly these */
export interface BuiltInSamplers {}
/** tag -> the data type of that sampler; extended by declaration merging */
export interface Samplers extends BuiltInSamplers {}
export type Sampler = Samplers[keyof Samplers]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly sampler: Sampler
  }
}

/** the arguments of a sampler, which is a pure function of them */
export interface Round {
  readonly space: Space
  /** number of settings that this round may try */
  readonly trials: number
  /** the round's key, for draws that several trials share */
  readonly key: Key
  /** the key for draws of the trial with this index */
  readonly trialKey: (index: number) => Key
  /** the index that the next trial will have */
  readonly next: number
  /** the finished trials of this round, in the order of their indexes: all that were proposed so far */
  readonly done: readonly Trial[]
  readonly goal: Goal
  readonly registry: SpaceRegistry
}
/** settings to try, or a trial to train for longer */
export type Proposal =
  { readonly settings: Settings; readonly epochs?: number } | { readonly origin: number; readonly epochs?: number }

export interface SamplerDefinition<S extends { readonly tag: string }> extends Definition {
  readonly tag: S['tag']
  /** a check beyond the ranges of its fields, for a round of this number of trials in this space */
  check?(sampler: S, space: Space, trials: number, registry: SpaceRegistry, self: Interpreter): SettingError | undefined
  /**
   * The next trials, which all run before the next call; none when the round is over. It must not depend on the
   * workers, nor on the order in which trials finish.
   */
  next(sampler: S, round: Round, self: Interpreter): Either<SettingError, readonly Proposal[]>
  readonly samples: readonly S[]
}
/** for samplers made of other samplers */
export interface Interpreter {
  readonly check: (sampler: Sampler, space: Space, trials: number, registry: SpaceRegistry) => SettingError | undefined
  readonly next: (sampler: Sampler, round: Round) => Either<SettingError, readonly Proposal[]>
}
export type SamplerTable = Family<SamplerDefinition<Sampler>>
