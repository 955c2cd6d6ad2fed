/** Models from data, checked at run time. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { LayerRegistry, Layer } from '../layer/definition.js'
import type { Model, ModelData } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { modelArgument, shapeArgument, wrongArgument } from '../value/argument.js'
import { failIf, shapeError, type ShapeError } from '../value/error.js'
import { sameShape, showShape, type Shape } from '../value/shape.js'
import { build } from './build.js'

/** a model of any shapes */
export type AnyModel = Model

/**
 * The run-time form of `model`: the data of a model, checked. The error is the sentence that the compiler would give.
 *
 * @example pipe(modelData([n], dense(m), relu), checkModel) // n and m: numbers that the compiler does not know
 * @returns Left with the label path of the first layer that does not fit
 */
export const checkModel = <In extends Shape, L extends Layer>(
  data: ModelData<In, L>,
  registry: LayerRegistry = builtInLayers
): E.Either<ShapeError, Model<In, Shape, L>> =>
  pipe(
    build(data, registry),
    E.map(() => data as Model<In, Shape, L>)
  )

const expectShape = (what: string, expected: Shape, got: Shape): E.Either<ShapeError, Shape> =>
  sameShape(expected, got) ? E.right(got) : E.left(shapeError([what], showShape(expected), showShape(got)))

/**
 * Checks the input and output shapes of a model: they become part of its type.
 *
 * @example pipe(parseModel(text), E.chainW(checkModelAs(input(784), input(10)))) // Either<..., Model<[784], [10]>>
 * @returns Left if the input or the output differs, or a layer does not fit
 */
export const checkModelAs =
  <const In extends Shape, const Out extends Shape>(input: In, output: Out, registry: LayerRegistry = builtInLayers) =>
  (data: ModelData): E.Either<ShapeError, Model<In, Out>> =>
    pipe(
      failIf(
        wrongArgument(shapeError, [modelArgument(data), shapeArgument('input', input), shapeArgument('output', output)])
      ),
      E.chain(() => expectShape('input', input, data.input)),
      E.chain(() => build(data, registry)),
      E.chain(placed => expectShape('output', output, placed.output)),
      E.map(() => data as Model<In, Out>)
    )

/** the output shape of a model for one example */
export const outputOf = (model: ModelData, registry: LayerRegistry = builtInLayers): E.Either<ShapeError, Shape> =>
  pipe(
    build(model, registry),
    E.map(placed => placed.output)
  )
