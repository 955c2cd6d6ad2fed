/**
 * Checks a compilation after each of its passes. Tests run this between passes, so that a faulty pass is found at once,
 * and not by wrong bits of a training.
 */
import { windowCount } from '../../expr/ops/image.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { bodyOf } from './body.js'
import type { Compilation } from './compile.js'
import {
  bytesOf,
  extentOf,
  isOneNumber,
  isPlain,
  readsOf,
  resultsOf,
  writesOf,
  type Buffer,
  type Kernel,
  type KernelProgram,
  type MatmulKernel,
  type View
} from './ir.js'
import type { Materialized } from './materialize.js'
import { inPieces } from './partition.js'
import { uniformValue } from './simplify.js'
import { panelWidth, sizesOf } from './tiling.js'

/** faults, in sentences */
type Faults = readonly string[]
const at = (d: Dims, i: number): number => d[i] as number
const faultIf = (wrong: boolean, fault: string): Faults => (wrong ? [fault] : [])
const addIf = (faults: string[], wrong: boolean, fault: string): void => {
  if (wrong) faults.push(fault)
}

// ---- graphs

const graphFaults = ({ order, outputs, materialized }: Materialized): Faults => {
  const before = new Set<unknown>()
  const faults: string[] = []
  order.forEach((n, i) => {
    if (n.args.some(a => !before.has(a))) faults.push(`node ${i} (${n.op}) comes before one of its arguments`)
    before.add(n)
  })
  for (const [name, e] of Object.entries(outputs)) {
    addIf(faults, !before.has(e), `output ${name} is no node of the graph`)
    addIf(faults, materialized.size > 0 && !materialized.has(e), `output ${name} is not stored`)
  }
  return faults
}

// ---- kernels

const show = (b: Buffer): string => `buffer ${b.id}`

const viewFaults = (v: View): Faults => {
  const [from, to] = extentOf(v)
  const end = v.buffer.size * bytesOf[v.buffer.dtype]
  return [
    ...faultIf(v.shape.length !== v.stride.length, `a view of ${show(v.buffer)} has as many strides as axes`),
    ...faultIf(sizeOf(v.shape) > 0 && (from < 0 || to > end), `a view leaves ${show(v.buffer)}`)
  ]
}

/** checks that everything that a kernel computes depends only on what it reads */
const insideFaults = (k: Kernel): Faults => {
  if (k.kind !== 'map' && k.kind !== 'reduce') return []
  const roots = k.kind === 'map' ? [...k.outputs, ...(k.maxima ?? [])].map(o => o.node) : [k.node]
  const { nodes, keys } = bodyOf(roots, k.reads, k.shape)
  const known = new Set(nodes)
  return [
    ...nodes.flatMap(n => {
      const computed = !k.reads.has(n) && uniformValue(n) === undefined
      const leaf = computed && (n.op === 'input' || n.op === 'constant')
      const lost = computed && n.op !== 'random' && n.op !== 'iota' && n.args.some(a => !known.has(a))
      return faultIf(leaf || lost, `a kernel computes ${n.op} from what it does not read`)
    }),
    ...[...keys.values()].flatMap(v => faultIf(v === undefined, 'a random draw has no key'))
  ]
}

/** the last two sizes of a product's operands and of the product */
const matricesOf = (k: MatmulKernel): readonly [Dims, Dims, Dims] => {
  const b = k.b.shape.slice(-2)
  const [windows, taps] = [k.a.shape.slice(0, 3), k.a.shape.slice(3)].map(sizeOf) as [number, number]
  const a = k.windows === undefined ? k.a.shape.slice(-2) : k.windows === 'rows' ? [windows, taps] : [taps, windows]
  if (k.adds === undefined) return [a, b, k.to.shape.slice(-2)]
  const { adds, to } = k
  const [n, height, width, c] = to.shape as readonly [number, number, number, number]
  const [oh, ow] = [height, width].map((size, i) =>
    windowCount(size, at(adds.size, i), at(adds.stride, i), at(adds.dilation, i))
  ) as [number, number]
  return [a, b, [n * oh * ow, sizeOf(adds.size) * c]]
}

const sizeFaults = (k: Kernel): Faults => {
  switch (k.kind) {
    case 'map': {
      const size = sizeOf(k.shape)
      return k.outputs.flatMap(({ node, to }) => [
        ...faultIf(sizeOf(to.shape) !== size, `an output of a map has ${sizeOf(to.shape)} numbers instead of ${size}`),
        ...faultIf(node.dtype !== to.buffer.dtype, `a map stores ${node.dtype} as ${to.buffer.dtype}`)
      ])
    }
    case 'reduce': {
      const size = k.shape.reduce((n, s, a) => (k.axes.includes(a) ? n : n * s), 1)
      return faultIf(sizeOf(k.to.shape) !== size, `a reduction has ${sizeOf(k.to.shape)} results instead of ${size}`)
    }
    case 'matmul': {
      const [a, b, c] = matricesOf(k)
      const fits = a[1] === b[0] && a[0] === c[0] && b[1] === c[1]
      const packed = [...(k.packed?.b === true ? [k.b] : []), ...(k.packed?.to === true ? [k.to] : [])]
      return [
        ...faultIf(!fits, `a product of [${a.join()}] and [${b.join()}] is [${c.join()}]`),
        ...faultIf(new Set([k.a, k.b, k.to].map(v => v.buffer.dtype)).size > 1, 'a product mixes element types'),
        ...packed.flatMap(v => {
          const columns = v.stride[1] === 1 ? v.shape[1] : v.shape[0]
          const fits = v.shape.length === 2 && (columns ?? 0) % panelWidth(sizesOf(k)) === 0
          return faultIf(!fits, 'a packed matrix is no whole number of panels')
        })
      ]
    }
    case 'scatter':
      return faultIf(k.scratch.size !== sizeOf(k.to.shape), 'the sums of a scatter are as many as its results')
    case 'channelSums': {
      const [n, oh, ow, ...window] = k.windows.shape as readonly [number, number, number]
      const fits = sizeOf(k.to.shape) === sizeOf(window) && k.values.shape[1] === n * oh * ow
      return faultIf(!fits, 'sums of channels are as many as the numbers of a window')
    }
    case 'unwindows':
    case 'gather':
    case 'fingerprint':
    case 'foldIn':
    case 'loop':
      return []
  }
}

/** checks that each buffer is filled before it is read, and by kernels only */
const orderFaults = (p: KernelProgram): Faults => {
  const filled = new Set<Buffer>([...p.constants, ...Object.values(p.inputs).map(v => v.buffer)])
  const faults: string[] = []
  p.kernels.forEach((k, i) => {
    for (const { buffer: b } of readsOf(k))
      addIf(faults, !filled.has(b), `kernel ${i} reads ${show(b)} before it is filled`)
    for (const b of writesOf(k)) {
      addIf(faults, b.role.kind !== 'temporary', `kernel ${i} writes the ${b.role.kind} ${show(b)}`)
      filled.add(b)
    }
  })
  for (const [name, v] of Object.entries(p.outputs))
    addIf(faults, !filled.has(v.buffer), `output ${name} is never computed`)
  return faults
}

const programFaults = (p: KernelProgram): Faults => {
  const views = [
    ...p.kernels.flatMap(k => [...readsOf(k), ...resultsOf(k)]),
    ...Object.values(p.inputs),
    ...Object.values(p.outputs)
  ]
  const buffers = new Set([...views.map(v => v.buffer), ...p.kernels.flatMap(writesOf)])
  const ids = new Set([...buffers].map(b => b.id))
  return [
    ...faultIf(ids.size < buffers.size, 'two buffers have the same number'),
    ...faultIf(p.updates < 0 || p.updates > p.kernels.length, 'updates begin outside the kernels'),
    ...views.flatMap(viewFaults),
    ...p.kernels.flatMap(k => [...sizeFaults(k), ...insideFaults(k)]),
    ...orderFaults(p)
  ]
}

// ---- threads

const numbersWritten = (k: Kernel): number =>
  k.kind === 'loop'
    ? 0
    : k.kind !== 'map'
      ? sizeOf(k.to.shape)
      : k.runs === undefined
        ? k.outputs.reduce((n, o) => n + sizeOf(o.to.shape), 0)
        : k.outputs.length * k.runs.reduce((n, [, size]) => n + size, 0)

/** checks that the parts of a kernel cover it */
const shareFaults = (k: Kernel, parts: readonly Kernel[], threads: number): Faults => {
  if (parts.length === 1) return faultIf(parts[0] !== k, 'a kernel that is not divided is another one')
  const all = parts.reduce((n, part) => n + numbersWritten(part), 0)
  return [
    ...faultIf(parts.length !== threads, `a kernel has ${parts.length} parts for ${threads} threads`),
    ...(inPieces(k, threads)
      ? faultIf(
          parts.some(part => part !== k),
          'a kernel taken in pieces is the same for all threads'
        )
      : faultIf(all !== numbersWritten(k), `parts write ${all} numbers of ${numbersWritten(k)}`))
  ]
}

type Range = readonly [from: number, to: number]
interface Use {
  readonly alone: boolean
  readonly reads: readonly Range[]
  readonly writes: readonly Range[]
}
const rangeIn =
  (address: ReadonlyMap<Buffer, number>) =>
  (v: View): Range => {
    const base = address.get(v.buffer) ?? NaN
    const [from, to] = extentOf(v)
    return [base + from, base + to]
  }
const useOf = (c: Compilation, parts: readonly Kernel[]): Use => {
  const range = rangeIn(c.plan.address)
  const whole = (b: Buffer): Range => range({ buffer: b, shape: [b.size], stride: [1], offset: 0 })
  return {
    alone: parts.length === 1,
    reads: parts.flatMap(k => readsOf(k).map(range)),
    writes: parts.flatMap(k => [
      ...resultsOf(k).map(range),
      ...(k.kind === 'scatter' || k.kind === 'loop' ? writesOf(k).map(whole) : [])
    ])
  }
}
const meet = (a: readonly Range[], b: readonly Range[]): boolean =>
  a.some(([from, to]) => b.some(([start, end]) => from < end && start < to))

/** checks that a barrier separates any two kernels of which one writes what the other accesses */
const barrierFaults = (c: Compilation, which: number): Faults => {
  const barriers = c.barriers[which] ?? []
  const uses = (c.shares[which] ?? []).map(parts => useOf(c, parts))
  return uses.flatMap((b, j) =>
    uses.slice(0, j).flatMap((a, i) => {
      const touch = meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes)
      const waits = barriers.slice(i + 1, j + 1).includes(true)
      return faultIf(touch && !(a.alone && b.alone) && !waits, `no barrier between kernels ${i} and ${j}`)
    })
  )
}

// ---- memory

/** whether a kernel may write over what it reads: number by number, at the same addresses */
const overwrites = (k: Kernel, read: View, written: View): boolean =>
  k.kind === 'map' && (isOneNumber(read) ? sizeOf(written.shape) === 1 : isPlain(read) && isPlain(written))

/** Tracks which value each byte holds from kernel to kernel: a value must still be there when it is read. */
const memoryFaults = (c: Compilation, p: KernelProgram): Faults => {
  const range = rangeIn(c.plan.address)
  const faults: string[] = []
  let owners: readonly (readonly [owner: Buffer, range: Range])[] = []
  const own = (b: Buffer): void => {
    const mine = range({ buffer: b, shape: [b.size], stride: [1], offset: 0 })
    owners = [...owners.filter(([, other]) => !meet([other], [mine])), [b, mine]]
  }
  const owned = (b: Buffer): boolean => owners.some(([o]) => o === b)
  for (const b of [...p.constants, ...Object.values(p.inputs).map(v => v.buffer)]) own(b)
  p.kernels.forEach((k, i) => {
    for (const v of readsOf(k))
      addIf(faults, !owned(v.buffer), `kernel ${i} reads ${show(v.buffer)} after it was overwritten`)
    for (const read of readsOf(k))
      for (const to of resultsOf(k))
        if (read.buffer !== to.buffer && meet([range(read)], [range(to)]))
          addIf(faults, !overwrites(k, read, to), `kernel ${i} writes over what it still reads`)
    for (const b of writesOf(k)) if (!owned(b)) own(b)
  })
  for (const [name, v] of Object.entries(p.outputs))
    addIf(faults, !owned(v.buffer), `output ${name} is overwritten before the end`)
  const buffers = new Set(p.kernels.flatMap(k => [...readsOf(k).map(v => v.buffer), ...writesOf(k)]))
  for (const b of buffers) {
    const [from, to] = range({ buffer: b, shape: [b.size], stride: [1], offset: 0 })
    addIf(faults, !(from >= 0 && to <= c.plan.panel), `${show(b)} is outside the memory of the program`)
  }
  return faults
}

const threadFaults = (c: Compilation, which: number): Faults => {
  const { kernels } = c.programs[which] as KernelProgram
  const work = (c.parts[which] ?? []).map(modules => modules.flatMap(m => m.work))
  return [
    ...faultIf(
      work.some(w => w.length !== kernels.length),
      'a thread skips a kernel'
    ),
    ...kernels.flatMap((_, i) => {
      const parts = c.shares[which]?.[i] ?? []
      const done = work.flatMap(w => w[i]?.kernel ?? [])
      return faultIf(
        done.length !== parts.length || done.some(k => !parts.includes(k)),
        `threads do not do kernel ${i}`
      )
    })
  ]
}

/**
 * The faults of a compilation after any pass: arguments come first, views stay inside their buffers, sizes and element
 * types fit, buffers are filled before they are read and overwritten only when nothing reads them any more, the parts
 * of a kernel are the kernel, threads wait where one writes what another one uses.
 */
export const verify = (c: Compilation): Faults => [
  ...(c.programs.length === 0 ? c.graphs.flatMap(graphFaults) : []),
  ...c.programs.flatMap(programFaults),
  ...c.programs.flatMap((p, which) => [
    ...(c.shares.length === 0
      ? []
      : p.kernels.flatMap((k, i) => shareFaults(k, c.shares[which]?.[i] ?? [], c.threads))),
    ...(c.plan.bytes === 0 ? [] : memoryFaults(c, p)),
    ...(c.barriers.length === 0 ? [] : barrierFaults(c, which)),
    ...(c.parts.length === 0 ? [] : threadFaults(c, which))
  ])
]
