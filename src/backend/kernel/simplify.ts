/** Simplification that keeps every bit: equal nodes are merged, and operations without effect are removed. */
import { constant, node } from '../../expr/build.js'
import type { ScanNode } from '../../expr/loop.js'
import type { Expr, Op } from '../../expr/op.js'
import { factsOf } from '../../expr/ops/table.js'
import { filledTensor, isFloat, scalarOf, type Tensor } from '../../value/tensor.js'

/** the number of a constant that is filled with one number */
export const uniformValue = (e: Expr): number | undefined =>
  e.op === 'constant' && e.attrs.value.data.length === 1 ? scalarOf(e.attrs.value) : undefined

const constants = (t: Tensor): string =>
  t.data.length === 1 ? `${Object.is(scalarOf(t), -0) ? '-0' : scalarOf(t)}` : ''

/** JSON has no -0 and no infinities */
const exactNumbers = (_: string, v: unknown): unknown =>
  typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0)) ? `number ${Object.is(v, -0) ? '-0' : v}` : v

/** x * 1, x / 1 and --x are x to the bit; x + 0 is not (-0 + 0 = 0), and 0 * x is not 0 for all x */
const withoutEffect = (op: Op, args: readonly Expr[]): Expr | undefined => {
  const [a, b] = args
  if (a === undefined) return undefined
  if (op === 'stopGradient') return a
  if (op === 'neg' && a.op === 'neg') return a.args[0]
  if ((op === 'mul' || op === 'div') && b !== undefined && uniformValue(b) === 1) return a
  if (op === 'mul' && b !== undefined && uniformValue(a) === 1) return b
  return undefined
}

/** bodies are compared by identity */
const loopText = ({ attrs: { body, ...others } }: ScanNode, id: (e: Expr) => number): string =>
  `${JSON.stringify(others)} ${Object.values(body.outputs)
    .map(e => id(e as Expr))
    .join()}`

/** constant folding of floating-point operations on single numbers */
const folded = (n: Expr, args: readonly Expr[]): Expr | undefined => {
  const facts = factsOf(n)
  const work = facts.role === 'map' || facts.role === 'view' ? facts.exactFold : undefined
  const [x, y = 0] = args.map(uniformValue)
  if (work === undefined || x === undefined || !args.every(a => isFloat(a.dtype) && uniformValue(a) !== undefined))
    return undefined
  return isFloat(n.dtype) ? constant(filledTensor(n.dtype, n.shape, work(x, y))) : undefined
}

/** The same outputs from fewer nodes. */
export const simplify = (
  order: readonly Expr[],
  outputs: Readonly<Record<string, Expr>>
): Readonly<Record<string, Expr>> => {
  const become = new Map<Expr, Expr>()
  const known = new Map<string, Expr>()
  const ids = new Map<Expr, number>()
  const id = (e: Expr): number => {
    const i = ids.get(e) ?? ids.size
    ids.set(e, i)
    return i
  }
  for (const n of order) {
    const args = n.args.map(a => become.get(a) as Expr)
    const shorter = withoutEffect(n.op, args)
    if (shorter !== undefined) {
      become.set(n, shorter)
      continue
    }
    const now = folded(n, args) ?? n
    const attrs =
      now.op === 'constant'
        ? constants(now.attrs.value)
        : now.op === 'scan'
          ? loopText(now, id)
          : JSON.stringify(now.attrs, exactNumbers)
    // constants of several numbers are compared by identity only
    const name =
      now.op === 'constant'
        ? `constant ${now.dtype} ${now.shape.join(',')} ${attrs === '' ? `as in ${id(now)}` : attrs}`
        : `${n.op} ${n.dtype} ${n.shape.join(',')} ${attrs} ${args.map(id).join(',')}`
    const same = known.get(name)
    const made = same ?? (now !== n || args.every((a, i) => a === n.args[i]) ? now : node(n.op, args, n.attrs as never))
    known.set(name, made)
    become.set(n, made)
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, become.get(e) as Expr]))
}
