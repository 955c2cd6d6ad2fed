/** Reductions that are one operator of ONNX, found by their formulas. */
import { input } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { firstMax } from '../../layer/spatial/pool.js'
import { scalarOf } from '../../value/tensor.js'
import type { Held } from './graph.js'
import { filled, match } from './match.js'
import { reduced } from './ops.js'
import type { Find } from './plan.js'

const arg = (n: Expr | undefined, i: number): Expr | undefined => n?.args[i]

/** a reduction that is one operator: the first of the largest, or a mean that is summed in f64 */
export const reductionOf = (
  n: Expr
): { readonly of: Expr; readonly axes: readonly number[]; readonly mean?: Expr } | undefined => {
  if (n.op === 'sum' && n.attrs.axes.length === 1) {
    const x = input('x', n.dtype, n.args[0]?.shape ?? [])
    const of = match(firstMax(x, n.attrs.axes[0] as number), n, [x])?.get(x)
    return of && { of, axes: n.attrs.axes }
  }
  const [quotient, total] = [arg(n, 0), arg(arg(n, 0), 0)]
  const [wide, by] = [arg(total, 0), arg(quotient, 1)]
  const divisor = by?.op === 'broadcast' ? by.args[0] : by
  const of = arg(wide, 0)
  return n.op === 'cast' &&
    quotient?.op === 'div' &&
    total?.op === 'sum' &&
    wide?.op === 'cast' &&
    of?.dtype === n.dtype &&
    divisor?.op === 'constant'
    ? { of, axes: total.attrs.axes, mean: divisor }
    : undefined
}
const countOf = (x: Expr, axes: readonly number[]): number => axes.reduce((p, a) => p * (x.shape[a] ?? 1), 1)
/** the largest or the mean of whole axes */
export const reductionPlan: Find = n => {
  const found = reductionOf(n)
  if (found === undefined) return undefined
  const { of, axes, mean } = found
  const divides = mean?.op === 'constant' ? mean.attrs.value : undefined
  if (divides !== undefined && !(filled(divides) && scalarOf(divides) === countOf(of, axes))) return undefined
  const type = divides === undefined ? 'ReduceMax' : 'ReduceMean'
  return { sources: [of], write: (s, [x]) => reduced(s, type, x as Held, s.sizes(of), axes) }
}
