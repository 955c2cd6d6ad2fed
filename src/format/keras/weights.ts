/** The weights of a file by name, and which of them belong to a layer. */
import { sameShape, showShape, type Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import { missing, type Missing } from './config.js'

/** `dense/kernel`; in .keras files the names of the layers around a weight, and its place among those of the layer: `dense/0` */
export interface StoredWeight {
  readonly name: string
  /** why its numbers are not read, where they are not */
  readonly tensor: Tensor | Missing
}
export interface Weights {
  readonly find: (
    path: readonly string[],
    names: readonly string[],
    place: number,
    shape: Dims,
    part: string
  ) => Tensor | Missing
}

/** `name:0` is what TensorFlow calls the first output of a variable */
const cut = (name: string): string => name.replace(/:0$/, '')
interface Entry extends StoredWeight {
  /** with a / around it, as names are compared */
  readonly owner: string
  readonly key: string
}
const entryOf = (stored: StoredWeight): Entry => {
  const name = cut(stored.name)
  const end = name.lastIndexOf('/')
  return { ...stored, owner: `/${name.slice(0, Math.max(end, 0))}/`, key: name.slice(end + 1) }
}

/** weights by the last name of their layer, so that a file of many layers is looked through once */
const byKey = (all: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> => {
  const found = new Map<string, Entry[]>()
  for (const e of all) {
    const before = found.get(e.key)
    if (before === undefined) found.set(e.key, [e])
    else before.push(e)
  }
  return found
}

/** Layers find their weights by name. Names that two weights could be meant by give an error, never one of the two. */
export const weightsFrom = (stored: readonly StoredWeight[]): Weights => {
  const entries = stored.map(entryOf)
  const keys = byKey(entries)
  const find: Weights['find'] = (path, names, place, shape, part) => {
    const own = path.at(-1) ?? ''
    const within = (e: Entry): boolean => {
      const at = e.owner.indexOf(`/${own}/`)
      return at >= 0 && (part === '' || e.owner.slice(at + own.length + 1).includes(`/${part}`))
    }
    const around = path.slice(0, -1)
    const fitting = [...new Set([...names, `${place}`])].flatMap(key => (keys.get(key) ?? []).filter(within))
    // a layer of an inner model has the names of the models before its own
    const nearest =
      fitting.length > 1 ? fitting.filter(e => e.owner.endsWith(`/${[...around, own].join('/')}/`)) : fitting
    const named = nearest.length === 0 ? fitting : nearest
    const [only, another] = named
    const called = `a weight ${own}/${part === '' ? '' : `${part}.../`}${names[0] ?? ''}`
    if (only === undefined) return missing(called, 'none')
    if (another !== undefined)
      return missing(`${called} once`, `${named.length} times`, 'give the layers of all models names that differ')
    if ('expected' in only.tensor) return only.tensor
    if (!sameShape(only.tensor.shape, shape))
      return missing(`${showShape(shape)} for ${only.name}`, showShape(only.tensor.shape))
    return only.tensor
  }
  return { find }
}
