/** Samplers: which settings are tried. Data with a tag; a sampler's record says which trials come next, given those that are finished. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { Key } from '../../random/index.js'
import type { SettingError } from '../../value/error.js'
import type { Definition, Family } from '../../registry/definition.js'
import type { Settings, Space, SpaceRegistry } from '../space.js'
import type { Goal, Trial } from '../trial.js'

/** tag -> the data type of that sampler, of those that gradfold comes with; the table of index.ts has exactly these */
export interface BuiltInSamplers {}
/** tag -> the data type of that sampler; extended by declaration merging */
export interface Samplers extends BuiltInSamplers {}
export type Sampler = Samplers[keyof Samplers]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly sampler: Sampler
  }
}

/** what a sampler receives; it is a function of this and of nothing else */
export interface Round {
  readonly space: Space
  /** how many settings this round may try */
  readonly trials: number
  /** the round's own key: what several trials share is drawn from it */
  readonly key: Key
  /** the key of the settings of the trial that will have this index, for draws of its own */
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
  /** what the ranges of its fields cannot say, for a round of this number of trials in this space */
  check?(sampler: S, space: Space, trials: number, registry: SpaceRegistry, self: Interpreter): SettingError | undefined
  /**
   * The next trials, all to be run before it is asked again; none when the round is over. How they are shared among workers, and in
   * which order they end, it never learns.
   */
  next(sampler: S, round: Round, self: Interpreter): Either<SettingError, readonly Proposal[]>
  readonly samples: readonly S[]
}
/** for samplers made of samplers */
export interface Interpreter {
  readonly check: (sampler: Sampler, space: Space, trials: number, registry: SpaceRegistry) => SettingError | undefined
  readonly next: (sampler: Sampler, round: Round) => Either<SettingError, readonly Proposal[]>
}
export type SamplerTable = Family<SamplerDefinition<Sampler>>
