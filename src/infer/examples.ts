/** Batches of examples as trees of tensors, and the names their tensors have in a program: `x`, or `x/0`, `x/1`, ... */
import type { Expr } from '../expr/op.js'
import type { Value } from '../layer/definition.js'
import { isTensor, type FloatType, type Tensor } from '../value/tensor.js'
import { treeLeaves, type Branch } from '../value/tree.js'

/** a batch of inputs or outputs: a tensor with the examples along its first axis, or a tuple of them */
export type Examples = Tensor | readonly Examples[]

/** the tensors of examples by name */
export const namedExamples = (name: string, x: Examples): readonly (readonly [string, Tensor])[] =>
  isTensor(x) ? [[name, x]] : x.flatMap((part, i) => namedExamples(`${name}/${i}`, part))

export const countOf = (x: Examples): number =>
  isTensor(x) ? (x.shape[0] ?? 0) : x[0] === undefined ? 0 : countOf(x[0])

/** a value's expressions by name, as `namedExamples` */
export const namedExprs = (name: string, v: Value): readonly (readonly [string, Expr])[] =>
  Array.isArray(v) ? v.flatMap((part: Value, i) => namedExprs(`${name}/${i}`, part)) : [[name, v as Expr]]

/** the examples of a value, from outputs under the names of `namedExprs` */
export const collect = (name: string, v: Value, outputs: Readonly<Record<string, Tensor>>): Examples =>
  Array.isArray(v) ? v.map((part: Value, i) => collect(`${name}/${i}`, part, outputs)) : (outputs[name] as Tensor)

/** the precision of parameters, or without any that of the inputs */
export const precisionOf = (params: Branch<Tensor>, inputs?: Examples): FloatType => {
  const mine = treeLeaves<Tensor>(params).map(([, t]) => t)
  const all = mine.length > 0 || inputs === undefined ? mine : namedExamples('x', inputs).map(([, t]) => t)
  return all.some(t => t.dtype === 'f64') ? 'f64' : 'f32'
}
