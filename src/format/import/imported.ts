/** A tree of layers, and the numbers of its steps, as a model with weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { modelData, ofIndices, type ModelData } from '../../layer/model.js'
import { builtInLayers } from '../../layer/registry.js'
import { build } from '../../model/build.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { sameShape, type Shape } from '../../value/shape.js'
import type { Aval, FloatType, Tensor } from '../../value/tensor.js'
import { showAval } from '../../value/text.js'
import { rebuild, treeLeaves, type Branch } from '../../value/tree.js'
import type { Tree } from './tree.js'

/** A network from a file: the model, what it has learned, and texts that the file holds. */
export interface ImportedModel {
  readonly model: ModelData
  readonly params: Branch<Tensor>
  /** running statistics */
  readonly layers: Branch<Tensor>
  /** texts by name, such as the names of classes: data of the file, never looked at here */
  readonly metadata: Readonly<Record<string, string>>
}

/** the numbers of the steps, in the order of a tree */
const filled = (
  format: string,
  tree: Branch<Aval>,
  numbers: readonly Tensor[],
  at: string
): E.Either<DecodeError, Branch<Tensor>> => {
  const leaves = treeLeaves(tree)
  const wrong = leaves.find(([, aval], i) => {
    const t = numbers[i]
    return t === undefined || t.dtype !== aval.dtype || !sameShape(t.shape, aval.shape)
  })
  if (wrong !== undefined || leaves.length !== numbers.length) {
    const i = wrong === undefined ? leaves.length : leaves.indexOf(wrong)
    const t = numbers[i]
    return E.left(
      decodeError(
        [format, at, wrong?.[0] ?? ''],
        wrong === undefined ? 'no more numbers' : showAval(wrong[1]),
        t === undefined ? 'nothing' : showAval(t)
      )
    )
  }
  const byPath = new Map(leaves.map(([path], i) => [path, numbers[i] as Tensor]))
  return E.right(rebuild<Aval, Tensor>(tree, path => byPath.get(path) as Tensor) as Branch<Tensor>)
}

export interface TreeInput {
  /** of one example: of one input, or of each */
  readonly shapes: readonly Shape[]
  /** of the weights */
  readonly dtype: FloatType
  /** whether the input is indexes (u32) */
  readonly indexes?: boolean
}
/** the model of a tree of layers, with its numbers; `format` is the first word of the paths of errors */
export const modelOf = (
  format: string,
  tree: Tree,
  { shapes, dtype, indexes = false }: TreeInput
): E.Either<DecodeError, Omit<ImportedModel, 'metadata'>> => {
  const numbers = modelData(shapes.length === 1 ? (shapes[0] as Shape) : shapes, ...tree.layers)
  const model: ModelData = indexes ? ofIndices(numbers) : numbers
  return pipe(
    build(model, builtInLayers, dtype),
    E.mapLeft(e => decodeError([format, ...e.path], e.expected, e.got, e.hint)),
    E.bindTo('built'),
    E.bind('params', ({ built }) =>
      filled(
        format,
        built.params,
        tree.steps.flatMap(s => s.tensors),
        'params'
      )
    ),
    E.bind('layers', ({ built }) =>
      filled(
        format,
        built.state,
        tree.steps.flatMap(s => s.states),
        'layers'
      )
    ),
    E.map(({ params, layers }) => ({ model, params, layers }))
  )
}
