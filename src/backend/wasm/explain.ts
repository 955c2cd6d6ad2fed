/** What the engine makes of a program, as text: its kernels in order, what they read and write, and what they cost. */
import { markdownTable } from 'markdown-table'
import { topological, type Expr } from '../../expr/op.js'
import type { Program } from '../../expr/program.js'
import { showShape, sizeOf } from '../../value/shape.js'
import { bytesOf, readsOf, type Kernel, type View } from './kernel.js'
import { lower } from './fuse.js'
import { nothingHeld, plan } from './plan.js'
import { simplify } from './simplify.js'

/** the elementwise operations of an expression down to what is read from memory */
const inlineOps = (roots: readonly Expr[], reads: ReadonlyMap<Expr, View>): readonly Expr[] => {
  const seen = new Set<Expr>()
  const visit = (n: Expr): void => {
    if (seen.has(n) || reads.has(n) || n.op === 'constant') return
    seen.add(n)
    for (const a of n.args) visit(a)
  }
  for (const r of roots) visit(r)
  return [...seen]
}

interface Cost {
  readonly what: string
  readonly ops: string
  readonly flops: number
}
const names = (ns: readonly Expr[]): string => [...new Set(ns.map(n => n.op))].join(' ')

const costOf = (k: Kernel): Cost => {
  switch (k.kind) {
    case 'map': {
      const ops = inlineOps(
        k.outputs.map(o => o.node),
        k.reads
      )
      return {
        what: showShape(k.shape),
        ops: ops.length === 0 ? 'copy' : names(ops),
        flops: ops.length * sizeOf(k.shape)
      }
    }
    case 'reduce': {
      const ops = inlineOps([k.node], k.reads)
      return {
        what: `${showShape(k.shape)} over ${showShape(k.axes)}`,
        ops: [k.op, names(ops)].join(' ').trim(),
        flops: (ops.length + 1) * sizeOf(k.shape)
      }
    }
    case 'matmul': {
      const depth = k.a.shape.at(-1) ?? 1
      return {
        what: `${showShape(k.a.shape)} ${showShape(k.b.shape)}`,
        ops: 'matmul',
        flops: 2 * depth * sizeOf(k.to.shape)
      }
    }
    case 'gather':
      return { what: `${showShape(k.table.shape)} at ${showShape(k.index.shape)}`, ops: 'gather', flops: 0 }
    case 'scatter':
      return {
        what: showShape(k.values.shape),
        ops: k.target.by === 'index' ? 'scatterAdd' : 'unwindows',
        flops: sizeOf(k.values.shape)
      }
    case 'fingerprint':
      return { what: showShape(k.values.shape), ops: 'fingerprint', flops: 0 }
    case 'foldIn':
      return { what: '[2]', ops: 'foldIn', flops: 0 }
  }
}
const bytes = (v: View): number => sizeOf(v.shape) * bytesOf[v.buffer.dtype]
const traffic = (k: Kernel): number => {
  const written = k.kind === 'map' ? k.outputs.map(o => o.to) : [k.to]
  return [...readsOf(k), ...written].reduce((sum, v) => sum + bytes(v), 0)
}

/**
 * A table of a program's kernels (kind, size, operations, floating-point operations, bytes moved), and the totals.
 *
 * @example console.log(explain(p))
 */
export const explain = (p: Program): string => {
  const lowered = lower(p)
  const memory = plan([lowered], nothingHeld)
  const rows = lowered.kernels.map((k, i) => {
    const c = costOf(k)
    return {
      cells: [String(i), k.kind, c.what, c.ops, String(c.flops), String(traffic(k))],
      flops: c.flops,
      bytes: traffic(k)
    }
  })
  const sum = (f: (r: (typeof rows)[number]) => number): number => rows.reduce((s, r) => s + f(r), 0)
  const simplified = topological(Object.values(simplify(p.order, p.outputs))).length
  return [
    markdownTable([['', 'kernel', 'size', 'operations', 'flops', 'bytes'], ...rows.map(r => r.cells)], {
      align: ['r', 'l', 'l', 'l', 'r', 'r']
    }),
    '',
    `${p.order.length} nodes, ${simplified} after simplification, ${lowered.kernels.length} kernels`,
    `${sum(r => r.flops)} floating-point operations, ${sum(r => r.bytes)} bytes moved, ${memory.bytes} bytes of memory`
  ].join('\n')
}
