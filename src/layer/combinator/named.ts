/** A label of the user's own. */
import { label } from '../../value/codec.js'
import { dense } from '../dense.js'
import type { LayerDefinition, Layer } from '../definition.js'
import type { BodyParams } from '../types/params.js'
import type { BodyOut, BranchesOf, OutputRangeOf } from '../types/infer.js'

export interface Named<K extends string = string, B extends Layer = Layer> {
  readonly tag: 'named'
  readonly name: K
  readonly layer: B
}
type AnyNamed = Named
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly named: AnyNamed
  }
  interface ShapeRules<L, In> {
    readonly named: L extends Named<string, infer B> ? BodyOut<B, In> : never
  }
  interface NameRules<L> {
    readonly named: L extends Named<infer K> ? K : never
  }
  interface OutputRangeRules<L> {
    readonly named: L extends Named<string, infer B> ? OutputRangeOf<B> : never
  }
  interface BranchRules<L> {
    readonly named: L extends Named<string, infer B> ? BranchesOf<B> : never
  }
  interface ParamRules<L, In> {
    readonly named: L extends Named<string, infer B> ? BodyParams<B, In> : never
  }
}

/**
 * Puts a layer under a name: its parameters are found there, whatever stands before or after it.
 *
 * @example model(input(784), named('hidden')(dense(128))) // parameters { hidden: { dense: { weight, bias } } }
 */
export const named =
  <const K extends string>(name: K) =>
  <const B extends Layer>(layer: B): Named<K, B> =>
    Object.freeze({ tag: 'named', name, layer })

/** the definition of `named`: the label is the name, and no number is put after it */
export const namedDefinition: LayerDefinition<Named> = {
  tag: 'named',
  fields: ({ layer }) => ({ name: label, layer }),
  show: () => 'named',
  name: layer => layer.name,
  place: (layer, input, place) => place.body(layer.layer, input),
  samples: [{ layer: named('hidden')(dense(2)), input: [3] }]
}
