/** Registries with more definitions. */
import { family, type AnyRegistry, type Definition, type Family } from './definition.js'

/** definitions in a list, or in a record whose names are for readers alone: a member is found by the tag of its definition */
export type More<D> = readonly D[] | Readonly<Record<string, D>>

type Additions<R> = { readonly [F in keyof R]?: R[F] extends Family<infer D> | undefined ? More<D> : never }

/**
 * A registry with custom definitions: pass the result as `registry`. A definition replaces one with the same tag.
 *
 * @example const registry = extend(builtIn, { layers: { prelu }, losses: { expectile } })
 * train(settings, { backend, registry })(data)
 */
export const extend = <R extends AnyRegistry>(registry: R, more: Additions<R>): R => {
  const before = registry as Readonly<Record<string, Family<Definition> | undefined>>
  const added = Object.entries(more as Readonly<Record<string, More<Definition> | undefined>>).map(
    ([field, definitions = []]) => [
      field,
      Object.freeze({ ...before[field], ...family(...Object.values<Definition>(definitions)) })
    ]
  )
  return Object.freeze({ ...registry, ...(Object.fromEntries(added) as Partial<R>) })
}
