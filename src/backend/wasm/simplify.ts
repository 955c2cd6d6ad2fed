/** Simplification that keeps every bit: equal nodes become one, and what cannot change a value goes. */
import { node } from '../../expr/build.js'
import type { Expr, Op } from '../../expr/op.js'
import { scalarOf, type Tensor } from '../../value/tensor.js'

/** the number of a constant that is one number everywhere */
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
    const attrs = n.op === 'constant' ? constants(n.attrs.value) : JSON.stringify(n.attrs, exactNumbers)
    // constants of several numbers are not compared: they are equal only where they are the same tensor
    const name =
      n.op === 'constant' && attrs === ''
        ? `constant ${id(n)}`
        : `${n.op} ${n.dtype} ${n.shape.join(',')} ${attrs} ${args.map(id).join(',')}`
    const same = known.get(name)
    const made = same ?? (args.every((a, i) => a === n.args[i]) ? n : node(n.op, args, n.attrs as never))
    known.set(name, made)
    become.set(n, made)
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, become.get(e) as Expr]))
}
