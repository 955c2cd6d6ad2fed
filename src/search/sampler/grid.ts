import * as E from 'fp-ts/lib/Either.js'
import { size } from '../../value/codec.js'
import { settingError } from '../../value/error.js'
import type { DimensionRecord } from '../dimension/index.js'
import { kindOf, meets, type Settings, type Space, type SpaceTables } from '../space.js'
import type { SamplerKind } from './sampler.js'

/** every combination of so many values of each dimension, spread evenly along its axis */
export interface GridSampler {
  readonly tag: 'grid'
  readonly points: number
}
declare module './sampler.js' {
  interface Samplers {
    readonly grid: GridSampler
  }
}
/** @param points values of each dimension; all of them where it has no more */
export const grid = (points: number): GridSampler => Object.freeze({ tag: 'grid', points })

/** more than this are not even counted */
const most = 1_000_000
const product = (counts: readonly number[]): number => counts.reduce((a, b) => Math.min(a * b, most), 1)

const countIn =
  (points: number, known: SpaceTables) =>
  (dimensions: DimensionRecord): number =>
    product(
      Object.values(dimensions).map(d => {
        const kind = kindOf(known, d)
        const parts = kind.parts?.(d)
        return kind
          .spread(d, points)
          .map(value => (parts?.[String(value)] === undefined ? 1 : countIn(points, known)(parts[String(value)] ?? {})))
          .reduce((a, b) => a + b, 0)
      })
    )
/** the combinations, the last dimension changing fastest */
const combinations =
  (points: number, known: SpaceTables) =>
  (dimensions: DimensionRecord): readonly Settings[] =>
    Object.entries(dimensions).reduce<readonly Settings[]>(
      (all, [name, d]) => {
        const kind = kindOf(known, d)
        const parts = kind.parts?.(d)
        const values = kind.spread(d, points).flatMap((value): readonly unknown[] => {
          const part = parts?.[String(value)]
          return part === undefined
            ? [value]
            : combinations(points, known)(part).map(inner => Object.freeze({ tag: value, ...inner }))
        })
        return all.flatMap(before => values.map(value => Object.freeze({ ...before, [name]: value })))
      },
      [{}]
    )
/** the grid of a space, without what breaks its constraints */
export const gridOf = (space: Space, points: number, known: SpaceTables): readonly Settings[] =>
  combinations(points, known)(space.dimensions).filter(settings => meets(space, settings, known))

export const gridKind: SamplerKind<GridSampler> = {
  tag: 'grid',
  fields: () => ({ points: size }),
  check: ({ points }, space, trials, known) => {
    const n = countIn(points, known)(space.dimensions)
    return n <= trials
      ? undefined
      : settingError(
          ['points'],
          `a grid of at most ${trials} trials, what the budget leaves for a round`,
          n >= most ? `one of ${most} or more` : `one of ${n}`,
          'fewer points, or a larger budget'
        )
  },
  next: ({ points }, { space, done, known }) =>
    E.right(done.length > 0 ? [] : gridOf(space, points, known).map(settings => ({ settings }))),
  samples: [grid(1), grid(3)]
}
