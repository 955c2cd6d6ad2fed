import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { draw } from '../space.js'
import type { Proposal, SamplerDefinition } from './sampler.js'

/** each trial's settings drawn independently; see Bergstra and Bengio 2012 */
export interface RandomSampler {
  readonly tag: 'random'
}
declare module './sampler.js' {
  interface BuiltInSamplers {
    readonly random: RandomSampler
  }
}
/** settings drawn at random, independently for each trial (Bergstra and Bengio 2012): the default of a study */
export const randomSearch: RandomSampler = Object.freeze({ tag: 'random' })

export const randomKind: SamplerDefinition<RandomSampler> = {
  tag: 'random',
  fields: () => ({}),
  next: (_, { space, trials, trialKey, next, done, registry }) =>
    done.length > 0
      ? E.right([])
      : pipe(
          Array.from({ length: trials }, (_, i) => draw(space, trialKey(next + i), registry)),
          E.sequenceArray,
          E.map(all => all.map((settings): Proposal => ({ settings })))
        ),
  samples: [randomSearch]
}
