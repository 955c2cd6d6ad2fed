/**
 * Narrowing: try random settings with short trainings, keep the best, shrink the ranges around them, and repeat. Pure
 * functions from spaces to spaces of the same type, with a rationale.
 */
import {
  kindOf,
  placed,
  builtInSpace,
  settingValues,
  type BuiltLayer,
  type Space,
  type SpaceRegistry
} from './space.js'
import type { Dimension, DimensionRecord } from './dimension/index.js'
import { isWhole, ranked, type Goal, type Trial } from './trial.js'

export interface NarrowOptions {
  /** number of best trials that a new range contains */
  readonly keep: number
  /** the margin around them on each side, as a share of the old range's width along its axis */
  readonly margin: number
  /** the min width of a range, as a share of its first width */
  readonly minWidth: number
}
/** the best 5 trials, a margin of a tenth of the width, and at least a twentieth of the first range */
export const defaultNarrowing: NarrowOptions = Object.freeze({ keep: 5, margin: 0.1, minWidth: 0.05 })

/** several rounds: each searches the space that the previous one narrowed */
export interface Zoom extends NarrowOptions {
  readonly rounds: number
}
/**
 * A number of rounds of search, with narrowing between them.
 *
 * @param options keep (default 5), margin (default 0.1), minWidth (default 0.05)
 * @example zoom(3, { keep: 4 })
 */
export const zoom = (rounds: number, options: Partial<NarrowOptions> = {}): Zoom =>
  Object.freeze({ rounds, ...defaultNarrowing, ...options })

/** why a dimension was changed */
export interface Rationale {
  readonly path: string
  readonly before: Dimension
  readonly after: Dimension
  /** the trials used, the best one first, by their indexes, with their values */
  readonly kept: readonly { readonly trial: number; readonly value: unknown }[]
  /** the end near which the best value was, and which was therefore moved outwards */
  readonly extended?: 'lower' | 'upper'
}
export interface Narrowed<S extends Space = Space> {
  readonly space: S
  readonly rationale: readonly Rationale[]
}

interface Around extends NarrowOptions {
  readonly kept: readonly { readonly trial: number; readonly values: Readonly<Record<string, unknown>> }[]
  readonly whole: ReadonlyMap<string, BuiltLayer>
  readonly registry: SpaceRegistry
}
type Part = readonly [dimensions: DimensionRecord, rationale: readonly Rationale[]]

const narrowDimension =
  (around: Around) =>
  (before: Dimension, path: string): readonly [Dimension, readonly Rationale[]] => {
    const { margin, minWidth, registry, whole } = around
    const kind = kindOf(registry, before)
    const kept = around.kept.flatMap(({ trial, values }) =>
      Object.hasOwn(values, path) ? [{ trial, value: values[path] }] : []
    )
    if (kept.length === 0) return [before, []]
    const first = whole.get(path)?.dimension ?? before
    const { dimension, extended } = kind.narrow(before, { values: kept.map(k => k.value), margin, minWidth }, first)
    const parts = Object.entries(kind.parts?.(dimension) ?? {}).map(
      ([variant, inner]) => [variant, narrowRecord(around)(inner, `${path}/${variant}/`)] as const
    )
    const changed = parts.some(([variant, [inner]]) => inner !== kind.parts?.(dimension)[variant])
    const after = changed
      ? (kind.withParts?.(dimension, Object.fromEntries(parts.map(([variant, [inner]]) => [variant, inner]))) ??
        dimension)
      : dimension
    const own = { path, before, after: dimension, kept, ...(extended === undefined ? {} : { extended }) }
    return [after, [own, ...parts.flatMap(([, [, rationale]]) => rationale)]]
  }
const narrowRecord =
  (around: Around) =>
  (dimensions: DimensionRecord, at: string): Part => {
    const all = Object.entries(dimensions).map(
      ([name, d]) => [name, narrowDimension(around)(d, `${at}${name}`)] as const
    )
    const same = all.every(([name, [d]]) => d === dimensions[name])
    return [
      same ? dimensions : Object.freeze(Object.fromEntries(all.map(([name, [d]]) => [name, d]))),
      all.flatMap(([, [, rationale]]) => rationale)
    ]
  }

/**
 * The space around its best trials. A range becomes the smallest one that contains the values of the best `keep` trials
 * with `margin` around them, limited to its old ends. If the best value of all is within half a margin of an end, that
 * end moves outwards by a margin instead, because better values may be beyond it. A choice keeps the values of the best
 * trials. A dimension that none of them has does not change.
 *
 * Trials without a value, or with a short training, are not used; without any trials the space does not change.
 *
 * @param options besides `keep`, `margin` and `minWidth`: which values are better (default 'min'), and the space that
 * `minWidth` refers to (default: the space itself)
 * @example narrow(space({ rate: logUniform(1e-6, 10) }), trials, { keep: 5, margin: 0.1, minWidth: 0.05 }).space
 */
export const narrow = <S extends Space>(
  space: S,
  trials: readonly Trial<unknown>[],
  options: NarrowOptions & { readonly goal?: Goal; readonly whole?: Space },
  registry: SpaceRegistry = builtInSpace
): Narrowed<S> => {
  const { keep, goal = 'min', whole = space } = options
  const usable = (trials as readonly Trial[]).filter(t => isWhole(t) && t.outcome.tag === 'scored')
  const kept = ranked(goal, usable)
    .slice(0, keep)
    .map(({ index, settings }) => ({ trial: index, values: settingValues(whole, settings, registry) }))
  const [dimensions, rationale] = narrowRecord({
    ...options,
    kept,
    whole: new Map(placed(whole, registry).map(p => [p.path, p])),
    registry
  })(space.dimensions, '')
  return {
    space: dimensions === space.dimensions ? space : Object.freeze({ ...space, dimensions }),
    rationale
  }
}
