/** Leaves the padding of short sequences out of what the layers inside look at. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { cast, equal, node } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { count } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { isDims, showShape } from '../../value/shape.js'
import { tensorOf } from '../compose.js'
import type { Layer, LayerDefinition } from '../definition.js'
import type { Fail, Show } from '../types/fail.js'
import type { BodyOut, OutputRangeOf } from '../types/infer.js'
import type { BodyParams } from '../types/params.js'
import { sequential } from '../combinator/sequential.js'
import { embedding } from './embedding.js'
import { selfAttention } from './self-attention.js'

export interface MaskPadding<P extends number = number, B extends Layer = Layer> {
  readonly tag: 'maskPadding'
  /** the index that fills up short sequences */
  readonly padding: P
  readonly layer: B
}
type AnyMaskPadding = MaskPadding
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly maskPadding: AnyMaskPadding
  }
  interface ShapeRules<L, In> {
    readonly maskPadding: L extends MaskPadding<number, infer B>
      ? In extends readonly [number]
        ? BodyOut<B, In>
        : Fail<'a sequence of indexes [positions]', Show<In>>
      : never
  }
  interface OutputRangeRules<L> {
    readonly maskPadding: L extends MaskPadding<number, infer B> ? OutputRangeOf<B> : never
  }
  interface ParamRules<L, In> {
    readonly maskPadding: L extends MaskPadding<number, infer B> ? BodyParams<B, In> : never
  }
}

/**
 * The layers inside see which positions of a sequence of indexes are padding: `selfAttention` gives them no weight. A position takes part
 * where its index differs from the padding index. All other layers work as without it.
 *
 * @param padding the index that fills up short sequences
 * @example ofIndices(model(input(8), maskPadding(0)(sequential(embedding(50, 16), selfAttention(4), perPosition(dense(3))))))
 */
export const maskPadding =
  <const P extends number>(padding: P) =>
  <const B extends Layer>(layer: B): MaskPadding<P, B> =>
    Object.freeze({ tag: 'maskPadding', padding, layer })

/** whether each position takes part [examples, positions] */
const takesPart = (x: Expr, padding: number): Expr =>
  x.dtype === 'u32'
    ? equal(cast(equal(x, padding), 'f32'), 0)
    : node('invalid', [], {
        error: shapeError([], 'indexes (u32)', x.dtype, 'ofIndices(model) makes a model of indexes')
      })

/** the definition of `maskPadding`: the parameters are those of the layers inside */
export const maskPaddingDefinition: LayerDefinition<MaskPadding> = {
  tag: 'maskPadding',
  fields: ({ layer }) => ({ padding: count, layer }),
  show: ({ padding }) => `mask padding ${padding}`,
  place: ({ padding, layer }, input, place) =>
    pipe(
      isDims(input) && input.length === 1
        ? place.body(layer, input)
        : E.left(shapeError([], 'a sequence of indexes [positions]', showShape(input))),
      E.map(body => ({
        ...body,
        apply: (context, x) => body.apply({ ...context, mask: takesPart(tensorOf(x), padding) }, x)
      }))
    ),
  samples: [{ layer: maskPadding(0)(sequential(embedding(3, 2), selfAttention(1))), input: [3], indexes: 3 }]
}
