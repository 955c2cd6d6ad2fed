/** What the engine makes of a program, as text: its kernels in order, what they read and write, and what they cost. */
import { markdownTable } from 'markdown-table'
import { topological, type Expr } from '../../expr/op.js'
import type { Program } from '../../expr/program.js'
import { showShape, sizeOf } from '../../value/shape.js'
import { arrange } from './schedule.js'
import { lower } from './fuse.js'
import { inPanels } from './weight-layout.js'
import { bytesOf, readsOf, resultsOf, writesOf, type Buffer, type Kernel, type Lowered, type View } from './ir.js'
import { nothingHeld, plan } from './memory-plan.js'
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
        ops: ['matmul', ...(k.inPanels?.b ? ['of panels'] : []), ...(k.inPanels?.to ? ['into panels'] : [])].join(' '),
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
/** of a table only the rows that are taken are read */
const traffic = (k: Kernel): number =>
  (k.kind === 'gather' ? [k.index, k.to, k.to] : [...readsOf(k), ...resultsOf(k)]).reduce((sum, v) => sum + bytes(v), 0)

/** what buffers are called: inputs and outputs by their names (the first, and how many lie behind it), the rest by number */
const namesIn = ({ kernels, inputs, outputs }: Lowered): ((b: Buffer) => string) => {
  const known = new Map<Buffer, string>()
  for (const views of [inputs, outputs]) {
    const sharing = new Map<Buffer, readonly string[]>()
    for (const [name, v] of Object.entries(views)) sharing.set(v.buffer, [...(sharing.get(v.buffer) ?? []), name])
    for (const [b, [first = '', ...more]] of sharing)
      known.set(b, known.get(b) ?? (more.length === 0 ? first : `${first} + ${more.length}`))
  }
  const made = new Set(kernels.flatMap(k => [...readsOf(k).map(v => v.buffer), ...writesOf(k)]))
  const rest = [...made].filter(b => !known.has(b)).sort((a, b) => a.id - b.id)
  return b => known.get(b) ?? `${b.role.kind === 'constant' ? 'constant' : 't'}${rest.indexOf(b)}`
}

/** inputs that an output of the same name follows, as in a step of training */
const fedBackIn = ({ inputs, outputs }: Lowered): ReadonlyMap<string, View> =>
  new Map(Object.entries(inputs).filter(([name]) => Object.hasOwn(outputs, name)))

/**
 * Two tables. A program's kernels in order: what each works out, from which buffers into which, floating-point operations, bytes moved.
 * And where the buffers lie: address, bytes, and the first and last kernel that touch them; buffers share memory where one is no longer
 * needed. Then the totals. What is named like an input is fed back, as in the fold of a training.
 *
 * @example console.log(explain(p))
 */
export const explain = (p: Program): string => {
  const fused = lower(p)
  const { programs, fedBack } = arrange([fused], fedBackIn(fused))
  const lowered = inPanels(programs, fedBack, []).programs[0] as Lowered
  const memory = plan([lowered], { ...nothingHeld, fedBack })
  const name = namesIn(lowered)
  const list = (buffers: readonly Buffer[]): string => [...new Set(buffers.map(name))].join(', ')
  const rows = lowered.kernels.map((k, i) => {
    const c = costOf(k)
    return {
      cells: [
        String(i),
        k.kind,
        c.what,
        c.ops,
        list(readsOf(k).map(v => v.buffer)),
        list(writesOf(k)),
        String(c.flops),
        String(traffic(k))
      ],
      flops: c.flops,
      bytes: traffic(k)
    }
  })
  /** what is written in the place of its old value is one line */
  const places = new Map<
    string,
    { readonly b: Buffer; readonly address: number; readonly kernels: readonly number[] }
  >()
  lowered.kernels.forEach((k, i) => {
    for (const b of [...readsOf(k).map(v => v.buffer), ...writesOf(k)]) {
      const address = memory.address.get(b) as number
      const place = `${address} ${name(b)}`
      places.set(place, { b, address, kernels: [...(places.get(place)?.kernels ?? []), i] })
    }
  })
  const buffers = [...places.values()].sort(
    (x, y) => x.address - y.address || (x.kernels[0] as number) - (y.kernels[0] as number)
  )
  const sum = (f: (r: (typeof rows)[number]) => number): number => rows.reduce((s, r) => s + f(r), 0)
  const simplified = topological(Object.values(simplify(p.order, p.outputs))).length
  return [
    markdownTable(
      [['', 'kernel', 'size', 'operations', 'reads', 'writes', 'flops', 'bytes'], ...rows.map(r => r.cells)],
      {
        align: ['r', 'l', 'l', 'l', 'l', 'l', 'r', 'r']
      }
    ),
    '',
    markdownTable(
      [
        ['buffer', 'type', 'address', 'bytes', 'kernels'],
        ...buffers.map(({ b, kernels, address }) => [
          name(b),
          b.dtype,
          String(address),
          String(b.size * bytesOf[b.dtype]),
          [...new Set([kernels[0], kernels.at(-1)])].join(' to ')
        ])
      ],
      { align: ['l', 'l', 'r', 'r', 'r'] }
    ),
    '',
    `${p.order.length} nodes, ${simplified} after simplification, ${lowered.kernels.length} kernels, ${buffers.length} buffers`,
    `${sum(r => r.flops)} floating-point operations, ${sum(r => r.bytes)} bytes moved, ${memory.bytes} bytes of memory`
  ].join('\n')
}
