/** Sobol's sequence: points that fill a cube more evenly than random ones do. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { bits32, leafKey, type Key } from '../../random/index.js'
import { settingError, type SettingError } from '../../value/error.js'
import { firstMeeting, placed, type Point, type Space, type SpaceRegistry } from '../space.js'
import { directions } from './directions.js'
import type { Proposal, SamplerDefinition } from './sampler.js'

/** the points of Sobol's sequence, each coordinate xored with a random word of the round */
export interface SobolSampler {
  readonly tag: 'sobol'
}
declare module './sampler.js' {
  interface BuiltInSamplers {
    readonly sobol: SobolSampler
  }
}
/**
 * Sobol's sequence (Sobol 1967), shifted at random: points that fill the space more evenly than random ones; for at
 * most 32 dimensions
 */
export const sobolSearch: SobolSampler = Object.freeze({ tag: 'sobol' })

/** 2^-32 */
const STEP = 2.3283064365386963e-10

/** coordinate d of point i, as a word: the direction numbers of the bits of i, xored */
export const sobolWord = (i: number, d: number): number =>
  (directions[d] ?? []).reduce((word, v, bit) => ((i >>> bit) & 1 ? word ^ v : word), 0) >>> 0

const pointOf = (space: Space, key: Key, registry: SpaceRegistry): ((i: number) => Point) => {
  const paths = placed(space, registry).map(p => p.path)
  const shifts = new Map(
    paths.map((path, d) => [path, [d, bits32(leafKey(key, path), 1)[0] as number] as const] as const)
  )
  return i => path => {
    const [d, shift] = shifts.get(path) ?? [0, 0]
    return ((sobolWord(i, d) ^ shift) >>> 0) * STEP
  }
}

/** the index of the next point, and the proposals of those before it */
interface Walked {
  readonly at: number
  readonly all: readonly Proposal[]
}

export const sobolKind: SamplerDefinition<SobolSampler> = {
  tag: 'sobol',
  fields: () => ({}),
  check: (_, space, __, registry) => {
    const n = placed(space, registry).length
    return n <= directions.length
      ? undefined
      : settingError([], `at most ${directions.length} dimensions`, String(n), 'use the random sampler')
  },
  next: (_, { space, trials, key, done, registry }) => {
    const point = pointOf(space, key, registry)
    // skips points that violate a constraint
    const further = ({ at, all }: Walked): E.Either<SettingError, Walked> =>
      pipe(
        firstMeeting(space, attempt => point(at + attempt), registry),
        E.map(({ settings, attempt }) => ({ at: at + attempt + 1, all: [...all, { settings }] }))
      )
    return pipe(
      Array.from({ length: done.length > 0 ? 0 : trials }),
      RA.reduce<unknown, E.Either<SettingError, Walked>>(E.right({ at: 0, all: [] }), walked =>
        pipe(walked, E.chain(further))
      ),
      E.map(({ all }) => all)
    )
  },
  samples: [sobolSearch]
}
