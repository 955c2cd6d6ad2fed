/** Composition. A free monoid: `sequential` is associative and `sequential()` its identity, as equality of data and of types. */
import { list } from '../../value/codec.js'
import { tanh } from '../activation.js'
import { dense } from '../dense.js'
import type { LayerDefinition, Layer } from '../definition.js'
import type { SeriesParams } from '../types/params.js'
import type { BranchesOf, OutputRangeOf, Series } from '../types/infer.js'

export interface Sequential<Ls extends readonly Layer[] = readonly Layer[]> {
  readonly tag: 'sequential'
  readonly layers: Ls
}
type AnySequential = Sequential
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly sequential: AnySequential
  }
  interface ShapeRules<L, In> {
    readonly sequential: L extends Sequential<infer Ls> ? Series<Ls, In> : never
  }
  interface BodyRules<L> {
    readonly sequential: L extends Sequential<infer Ls> ? Ls : never
  }
  interface OutputRangeRules<L> {
    readonly sequential: L extends Sequential<readonly [...Layer[], infer Last extends Layer]>
      ? OutputRangeOf<Last>
      : never
  }
  interface BranchRules<L> {
    readonly sequential: L extends Sequential<readonly [...Layer[], infer Last extends Layer]>
      ? BranchesOf<Last>
      : never
  }
  interface ParamRules<L, In> {
    readonly sequential: L extends Sequential<infer Ls> ? SeriesParams<Ls, In> : never
  }
}

type Flat<Ls extends readonly unknown[], Acc extends readonly Layer[] = []> = Ls extends readonly [
  infer H extends Layer,
  ...infer T
]
  ? [H] extends [Sequential<infer Hs>]
    ? number extends Hs['length']
      ? Flat<T, [...Acc, H]>
      : Flat<T, [...Acc, ...Hs]>
    : Flat<T, [...Acc, H]>
  : Acc
/** a list of layers with the sequences in it dissolved */
export type Flattened<Ls extends readonly unknown[]> = number extends Ls['length'] ? Ls : Flat<Ls>
type SequenceOf<Ls> = Ls extends readonly [infer X extends Layer]
  ? X
  : Ls extends readonly Layer[]
    ? Sequential<Ls>
    : never
/** one layer for a list of layers */
export type Sequence<Ls extends readonly unknown[]> = number extends Ls['length'] ? Layer : SequenceOf<Flat<Ls>>

/** the list of layers that a layer is */
export const layersOf = (layer: Layer): readonly Layer[] =>
  // untyped callers may pass nothing, which checkModel refuses
  (layer as Layer | null | undefined)?.tag === 'sequential' ? (layer as Sequential).layers : [layer]

/**
 * Layers one after the other. Nested sequences dissolve and a sequence of one is the layer itself, so that
 * `sequential(a, sequential(b, c))` equals `sequential(a, b, c)` and parameters keep their labels when layers move into a block.
 *
 * @example const block = sequential(dense(64), relu)
 */
export const sequential = <const Ls extends readonly Layer[]>(...layers: Ls): Sequence<Ls> => {
  const flat = layers.flatMap(layersOf)
  const [only] = flat
  return (
    flat.length === 1 && only !== undefined ? only : Object.freeze({ tag: 'sequential', layers: Object.freeze(flat) })
  ) as Sequence<Ls>
}

/** the definition of `sequential` */
export const sequentialDefinition: LayerDefinition<Sequential> = {
  tag: 'sequential',
  fields: ({ layer }) => ({ layers: list(layer) }),
  show: () => 'sequential',
  place: (layer, input, place) => place.body(layer, input),
  samples: [{ layer: sequential(dense(3), tanh), input: [2] }]
}
