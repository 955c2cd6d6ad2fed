/** Where indexes come from: a table may be behind layers that only move them, or behind one of several inputs. */
import type { BuiltLayer } from './definition.js'
import type { EachIndex, Indexes } from './terms.js'

type Limit = Indexes | undefined
type Parts = readonly Limit[]
/** whether there are limits of several tensors */
export const isParts = (of: Limit): of is Parts => Array.isArray(of)
const isEach = (of: Limit): of is EachIndex => typeof of === 'object' && 'each' in of

/** what part i of several tensors must be below */
export const partAt = (of: Limit, i: number): Limit => (isParts(of) ? of[i] : of)
/** what the number at a place of the batch, in row-major order, must be below */
export const limitAt = (of: number | EachIndex, place: number): number =>
  typeof of === 'number' ? of : (of.each[place % of.each.length] as number)
/** one limit for all places of a tensor: the smallest */
const forAll = (of: Limit): Limit => {
  const least = isEach(of) ? of.each.reduce((a, b) => Math.min(a, b), Infinity) : of
  return least === Infinity ? undefined : least
}

/** both limits at once: the smaller one counts */
const both = (a: Limit, b: Limit): Limit => {
  if (a === undefined || b === undefined) return a ?? b
  if (typeof a === 'number' && typeof b === 'number') return Math.min(a, b)
  if (isParts(a) || isParts(b)) {
    const parts = Math.max(isParts(a) ? a.length : 0, isParts(b) ? b.length : 0)
    return Array.from({ length: parts }, (_, i) => both(partAt(a, i), partAt(b, i)))
  }
  const { each } = isEach(a) ? a : (b as EachIndex)
  return { each: each.map((_, i) => Math.min(limitAt(a, i), limitAt(b, i))) }
}

/** what the input of a layer must be below, where its output must be below `after` */
export const indexesBefore = (layer: BuiltLayer, after: Limit): Limit =>
  layer.indexesBefore === undefined ? layer.indexes : layer.indexesBefore(after)

/** the field `indexes`, where the input is one of indexes */
export const indexesField = (indexes: Limit): Pick<BuiltLayer, 'indexes'> => (indexes === undefined ? {} : { indexes })

type Fields = Pick<BuiltLayer, 'indexes' | 'indexesBefore'>
const fields = (before: (after: Limit) => Limit): Fields => ({
  ...indexesField(before(undefined)),
  indexesBefore: before
})
/** of a layer that changes no number of its input, nor their order */
export const keepsIndexes: Fields = { indexesBefore: after => after }
/** of a layer that puts the numbers of its input elsewhere and changes none */
export const movesIndexes: Fields = { indexesBefore: forAll }
/** of a layer that takes some places of its input, which a list of their places says */
export const takesIndexes = (size: number, places: readonly number[]): Fields => ({
  indexesBefore: after => {
    if (typeof after !== 'number' && !isEach(after)) return after
    const limits = new Map(places.map((place, i) => [place, limitAt(after, i)]))
    return { each: Array.from({ length: size }, (_, place) => limits.get(place) ?? Infinity) }
  }
})
/** of a layer at each of several positions */
export const indexesAtEach = (layer: BuiltLayer): Fields => fields(after => forAll(indexesBefore(layer, forAll(after))))
/** of layers one after the other */
export const indexesInSequence = (layers: readonly BuiltLayer[]): Fields =>
  fields(after => layers.reduceRight((limit, layer) => indexesBefore(layer, limit), after))
/** of branches that each take their own input */
export const indexesOfParts = (layers: readonly BuiltLayer[]): Fields =>
  fields(after => {
    const all = layers.map((layer, i) => indexesBefore(layer, partAt(after, i)))
    return all.every(limit => limit === undefined) ? undefined : all
  })
/** of branches that all take the same input */
export const indexesOfAll = (layers: readonly BuiltLayer[]): Fields =>
  fields(after =>
    layers.reduce<Limit>((limit, layer, i) => both(limit, indexesBefore(layer, partAt(after, i))), undefined)
  )
