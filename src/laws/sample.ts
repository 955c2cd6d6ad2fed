/** A sample of a layer, built, with values for inputs, parameters and running statistics. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Values } from '../backend/backend.js'
import { reference } from '../backend/reference/reference.js'
import { input } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import type { Applied, LayerRegistry, Layer, BuiltLayer, Sample, StateSpec, Value } from '../layer/definition.js'
import { modelData } from '../layer/model.js'
import { initFrom } from '../model/init.js'
import { build } from '../model/build.js'
import { childKey, rootKey } from '../random/index.js'
import { isDims, type Dims, type Shape } from '../value/shape.js'
import { numbersOf, tensorView, type Aval, type DType, type FloatType, type Tensor } from '../value/tensor.js'
import { child, isLeaf, treeLeaves, mapTree, type Branch, type Tree } from '../value/tree.js'
import { worded, type Verdict } from './law.js'
import { compute, keyTensor, numbers, streamOf } from './values.js'

export interface At<D extends FloatType = FloatType> {
  readonly placed: BuiltLayer
  /** `x`, `params` and `state` */
  readonly tree: Branch<Tensor<Dims, D>>
  readonly key: Tensor
}

/** parameters without special values: initial values with noise, because many functions have kinks at initial biases */
const shaken = <D extends FloatType>(first: Tree<Tensor>, dtype: D, from: number): Tree<Tensor<Dims, D>> =>
  mapTree<Tensor, Tensor<Dims, D>>((t, path) => {
    const noise = numbersOf(numbers(dtype, t.shape, streamOf(from, path), [-0.3, 0.3]))
    return numbersLike(
      dtype,
      t,
      Array.from(numbersOf(t), (x, i) => x + (noise[i] as number))
    )
  })(first)
const numbersLike = <D extends FloatType>(dtype: D, { shape }: Aval, all: readonly number[]): Tensor<Dims, D> =>
  tensorView(dtype, shape, dtype === 'f64' ? Float64Array.from(all) : Float32Array.from(all))
/** plausible running statistics: at least their initial values, so that variances stay above 0 */
const statistics = <D extends FloatType>(specs: Branch<StateSpec>, dtype: D, from: number): Tree<Tensor<Dims, D>> =>
  mapTree<StateSpec, Tensor<Dims, D>>((s, path) =>
    numbers(dtype, s.shape, streamOf(from, path), [s.value, s.value + 0.5])
  )(specs)
const inputOf = <D extends DType>(
  shape: Shape,
  batch: number,
  dtype: D,
  from: number,
  range?: readonly [number, number]
): Tree<Tensor<Dims, D>> =>
  isDims(shape)
    ? numbers(dtype, [batch, ...shape], from, range)
    : Object.fromEntries(shape.map((part, i) => [`${i}`, inputOf(part, batch, dtype, from + 1 + i, range)]))

export const placedAt = <D extends FloatType>(
  { layer, input, indexes }: Sample<Layer>,
  registry: LayerRegistry,
  dtype: D,
  batch: number,
  from: number
): Verdict<At<D>> =>
  pipe(
    worded(build(modelData(input, layer), registry, dtype)),
    E.map(placed => ({
      placed,
      key: keyTensor(from),
      tree: {
        // what a sample says of indexes; else as precise as parameters
        x: (indexes === undefined
          ? inputOf(input, batch, dtype, from)
          : inputOf(input, batch, 'u32', from, [0, indexes])) as Tree<Tensor<Dims, D>>,
        params: shaken(initFrom(placed, childKey(rootKey(from), 'init'), registry), dtype, from),
        state: statistics(placed.state, dtype, from)
      }
    }))
  )

const asValue = (x: Tree<Expr>): Value => (isLeaf(x) ? x : Object.values(x).map(asValue))
export const exprsIn = (v: Value): readonly Expr[] => (Array.isArray(v) ? v.flatMap(exprsIn) : [v as Expr])
export const namedOutputs = ({ value, state }: Applied): Readonly<Record<string, Expr>> => ({
  ...Object.fromEntries(exprsIn(value).map((e, i) => [`output ${i}`, e])),
  ...Object.fromEntries(treeLeaves<Expr>(state, 'state after'))
})

export const apply = ({ placed }: At, tree: Branch<Expr>, training: boolean, key: Expr): Applied =>
  placed.apply(
    {
      params: child(tree, 'params'),
      state: child(tree, 'state'),
      shared: {},
      training,
      allowSingle: true,
      key,
      path: ''
    },
    asValue(child(tree, 'x'))
  )
/** its formula over inputs named by their paths, and `key` */
export const formulaOf = (at: At, training: boolean): { readonly tree: Branch<Expr>; readonly applied: Applied } => {
  const tree = mapTree<Tensor, Expr>((t, path) => input(path, t.dtype, t.shape))(at.tree) as Branch<Expr>
  return { tree, applied: apply(at, tree, training, input('key', 'u32', [2])) }
}
export const valuesOf = ({ tree, key }: At): Values => ({ ...Object.fromEntries(treeLeaves<Tensor>(tree)), key })
export const computed = (at: At, training: boolean): Verdict<Values> =>
  compute(reference)(namedOutputs(formulaOf(at, training).applied), valuesOf(at))
