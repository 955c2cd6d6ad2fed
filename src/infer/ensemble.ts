/** Several models as one: the average of their outputs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { functionArgument, wrongArgument } from '../value/argument.js'
import { failIf, shapeError, type ShapeError } from '../value/error.js'
import { sameShape, sizeOf } from '../value/shape.js'
import { allocate, isTensor, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import type { Examples } from './examples.js'
import type { Predictor } from './predict.js'

const show = (x: Examples): string => (isTensor(x) ? showAval(x) : `[${x.map(show).join(', ')}]`)

const combineTensors = (xs: readonly Tensor[], first: Tensor, f: (numbers: readonly number[]) => number): Tensor => {
  const all = xs.map(x => numbersOf(x))
  const out = Float64Array.from({ length: sizeOf(first.shape) }, (_, i) => f(all.map(x => x[i] as number)))
  return tensorView(first.dtype, first.shape, allocate(first.dtype, out))
}

/** applies f to the numbers at the same index of several predictions; rounded once to their precision */
export const combine = (
  predictions: readonly Examples[],
  f: (numbers: readonly number[]) => number
): E.Either<ShapeError, Examples> => {
  const [first] = predictions
  const no = (got: string): E.Either<ShapeError, never> =>
    E.left(shapeError(['predictions'], 'at least one, all of one element type and shape', got))
  if (first === undefined) return no('none')
  if (isTensor(first)) {
    const tensors = predictions.filter(isTensor)
    const alike = (x: Tensor): boolean => x.dtype === first.dtype && sameShape(x.shape, first.shape)
    return tensors.length === predictions.length && tensors.every(alike)
      ? E.right(combineTensors(tensors, first, f))
      : no(predictions.map(show).join(' and '))
  }
  const parts = predictions.flatMap(p => (isTensor(p) || p.length !== first.length ? [] : [p]))
  return parts.length === predictions.length
    ? E.traverseArray((i: number) =>
        combine(
          parts.map(p => p[i] as Examples),
          f
        )
      )([...first.keys()])
    : no(predictions.map(show).join(' and '))
}

/** in f64, from left to right */
export const meanOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

/**
 * A predictor whose output is the average of its members' outputs: models trained from different seeds, or different
 * models with the same output shape. The average is computed in f64 and rounded once. (To train the average as one
 * model, use `sequential(fanOut(a, b), mergeMean)`.)
 *
 * @example const together = ensemble(predict(a, paramsOfA, { backend }), predict(b, paramsOfB, { backend }))
 * @returns Left for what a member refuses, or for outputs of different shapes
 */
export const ensemble =
  (...members: readonly [Predictor, ...(readonly Predictor[])]): Predictor =>
  x =>
    pipe(
      failIf(
        wrongArgument(
          shapeError,
          members.map((member, i) => functionArgument(`member ${i}`, member))
        )
      ),
      E.chain(() => E.traverseArray((member: Predictor) => member(x))(members)),
      E.chainW(predictions => combine(predictions, meanOf))
    )
