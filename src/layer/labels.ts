/** Labels of a list of layers: what parameters, random keys and messages go by, instead of positions. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import { collision } from '../random/index.js'
import { lookup } from '../registry/lookup.js'
import { showUnknown } from '../value/codec.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { isLabel } from '../value/tree.js'
import type { LayerRegistry, Layer } from './definition.js'

/** labels that stand beside each other: each once, and none with the hash of another, since random keys derive from hashes */
export const distinct = (labels: readonly string[]): E.Either<ShapeError, readonly string[]> =>
  pipe(
    collision(labels),
    O.match(
      () => E.right(labels),
      ([a, b]) =>
        a === b
          ? E.left(shapeError([], 'labels that differ', `${a} twice`, 'rename one with named'))
          : E.left(shapeError([], 'labels with different hashes', `${a} and ${b}`, 'rename one with named'))
    )
  )

/** untyped callers may pass something that is not a layer */
const isRecord = (u: unknown): boolean => typeof u === 'object' && u !== null

interface Proposal {
  readonly label: string
  /** the user's own: never numbered */
  readonly own: boolean
}
const propose =
  (registry: LayerRegistry) =>
  (i: number, layer: Layer): E.Either<ShapeError, Proposal> =>
    pipe(
      isRecord(layer)
        ? lookup(registry.layers, layer.tag, shapeError, [], 'one of the layers')
        : E.left(shapeError(['layers', String(i)], 'a layer', showUnknown(layer))),
      E.map(kind => {
        const name = kind.name?.(layer)
        return name === undefined ? { label: kind.label?.(layer) ?? layer.tag, own: false } : { label: name, own: true }
      }),
      E.filterOrElse(
        ({ label }) => isLabel(label),
        ({ label }) => shapeError([], 'a label of letters, digits, _ . -, at most 64', label)
      )
    )

/** dense, relu, dense2, relu2, ...: a name of the user's own stays as it is */
const numbered = (proposals: readonly Proposal[]): readonly string[] => {
  const counts = new Map<string, number>()
  return proposals.map(({ label, own }) => {
    if (own) return label
    const n = (counts.get(label) ?? 0) + 1
    counts.set(label, n)
    return n === 1 ? label : `${label}${n}`
  })
}

/** @returns Left when two labels collide or a layer is not in the registry */
export const labelsOf =
  (registry: LayerRegistry) =>
  (layers: readonly Layer[]): E.Either<ShapeError, readonly string[]> =>
    pipe(layers, E.traverseReadonlyArrayWithIndex(propose(registry)), E.map(numbered), E.chain(distinct))
