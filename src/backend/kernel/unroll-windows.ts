/** Windows that are computed place by place: those of pooling (unroll.ts), and those of depthwise convolutions (unroll-channels.ts). */
import { node } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { unrolledChannels, unrolledUnwindows } from './unroll-channels.js'
import { unrolledReduction, unrolledWindows } from './unroll.js'

const ways = [unrolledReduction, unrolledWindows, unrolledChannels, unrolledUnwindows] as const

/** The same outputs, with small windows place by place. */
export const unrollWindows = (
  order: readonly Expr[],
  outputs: Readonly<Record<string, Expr>>
): Readonly<Record<string, Expr>> => {
  if (!order.some(n => n.op === 'windows' || n.op === 'unwindows')) return outputs
  const become = new Map<Expr, Expr>()
  const now = (e: Expr): Expr => become.get(e) ?? e
  const rewritten = (n: Expr): Expr | undefined => {
    for (const way of ways) {
      const made = way(n, now)
      if (made !== undefined) return made
    }
    return undefined
  }
  for (const n of order) {
    const args = n.args.map(now)
    const same = args.every((a, i) => a === n.args[i])
    become.set(n, rewritten(n) ?? (same ? n : node(n.op, args, n.attrs as never)))
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, now(e)]))
}
