/**
 * Fuses the updates of many tensors into one kernel. If an optimizer applies the same formula to each of them, their
 * parameters are stored contiguously in one buffer, and in the same order their gradients and each slot. Then one loop
 * passes through all.
 */
import type { Expr } from '../../expr/op.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { bodyOf } from './body.js'
import {
  bytesOf,
  isOneNumber,
  isWhole,
  nextId,
  readsOf,
  withViews,
  writesOf,
  type Buffer,
  type Kernel,
  type KernelProgram,
  type MapKernel,
  type View
} from './ir.js'
import { uniformValue } from './simplify.js'

/** the views of values that are fed back */
export type FedBack = ReadonlyMap<string, View>

/** an elementwise kernel over whole buffers, and its formula as text without buffer names */
interface Update {
  readonly kernel: MapKernel
  readonly pattern: string
  /** the buffers, in the order of their appearance in the pattern */
  readonly wholes: readonly Buffer[]
}

const exactly = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

/** @returns undefined unless the kernel passes number by number through whole buffers that may be moved */
const updateOf = (
  kernel: Kernel,
  fedBack: ReadonlySet<Buffer>,
  isMovable: (b: Buffer) => boolean
): Update | undefined => {
  if (kernel.kind !== 'map' || kernel.maxima !== undefined) return undefined
  const { shape, outputs, reads } = kernel
  const size = sizeOf(shape)
  const { nodes, places, keys } = bodyOf(
    outputs.map(o => o.node),
    reads,
    shape
  )
  if (places.length > 0 || keys.size > 0) return undefined
  const ids = new Map(nodes.map((n, i) => [n, i]))
  const wholes: Buffer[] = []
  const movesWhole = (v: View): boolean => isWhole(v) && v.buffer.size === size && size > 1 && isMovable(v.buffer)
  const whole = (v: View): string => {
    wholes.push(v.buffer)
    return `all of ${v.buffer.dtype} ${v.buffer.role.kind} ${fedBack.has(v.buffer)}`
  }
  const wordOf = (n: Expr): string | undefined => {
    const v = reads.get(n)
    if (v !== undefined) return movesWhole(v) ? whole(v) : isOneNumber(v) ? `one ${v.buffer.id} ${v.offset}` : undefined
    const value = uniformValue(n)
    if (value !== undefined) return `number ${n.dtype} ${exactly(value)}`
    return `${n.op} ${n.dtype} ${JSON.stringify(n.attrs)} ${n.args.map(a => ids.get(a)).join()}`
  }
  const words = [
    ...nodes.map(wordOf),
    ...outputs.map(({ node, to }) => (movesWhole(to) ? `${ids.get(node)} to ${whole(to)}` : undefined))
  ]
  return words.includes(undefined) || new Set(wholes).size < wholes.length
    ? undefined
    : { kernel, pattern: words.join('\n'), wholes }
}

/**
 * the same expressions over one vector of all numbers: whole buffers become `whole`, and single numbers become `moved`
 */
const flattened = (
  { outputs, reads, shape }: MapKernel,
  whole: (v: View) => View,
  moved: (v: View) => View,
  size: number
): MapKernel => {
  const wide: Dims = [size]
  const made = new Map<Expr, Expr>()
  const newReads = new Map<Expr, View>()
  const { nodes } = bodyOf(
    outputs.map(o => o.node),
    reads,
    shape
  )
  for (const n of nodes) {
    const v = reads.get(n)
    const args = v === undefined ? n.args.map(a => made.get(a) ?? a) : []
    const flat = { ...n, shape: wide, args } as Expr
    made.set(n, flat)
    if (v !== undefined)
      newReads.set(
        flat,
        isWhole(v) && v.buffer.size === sizeOf(shape) ? whole(v) : { ...moved(v), shape: wide, stride: [0] }
      )
  }
  return {
    kind: 'map',
    shape: wide,
    outputs: outputs.map(({ node, to }) => ({ node: made.get(node) as Expr, to: whole(to) })),
    reads: newReads
  }
}

/** the new place of a buffer */
interface Part {
  readonly whole: Buffer
  readonly offset: number
}

/** the order of the parts: those that fill whole vectors first, so that as many others as possible begin at a vector */
const inOrder = (group: readonly Update[]): readonly Update[] => {
  const isRound = ({ wholes: [b] }: Update): boolean => b !== undefined && (b.size * bytesOf[b.dtype]) % 16 === 0
  return [...group.filter(isRound), ...group.filter(u => !isRound(u))]
}

/** @returns undefined if one of the updates needs a result of another */
const fusedGroup = (l: KernelProgram, group: readonly Update[], id: number): KernelProgram | undefined => {
  const members = inOrder(group)
  const first = members[0] as Update
  const isMember = new Set<Kernel>(members.map(u => u.kernel))
  const [before, after]: [Kernel[], Kernel[]] = [[], []]
  const late = new Set(members.flatMap(u => writesOf(u.kernel)))
  for (const k of l.kernels.slice(l.updates)) {
    const waits = readsOf(k).some(v => late.has(v.buffer))
    if (isMember.has(k)) {
      if (waits) return undefined
    } else if (waits) {
      for (const b of writesOf(k)) late.add(b)
      after.push(k)
    } else before.push(k)
  }
  const sizes = members.map(u => sizeOf(u.kernel.shape))
  const size = sizes.reduce((a, b) => a + b, 0)
  const parts = new Map<Buffer, Part>()
  first.wholes.forEach(({ dtype, role }, i) => {
    const whole: Buffer = { id: id + i, dtype, size, role }
    let offset = 0
    members.forEach((u, m) => {
      parts.set(u.wholes[i] as Buffer, { whole, offset })
      offset += sizes[m] as number
    })
  })
  const allOf = (v: View): View => ({
    buffer: (parts.get(v.buffer) as Part).whole,
    shape: [size],
    stride: [1],
    offset: 0
  })
  const moved = (v: View): View => {
    const part = parts.get(v.buffer)
    return part === undefined ? v : { ...v, buffer: part.whole, offset: v.offset + part.offset }
  }
  const each = (views: Readonly<Record<string, View>>): Readonly<Record<string, View>> =>
    Object.fromEntries(Object.entries(views).map(([name, v]) => [name, moved(v)]))
  const others = (kernels: readonly Kernel[]): readonly Kernel[] => kernels.map(k => withViews(k, moved))
  return {
    ...l,
    kernels: [
      ...others(l.kernels.slice(0, l.updates)),
      ...others(before),
      flattened(first.kernel, allOf, moved, size),
      ...others(after)
    ],
    inputs: each(l.inputs),
    outputs: each(l.outputs)
  }
}

const groupsIn = (l: KernelProgram, names: ReadonlySet<string>): readonly (readonly Update[])[] => {
  const viewsOf = (views: Readonly<Record<string, View>>): readonly Buffer[] =>
    Object.entries(views).flatMap(([name, v]) => (names.has(name) ? [v.buffer] : []))
  const fedBack = new Set([...viewsOf(l.inputs), ...viewsOf(l.outputs)])
  const leaving = new Set(Object.entries(l.outputs).flatMap(([name, v]) => (names.has(name) ? [] : [v.buffer])))
  const filledAgain = new Set<Buffer>()
  const filled = new Set<Buffer>()
  for (const b of l.kernels.flatMap(k => [...new Set(writesOf(k))])) (filled.has(b) ? filledAgain : filled).add(b)
  /**
   * a buffer that several kernels write (in parts, or one over another) keeps its place, because their order matters
   */
  const isMovable = (b: Buffer): boolean =>
    !leaving.has(b) &&
    !filledAgain.has(b) &&
    (b.role.kind === 'temporary' || (b.role.kind === 'input' && fedBack.has(b)))
  const groups = new Map<string, Update[]>()
  const taken = new Set<Buffer>()
  for (const k of l.kernels.slice(l.updates)) {
    const u = updateOf(k, fedBack, isMovable)
    if (u === undefined || u.wholes.some(b => taken.has(b))) continue
    for (const b of u.wholes) taken.add(b)
    groups.set(u.pattern, [...(groups.get(u.pattern) ?? []), u])
  }
  return [...groups.values()].filter(g => g.length > 1)
}

const withFusedUpdates = (l: KernelProgram, names: ReadonlySet<string>): KernelProgram => {
  /** groups that can't be fused */
  const apart = new Set<string>()
  let now = l
  for (;;) {
    const group = groupsIn(now, names).find(g => !apart.has((g[0] as Update).pattern))
    if (group === undefined) return now
    const one = fusedGroup(now, group, nextId(now))
    if (one === undefined) apart.add((group[0] as Update).pattern)
    else now = one
  }
}

/** the layout of what is fed back, as text: which names share a buffer, and their offsets */
const layoutOf = (inputs: Readonly<Record<string, View>>, names: readonly string[]): string => {
  const first = new Map<Buffer, string>()
  return names
    .map(name => {
      const v = inputs[name]
      if (v === undefined) return ''
      first.set(v.buffer, first.get(v.buffer) ?? name)
      return `${first.get(v.buffer)} ${v.offset}`
    })
    .join()
}

/** Fuses updates, if the programs of the loop then agree on the layout of what is fed back. */
export const fuseUpdates = (
  programs: readonly KernelProgram[],
  fedBack: FedBack
): { readonly programs: readonly KernelProgram[]; readonly fedBack: FedBack } => {
  const names = [...fedBack.keys()]
  const made = programs.map(p => withFusedUpdates(p, new Set(names)))
  const layouts = new Set(made.map(p => layoutOf(p.inputs, names)))
  const first = made[0]
  if (first === undefined || layouts.size > 1) return { programs, fedBack }
  const places = new Map<Buffer, Buffer>()
  return {
    programs: made,
    fedBack: new Map(
      [...fedBack].map(([name, v]) => {
        const there = first.inputs[name]
        if (there === undefined || there.buffer.size === v.buffer.size) return [name, v]
        const buffer = places.get(there.buffer) ?? { ...there.buffer, id: v.buffer.id }
        places.set(there.buffer, buffer)
        return [name, { ...v, buffer, offset: there.offset }]
      })
    )
  }
}
