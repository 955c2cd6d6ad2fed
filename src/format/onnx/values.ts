/** Values of a graph as operators want them: in an order of axes, with axes repeated, or as they are. */
import type { Expr } from '../../expr/op.js'
import type { DType } from '../../value/tensor.js'
import type { Dims } from '../../value/shape.js'
import { elementCodes } from './proto.js'
import { inOrder, isKnown, permuted, sameOrder, type Computed, type Graph, type Held } from './graph.js'
import type { Sizes } from './sizes.js'

/** what a row of the tables is given */
export interface Scope {
  readonly graph: Graph
  readonly sizes: (node: Expr) => Sizes
}

/** a computed value whose axes are stored in another order than asked for is transposed */
const turned = (graph: Graph, h: Computed, order: Dims): Computed =>
  sameOrder(h.order, order)
    ? h
    : {
        ...h,
        order,
        name: graph.op('Transpose', [h.name], { perm: { ints: order.map(i => h.order.indexOf(i)) } })
      }

/** sizes as the operators Reshape and Expand take them, where at most one counts examples which is `batch` then */
const targetOf = ({ graph }: Scope, sizes: Sizes): string => {
  if (sizes.every(n => n >= 0)) return graph.whole(sizes)
  const parts = sizes.map(n =>
    n >= 0 ? graph.whole([n]) : n === -1 ? graph.batch() : graph.op('Mul', [graph.batch(), graph.whole([-n])])
  )
  return parts.length === 1 ? (parts[0] as string) : graph.op('Concat', parts, { axis: { int: 0 } })
}

/** the name of a value stored in an order of axes, axes of size 1 perhaps still to be repeated */
export const loose = (s: Scope, h: Held, order: Dims): string =>
  isKnown(h) ? s.graph.known(h, order, true) : turned(s.graph, h, order).name

/** the name of a value stored in an order of axes, every axis as long as it is meant */
export const full = (s: Scope, h: Held, sizes: Sizes, order: Dims = inOrder(sizes.length)): string => {
  if (isKnown(h)) {
    if (sizes.every(n => n >= 0)) return s.graph.known(h, order, false)
    const name = s.graph.known(h, order, true)
    return s.graph.op('Expand', [name, targetOf(s, permuted(sizes, order))])
  }
  const { name } = turned(s.graph, h, order)
  if (sameOrder(h.sizes, sizes)) return name
  // an axis that has its size already keeps it beside a 1
  const wanted = permuted(
    sizes.map((n, i) => (n < 0 && h.sizes[i] === n ? 1 : n)),
    order
  )
  return s.graph.op('Expand', [name, targetOf(s, wanted)])
}

/** a value of which the axes are as long as they are meant, in the order that it has */
export const repeated = (s: Scope, h: Held, sizes: Sizes): Computed => {
  const order = isKnown(h) ? inOrder(sizes.length) : h.order
  return { name: full(s, h, sizes, order), dtype: dtypeOf(h), sizes, order }
}

export const dtypeOf = (h: Held): DType => (isKnown(h) ? h.tensor.dtype : h.dtype)
export const computed = (name: string, { dtype }: { readonly dtype: DType }, sizes: Sizes, order?: Dims): Computed => ({
  name,
  dtype,
  sizes,
  order: order ?? inOrder(sizes.length)
})

/** the same numbers as another shape: of the new sizes at most one counts examples */
export const reshaped = (s: Scope, name: string, sizes: Sizes): string =>
  s.graph.op('Reshape', [name, s.graph.whole(sizes.map(n => (n < 0 ? -1 : n)))], { allowzero: { int: 0 } })

export const cast = (s: Scope, name: string, dtype: DType): string =>
  s.graph.op('Cast', [name], { to: { int: elementCodes[dtype] } })

/** the order that most suits an operator on several values: that of the first one that is computed */
export const commonOrder = (helds: readonly Held[], rank: number): Dims =>
  helds.find((h): h is Computed => !isKnown(h))?.order ?? inOrder(rank)

/** an operator that works number by number, on values that may still have to be repeated */
export const numberByNumber = (
  s: Scope,
  type: string,
  helds: readonly Held[],
  node: { readonly dtype: DType },
  sizes: Sizes
): Computed => {
  const order = commonOrder(helds, sizes.length)
  const name = s.graph.op(
    type,
    helds.map(h => loose(s, h, order))
  )
  return computed(name, node, looseSizes(helds, sizes), order)
}
/** of each axis the size if one of the values has it, else 1 */
export const looseSizes = (helds: readonly Held[], sizes: Sizes): Sizes =>
  sizes.map((n, axis) =>
    helds.some(h => (isKnown(h) ? h.tensor.stride[axis] !== 0 && h.tensor.shape[axis] !== 1 : h.sizes[axis] !== 1))
      ? n
      : 1
  )
