/** The type of a model's parameters, derived from its data; computed only where a program uses it. */
import type { Layer } from '../layer/definition.js'
import type { Model } from '../layer/model.js'
import type { BodyParams, SeriesParams } from '../layer/types/params.js'
import type { Shared } from '../layer/combinator/shared.js'
import type { IsUnion } from '../layer/types/fail.js'
import type { Body } from '../layer/types/infer.js'
import type { Tensor } from '../value/tensor.js'
import type { Branch } from '../value/tree.js'

/** the shared models inside a layer (its children are in `layer` or `layers`), as [key, model] */
type SharedIn<L> = [Layer] extends [L] ? never : SharedInEach<L>
type SharedInEach<L> =
  L extends Shared<infer K, infer M>
    ? readonly [K, M] | SharedIn<M['layer']>
    : L extends { readonly layers: infer Ls extends readonly unknown[] }
      ? number extends Ls['length']
        ? never
        : SharedIn<Ls[number]>
      : L extends { readonly layer: infer B }
        ? SharedIn<B>
        : never
type SharedEntry<U extends readonly [string, Model]> = [U] extends [never]
  ? never
  : readonly ['shared', { readonly [X in U as X[0]]: BodyParams<X[1]['layer'], X[1]['input']> }]

/**
 * The parameters of a model: a record by the labels of its layers, whose leaves are tensors of known shapes.
 *
 * @example type P = ParamsOf<typeof mlp> // { dense: { weight: Tensor<[784, 128]>; bias: Tensor<[128]> }; dense2: ... }
 */
export type ParamsOf<M extends Model> =
  M extends Model<infer In, infer _Out, infer L>
    ? IsUnion<L> extends true
      ? Branch<Tensor>
      : SeriesParams<Body<L>, In, SharedEntry<SharedIn<L>>>
    : never
