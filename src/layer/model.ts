/** A layer with the input it is for. The compiler checks every shape in it; as data it is its input and its layers, no more. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { sameShape, showShape } from '../value/shape.js'
import { elementType, shape } from './codecs.js'
import { dense } from './dense.js'
import type { LayerDefinition, Layer, BuildContext, BuiltLayer } from './definition.js'
import type { BodyParams } from './types/params.js'
import { sequential, type Flattened, type Sequence } from './combinator/sequential.js'
import type { KnownSize, SizeOf } from './types/size.js'
import type { AnyFail, Fail, Inside, NotKnown, Plain, Same, Sentence, Shape, Show } from './types/fail.js'
import type { FromList, OutputRangeOf, NoLayer, Out, Series } from './types/infer.js'

export declare const output: unique symbol
/** the data of a model, whose shapes are not checked */
export interface ModelData<In extends Shape = Shape, L extends Layer = Layer> {
  readonly tag: 'model'
  readonly input: In
  /** the element type of the input: indexes (u32); absent for numbers of the training's precision */
  readonly dtype?: 'u32' | undefined
  readonly layer: L
}
/** A model whose shapes have been checked: by the compiler (`model`) or when the program runs (`checkModel`). */
export interface Model<In extends Shape = Shape, O extends Shape = Shape, L extends Layer = Layer> extends ModelData<
  In,
  L
> {
  readonly [output]: O
}
type AnyModel = Model
declare module './definition.js' {
  interface BuiltInLayers {
    readonly model: AnyModel
  }
  interface ShapeRules<L, In> {
    readonly model: ModelOut<L, In>
  }
  interface OutputRangeRules<L> {
    readonly model: L extends ModelData<Shape, infer B> ? OutputRangeOf<B> : never
  }
  interface ParamRules<L, In> {
    readonly model: L extends ModelData<infer A, infer B> ? BodyParams<B, A> : never
  }
}
/** the output of a model as a layer: it has been checked, so nothing inside is looked at again */
export type ModelOut<M, In> =
  M extends Model<infer A, infer B>
    ? Same<A, In> extends infer R
      ? R extends true
        ? B
        : R extends false
          ? Fail<`the input ${Show<A>}`, Show<In>>
          : NotKnown<A, In>
      : never
    : never

// ---- inputs

/** what a shape keeps of its sizes: the literals, `number` for a Size */
export type Sizes<S extends readonly number[]> = Plain<{ [I in keyof S]: KnownSize<S[I]> }>
type SizeArg<N extends number> = SizeOf<N> extends number ? N : Sentence<Inside<'input', SizeOf<N>>>

/** the shape of one example: `input(28, 28, 1)`; the batch axis is never part of a shape */
export const input = <const S extends number[]>(...sizes: { [I in keyof S]: SizeArg<S[I]> }): Sizes<S> =>
  Object.freeze(sizes) as unknown as Sizes<S>
/** the shapes of several inputs: `inputs(input(3), input(4))` */
export const inputs = <S extends readonly Shape[]>(...shapes: S): S => Object.freeze(shapes)

/** the first thing wrong with the shape of an input, or never */
type WrongInput<S> = S extends readonly [infer H, ...infer T]
  ? (
      H extends number ? (SizeOf<H> extends AnyFail ? (number extends H ? never : SizeOf<H>) : never) : WrongInput<H>
    ) extends infer W
    ? [W] extends [never]
      ? WrongInput<T>
      : W
    : never
  : S extends readonly []
    ? never
    : Fail<'a shape that the compiler knows', Show<S>, 'begin with input(...), or use checkModel'>
type InputArg<In> = [WrongInput<In>] extends [never] ? In : Sentence<Inside<'input', WrongInput<In>>>

// ---- the verdict of the compiler

/** the guilty argument becomes the sentence that says what is wrong, so that the editor underlines it */
type Blame<Ls extends readonly unknown[], I, M> = { [K in keyof Ls]: K extends I ? M : Ls[K] }
/** the position of the first layer that fails by itself; the last one where they only fail together */
type Guilty<Ls extends readonly unknown[], S, Before extends readonly unknown[] = []> = Ls extends readonly [
  infer H extends Layer,
  ...infer T
]
  ? Out<H, S> extends infer O
    ? O extends AnyFail
      ? `${Before['length']}`
      : T extends readonly []
        ? `${Before['length']}`
        : Guilty<T, O, [...Before, H]>
    : never
  : never
/** the layers themselves where they fit the input, or the sentence */
export type Fitting<Ls extends readonly unknown[], In> = number extends Ls['length']
  ? readonly Sentence<FromList>[]
  : [Ls[number]] extends [Layer]
    ? FittingLayers<Ls, In>
    : { [K in keyof Ls]: Ls[K] extends Layer ? Ls[K] : Sentence<NoLayer<Ls[K]>> }
type FittingLayers<Ls extends readonly unknown[], In> =
  Series<Flattened<Ls>, In> extends infer O ? (O extends AnyFail ? Blame<Ls, Guilty<Ls, In>, Sentence<O>> : Ls) : never
type FittingOne<L, In> = Series<Flattened<[L]>, In> extends infer O ? (O extends AnyFail ? Sentence<O> : L) : never
type FinalShape<Ls extends readonly unknown[], In> = Series<Flattened<Ls>, In> extends infer O extends Shape ? O : Shape

type SequenceOf<Ls extends readonly unknown[]> = Ls extends readonly Layer[] ? Sequence<Ls> : Layer

/** anything but a list stays as it is: checkModel refuses it */
const copy = (s: Shape): Shape =>
  Array.isArray(s) ? (Object.freeze(s.map((x: number | Shape) => (typeof x === 'number' ? x : copy(x)))) as Shape) : s

const make = (shape: Shape, layers: readonly unknown[]): ModelData =>
  Object.freeze({ tag: 'model', input: copy(shape), layer: sequential(...(layers as readonly Layer[])) })

/**
 * A model: the shape of one example, and layers. The compiler computes every shape, and a layer that does not fit is a compile-time error
 * with the sentence that `checkModel` would give.
 *
 * @example const mlp = model(input(784), dense(128), relu, dense(10)) // Model<[784], [10], ...>
 */
export const model = <const In extends Shape, const Ls extends readonly unknown[]>(
  input: InputArg<In>,
  ...layers: Fitting<Ls, Plain<In>>
): Model<Plain<In>, FinalShape<Ls, Plain<In>>, SequenceOf<Ls>> =>
  make(input as Shape, layers) as Model<Plain<In>, FinalShape<Ls, Plain<In>>, SequenceOf<Ls>>

/** `model` for the end of a pipe: `pipe(block, repeat(3), on(input(784)))` */
export const forInput =
  <const In extends Shape>(input: InputArg<In>) =>
  <const L extends Layer>(layer: FittingOne<L, Plain<In>>): Model<Plain<In>, FinalShape<[L], Plain<In>>, L> =>
    make(input as Shape, [layer]) as Model<Plain<In>, FinalShape<[L], Plain<In>>, L>

/** The data of a model, for `checkModel`: layers and sizes that only the running program knows. */
export const modelData = <const In extends Shape, const Ls extends readonly Layer[]>(
  input: In,
  ...layers: Ls
): ModelData<Plain<In>, Sequence<Ls>> => make(input, layers) as ModelData<Plain<In>, Sequence<Ls>>

/**
 * The same model for inputs of indexes (u32) instead of numbers, such as words of a vocabulary: `train` and `predict` then take u32.
 *
 * @example ofIndices(model(input(8), embedding(1000, 16))) // 8 words of a vocabulary of 1,000
 */
export const ofIndices = <M extends ModelData>(model: M): M & { readonly dtype: 'u32' } =>
  Object.freeze({ ...model, dtype: 'u32' as const })

/** a model as a layer: its layers, where the input is the one it is for */
export const buildModel = (data: ModelData, shape: Shape, place: BuildContext): E.Either<ShapeError, BuiltLayer> =>
  sameShape(data.input, shape)
    ? place.body(data.layer, shape)
    : E.left(shapeError([], `the input ${showShape(data.input)}`, showShape(shape)))

/** the definition of a model as a layer of another one; its input shape must equal the shape that reaches it */
export const modelDefinition: LayerDefinition<Model> = {
  tag: 'model',
  fields: ({ layer }) => ({ input: shape, dtype: elementType, layer }),
  show: () => 'model',
  place: buildModel,
  samples: [{ layer: model([3], dense(2)), input: [3] }]
}
