/** The data that a training takes, where the compiler knows its model and its loss. */
import type { Feature } from '../data/dataset.js'
import type { DatasetOf, Features, Part } from '../data/features.js'
import type { Model } from '../layer/model.js'
import type { Dims, Shape } from '../value/shape.js'
import type { AnyLoss, OutputLoss, PerOutput } from './per-output.js'

/** as many as another list has */
type AsMany<S extends readonly unknown[]> = { readonly [I in keyof S]: Part }
type Inputs<In extends Shape> = Shape extends In
  ? Features
  : In extends Dims
    ? Feature
    : AsMany<In> | Readonly<Record<string, Part>>
type Targets<L> = [L] extends [PerOutput<infer Os>]
  ? Os extends readonly OutputLoss[]
    ? number extends Os['length']
      ? Features
      : AsMany<Os> | { readonly [N in Os[number]['name']]: Part }
    : Features
  : PerOutput extends L
    ? Features
    : Feature

/** one tensor for one input or output, a tuple or a record for several */
export type DataFor<M extends Model, L extends AnyLoss> = [M] extends [never]
  ? DatasetOf
  : M extends Model<infer In>
    ? DatasetOf<Inputs<In>, Targets<L>>
    : DatasetOf
