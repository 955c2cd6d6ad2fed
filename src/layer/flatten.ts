/** From any tensor to a list of numbers. */
import * as E from 'fp-ts/lib/Either.js'
import { reshape } from '../expr/build.js'
import { shapeError } from '../value/error.js'
import { isDims, showShape, sizeOf } from '../value/shape.js'
import type { LayerDefinition } from './definition.js'
import type { Product } from './types/nat.js'
import { batchShape, tensorLayer } from './compose.js'
import { keepsIndexes } from './indexes.js'
import type { Dims, OneTensor } from './types/fail.js'

export interface Flatten {
  readonly tag: 'flatten'
}
declare module './definition.js' {
  interface BuiltInLayers {
    readonly flatten: Flatten
  }
  interface ShapeRules<L, In> {
    readonly flatten: In extends Dims ? [Product<In>] : OneTensor<In>
  }
}

/** [28, 28, 1] -> [784], row-major: the numbers stay in their order */
export const flatten: Flatten = Object.freeze({ tag: 'flatten' })

/** the definition of `flatten` */
export const flattenDefinition: LayerDefinition<Flatten> = {
  tag: 'flatten',
  fields: () => ({}),
  show: () => 'flatten',
  place: (_, input) => {
    if (!isDims(input)) return E.left(shapeError([], 'one tensor', showShape(input), 'merge the branches before it'))
    const output = [sizeOf(input)]
    return E.right({ ...tensorLayer({ output, formula: x => reshape(x, batchShape(x, output)) }), ...keepsIndexes })
  },
  samples: [{ layer: flatten, input: [2, 3, 1] }]
}
