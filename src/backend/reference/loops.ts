/** Loops, step by step: the definition of what they compute. */
import { bodyOrder, loopsIn, nextOf, resultOf, type ScanNode } from '../../expr/loop.js'
import type { Expr } from '../../expr/op.js'
import { sizeOf } from '../../value/shape.js'
import { allocate, numbersOf, tensorView, type Tensor } from '../../value/tensor.js'
import type { Values } from '../backend.js'

export type Compute = (inputs: Values) => Values
type Computing = (order: readonly Expr[], outputs: Readonly<Record<string, Expr>>) => Compute
/** the results of all nodes of a loop, from its arguments */
export type ComputeLoop = (args: readonly Tensor[]) => readonly (readonly [Expr, Tensor])[]

const partAt = (t: Tensor, step: number): Tensor => ({
  ...t,
  shape: t.shape.slice(1),
  stride: t.stride.slice(1),
  offset: t.offset + step * (t.stride[0] as number)
})

const loopOf = (all: readonly ScanNode[], computing: Computing): ComputeLoop => {
  const [first] = all as readonly [ScanNode, ...ScanNode[]]
  const { steps, reverse, carried, stacked } = first.attrs
  const outputs = all.filter(n => n.attrs.result === 'output')
  const body = computing(
    bodyOrder(all),
    Object.fromEntries([
      ...nextOf(first).map((e, i) => [`next/${i}`, e] as const),
      ...outputs.map((n, i) => [`output/${i}`, resultOf(n)] as const)
    ])
  )
  return args => {
    const kept: Record<string, Tensor> = {}
    args.slice(carried + stacked).forEach((t, i) => (kept[`shared/${i}`] = t))
    let now = args.slice(0, carried)
    const made = outputs.map(n => allocate(n.dtype, sizeOf(n.shape)))
    for (let i = 0; i < steps; i++) {
      const step = reverse ? steps - 1 - i : i
      const inputs = { ...kept }
      now.forEach((t, c) => (inputs[`carried/${c}`] = t))
      args.slice(carried, carried + stacked).forEach((t, x) => (inputs[`stacked/${x}`] = partAt(t, step)))
      const after = body(inputs)
      now = now.map((_, c) => after[`next/${c}`] as Tensor)
      made.forEach((data, y) => {
        const part = numbersOf(after[`output/${y}`] as Tensor)
        data.set(part, step * part.length)
      })
    }
    return all.map(n => {
      const y = outputs.indexOf(n)
      const last = now[Number(n.attrs.result.split('/')[1])] as Tensor
      return [n, y < 0 ? last : tensorView(n.dtype, n.shape, made[y] as Tensor['data'] as never)]
    })
  }
}

/** how the loops of a graph are computed, by each of their nodes */
export const loopsOf = (order: readonly Expr[], computing: Computing): ReadonlyMap<Expr, ComputeLoop> => {
  const made = new Map<readonly ScanNode[], ComputeLoop>()
  return new Map(
    [...loopsIn(order)].map(([n, all]) => {
      const compute = made.get(all) ?? loopOf(all, computing)
      made.set(all, compute)
      return [n, compute]
    })
  )
}
