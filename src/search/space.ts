/**
 * Spaces: the dimensions of a search by name, and the constraints between them. A space is a value; its type determines
 * the type of a trial's settings.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { pipe } from 'fp-ts/lib/function.js'
import { checkMember } from '../registry/lookup.js'
import { bits32, collision, foldIn, leafKey, type Key } from '../random/index.js'
import { given, keyArgument, objectArgument, optionsOf, wrongArgument } from '../value/argument.js'
import { inside, settingError, type SettingError } from '../value/error.js'
import { spaceArgument } from './arguments.js'
import { constraints as constraintKinds, type Constraint, type ConstraintTable } from './constraint.js'
import {
  dimensions as dimensionKinds,
  type Dimension,
  type DimensionDefinition,
  type DimensionRecord,
  type DimensionTable,
  type ValueOf,
  type Variants
} from './dimension/index.js'

export interface Space<D extends DimensionRecord = DimensionRecord> {
  readonly dimensions: D
  readonly constraints: readonly Constraint[]
}
/** the settings of a trial: a value for each dimension */
export type Settings = Readonly<Record<string, unknown>>
/** the type of a trial's settings: `{ readonly rate: number; readonly units: 16 | 32 }` */
export type SettingsOf<S> = S extends Space<infer D> ? { readonly [K in keyof D]: ValueOf<D[K]> } : never

/** the paths of dimensions whose values are numbers: `rate`, `optimizer/sgd/momentum` */
export type NumberPath<D> = {
  [K in keyof D & string]: D[K] extends Variants<infer V>
    ? { [N in keyof V & string]: `${K}/${N}/${NumberPath<V[N]>}` }[keyof V & string]
    : ValueOf<D[K]> extends number
      ? K
      : never
}[keyof D & string]

/**
 * A space of these dimensions, which are independent except for the constraints. Checks nothing; a study checks it.
 *
 * @example
 * space({ rate: logUniform(1e-6, 10), units: choice(16, 32), optimizer: variants({ sgd: { momentum: uniform(0, 0.99) },
 * adam: {} }) })
 */
export const space = <const D extends DimensionRecord>(
  dimensions: D,
  ...constraints: readonly Constraint<NumberPath<NoInfer<D>>>[]
): Space<D> => Object.freeze({ dimensions, constraints: Object.freeze(constraints as readonly Constraint[]) })

/** where the members of a space are looked up */
export interface SpaceRegistry {
  /** ranges and choices, by tag */
  readonly dimensions: DimensionTable
  /** constraints between them, by tag */
  readonly constraints: ConstraintTable
}
/** the built-in dimensions and constraints */
export const builtInSpace: SpaceRegistry = Object.freeze({ dimensions: dimensionKinds, constraints: constraintKinds })

export const kindOf = ({ dimensions }: SpaceRegistry, d: Dimension): DimensionDefinition<Dimension> =>
  dimensions[d.tag] as DimensionDefinition<Dimension>

/**
 * a dimension with its path; `under` lists the variants that contain it, from the outside in: paths of dimensions and
 * names
 */
export interface BuiltLayer {
  readonly path: string
  readonly dimension: Dimension
  readonly kind: DimensionDefinition<Dimension>
  readonly under: readonly (readonly [path: string, variant: string])[]
}
const placedIn =
  (registry: SpaceRegistry, at: string, under: BuiltLayer['under']) =>
  (dimensions: DimensionRecord): readonly BuiltLayer[] =>
    Object.entries(dimensions).flatMap(([name, dimension]) => {
      const kind = kindOf(registry, dimension)
      const path = `${at}${name}`
      const parts = Object.entries(kind.parts?.(dimension) ?? {})
      return [
        { path, dimension, kind, under },
        ...parts.flatMap(([variant, inner]) =>
          placedIn(registry, `${path}/${variant}/`, [...under, [path, variant]])(inner)
        )
      ]
    })
/** all dimensions, those of variants too, in the order in which they are written */
export const placed = (s: Space, registry: SpaceRegistry = builtInSpace): readonly BuiltLayer[] =>
  placedIn(registry, '', [])(s.dimensions)

// ---- settings

/** a number in [0, 1) for each dimension, by its path */
export type Point = (path: string) => number

const settingsIn =
  (registry: SpaceRegistry, point: Point, at: string) =>
  (dimensions: DimensionRecord): Settings =>
    Object.freeze(
      Object.fromEntries(
        Object.entries(dimensions).map(([name, d]): readonly [string, unknown] => {
          const kind = kindOf(registry, d)
          const path = `${at}${name}`
          const value = kind.at(d, point(path))
          const part = kind.parts?.(d)[String(value)]
          return [
            name,
            part === undefined
              ? value
              : Object.freeze({ tag: value, ...settingsIn(registry, point, `${path}/${String(value)}/`)(part) })
          ]
        })
      )
    )
/** the settings at a point; constraints are not checked */
export const settingsAt = <S extends Space>(
  s: S,
  point: Point,
  registry: SpaceRegistry = builtInSpace
): SettingsOf<S> => settingsIn(registry, point, '')(s.dimensions) as SettingsOf<S>

const isRecord = (u: unknown): u is Settings => typeof u === 'object' && u !== null && !Array.isArray(u)

const valuesIn =
  (registry: SpaceRegistry, at: string) =>
  (dimensions: DimensionRecord, settings: Settings): readonly (readonly [string, unknown])[] =>
    Object.entries(dimensions).flatMap(([name, d]) => {
      const value = settings[name]
      const parts = kindOf(registry, d).parts?.(d)
      const path = `${at}${name}`
      if (parts === undefined || !isRecord(value)) return [[path, value] as const]
      const variant = String(value['tag'])
      const part = parts[variant]
      return [
        [path, variant] as const,
        ...(part === undefined ? [] : valuesIn(registry, `${path}/${variant}/`)(part, value))
      ]
    })
/** the value of each dimension that these settings have, by its path; for variants, the name */
export const settingValues = (
  s: Space,
  settings: Settings,
  registry: SpaceRegistry = builtInSpace
): Readonly<Record<string, unknown>> => Object.fromEntries(valuesIn(registry, '')(s.dimensions, settings))

/** whether settings meet the constraints; a constraint on an absent value holds */
export const meets = (s: Space, settings: Settings, registry: SpaceRegistry = builtInSpace): boolean => {
  const values = settingValues(s, settings, registry)
  return s.constraints.every(c => {
    const numbers = c.names.flatMap(name => (typeof values[name] === 'number' ? [values[name]] : []))
    return numbers.length < c.names.length || (registry.constraints[c.tag]?.holds(c, numbers) ?? false)
  })
}

const containsIn =
  (registry: SpaceRegistry) =>
  (dimensions: DimensionRecord, settings: unknown, more: readonly string[]): boolean =>
    isRecord(settings) &&
    Object.keys(settings).every(k => Object.hasOwn(dimensions, k) || more.includes(k)) &&
    Object.entries(dimensions).every(([name, d]) => {
      const kind = kindOf(registry, d)
      const value = Object.hasOwn(settings, name) ? settings[name] : undefined
      const parts = kind.parts?.(d)
      if (parts === undefined) return kind.contains(d, value)
      const variant = isRecord(value) ? value['tag'] : undefined
      return kind.contains(d, variant) && containsIn(registry)(parts[String(variant)] ?? {}, value, ['tag'])
    })
/** whether settings belong to the space: all names and no others, values in range, constraints met */
export const contains = <S extends Space>(
  s: S,
  settings: unknown,
  registry: SpaceRegistry = builtInSpace
): settings is SettingsOf<S> =>
  containsIn(registry)(s.dimensions, settings, []) && meets(s, settings as Settings, registry)

/** how often settings that violate a constraint are drawn again */
const attempts = 1000
const unmet = settingError(
  ['constraints'],
  'constraints that settings of the space can meet',
  `none in ${attempts} attempts`,
  'widen the space or the bounds'
)

/** settings, and the number of earlier points that violated a constraint */
export interface Met<S extends Space> {
  readonly settings: SettingsOf<S>
  readonly attempt: number
}
/** the first settings of a sequence of points that meet the constraints */
export const firstMeeting = <S extends Space>(
  s: S,
  points: (attempt: number) => Point,
  registry: SpaceRegistry = builtInSpace
): E.Either<SettingError, Met<S>> => {
  const from = (attempt: number): E.Either<SettingError, Met<S>> => {
    const settings = settingsAt(s, points(attempt), registry)
    return meets(s, settings, registry)
      ? E.right({ settings, attempt })
      : attempt + 1 < attempts
        ? from(attempt + 1)
        : E.left(unmet)
  }
  return from(0)
}

/** 2^-32 */
const STEP = 2.3283064365386963e-10
/** 32-bit random numbers: one stream for each path, so that adding a dimension changes no other */
export const randomPoint =
  (key: Key): Point =>
  path =>
    (bits32(leafKey(key, path), 1)[0] as number) * STEP

/**
 * Random settings: a function of the space and the key alone.
 *
 * @example draw(space({ rate: logUniform(1e-6, 10) }), childKey(rootKey(7), 'mine'))
 * @returns Left when no settings can be found that meet the constraints
 */
export const draw = <S extends Space>(
  s: S,
  key: Key,
  registry: SpaceRegistry = builtInSpace
): E.Either<SettingError, SettingsOf<S>> =>
  pipe(
    given(settingError, [spaceArgument(s), keyArgument(key)], () =>
      firstMeeting(s, attempt => randomPoint(foldIn(key, attempt)), registry)
    ),
    E.map(met => met.settings)
  )

// ---- checks of a space

const checkDimensions =
  (registry: SpaceRegistry) =>
  (dimensions: DimensionRecord): SettingError | undefined =>
    Object.entries(dimensions)
      .map(([name, d]): SettingError | undefined => {
        const member = checkMember(registry, 'dimension')(d)
        if (E.isLeft(member)) return { ...member.left, path: [name, ...member.left.path.slice(1)] }
        const kind = kindOf(registry, d)
        const own = kind.check?.(d)
        if (own !== undefined) return inside(name)(own)
        const parts = Object.entries(kind.parts?.(d) ?? {})
        const wrong = parts
          .map(([variant, inner]) => pipe(O.fromNullable(checkDimensions(registry)(inner)), O.map(inside(variant))))
          .find(O.isSome)
        return wrong === undefined ? undefined : inside(name)(inside('of')(wrong.value))
      })
      .find(e => e !== undefined)

/**
 * Whether a space can be drawn from, however it was made.
 *
 * @returns Left for an empty choice, a lower bound above the upper, a constraint on something other than a number, ...;
 * paths begin with `space` or `constraints`
 */
export const checkSpace = <S extends Space>(
  s: S,
  registry: SpaceRegistry = builtInSpace
): E.Either<SettingError, S> => {
  const unfit = wrongArgument(settingError, [
    objectArgument('space', s),
    objectArgument('dimensions', optionsOf(s).dimensions)
  ])
  if (unfit !== undefined) return E.left(unfit)
  if (Object.keys(s.dimensions).length === 0) return E.left(settingError(['space'], 'at least one dimension', 'none'))
  const wrong = checkDimensions(registry)(s.dimensions)
  if (wrong !== undefined) return E.left(inside('space')(wrong))
  const all = placed(s, registry)
  const clash = collision(all.map(({ path }) => path))
  if (O.isSome(clash))
    return E.left(
      settingError(
        ['space', clash.value[0]],
        'names that make streams of their own',
        clash.value[1],
        'rename one of them'
      )
    )
  const numeric = all
    .filter(({ kind, dimension }) => typeof kind.at(dimension, 0.5) === 'number')
    .map(({ path }) => path)
  const unknown = s.constraints
    .map((c, i) =>
      pipe(
        checkMember(registry, 'constraint')(c),
        E.mapLeft(e => ({ ...e, path: ['constraints', String(i), ...e.path.slice(1)] }))
      )
    )
    .find(E.isLeft)
  if (unknown !== undefined) return unknown
  const badly = s.constraints.flatMap((c, i) =>
    c.names
      .filter(name => !numeric.includes(name))
      .map(name => settingError(['constraints', String(i)], `the path of a number: ${numeric.join(', ')}`, name))
  )[0]
  return badly === undefined ? E.right(s) : E.left(badly)
}
