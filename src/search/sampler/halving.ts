/** Successive halving: many short trainings, of which the best continue. */
import * as E from 'fp-ts/lib/Either.js'
import { inRange, refined, withDefault, type Codec } from '../../value/codec.js'
import { inside, settingError } from '../../value/error.js'
import { isSize } from '../../value/shape.js'
import { ranked } from '../trial.js'
import { randomSearch } from './random.js'
import type { Interpreter, Proposal, Round, Sampler, SamplerDefinition } from './sampler.js'

/**
 * Settings of another sampler, trained for the epochs of the first rung; the best share continues to the epochs of the
 * next rung, and so on; those left after the last rung are trained to the end. Decisions are made on complete rungs, in
 * the order of the trials' indexes, so that the order of finishing doesn't matter (unlike in asynchronous halving).
 */
export interface Halving {
  readonly tag: 'halving'
  /** ascending numbers of epochs */
  readonly rungs: readonly number[]
  /** the share that continues from each rung, at least one trial */
  readonly keep: number
  readonly of: Sampler
}
declare module './sampler.js' {
  interface BuiltInSamplers {
    readonly halving: Halving
  }
}
/**
 * Successive halving (Jamieson and Talwalkar 2016): many trainings of few epochs, of which the best share continues at
 * each rung.
 *
 * @param rungs ascending numbers of epochs
 * @param options keep (default 1/3), of: where the settings come from (default random)
 * @example halving([1, 3, 9])
 */
export const halving = (
  rungs: readonly number[],
  { keep = 1 / 3, of = randomSearch }: { readonly keep?: number; readonly of?: Sampler } = {}
): Halving => Object.freeze({ tag: 'halving', rungs, keep, of })

const rungs: Codec<readonly number[]> = refined(
  'a list of rising numbers of epochs, at least one',
  (u): u is readonly number[] =>
    Array.isArray(u) && u.length > 0 && u.every((n, i) => isSize(n) && (i === 0 || n > (u[i - 1] as number)))
)

/** the trials that continue from a complete rung, in the order of their indexes */
const promoted = ({ keep }: Halving, { goal, done }: Round, epochs: number): readonly number[] => {
  const rung = done.filter(t => t.epochs === epochs)
  const n = Math.max(1, Math.floor(rung.length * keep))
  const best = ranked(goal, rung).slice(0, n)
  return rung.filter(t => best.includes(t) && t.outcome.tag === 'scored').map(t => t.origin)
}

export const halvingKind: SamplerDefinition<Halving> = {
  tag: 'halving',
  fields: ({ sampler }) => ({
    rungs,
    keep: withDefault(
      inRange('a number between 0 and 1', x => x > 0 && x < 1),
      1 / 3
    ),
    of: withDefault(sampler, randomSearch)
  }),
  check: ({ of }, space, trials, registry, self) => {
    // a nested halving sampler would never see its trials trained to the end
    if (of.tag === 'halving') return settingError(['of'], 'a sampler that proposes settings', of.tag)
    const wrong = self.check(of, space, trials, registry)
    return wrong === undefined ? undefined : inside('of')(wrong)
  },
  next: (sampler, round, self: Interpreter) => {
    const { done } = round
    const first = sampler.rungs[0] as number
    const atFirst = done.filter(t => t.epochs === first)
    // the other sampler gets its own trials, and proposes until it has no more
    const asked = done.length === atFirst.length ? self.next(sampler.of, { ...round, done: atFirst }) : E.right([])
    if (E.isLeft(asked)) return asked
    if (asked.right.length > 0) return E.right(asked.right.map((p): Proposal => ({ ...p, epochs: first })))
    const climbed = sampler.rungs.filter(rung => done.some(t => t.epochs === rung))
    const epochs = climbed.at(-1)
    if (epochs === undefined || done.some(t => t.epochs === undefined)) return E.right([])
    const longer = sampler.rungs[climbed.length]
    return E.right(
      promoted(sampler, round, epochs).map((origin): Proposal =>
        longer === undefined ? { origin } : { origin, epochs: longer }
      )
    )
  },
  samples: [halving([1, 3]), halving([2], { keep: 0.5 })]
}
