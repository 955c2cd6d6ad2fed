/** The tensors of a model by the names of its parameters and running statistics. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { sameShape, type Dims } from '../value/shape.js'
import { isSound, numbersOf, permutedView, tensorView, type Aval, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { treeLeaves, type Branch } from '../value/tree.js'

/** parameters and running statistics: a `TrainState` has both */
export interface ModelWeights {
  readonly params: Branch<Tensor>
  readonly layers?: Branch<Tensor>
}
/** what the tensors of a model are */
export interface WantedTensors {
  readonly params: Branch<Aval>
  readonly state: Branch<Aval>
}

/** `params/dense/weight` and the like; Left where a tensor is missing, unknown, or another than the model has */
export const tensorsFor = (
  format: string,
  { params, state }: WantedTensors,
  weights: ModelWeights
): E.Either<ShapeError, Readonly<Record<string, Tensor>>> => {
  const wanted = [...treeLeaves(params, 'params'), ...treeLeaves(state, 'layers')]
  const given = new Map([...treeLeaves(weights.params, 'params'), ...treeLeaves(weights.layers ?? {}, 'layers')])
  const names = new Set(wanted.map(([name]) => name))
  const stranger = [...given.keys()].find(name => !names.has(name))
  if (stranger !== undefined)
    return E.left(shapeError([format], 'the weights of this model', stranger, 'are they of this model?'))
  for (const [name, spec] of wanted) {
    const t = given.get(name)
    const fail = (got: string): E.Either<ShapeError, never> => E.left(shapeError([format, name], showAval(spec), got))
    if (t === undefined) return fail('nothing')
    if (t.dtype !== spec.dtype || !sameShape(t.shape, spec.shape)) return fail(showAval(t))
    if (!isSound(t)) return fail('storage that does not fit')
  }
  return E.right(Object.fromEntries(given))
}

/** the numbers in a new order of their axes */
export const turned = (t: Tensor, order: Dims): Tensor => {
  const view = permutedView(t, order)
  return tensorView(t.dtype, view.shape, numbersOf(view))
}
