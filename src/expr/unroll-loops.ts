/** Loops written out step by step: what a loop means, and its form where there are none. */
import { concat, reshape, slice } from './build.js'
import { loopsIn, nextOf, resultOf, substitute, type ScanNode } from './loop.js'
import { topological, type Expr } from './op.js'

const partAt = (x: Expr, step: number): Expr =>
  reshape(
    slice(
      x,
      x.shape.map((_, a) => (a === 0 ? step : 0)),
      [1, ...x.shape.slice(1)]
    ),
    x.shape.slice(1)
  )

/** each node of one loop as an expression of its arguments */
const writtenOut = (all: readonly ScanNode[], args: readonly Expr[]): readonly Expr[] => {
  const { steps, reverse, carried, stacked } = (all[0] as ScanNode).attrs
  const roots = withoutLoops([...nextOf(all[0] as ScanNode), ...all.map(resultOf)])
  const inputs = topological(roots).filter(e => e.op === 'input')
  const receivedAt = (step: number, before: readonly Expr[]): ReadonlyMap<Expr, Expr> =>
    new Map(
      inputs.map(e => {
        const [kind, number] = e.attrs.name.split('/') as [string, string]
        const i = Number(number)
        return [
          e,
          kind === 'carried'
            ? (before[i] as Expr)
            : kind === 'stacked'
              ? partAt(args[carried + i] as Expr, step)
              : (args[carried + stacked + i] as Expr)
        ]
      })
    )
  let now = args.slice(0, carried)
  const outputs: Expr[][] = all.map(() => [])
  for (let i = 0; i < steps; i++) {
    const made = substitute(roots, receivedAt(reverse ? steps - 1 - i : i, now))
    now = made.slice(0, carried)
    made.slice(carried).forEach((y, k) => outputs[k]?.push(reshape(y, [1, ...y.shape])))
  }
  return all.map((n, k) => {
    if (n.attrs.result !== 'output') return now[Number(n.attrs.result.split('/')[1])] as Expr
    const ys = outputs[k] as readonly Expr[]
    return concat(reverse ? [...ys].reverse() : ys, 0)
  })
}

/** The same expressions without loops: each step is written out. */
export const withoutLoops = (roots: readonly Expr[]): readonly Expr[] => {
  const order = topological(roots)
  if (!order.some(n => n.op === 'scan')) return roots
  const loops = loopsIn(order)
  const now = new Map<Expr, Expr>()
  const at = (e: Expr): Expr => now.get(e) as Expr
  for (const n of order) {
    if (now.has(n)) continue
    if (n.op === 'scan') {
      const all = loops.get(n) as readonly ScanNode[]
      writtenOut(all, n.args.map(at)).forEach((e, i) => now.set(all[i] as Expr, e))
    } else
      now.set(
        n,
        n.args.every(a => at(a) === a) ? n : (substitute([n], new Map(n.args.map(a => [a, at(a)])))[0] as Expr)
      )
  }
  return roots.map(at)
}
