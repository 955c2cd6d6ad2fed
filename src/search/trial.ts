/** Trials: one training each, and what came of it. Plain data: a trial is kept as JSON, its numbers to the bit. */
import { pipe } from 'fp-ts/lib/function.js'
import * as Ord from 'fp-ts/lib/Ord.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as t from 'io-ts'
import { recordCodec } from '../registry/codecs.js'
import { family, type Definition } from '../registry/definition.js'
import { count, exact, finite, oneOf, optional, refined, size, uint32, type Codec } from '../value/codec.js'
import { isJson } from './json.js'
import type { Settings } from './space.js'

/** the metric's value, and the epoch it is of */
export interface Scored {
  readonly tag: 'scored'
  readonly value: number
  readonly epoch: number
  /** steps taken in all, and what ended the training */
  readonly step: number
  readonly reason: string
}
/** a number stopped being finite */
export interface DivergedTrial {
  readonly tag: 'diverged'
  readonly step: number
  readonly message: string
}
/** the training could not even begin: settings that its parts refuse, data that do not fit */
export interface Failed {
  readonly tag: 'failed'
  readonly message: string
}
/** it took longer than the study allows: the one outcome that depends on the machine and its clock, so it is kept, not tried again */
export interface TimedOut {
  readonly tag: 'timedOut'
  readonly seconds: number
}
export type TrialOutcome = Scored | DivergedTrial | Failed | TimedOut

/** what is decided about a trial before it runs */
export interface Job<A = Settings> {
  /** its place in the table */
  readonly index: number
  /** which round of narrowing it is of, from 0 */
  readonly round: number
  /** the index of the trial whose settings and seed it has: its own, unless it continues a trial that was short */
  readonly origin: number
  /** the epochs after which it is ended; none when the stop rule of the run ends it */
  readonly epochs?: number | undefined
  readonly settings: A
  /** of initial weights, data order and every random draw: a function of the study's seed and `origin` */
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
    outcome('scored', { value: finite, epoch: size, step: size, reason: t.string }),
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

/** whether its run's own stop rule ended it, or would have */
export const isWhole = ({ epochs }: Job<unknown>): boolean => epochs === undefined

/** Which of two values of a metric is the better one. */
export type Goal = 'min' | 'max'
export const goal: Codec<Goal> = oneOf('min', 'max')

/** lower is better; whatever gave no value is worse than everything */
export const cost = (toward: Goal, { outcome: o }: { readonly outcome: TrialOutcome }): number =>
  o.tag !== 'scored' ? Infinity : toward === 'min' ? o.value : -o.value

/** the trials from the best to the worst; of equally good ones the earlier is the better */
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
/** the best trial that was trained to its end and gave a value */
export const bestOf = <T extends Trial<unknown>>(toward: Goal, trials: readonly T[]): T | undefined =>
  ranked(
    toward,
    trials.filter(t => isWhole(t))
  ).find(({ outcome: o }) => o.tag === 'scored')
