/** The laws of search dimensions. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { codecsOf } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import { sameData } from '../value/equal.js'
import { childKey, rootKey } from '../random/index.js'
import { narrow, type NarrowOptions } from '../search/narrow.js'
import type { Dimension, DimensionDefinition } from '../search/dimension/index.js'
import {
  checkSpace,
  contains,
  draw,
  kindOf,
  space,
  builtInSpace,
  type Space,
  type SpaceRegistry
} from '../search/space.js'
import type { Trial } from '../search/trial.js'
import { jsonLaw } from './json.js'
import { every, everySample, holds, law, lawsOf, seed, worded, type Law, type Verdict } from './law.js'
import { uniform } from './uniform.js'

const options = (mostMargin: number, leastWidth: number): fc.Arbitrary<NarrowOptions> =>
  fc.record({
    keep: fc.integer({ min: 1, max: 6 }),
    margin: uniform(0, mostMargin),
    minWidth: uniform(leastWidth, 1)
  })
type Of = Space<{ readonly x: Dimension }>

/** finished trials with random settings of the space, and values that are independent of the settings */
const trialsOf = (s: Of, registry: SpaceRegistry, from: number, n: number): Verdict<readonly Trial[]> =>
  worded(
    E.traverseArray((index: number) =>
      pipe(
        draw(s, childKey(rootKey(from), `trial ${index}`), registry),
        E.map((settings): Trial => {
          const value = ((from >>> (index % 16)) ^ (index * 40503)) % 101
          return {
            index,
            round: 0,
            origin: index,
            settings,
            seed: index,
            outcome: { tag: 'scored', value, epoch: 1, step: 1, reason: 'epochs 1' }
          }
        })
      )
    )(Array.from({ length: n }, (_, i) => i))
  )

const show = (u: unknown): string => JSON.stringify(u)
const of = (x: Dimension): Of => space({ x })

const narrowingLaws = (kind: DimensionDefinition<Dimension>, all: SpaceRegistry): readonly Law[] => {
  const { samples } = kind
  return [
    law('narrow', fc.tuple(seed, options(0.5, 0)), ([from, o]) =>
      everySample(samples, x =>
        pipe(
          trialsOf(of(x), all, from, 8),
          E.chain(trials => {
            const { space: narrowed, rationale } = narrow(of(x), trials, o, all)
            const after = narrowed.dimensions.x
            const best = [...trials].reduce((a, b) => (value(b) < value(a) ? b : a))
            const extended = rationale.some(r => r.extended !== undefined)
            return pipe(
              worded(checkSpace(narrowed, all)),
              E.chain(() => holds(after.tag === x.tag, () => `${x.tag} became ${after.tag}`)),
              E.chain(() =>
                holds(contains(narrowed, best.settings, all), () => `${show(after)} has not ${show(best.settings)}`)
              ),
              E.chain(() =>
                every([0, 0.3, 0.7, 1 - 1e-9], u => {
                  const inner = kindOf(all, after).at(after, u)
                  return holds(extended || kind.contains(x, inner), () => `${show(after)} has ${show(inner)}`)
                })
              )
            )
          })
        )
      )
    ),
    // a margin of nearly half the width takes very many rounds
    law('least', fc.tuple(seed, options(0.4, 0.02)), ([from, o]) =>
      everySample(samples, x =>
        pipe(
          trialsOf(of(x), all, from, 8),
          E.chain(trials => {
            const once = (s: Of): Of => narrow(s, trials, { ...o, whole: of(x) }, all).space
            const rest = Array.from({ length: 200 }).reduce<Of>(s => once(s), of(x))
            return holds(sameData(once(rest), rest), () => `${show(rest)} becomes ${show(once(rest))}`)
          })
        )
      )
    )
  ]
}

/**
 * The laws of a dimension, for each of its samples:
 * - json: it goes to JSON and back; unknown fields are refused
 * - samples: every drawn value belongs to the dimension, and goes to JSON and back
 * - place: the position of a value is from 0 to 1, and the value at this position is the same up to rounding; a second
 *   round trip changes nothing
 * - spread: a grid has distinct values of the dimension, at most as many as requested
 * - narrow: a narrowed dimension is a valid dimension of the same kind; it contains the best value; unless an end was
 *   extended, it contains only values of the old one
 * - least: repeated narrowing by the same trials reaches a fixed point at the min width
 *
 * @param registry other definitions that its samples use; the definition itself is added
 * @example for (const { name, property } of dimensionLaws(angleKind)) test(name, () => fc.assert(property))
 */
export const dimensionLaws = (
  kind: DimensionDefinition<Dimension>,
  registry: SpaceRegistry = builtInSpace
): readonly Law[] => {
  const all = extend(registry, { dimensions: [kind] })
  const { samples } = kind
  return lawsOf(`dimension ${kind.tag}`, [
    jsonLaw(codecsOf(all).dimension, samples),
    law('samples', seed, from =>
      everySample(samples, x =>
        pipe(
          worded(checkSpace(of(x), all)),
          E.chainW(s => worded(draw(s, childKey(rootKey(from), 'draw'), all))),
          E.chain(settings =>
            holds(
              contains(of(x), settings, all) && sameData(JSON.parse(show(settings)), settings),
              () => `${show(settings)} is not in the space`
            )
          )
        )
      )
    ),
    law('place', fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), u =>
      everySample(samples, x => {
        const value = kind.at(x, u)
        const place = kind.place(x, value)
        const again = kind.at(x, Math.max(0, Math.min(place, 1 - 2e-16)))
        return holds(
          place >= 0 && place <= 1 && Math.abs(kind.place(x, again) - place) < 1e-9,
          () => `${show(value)} at ${u} has the place ${place}, where ${show(again)} is`
        )
      })
    ),
    law('spread', fc.integer({ min: 1, max: 9 }), n =>
      everySample(samples, x => {
        const values = kind.spread(x, n)
        const distinct = values.every((v, i) => values.slice(0, i).every(w => !sameData(v, w)))
        return holds(
          values.length > 0 && values.length <= n && distinct && values.every(v => kind.contains(x, v)),
          () => `${n} values: ${show(values)}`
        )
      })
    ),
    ...narrowingLaws(kind, all)
  ])
}
const value = ({ outcome }: Trial): number => (outcome.tag === 'scored' ? outcome.value : Infinity)
