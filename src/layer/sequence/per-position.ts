/** A layer at every position of a sequence. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { reshape } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isDims, showShape, type Dims } from '../../value/shape.js'
import { tensorOf } from '../compose.js'
import type { Applied, BuiltLayer, Context, Layer, LayerDefinition, Value } from '../definition.js'
import { dense } from '../dense.js'
import { indexesAtEach } from '../indexes.js'
import type { AnyFail, Fail, Show } from '../types/fail.js'
import type { BodyOut, OutputRangeOf } from '../types/infer.js'
import type { BodyParams } from '../types/params.js'

export interface PerPosition<B extends Layer = Layer> {
  readonly tag: 'perPosition'
  readonly layer: B
}
type AnyPerPosition = PerPosition
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly perPosition: AnyPerPosition
  }
  interface ShapeRules<L, In> {
    readonly perPosition: L extends PerPosition<infer B>
      ? In extends readonly [infer T extends number, ...infer R extends readonly number[]]
        ? AtEach<T, BodyOut<B, R>>
        : Fail<'a sequence [positions, ...]', Show<In>>
      : never
  }
  interface OutputRangeRules<L> {
    readonly perPosition: L extends PerPosition<infer B> ? OutputRangeOf<B> : never
  }
  interface ParamRules<L, In> {
    readonly perPosition: L extends PerPosition<infer B>
      ? In extends readonly [number, ...infer R extends readonly number[]]
        ? BodyParams<B, R>
        : never
      : never
  }
}
type AtEach<T extends number, O> = O extends AnyFail
  ? O
  : O extends readonly number[]
    ? [T, ...O]
    : Fail<'a layer that gives one tensor', Show<O>>

/**
 * The same layer, with the same parameters, at every position of a sequence: y_t = f(x_t). [positions, ...] becomes [positions, ...output of
 * the layer]. As the layer counts, each position is an example: `batchNorm` inside takes its statistics over all of them, and `dropout`
 * draws for each by itself.
 *
 * @example model(input(16, 32), perPosition(sequential(dense(64), relu, dense(10)))) // [16, 10]
 */
export const perPosition = <const B extends Layer>(layer: B): PerPosition<B> =>
  Object.freeze({ tag: 'perPosition', layer })

/** the positions of all examples as examples, and back */
const eachAsExample = (body: BuiltLayer, output: Dims, context: Context, x: Expr): Applied => {
  const [examples = 1, positions = 1, ...rest] = x.shape
  // a position by itself is no sequence, so none of it is masked
  const { mask: _, ...inner } = context
  const applied = body.apply(inner, reshape(x, [examples * positions, ...rest]))
  return { ...applied, value: reshape(tensorOf(applied.value), [examples, positions, ...output]) }
}

const sequenceOf = (input: Dims): E.Either<ShapeError, readonly [number, Dims]> => {
  const [positions, ...rest] = input
  return positions === undefined
    ? E.left(shapeError([], 'a sequence [positions, ...]', showShape(input)))
    : E.right([positions, rest])
}

/** the definition of `perPosition`: the parameters are those of the layer */
export const perPositionDefinition: LayerDefinition<PerPosition> = {
  tag: 'perPosition',
  fields: ({ layer }) => ({ layer }),
  show: () => 'per position',
  place: ({ layer }, input, place) =>
    pipe(
      isDims(input) ? sequenceOf(input) : E.left(shapeError([], 'a sequence [positions, ...]', showShape(input))),
      E.chain(([positions, rest]) =>
        pipe(
          place.body(layer, rest),
          E.chain(body => {
            const { output } = body
            return isDims(output)
              ? E.right({
                  ...body,
                  ...indexesAtEach(body),
                  output: [positions, ...output],
                  apply: (context: Context, x: Value) => eachAsExample(body, output, context, tensorOf(x))
                })
              : E.left(shapeError([], 'a layer that gives one tensor', showShape(output)))
          })
        )
      )
    ),
  samples: [{ layer: perPosition(dense(2)), input: [3, 2] }]
}
