/** The skip connection. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add } from '../../expr/build.js'
import { shapeError } from '../../value/error.js'
import { sameShape, showShape } from '../../value/shape.js'
import { dense } from '../dense.js'
import type { LayerDefinition, Layer, Value } from '../definition.js'
import type { BodyParams } from '../types/params.js'
import { isExpr } from '../compose.js'
import type { AnyFail, Fail, NotKnown, Same, Show } from '../types/fail.js'
import type { BodyOut } from '../types/infer.js'

export interface Residual<B extends Layer = Layer> {
  readonly tag: 'residual'
  readonly layer: B
}
type AnyResidual = Residual
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly residual: AnyResidual
  }
  interface ShapeRules<L, In> {
    readonly residual: L extends Residual<infer B> ? KeptShape<In, BodyOut<B, In>> : never
  }
  interface ParamRules<L, In> {
    readonly residual: L extends Residual<infer B> ? BodyParams<B, In> : never
  }
}
type KeptShape<In, O> = O extends AnyFail
  ? O
  : Same<In, O> extends infer R
    ? R extends true
      ? In
      : R extends false
        ? Fail<`a block that keeps the shape ${Show<In>}`, `a block that gives ${Show<O>}`>
        : NotKnown<In, O>
    : never

/**
 * y = x + f(x): what a block computes is added to its input, so the block must keep the shape.
 *
 * @example residual(sequential(dense(128), relu, dense(128)))
 */
export const residual = <const B extends Layer>(layer: B): Residual<B> => Object.freeze({ tag: 'residual', layer })

const addValues = (x: Value, y: Value): Value =>
  isExpr(x) ? (isExpr(y) ? add(x, y) : y) : x.map((v, i) => addValues(v, isExpr(y) ? y : (y[i] ?? v)))

/** the definition of `residual`: a block that changes the shape is refused */
export const residualDefinition: LayerDefinition<Residual> = {
  tag: 'residual',
  fields: ({ layer }) => ({ layer }),
  show: () => 'residual',
  place: ({ layer }, input, place) =>
    pipe(
      place.body(layer, input),
      E.filterOrElse(
        body => sameShape(body.output, input),
        body =>
          shapeError(
            [],
            `a block that keeps the shape ${showShape(input)}`,
            `a block that gives ${showShape(body.output)}`
          )
      ),
      E.map(body => ({
        ...body,
        gives: 'numbers' as const,
        apply: (context, x) => {
          const inner = body.apply(context, x)
          return { ...inner, value: addValues(x, inner.value) }
        }
      }))
    ),
  samples: [{ layer: residual(dense(3)), input: [3] }]
}
