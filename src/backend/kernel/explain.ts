/** The compiled form of a program as text: its kernels in order, what they read and write, and their costs. */
import { markdownTable } from 'markdown-table'
import type { Expr } from '../../expr/op.js'
import type { Program } from '../../expr/program.js'
import { showShape, sizeOf } from '../../value/shape.js'
import { compile, runPasses, uncompiled, type Compilation, type PassName, type Source } from './compile.js'
import { bytesOf, readsOf, resultsOf, writesOf, type Buffer, type Kernel, type KernelProgram, type View } from './ir.js'
import { inPieces } from './partition.js'
import { bufferNames, printCompilation } from './print.js'
import { sizesOf } from './tiling.js'

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
      const { m, n, depth, batches } = sizesOf(k)
      return {
        what: `${showShape(k.a.shape)} ${showShape(k.b.shape)}`,
        ops: [
          'matmul',
          ...(k.windows === undefined ? [] : ['of windows']),
          ...(k.packed?.b ? ['of panels'] : []),
          ...(k.packed?.to ? ['into panels'] : []),
          ...(k.adds === undefined ? [] : ['unwindows'])
        ].join(' '),
        flops: 2 * batches * m * n * depth
      }
    }
    case 'gather':
      return { what: `${showShape(k.table.shape)} at ${showShape(k.index.shape)}`, ops: 'gather', flops: 0 }
    case 'channelSums':
      return { what: showShape(k.windows.shape), ops: 'matmul by channels', flops: 2 * sizeOf(k.windows.shape) }
    case 'scatter':
    case 'unwindows':
      return {
        what: showShape(k.values.shape),
        ops: k.kind === 'scatter' ? 'scatterAdd' : 'unwindows',
        flops: sizeOf(k.values.shape)
      }
    case 'fingerprint':
      return { what: showShape(k.values.shape), ops: 'fingerprint', flops: 0 }
    case 'loop':
      return {
        what: `${k.steps} steps of ${k.kernels.length} kernels`,
        ops: 'scan',
        flops: k.steps * k.kernels.reduce((sum, inner) => sum + costOf(inner).flops, 0)
      }
    case 'foldIn':
      return { what: '[2]', ops: 'foldIn', flops: 0 }
  }
}
const bytes = (v: View): number => sizeOf(v.shape) * bytesOf[v.buffer.dtype]
/** of a table, only the gathered rows are read */
const traffic = (k: Kernel): number =>
  k.kind === 'loop'
    ? k.steps * k.kernels.reduce((sum, inner) => sum + traffic(inner), 0)
    : (k.kind === 'gather' ? [k.index, k.to, k.to] : [...readsOf(k), ...resultsOf(k)]).reduce(
        (sum, v) => sum + bytes(v),
        0
      )

export interface ExplainOptions {
  /** max threads (default 1) */
  readonly threads?: number
  /** names of inputs that stay the same from step to step, as a dataset does */
  readonly resident?: readonly string[]
}

/** A program as the source of a loop: outputs with the name of an input are fed back, as in a step of training. */
export const sourceOf = (p: Program, { threads = 1, resident = [] }: ExplainOptions = {}): Source => ({
  programs: [p],
  carried: Object.fromEntries(Object.entries(p.inputs).filter(([name]) => Object.hasOwn(p.outputs, name))),
  resident: resident.filter(name => Object.hasOwn(p.inputs, name)),
  threads
})

interface Row {
  readonly cells: readonly string[]
  readonly flops: number
  readonly bytes: number
}

/** how the threads share a kernel */
const sharing = (k: Kernel, parts: readonly Kernel[]): string =>
  parts.length < 2 ? 'one' : inPieces(k, parts.length) ? 'pieces' : 'parts'

/** A kernel and its costs as the cells of a row; with several threads also how they share it. */
export const kernelRows = (c: Compilation): readonly Row[] => {
  const program = c.programs[0] as KernelProgram
  const name = bufferNames(program)
  const list = (buffers: readonly Buffer[]): string => [...new Set(buffers.map(name))].join(', ')
  return program.kernels.map((k, i) => {
    const { what, ops, flops } = costOf(k)
    const threads = [sharing(k, c.shares[0]?.[i] ?? []), c.barriers[0]?.[i] === true ? 'yes' : '']
    return {
      cells: [
        String(i),
        k.kind,
        what,
        ops,
        list(readsOf(k).map(v => v.buffer)),
        list(writesOf(k)),
        String(flops),
        String(traffic(k)),
        ...(c.threads > 1 ? threads : [])
      ],
      flops,
      bytes: traffic(k)
    }
  })
}
export const kernelColumns = (threads: number): readonly string[] => [
  ...['', 'kernel', 'size', 'operations', 'reads', 'writes', 'flops', 'bytes'],
  ...(threads > 1 ? ['shared', 'barrier'] : [])
]
const kernelAlign = (threads: number): readonly string[] => [
  ...['r', 'l', 'l', 'l', 'l', 'l', 'r', 'r'],
  ...(threads > 1 ? ['l', 'l'] : [])
]

/** the addresses of the program's buffers; a value that is updated in place is one line */
const bufferRows = ({ programs, plan }: Compilation): readonly (readonly string[])[] => {
  const program = programs[0] as KernelProgram
  const name = bufferNames(program)
  const places = new Map<
    string,
    { readonly b: Buffer; readonly address: number; readonly kernels: readonly number[] }
  >()
  program.kernels.forEach((k, i) => {
    for (const b of [...readsOf(k).map(v => v.buffer), ...writesOf(k)]) {
      const address = plan.address.get(b) as number
      const place = `${address} ${name(b)}`
      places.set(place, { b, address, kernels: [...(places.get(place)?.kernels ?? []), i] })
    }
  })
  return [...places.values()]
    .sort((x, y) => x.address - y.address || (x.kernels[0] as number) - (y.kernels[0] as number))
    .map(({ b, kernels, address }) => [
      name(b),
      b.dtype,
      String(address),
      String(b.size * bytesOf[b.dtype]),
      [...new Set([kernels[0], kernels.at(-1)])].join(' to ')
    ])
}

/**
 * Two tables. A program's kernels in order: what each computes, from which buffers into which, floating-point
 * operations, bytes moved; with several threads also how they share it (fixed parts, pieces taken at run time, or one
 * thread alone) and whether all wait before it. And the buffers: address, bytes, and the first and last kernel that use
 * them; buffers share memory if their lifetimes don't overlap. Then the totals. Outputs named like inputs are fed back,
 * as in a step of training.
 *
 * @example console.log(explain(p, { threads: 2 }))
 */
export const explain = (p: Program, options: ExplainOptions = {}): string => {
  const source = sourceOf(p, options)
  const compiled = compile(source)
  const [rows, buffers] = [kernelRows(compiled), bufferRows(compiled)]
  const simplified = runPasses(uncompiled(source), { to: 'simplify' }).graphs[0]?.order.length ?? 0
  const sum = (f: (r: Row) => number): number => rows.reduce((s, r) => s + f(r), 0)
  const { threads, barriers } = compiled
  const waits = barriers[0]?.filter(b => b).length ?? 0
  return [
    markdownTable([kernelColumns(threads), ...rows.map(r => r.cells)], { align: kernelAlign(threads) }),
    '',
    markdownTable([['buffer', 'type', 'address', 'bytes', 'kernels'], ...buffers], {
      align: ['l', 'l', 'r', 'r', 'r']
    }),
    '',
    `${p.order.length} nodes, ${simplified} after simplification, ${rows.length} kernels, ${buffers.length} buffers`,
    `${sum(r => r.flops)} floating-point operations, ${sum(r => r.bytes)} bytes moved, ${compiled.plan.bytes} bytes of memory`,
    ...(threads > 1 ? [`${threads} threads, ${waits + 1} barriers`] : [])
  ].join('\n')
}

/**
 * The program after one of the compiler's passes, or before the first one ('none'), as text: a graph, from `fuse` on
 * kernels, and at the end the program of each thread.
 *
 * @example console.log(explainPass(p, 'fuse'))
 */
export const explainPass = (p: Program, pass: PassName | 'none', options: ExplainOptions = {}): string => {
  const c = uncompiled(sourceOf(p, options))
  return printCompilation(pass === 'none' ? c : runPasses(c, { to: pass }))
}
