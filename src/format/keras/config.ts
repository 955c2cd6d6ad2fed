/** Settings in the JSON of Keras, which are data of unknown kind until they are asked for. */
import { isObject } from '../../value/argument.js'
import { showUnknown } from '../../value/codec.js'
import { missing, type Missing } from '../import/missing.js'
import { isSize, showShape, type Dims } from '../../value/shape.js'

export { missing, type Missing }

export type Config = Readonly<Record<string, unknown>>
export const isMissing = (u: unknown): u is Missing =>
  isObject(u) && typeof u['expected'] === 'string' && typeof u['got'] === 'string'

export const isRecord = (u: unknown): u is Config => isObject(u) && !Array.isArray(u)
/** a record, or one without entries */
export const recordIn = (c: Config, key: string): Config => {
  const u = at(c, key)
  return isRecord(u) ? u : {}
}
/** an entry of its own: a name in a file is no name of something that all objects have */
export const at = (c: Config, key: string): unknown => (Object.hasOwn(c, key) ? c[key] : undefined)
const shown = (u: unknown): string => (u === undefined ? 'nothing' : isObject(u) ? 'another value' : showUnknown(u))

/** spellings of one name: `hardSigmoid`, `hard_sigmoid` */
export const plainName = (name: string): string => name.replaceAll('_', '').toLowerCase()

type Read<A> = A | Missing
export const textIn = (c: Config, key: string, other = ''): Read<string> => {
  const u = at(c, key) ?? other
  return typeof u === 'string' ? u : missing(`a text for ${key}`, shown(u))
}
export const flagIn = (c: Config, key: string, other: boolean): Read<boolean> => {
  const u = at(c, key) ?? other
  return typeof u === 'boolean' ? u : missing(`true or false for ${key}`, shown(u))
}
export const numberIn = (c: Config, key: string, other?: number): Read<number> => {
  const u = at(c, key) ?? other
  return typeof u === 'number' && Number.isFinite(u) ? u : missing(`a number for ${key}`, shown(u))
}
export const sizeIn = (c: Config, key: string, other?: number): Read<number> => {
  const u = at(c, key) ?? other
  return isSize(u) ? u : missing(`a positive whole number for ${key}`, shown(u))
}
/** a number for each axis, written once or as a list */
export const sizesIn = (c: Config, key: string, rank: number, other: unknown = 1): Read<Dims> => {
  const u = at(c, key) ?? other
  const list: readonly unknown[] = Array.isArray(u) ? u : Array.from({ length: rank }, () => u)
  return list.length === rank && list.every(isSize)
    ? list
    : missing(`${rank} positive whole numbers for ${key}`, Array.isArray(u) ? 'another list' : shown(u))
}

/** the sizes of an example, of a shape with the batch in front */
export const exampleIn = (u: unknown): Read<Dims> => {
  if (!Array.isArray(u)) return missing('a shape [null, ...]', shown(u))
  const sizes: readonly unknown[] = u.slice(1)
  return sizes.length > 0 && sizes.length < 8 && sizes.every(isSize)
    ? sizes
    : missing(
        'sizes of an example that the file says',
        `[${u.slice(0, 8).map(shown).join(', ')}]`,
        'save the model for inputs of one size'
      )
}
/** settings that must have one value, since layers here have no other */
export const fixed = (c: Config, wanted: Readonly<Record<string, readonly unknown[]>>): Missing | undefined => {
  for (const [key, values] of Object.entries(wanted)) {
    const u = at(c, key)
    // what is absent or null has the default of Keras, which is the first of these values
    if (u === undefined || u === null || values.includes(u)) continue
    return missing(`${key} ${values.map(showUnknown).join(' or ')}`, shown(u))
  }
  return undefined
}
/** the last axis, counted from either end; a list of one counts as its number */
export const lastAxis = (c: Config, sizes: Dims): Missing | undefined => {
  const u = at(c, 'axis') ?? -1
  const axis: unknown = Array.isArray(u) && u.length === 1 ? u[0] : u
  return axis === -1 || axis === sizes.length
    ? undefined
    : missing(
        `the last axis of ${showShape(sizes)}`,
        `axis ${Array.isArray(u) ? `[${u.slice(0, 8).map(shown).join(', ')}]` : shown(u)}`
      )
}
