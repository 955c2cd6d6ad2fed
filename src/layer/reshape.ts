/** The same numbers in another shape. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { reshape as reshaped } from '../expr/build.js'
import { dimsCodec } from '../value/codec.js'
import { shapeError } from '../value/error.js'
import { isDims, showShape, sizeOf } from '../value/shape.js'
import type { LayerDefinition } from './definition.js'
import type { Product } from './types/nat.js'
import { batchShape, tensorLayer } from './compose.js'
import { keepsIndexes } from './indexes.js'
import { checkSizes, type AllSized } from './types/size.js'
import type { Dims, Fail, NotKnown, OneTensor, Same, Show } from './types/fail.js'

export interface Reshape<T extends Dims = Dims> {
  readonly tag: 'reshape'
  readonly shape: T
}
declare module './definition.js' {
  interface BuiltInLayers {
    readonly reshape: Reshape
  }
  interface ShapeRules<L, In> {
    readonly reshape: L extends Reshape<infer T>
      ? AllSized<T, In extends Dims ? Reshaped<In, T> : OneTensor<In>>
      : never
  }
}
type Reshaped<In extends Dims, T extends Dims> =
  Same<Product<In>, Product<T>> extends infer R
    ? R extends true
      ? T
      : R extends false
        ? Fail<`${Product<In>} numbers, as in ${Show<In>}`, `${Product<T>}, as in ${Show<T>}`>
        : NotKnown<In, T>
    : never

/** [784] -> [28, 28, 1] and the like, row-major: the numbers stay in their order */
export const reshape = <const T extends number[]>(...shape: T): Reshape<T> =>
  Object.freeze({ tag: 'reshape', shape: Object.freeze(shape) })

/** the definition of `reshape` */
export const reshapeDefinition: LayerDefinition<Reshape> = {
  tag: 'reshape',
  fields: () => ({ shape: dimsCodec }),
  show: ({ shape }) => `reshape ${showShape(shape)}`,
  place: ({ shape }, input) =>
    pipe(
      checkSizes(shape),
      E.chain(() =>
        !isDims(input)
          ? E.left(shapeError([], 'one tensor', showShape(input), 'merge the branches before it'))
          : sizeOf(input) !== sizeOf(shape)
            ? E.left(
                shapeError(
                  [],
                  `${sizeOf(input)} numbers, as in ${showShape(input)}`,
                  `${sizeOf(shape)}, as in ${showShape(shape)}`
                )
              )
            : E.right({
                ...tensorLayer({ output: shape, formula: x => reshaped(x, batchShape(x, shape)) }),
                ...keepsIndexes
              })
      )
    ),
  samples: [{ layer: reshape(3, 2), input: [6] }]
}
