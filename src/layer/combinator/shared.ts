/** One set of parameters in several places. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { label, type Codec } from '../../value/codec.js'
import { child } from '../../value/tree.js'
import { dense } from '../dense.js'
import type { LayerDefinition, Layer } from '../definition.js'
import { model, buildModel, type Model, type ModelOut } from '../model.js'

export interface Shared<K extends string = string, M extends Model = Model> {
  readonly tag: 'shared'
  readonly key: K
  readonly layer: M
}
type AnyShared = Shared
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly shared: AnyShared
  }
  interface ShapeRules<L, In> {
    readonly shared: L extends Shared<string, infer M> ? ModelOut<M, In> : never
  }
  interface LabelRules<L> {
    readonly shared: L extends Shared<infer K> ? K : never
  }
}

type ModelArg<L> = L extends Model
  ? L
  : 'shared: expected a model, got a layer without its input; close it with model(input(...), ...)'
type SharedOf<K extends string, L> = L extends Model ? Shared<K, L> : never

/**
 * The same parameters wherever the same key stands: they live once, at `shared/<key>` of the whole model. Takes a closed model, since
 * the parameters' shapes must not depend on the place. Running statistics belong to each place.
 *
 * @example const encoder = shared('encoder')(model(input(784), dense(64), relu))
 * sequential(parallel(encoder, encoder), mergeMultiply)
 */
export const shared =
  <const K extends string>(key: K) =>
  <const L extends Layer>(layer: ModelArg<L>): SharedOf<K, L> =>
    Object.freeze({ tag: 'shared', key, layer }) as unknown as SharedOf<K, L>

const isModel = (layer: Layer): layer is Model => layer.tag === 'model'
const modelCodec = (layer: Codec<Layer>): Codec<Model> =>
  new t.Type<Model, unknown, unknown>(
    'model',
    (u): u is Model => layer.is(u) && isModel(u),
    (u, c) =>
      pipe(
        layer.validate(u, c),
        E.chain(l => (isModel(l) ? t.success(l) : t.failure(u, c, 'a model (a record whose tag is model)')))
      ),
    m => layer.encode(m)
  )

/** the definition of `shared`: parameters are once at the root of the model, under the key */
export const sharedDefinition: LayerDefinition<Shared> = {
  tag: 'shared',
  fields: ({ layer }) => ({ key: label, layer: modelCodec(layer) }),
  show: ({ key }) => `shared ${key}`,
  label: ({ key }) => key,
  place: ({ key, layer }, input, place) =>
    pipe(
      buildModel(layer, input, place),
      E.map(placed => ({
        ...placed,
        params: {},
        shared: { ...placed.shared, [key]: { layer, output: placed.output, params: placed.params } },
        apply: (context, x) => placed.apply({ ...context, params: child(context.shared, key) }, x),
        rows: placed.rows.map(r => ({ ...r, parameters: 0 }))
      }))
    ),
  samples: [{ layer: shared('encoder')(model([3], dense(2))), input: [3] }]
}
