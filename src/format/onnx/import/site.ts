/** What a row of the tables of operators is given, and what it gives. */
import * as E from 'fp-ts/lib/Either.js'
import type { Layer } from '../../../layer/definition.js'
import { sizeOf, type Dims } from '../../../value/shape.js'
import { numbersOf, tensorView, type Tensor } from '../../../value/tensor.js'
import { missing, type Missing } from '../../import/missing.js'
import type { Step } from '../../import/tree.js'
import { turned } from '../../tensors.js'
import type { Graph } from './graph.js'
import type { StoredNode } from './decode.js'

export { missing, type Missing }

/** how a value is stored there: axis i of what is stored is axis order[i] of what is meant, then axes of size 1 */
export interface Held {
  /** what is meant, the batch left out: images with the channels last */
  readonly sizes: Dims
  /** with the batch, which is axis 0 */
  readonly order: Dims
  readonly ones: number
  /** axes of size 1 that stand between the batch and the rest */
  readonly lead?: number
  /** the image that was flattened with its channels first: the numbers are in that order there */
  readonly flat?: Dims
}
/** a layer, or the same value stored otherwise */
export type Read = { readonly held: Held; readonly step: Step } | { readonly held: Held; readonly alias: string }
export type Result = Read | Missing

export interface Site {
  readonly node: StoredNode
  readonly graph: Graph
  readonly opset: number
  /** the batch, where the file is for one size alone */
  readonly batch: number | undefined
  /** how an input is stored; undefined for numbers of the file */
  readonly held: (input: number) => Held | undefined
  /** the value that an input is, whatever it is called */
  readonly value: (input: number) => string
  /** the layer that gives an input, if no other node uses it */
  readonly before: (input: number) => Step | undefined
  /** the sizes of a value, by its name */
  readonly sizesOf: (value: string) => Dims | undefined
  /** the output of a layer */
  readonly place: (layer: Layer, input: Dims) => E.Either<Missing, Dims>
  /** sizes that a value says, where it is computed from shapes; null is the batch */
  readonly sizes: (name: string | undefined) => readonly (number | null)[] | undefined
}
export type Row = (s: Site) => Result

export const isMissing = (r: Result): r is Missing => 'expected' in r

export const inOrder = (rank: number): Dims => Array.from({ length: rank }, (_, i) => i)
/** of the batch, the channels and the places, for an image with this number of axes, batch included */
export const channelsFirst = (rank: number): Dims => [0, rank - 1, ...inOrder(rank).slice(1, -1)]
export const sameOrder = (a: Dims, b: Dims): boolean => a.length === b.length && a.every((n, i) => n === b[i])
export const stored = (sizes: Dims, order: Dims = inOrder(sizes.length + 1)): Held => ({ sizes, order, ones: 0 })

/** the axis that is meant, for an axis that is stored; negative ones count from the end */
export const meantAxis = ({ order, ones }: Held, axis: number): number | undefined =>
  order[axis < 0 ? axis + order.length + ones : axis]

/** numbers of this shape in a new order of their axes */
export const turnedAs = (t: Tensor, shape: Dims, order: Dims): Tensor =>
  turned(tensorView(t.dtype, shape, numbersOf(t)), order)
/** what belongs to the numbers of a flattened image, in the order that they have here; `inner` numbers for each */
export const unflattened = (t: Tensor, flat: Dims, inner: number): Tensor => {
  const [c = 1, places] = [flat.at(-1), flat.slice(0, -1)]
  const rank = places.length
  const there = [c, ...places, inner]
  const order = [...inOrder(rank).map(i => i + 1), 0, rank + 1]
  return tensorView(t.dtype, inner === 1 ? [sizeOf(flat)] : [sizeOf(flat), inner], numbersOf(turnedAs(t, there, order)))
}
/** as one axis */
export const vector = (t: Tensor): Tensor => tensorView(t.dtype, [sizeOf(t.shape)], numbersOf(t))

/** a layer on one value */
export const applied = (
  s: Site,
  layer: Layer,
  held: Held,
  tensors: readonly Tensor[] = [],
  states: readonly Tensor[] = []
): Result => {
  const output = s.place(layer, held.sizes)
  if (E.isLeft(output)) return output.left
  const sizes = output.right
  return {
    held: sizes.length === held.sizes.length ? { ...held, sizes } : stored(sizes),
    step: { layer, tensors, states, inputs: [s.value(0)] }
  }
}
/** a layer with more settings in the place of the one before it */
export const amended = (before: Step, layer: Layer, held: Held, tensors: readonly Tensor[]): Result => ({
  held,
  step: { ...before, layer, tensors, inputs: before.inputs }
})
