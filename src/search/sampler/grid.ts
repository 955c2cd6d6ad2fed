import * as E from 'fp-ts/lib/Either.js'
import { inRange } from '../../value/codec.js'
import { counted, settingError } from '../../value/error.js'
import { isSize } from '../../value/shape.js'
import type { DimensionRecord } from '../dimension/index.js'
import { kindOf, meets, type Settings, type Space, type SpaceRegistry } from '../space.js'
import type { SamplerDefinition } from './sampler.js'

/** every combination of a number of values of each dimension, evenly spaced along its axis */
export interface GridSampler {
  readonly tag: 'grid'
  readonly points: number
}
declare module './sampler.js' {
  interface BuiltInSamplers {
    readonly grid: GridSampler
  }
}
/**
 * Every combination of a number of values of each dimension, evenly spaced along its axis.
 *
 * @param points values of each dimension; a dimension with fewer values uses all
 */
export const gridSearch = (points: number): GridSampler => Object.freeze({ tag: 'grid', points })

/** values of a dimension */
const mostPoints = 10_000
/** larger grids are not even counted */
const most = 1_000_000
const product = (counts: readonly number[]): number => counts.reduce((a, b) => Math.min(a * b, most), 1)

const countIn =
  (points: number, registry: SpaceRegistry) =>
  (dimensions: DimensionRecord): number =>
    product(
      Object.values(dimensions).map(d => {
        const kind = kindOf(registry, d)
        const parts = kind.parts?.(d)
        return kind
          .spread(d, points)
          .map(value =>
            parts?.[String(value)] === undefined ? 1 : countIn(points, registry)(parts[String(value)] ?? {})
          )
          .reduce((a, b) => a + b, 0)
      })
    )
/** the combinations, the last dimension changing fastest */
const combinations =
  (points: number, registry: SpaceRegistry) =>
  (dimensions: DimensionRecord): readonly Settings[] =>
    Object.entries(dimensions).reduce<readonly Settings[]>(
      (all, [name, d]) => {
        const kind = kindOf(registry, d)
        const parts = kind.parts?.(d)
        const values = kind.spread(d, points).flatMap((value): readonly unknown[] => {
          const part = parts?.[String(value)]
          return part === undefined
            ? [value]
            : combinations(points, registry)(part).map(inner => Object.freeze({ tag: value, ...inner }))
        })
        return all.flatMap(before => values.map(value => Object.freeze({ ...before, [name]: value })))
      },
      [{}]
    )
/** the grid of a space, without points that violate constraints */
export const gridOf = (space: Space, points: number, registry: SpaceRegistry): readonly Settings[] =>
  combinations(points, registry)(space.dimensions).filter(settings => meets(space, settings, registry))

/**
 * the number of values of each dimension that the budget allows: a range that moved in a later round may contain more
 */
const pointsWithin = (space: Space, points: number, trials: number, registry: SpaceRegistry): number =>
  points > 1 && countIn(points, registry)(space.dimensions) > trials
    ? pointsWithin(space, points - 1, trials, registry)
    : points

export const gridKind: SamplerDefinition<GridSampler> = {
  tag: 'grid',
  fields: () => ({ points: inRange(`a whole number from 1 to ${mostPoints}`, n => isSize(n) && n <= mostPoints) }),
  check: ({ points }, space, trials, registry) => {
    const n = countIn(points, registry)(space.dimensions)
    return n <= trials
      ? gridOf(space, points, registry).length > 0
        ? undefined
        : settingError(['constraints'], 'constraints that a point of the grid meets', 'none', 'more points, or random')
      : settingError(
          ['points'],
          `a grid of at most ${counted(trials, 'trial')}, what the budget leaves for a round`,
          n >= most ? `one of ${most} or more` : `one of ${n}`,
          'fewer points, or a larger budget'
        )
  },
  next: ({ points }, { space, trials, done, registry }) =>
    E.right(
      done.length > 0
        ? []
        : gridOf(space, pointsWithin(space, points, trials, registry), registry).map(settings => ({ settings }))
    ),
  samples: [gridSearch(1), gridSearch(3)]
}
