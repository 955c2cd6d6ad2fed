/** Trials: one training each, and its outcome. Plain data: a trial is saved as JSON, exact to the bit. */
import { pipe } from 'fp-ts/lib/function.js'
import * as Ord from 'fp-ts/lib/Ord.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as t from 'io-ts'
import { recordCodec } from '../registry/codecs.js'
import { family, type Definition } from '../registry/definition.js'
import { count, exact, finite, oneOf, optional, recordOf, refined, size, uint32, type Codec } from '../value/codec.js'
import { isJson } from './json.js'
import type { Settings } from './space.js'

/** the metric's value, and its epoch */
export interface Scored {
  readonly tag: 'scored'
  readonly value: number
  readonly epoch: number
  /** steps taken in all, and what ended the training */
  readonly step: number
  readonly reason: string
  /** where the study asks for them: the finite scores of each part, `test/accuracy` */
  readonly scores?: Readonly<Record<string, number>> | undefined
}
/** a number became NaN or infinite */
export interface DivergedTrial {
  readonly tag: 'diverged'
  readonly step: number
  readonly message: string
}
/** the training could not start: invalid settings, or data that do not fit */
export interface Failed {
  readonly tag: 'failed'
  readonly message: string
}
/**
 * it took longer than the study allows. This is the only outcome that depends on the machine and its clock, so it is
 * saved and not tried again.
 */
export interface TimedOut {
  readonly tag: 'timedOut'
  readonly seconds: number
}
export type TrialOutcome = Scored | DivergedTrial | Failed | TimedOut

/** the description of a trial before it runs */
export interface Job<A = Settings> {
  /** its row in the table */
  readonly index: number
  /** its round of narrowing, from 0 */
  readonly round: number
  /** the index of the trial whose settings and seed it has: its own, unless it continues a short trial */
  readonly origin: number
  /** the epochs after which it ends; absent if the stop rule of the run ends it */
  readonly epochs?: number | undefined
  readonly settings: A
  /** the seed of initial weights, data order and every random draw: a function of the study's seed and `origin` */
  readonly seed: number
}
export interface Trial<A = Settings> extends Job<A> {
  readonly outcome: TrialOutcome
}

const outcome = (tag: TrialOutcome['tag'], fields: ReturnType<Definition['fields']>): Definition => ({
  tag,
  fields: () => fields
})
export const outcomeCodec: Codec<TrialOutcome> = recordCodec<TrialOutcome>(
  'outcome',
  family(
    outcome('scored', {
      ...{ value: finite, epoch: size, step: size, reason: t.string },
      scores: optional(recordOf('scores', finite))
    }),
    outcome('diverged', { step: count, message: t.string }),
    outcome('failed', { message: t.string }),
    outcome('timedOut', { seconds: finite })
  )
)
const settingsCodec: Codec<Settings> = refined(
  'settings',
  (u): u is Settings => typeof u === 'object' && u !== null && !Array.isArray(u) && isJson(u)
)
export const trialFields = {
  index: count,
  round: count,
  origin: count,
  epochs: optional(size),
  settings: settingsCodec,
  seed: uint32,
  outcome: outcomeCodec
}
/** JSON of a finished trial */
export const trialCodec: Codec<Trial> = exact('trial', trialFields) as Codec<Trial>

/** whether the stop rule of its run ends it */
export const isWhole = ({ epochs }: Job<unknown>): boolean => epochs === undefined

/** Which of two values of a metric is the better one. */
export type Goal = 'min' | 'max'
export const goal: Codec<Goal> = oneOf('min', 'max')

/** lower is better; an outcome without a value is the worst */
export const cost = (toward: Goal, { outcome: o }: { readonly outcome: TrialOutcome }): number =>
  o.tag !== 'scored' ? Infinity : toward === 'min' ? o.value : -o.value

/** the trials from the best to the worst; the earlier one of equals is better */
export const ranked = <T extends Trial<unknown>>(toward: Goal, trials: readonly T[]): readonly T[] =>
  pipe(
    trials,
    RA.sort<T>(
      Ord.fromCompare((a, b) => {
        const [x, y] = [cost(toward, a), cost(toward, b)]
        return x < y ? -1 : x > y ? 1 : a.index < b.index ? -1 : a.index > b.index ? 1 : 0
      })
    )
  )
/** the best trial that was trained to its end and has a value */
export const bestOf = <T extends Trial<unknown>>(toward: Goal, trials: readonly T[]): T | undefined =>
  ranked(
    toward,
    trials.filter(t => isWhole(t))
  ).find(({ outcome: o }) => o.tag === 'scored')
