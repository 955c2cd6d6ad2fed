/** What a file has and gradfold has no form for, and the size of what it does have. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Layer } from '../../layer/definition.js'
import { modelData } from '../../layer/model.js'
import { builtInLayers } from '../../layer/registry.js'
import { build } from '../../model/build.js'
import { sizeOf, type Dims, type Shape } from '../../value/shape.js'
import type { FloatType } from '../../value/tensor.js'

/** why a part of a file has no form here */
export interface Missing {
  readonly expected: string
  readonly got: string
  readonly hint?: string
}
export const missing = (expected: string, got: string, hint = ''): Missing => ({ expected, got, hint })

/** numbers of a value for one example */
export const maxNumbers = 67_108_864

/** the output of a layer for its input, or for each of several */
export const placedAs =
  (dtype: FloatType) =>
  (layer: Layer, input: Shape): E.Either<Missing, Dims> =>
    pipe(
      build(modelData(input, layer), builtInLayers, dtype),
      E.mapLeft(({ expected, got, hint }) => ({ expected, got, hint })),
      E.chain(({ output }) =>
        sizeOf(output as Dims) <= maxNumbers
          ? E.right(output as Dims)
          : E.left(missing(`at most ${maxNumbers} numbers for an example`, `${sizeOf(output as Dims)}`))
      )
    )
