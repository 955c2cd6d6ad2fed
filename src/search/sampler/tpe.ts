/** The tree-structured Parzen estimator: tries settings where good trials are denser than bad ones. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { bits32, childKey, foldIn, leafKey, normal, type Key } from '../../random/index.js'
import { inRange, size, withDefault } from '../../value/codec.js'
import { exp, log } from '../../value/elementary.js'
import type { SettingError } from '../../value/error.js'
import { draw, meets, placed, settingsAt, settingValues, type BuiltLayer, type Settings } from '../space.js'
import { ranked } from '../trial.js'
import type { Proposal, Round, SamplerDefinition } from './sampler.js'

/**
 * After a random start, trials in batches (Bergstra, Bardenet, Bengio and Kégl 2011). For each dimension separately,
 * the best share of the trials so far gives a density of good values, the rest one of bad values. Candidates are drawn
 * from the good density, and the one with the largest ratio of good to bad is tried. A batch is decided when the
 * previous one is complete, so the order in which its trials finish does not matter. All trials of a batch use the same
 * densities, so small batches learn faster, and large ones keep more workers busy.
 */
export interface Tpe {
  readonly tag: 'tpe'
  /** trials drawn at random before the first batch */
  readonly start: number
  /** trials in a batch */
  readonly batch: number
  /** candidates drawn for each trial */
  readonly candidates: number
  /** the share of the trials that counts as good */
  readonly good: number
}
declare module './sampler.js' {
  interface BuiltInSamplers {
    readonly tpe: Tpe
  }
}
const defaults = { start: 10, batch: 4, candidates: 24, good: 0.2 }
/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011): after a random start, batches of
 * trials where good trials were denser than bad ones.
 *
 * @param options start (default 10), batch (default 4), candidates (default 24), good (default 0.2)
 * @example tpe({ batch: 8 })
 */
export const tpe = (options: Partial<Omit<Tpe, 'tag'>> = {}): Tpe =>
  Object.freeze({ tag: 'tpe', ...defaults, ...options })

/** a density over the positions of one dimension, from 0 to 1 */
interface Density {
  readonly at: (place: number) => number
  readonly draw: (key: Key, path: string) => number
}
/** 2^-32 */
const STEP = 2.3283064365386963e-10
/** 1 / sqrt(2 pi) */
const NORM = 0.3989422804014327

const fraction = (key: Key, path: string, i: number): number => (bits32(leafKey(key, path), i + 1)[i] as number) * STEP
const bell = (u: number): number => NORM * exp((-u * u) / 2)
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
/** reflects a number into [0, 1], as if both ends were mirrors */
const mirrored = (x: number): number => {
  const y = Math.abs(x) % 2
  return Math.min(y > 1 ? 2 - y : y, 1 - STEP)
}

/**
 * For a range: a normal density around each position, reflected at the ends, and a uniform one, all with equal weights.
 * The width is the distance to the farther neighbour, but at least that of evenly spaced positions.
 */
const overRange = (places: readonly number[]): Density => {
  const sorted = [...places].sort((a, b) => a - b)
  const least = 1 / Math.min(100, places.length + 2)
  const bells = sorted.map((x, i) => ({
    x,
    width: Math.max(least, x - (sorted[i - 1] ?? 0), (sorted[i + 1] ?? 1) - x)
  }))
  return {
    at: p =>
      (1 + sum(bells.map(({ x, width: w }) => (bell((p - x) / w) + bell((p + x) / w) + bell((2 - p - x) / w)) / w))) /
      (bells.length + 1),
    draw: (key, path) => {
      const around = bells[Math.floor(fraction(key, path, 0) * (bells.length + 1))]
      return around === undefined
        ? fraction(key, path, 2)
        : mirrored(around.x + around.width * (normal(leafKey(key, path), 2)[1] as number))
    }
  }
}
/** for categories, each in the middle of its interval: the count of each plus one */
const overCategories = (places: readonly number[], categories: number): Density => {
  const nameOf = (place: number): number => Math.min(Math.floor(place * categories), categories - 1)
  const seen = places.map(nameOf)
  const weights = Array.from({ length: categories }, (_, c) => 1 + seen.filter(s => s === c).length)
  const total = places.length + categories
  return {
    at: place => (weights[nameOf(place)] as number) / total,
    draw: (key, path) => {
      const x = fraction(key, path, 0) * total
      const upTo = weights.map((_, c) => sum(weights.slice(0, c + 1)))
      return (upTo.findIndex(end => x < end) + 0.5) / categories
    }
  }
}

/** the position of a trial's value in a dimension; none if it has no such dimension */
const placeIn = (
  { path, kind, dimension }: BuiltLayer,
  values: Readonly<Record<string, unknown>>
): number | undefined => (Object.hasOwn(values, path) ? kind.place(dimension, values[path]) : undefined)

const densities = (
  all: readonly BuiltLayer[],
  rows: readonly Readonly<Record<string, unknown>>[]
): readonly Density[] =>
  all.map(p => {
    const places = rows.flatMap(values => placeIn(p, values) ?? [])
    return p.kind.axis === 'categories'
      ? overCategories(places, p.kind.spread(p.dimension, Number.MAX_SAFE_INTEGER).length)
      : overRange(places)
  })

type Choice = E.Either<SettingError, Settings>
/** chooses the settings of a trial in a batch, given the trials before the batch */
const chooser = ({ good: share, candidates }: Tpe, { space, done, goal, registry }: Round): ((key: Key) => Choice) => {
  const all = placed(space, registry)
  const rows = ranked(goal, done).map(t => ({ t, values: settingValues(space, t.settings, registry) }))
  const n = Math.max(1, Math.floor(share * rows.length))
  const isGood = rows.map(({ t }, i) => i < n && t.outcome.tag === 'scored')
  const of = (wanted: boolean) => rows.filter((_, i) => isGood[i] === wanted).map(r => r.values)
  const [good, bad] = [densities(all, of(true)), densities(all, of(false))]
  const drawnFrom = new Map(all.map((p, i) => [p.path, good[i] as Density] as const))
  const gain = (settings: Settings): number => {
    const values = settingValues(space, settings, registry)
    return sum(
      all.map((p, i) => {
        const place = placeIn(p, values)
        return place === undefined ? 0 : log((good[i] as Density).at(place)) - log((bad[i] as Density).at(place))
      })
    )
  }
  return key => {
    const found = Array.from({ length: candidates }, (_, c): Settings => {
      const own = foldIn(key, c)
      return settingsAt(space, path => drawnFrom.get(path)?.draw(own, path) ?? 0.5, registry)
    })
      .filter(settings => meets(space, settings, registry))
      .map(settings => ({ settings, gain: gain(settings) }))
    const best = found.reduce<(typeof found)[number] | undefined>(
      (a, b) => (a === undefined || b.gain > a.gain ? b : a),
      undefined
    )
    // no candidate meets the constraints
    return best === undefined ? draw(space, childKey(key, 'free'), registry) : E.right(best.settings)
  }
}
export const tpeKind: SamplerDefinition<Tpe> = {
  tag: 'tpe',
  fields: () => ({
    start: withDefault(size, defaults.start),
    batch: withDefault(size, defaults.batch),
    candidates: withDefault(size, defaults.candidates),
    good: withDefault(
      inRange('a number between 0 and 1', x => x > 0 && x < 1),
      defaults.good
    )
  }),
  next: (sampler, round) => {
    const { space, trials, trialKey, next, done, registry } = round
    const wanted = done.length === 0 ? sampler.start : sampler.batch
    const choose = done.length === 0 ? (key: Key): Choice => draw(space, key, registry) : chooser(sampler, round)
    return pipe(
      Array.from({ length: Math.max(0, Math.min(wanted, trials - done.length)) }, (_, i) => choose(trialKey(next + i))),
      E.sequenceArray,
      E.map(chosen => chosen.map((settings): Proposal => ({ settings })))
    )
  },
  samples: [tpe(), tpe({ start: 4, batch: 3, candidates: 6, good: 0.3 })]
}
