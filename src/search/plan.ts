/**
 * Plans the next trials: a function of the study and of the finished trials, never of the order in which they finished.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { registryArgument, wrongArgument } from '../value/argument.js'
import { settingError, type SettingError } from '../value/error.js'
import { studyArgument, trialsArgument } from './arguments.js'
import { narrow, type Narrowed, type Rationale } from './narrow.js'
import { samplerInterpreter } from './sampler/index.js'
import type { Settings, SettingsOf, Space } from './space.js'
import { builtIn, type Registry } from './registry.js'
import { roundBudget, roundKey, settingsKey, trialSeed, type Study } from './study.js'
import type { Job, Trial } from './trial.js'

/** a round of narrowing: the space it searches, and why */
export interface SearchRound<S extends Space = Space> {
  readonly space: S
  /** of the narrowing before it; empty for the first round */
  readonly rationale: readonly Rationale[]
}
/** the trials to run before the next plan; none when the study is complete */
export interface Plan<S extends Space = Space> {
  readonly rounds: readonly SearchRound<S>[]
  readonly jobs: readonly Job<SettingsOf<S>>[]
}

/** settings that make no run have a seed too: their trial fails */
const seedOf = (s: Study, settings: Settings, origin: number): number =>
  s.trialSeed === undefined
    ? trialSeed(s.seed, origin)
    : pipe(
        s.run(settings as never),
        E.match(
          () => trialSeed(s.seed, origin),
          run => run.seed
        )
      )

const jobsOf =
  (s: Study, round: number, next: number, trials: readonly Trial[]) =>
  (
    proposals: readonly (
      { readonly settings: Settings; readonly epochs?: number } | { readonly origin: number; readonly epochs?: number }
    )[]
  ): readonly Job[] =>
    proposals.map((p, i) => {
      const origin = 'origin' in p ? p.origin : next + i
      const settings = 'origin' in p ? (trials[p.origin] as Trial).settings : p.settings
      const epochs = p.epochs === undefined ? {} : { epochs: p.epochs }
      return { index: next + i, round, origin, ...epochs, settings, seed: seedOf(s, settings, origin) }
    })

/**
 * The next trials of a study.
 *
 * @param trials all trials of earlier plans, in the order of their indexes
 * @returns Left if no settings can be found that meet the constraints
 */
export const plan = <S extends Space>(
  s: Study<S>,
  trials: readonly Trial<SettingsOf<S>>[],
  registry: Registry = builtIn
): E.Either<SettingError, Plan<S>> => {
  const wrong = wrongArgument(settingError, [studyArgument(s), trialsArgument(trials), registryArgument(registry)])
  if (wrong !== undefined) return E.left(wrong)
  const { next } = samplerInterpreter(registry.samplers)
  const any = s as unknown as Study
  const finished = trials as readonly Trial[]
  const from = (rounds: readonly SearchRound<S>[]): E.Either<SettingError, Plan<S>> => {
    const round = rounds.length - 1
    const { space } = rounds[round] as SearchRound<S>
    return pipe(
      next(s.sampler, {
        space,
        trials: roundBudget(any, round),
        key: roundKey(s.seed, round),
        trialKey: index => settingsKey(s.seed, index),
        next: finished.length,
        done: finished.filter(t => t.round === round),
        goal: s.metric.goal,
        registry
      }),
      E.chain(proposals => {
        if (proposals.length > 0 || rounds.length >= s.zoom.rounds)
          return E.right({
            rounds,
            jobs: jobsOf(any, round, finished.length, finished)(proposals) as readonly Job<SettingsOf<S>>[]
          })
        const before = finished.filter(t => t.round <= round)
        const narrowed: Narrowed<S> = narrow(
          space,
          before,
          { ...s.zoom, goal: s.metric.goal, whole: s.space },
          registry
        )
        return from([...rounds, narrowed])
      })
    )
  }
  return from([{ space: s.space, rationale: [] }])
}
