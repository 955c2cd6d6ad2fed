/**
 * The kernel IR as text, for people and for listings in tests. A buffer is written as its name, a view as
 * `name[shape]`. `/strides` and `+offset` follow unless the view is contiguous from the start of the buffer, and
 * `@address` once memory is planned.
 */
import type { Expr } from '../../expr/op.js'
import { showNumber } from '../../expr/number-text.js'
import { printProgram } from '../../expr/print.js'
import { showShape } from '../../value/shape.js'
import { bodyOf } from './body.js'
import type { Compilation } from './compile.js'
import {
  isPlain,
  readsOf,
  resultsOf,
  writesOf,
  type Buffer,
  type Kernel,
  type KernelProgram,
  type MapKernel,
  type ReduceKernel,
  type View
} from './ir.js'
import type { Materialized } from './materialize.js'
import { inPieces } from './partition.js'
import { uniformValue } from './simplify.js'
import type { Address, Move, Part } from './thread-programs.js'

const firstAndMore = (names: readonly string[]): string =>
  names.length === 1 ? `${names[0]}` : `${names[0]} + ${names.length - 1}`
const firstToLast = (names: readonly string[]): string =>
  names.length === 1 ? `${names[0]}` : `${names[0]}..${names.at(-1)}`

/**
 * names of buffers: inputs and outputs have the names that share them (by default the first, and the number of others);
 * other buffers have numbers
 */
export const bufferNames = (
  { kernels, inputs, outputs }: KernelProgram,
  shared: (names: readonly string[]) => string = firstAndMore
): ((b: Buffer) => string) => {
  const known = new Map<Buffer, string>()
  for (const views of [inputs, outputs]) {
    const sharing = new Map<Buffer, readonly string[]>()
    for (const [name, v] of Object.entries(views)) sharing.set(v.buffer, [...(sharing.get(v.buffer) ?? []), name])
    for (const [b, names] of sharing) known.set(b, known.get(b) ?? shared(names))
  }
  const made = new Set(kernels.flatMap(k => [...readsOf(k).map(v => v.buffer), ...writesOf(k)]))
  const rest = [...made].filter(b => !known.has(b)).sort((a, b) => a.id - b.id)
  return b => known.get(b) ?? `${b.role.kind === 'constant' ? 'constant' : 't'}${rest.indexOf(b)}`
}

type ShowView = (v: View) => string
const viewsWith =
  (name: (b: Buffer) => string, address: ReadonlyMap<Buffer, number>): ShowView =>
  v => {
    const at = address.get(v.buffer)
    const strides = isPlain(v) ? '' : `/${v.stride.join()}`
    const offset = v.offset === 0 ? '' : `+${v.offset}`
    return `${name(v.buffer)}${showShape(v.shape)}${strides}${offset}${at === undefined ? '' : `@${at}`}`
  }

const attributes = (n: Expr): string => {
  const text = JSON.stringify(n.attrs)
  return text === '{}' ? '' : ` ${text}`
}
/** the nodes that a kernel computes, and their names */
const bodyLines = (
  k: MapKernel | ReduceKernel,
  roots: readonly Expr[],
  view: ShowView
): { readonly lines: readonly string[]; readonly ref: (n: Expr) => string } => {
  const { nodes, keys } = bodyOf(roots, k.reads, k.shape, k.start)
  const ids = new Map(nodes.map((n, i) => [n, i]))
  const ref = (n: Expr): string => {
    const number = uniformValue(n)
    const key = keys.get(n)
    return ids.has(n) ? `%${ids.get(n)}` : key === undefined ? String(number) : view(key)
  }
  const lines = nodes.map(n => {
    const read = k.reads.get(n)
    if (read !== undefined) return `${ref(n)} = read ${view(read)}`
    const number = uniformValue(n)
    return number === undefined
      ? `${ref(n)} = ${[n.op, n.dtype, ...n.args.map(ref)].join(' ')}${attributes(n)}`
      : `${ref(n)} = ${n.dtype} ${showNumber(number, n.dtype)}`
  })
  return { lines, ref }
}

const mapLines = (k: MapKernel, view: ShowView): readonly string[] => {
  const maxima = k.maxima ?? []
  const { lines, ref } = bodyLines(
    k,
    [...k.outputs, ...maxima].map(o => o.node),
    view
  )
  return [
    `map ${showShape(k.shape)}`,
    ...[
      ...lines,
      ...k.outputs.map(o => `${view(o.to)} = ${ref(o.node)}`),
      ...maxima.map(o => `${view(o.to)} = max ${ref(o.node)}`),
      ...(k.matrices ?? []).map(m => `matrix at ${m.start}: ${m.size} numbers, ${m.panel} to a panel`),
      ...(k.runs === undefined ? [] : [`runs ${k.runs.map(([start, size]) => `${start}+${size}`).join(' ')}`])
    ].map(line => `  ${line}`)
  ]
}

/** A kernel: a line for its operation, and lines for the nodes that it computes. */
export const kernelLines = (k: Kernel, view: ShowView): readonly string[] => {
  switch (k.kind) {
    case 'map':
      return mapLines(k, view)
    case 'reduce': {
      const { lines, ref } = bodyLines(k, [k.node], view)
      const result = `${view(k.to)} = ${k.op} ${ref(k.node)} over ${showShape(k.axes)}`
      return [`reduce ${showShape(k.shape)}`, ...[...lines, result].map(line => `  ${line}`)]
    }
    case 'matmul': {
      const packed = (is: boolean | undefined): string => (is === true ? ' packed' : '')
      const windows = k.windows === undefined ? '' : ` in ${k.windows}`
      const adds = k.adds === undefined ? '' : ' added up'
      return [
        `matmul ${view(k.to)}${packed(k.packed?.to)} = ${view(k.a)}${windows} ${view(k.b)}${packed(k.packed?.b)}${adds}`
      ]
    }
    case 'gather':
      return [`gather ${view(k.to)} = ${view(k.table)} at ${view(k.index)}`]
    case 'scatter':
      return [`scatter ${view(k.to)} = ${view(k.values)} at ${view(k.index)}`]
    case 'channelSums':
      return [`channelSums ${view(k.to)} = ${view(k.windows)} ${view(k.values)}`]
    case 'unwindows':
      return [`unwindows ${view(k.to)} = ${view(k.values)}`]
    case 'fingerprint':
      return [`fingerprint ${view(k.to)} = ${view(k.values)}`]
    case 'loop':
      return [
        `loop of ${k.steps} steps${k.reverse ? ', the last one first' : ''}`,
        ...k.kernels.flatMap(inner => kernelLines(inner, view)).map(line => `  ${line}`)
      ]
    case 'foldIn':
      return [`foldIn ${view(k.to)} = ${view(k.key)} ${k.data}`]
  }
}

/** Nodes in order; those that are stored in memory are listed at the end. */
export const printGraph = (g: Materialized): string => {
  const stored = [...g.order.entries()].flatMap(([i, n]) => (g.materialized.has(n) ? [`%${i}`] : []))
  return [
    printProgram({ order: g.order, outputs: g.outputs, inputs: {} }),
    ...(stored.length === 0 ? [] : [`stored ${stored.join(' ')}`])
  ].join('\n')
}

/** the part of each thread, if the kernel is partitioned */
const shareLines = (k: Kernel, parts: readonly Kernel[], view: ShowView): readonly string[] => {
  if (parts.length < 2) return []
  if (inPieces(k, parts.length)) return [`  ${parts.length} threads take pieces`]
  return parts.map((part, thread) => {
    const runs = part.kind === 'map' && part.runs !== undefined
    const what = runs ? (part.runs ?? []).map(([start, size]) => `${start}+${size}`) : resultsOf(part).map(view)
    return `  thread ${thread}: ${what.join(' ')}`
  })
}

const indented = (number: number, lines: readonly string[]): readonly string[] =>
  lines.map((line, i) => (i === 0 ? `${String(number).padStart(3)}  ${line}` : `     ${line}`))

const programLines = (c: Compilation, which: number): readonly string[] => {
  const p = c.programs[which] as KernelProgram
  const view = viewsWith(bufferNames(p, firstToLast), c.plan.address)
  const named = ([name, v]: readonly [string, View]): string => {
    const notes = [
      v.buffer.dtype,
      ...(c.fedBack.has(name) ? ['carried'] : []),
      ...(c.resident.includes(name) ? ['resident'] : []),
      ...(c.panels.has(name) ? ['packed'] : [])
    ]
    return `${name} = ${view(v)} ${notes.join(' ')}`
  }
  const kernels = p.kernels.flatMap((k, i) => [
    ...(i === p.updates ? ['updates'] : []),
    ...(c.barriers[which]?.[i] === true ? ['     barrier'] : []),
    ...indented(i, [...kernelLines(k, view), ...shareLines(k, c.shares[which]?.[i] ?? [], view)])
  ])
  return [
    ...Object.entries(p.inputs).map(v => `input ${named(v)}`),
    ...kernels,
    ...Object.entries(p.outputs).map(v => `output ${named(v)}`)
  ]
}

const addressText = ({ base, step }: Address): string => (step === undefined ? `${base}` : `${base} + ${step} turn`)
const moveText = ({ to, from, bytes }: Move): string =>
  `move ${bytes} bytes to ${addressText(to)} from ${addressText(from)}`

const partLines = (p: KernelProgram, part: Part, address: ReadonlyMap<Buffer, number>): readonly string[] => {
  const view = viewsWith(bufferNames(p, firstToLast), address)
  return [
    ...part.before.map(moveText),
    ...part.work.flatMap(({ kernel, barrier, next }) => [
      ...(barrier ? ['barrier'] : []),
      ...(kernel === undefined ? [] : kernelLines(kernel, view)),
      ...(next === undefined ? [] : ['  in pieces'])
    ]),
    ...(part.barrierAfter ? ['barrier'] : []),
    ...part.after.map(moveText)
  ]
}
const threadLines = (c: Compilation, which: number): readonly string[] =>
  (c.parts[which] ?? []).flatMap((modules, thread) =>
    modules.flatMap((part, i) => [
      `thread ${thread}, module ${i}`,
      ...partLines(c.programs[which] as KernelProgram, part, c.plan.address).map(line => `  ${line}`)
    ])
  )

/** A compilation as text: its graphs, then its kernels, and at the end the program of each thread. */
export const printCompilation = (c: Compilation): string => {
  const listings =
    c.programs.length === 0
      ? c.graphs.map(printGraph)
      : c.programs.map((_, which) => (c.parts.length === 0 ? programLines(c, which) : threadLines(c, which)).join('\n'))
  return listings.length === 1
    ? (listings[0] ?? '')
    : listings.map((text, which) => `program ${which}\n${text}`).join('\n\n')
}
