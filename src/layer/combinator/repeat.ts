/** A block several times over, each time with its own parameters. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { size } from '../../value/codec.js'
import { shapeError, withinPath, type ShapeError } from '../../value/error.js'
import { sameShape, type Shape } from '../../value/shape.js'
import { dense } from '../dense.js'
import type { LayerDefinition, LabelledLayer, Layer, BuildContext } from '../definition.js'
import type { Add } from '../types/nat.js'
import type { BodyParams, None } from '../types/params.js'
import { composeSequential, maxLayers } from '../compose.js'
import { checkSizes, type Sized } from '../types/size.js'
import type { AnyFail, Inside, NotKnown, Same } from '../types/fail.js'
import type { BodyOut } from '../types/infer.js'

export interface Repeat<N extends number = number, B extends Layer = Layer> {
  readonly tag: 'repeat'
  readonly times: N
  readonly layer: B
}
type AnyRepeat = Repeat
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly repeat: AnyRepeat
  }
  interface ShapeRules<L, In> {
    readonly repeat: L extends Repeat<infer N, infer B> ? Sized<N, Times<B, N, In>> : never
  }
  interface ParamRules<L, In> {
    readonly repeat: L extends Repeat<infer N, infer B> ? ByNumber<TimesParams<B, N, In>> : never
  }
}
/** a block that keeps the shape is looked at once, whatever N */
type Times<B, N extends number, In, I extends number = 0> =
  BodyOut<B, In> extends infer O
    ? O extends AnyFail
      ? Inside<`${I}`, O>
      : Same<In, O> extends true
        ? In
        : number extends N
          ? NotKnown<In, O>
          : Add<I, 1> extends infer J extends number
            ? N extends J
              ? O
              : Times<B, N, O, J>
            : never
    : never
/** the parameters of every repetition: one type, where the block keeps the shape */
type TimesParams<B, N extends number, In, I extends number = 0> =
  | BodyParams<B, In>
  | (BodyOut<B, In> extends infer O
      ? Same<In, O> extends false
        ? Add<I, 1> extends infer J extends number
          ? N extends J
            ? never
            : TimesParams<B, N, O, J>
          : never
        : never
      : never)
type ByNumber<P> = [keyof P] extends [never] ? None : Readonly<Record<number, P>>

/**
 * A block n times over, one after the other; parameters are found under 0, 1, 2, ...
 *
 * @example pipe(sequential(dense(64), relu), residual, repeat(3))
 */
export const repeat =
  <const N extends number>(times: N) =>
  <const B extends Layer>(layer: B): Repeat<N, B> =>
    Object.freeze({ tag: 'repeat', times, layer })

const tooMany = (n: number): ShapeError => shapeError([], `at most ${maxLayers} layers`, `${n}`)

/** placed again and again until the shape stays, and from then on the same placed block */
const repetitions = (
  block: Layer,
  times: number,
  input: Shape,
  place: BuildContext
): E.Either<ShapeError, readonly LabelledLayer[]> => {
  const out: LabelledLayer[] = []
  let shape = input
  for (let i = 0, steady = false; i < times; i++) {
    const before = out.at(-1)
    const placed = steady && before !== undefined ? E.right(before[1]) : withinPath(`${i}`)(place.body(block, shape))
    if (E.isLeft(placed)) return placed
    const rows = times * placed.right.rows.length
    if (times > maxLayers || rows > maxLayers) return E.left(tooMany(Math.max(times, rows)))
    steady = sameShape(placed.right.output, shape)
    shape = placed.right.output
    out.push([`${i}`, placed.right])
  }
  return E.right(out)
}

/** the definition of `repeat`: each repetition has its own parameters */
export const repeatDefinition: LayerDefinition<Repeat> = {
  tag: 'repeat',
  fields: ({ layer }) => ({ times: size, layer }),
  show: ({ times }) => `repeat ${times}`,
  place: ({ times, layer }, input, place) =>
    pipe(
      checkSizes([times]),
      E.chain(() => repetitions(layer, times, input, place)),
      E.chain(blocks => composeSequential(blocks, input))
    ),
  samples: [{ layer: repeat(2)(dense(2)), input: [3] }]
}
