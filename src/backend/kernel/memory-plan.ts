/**
 * A static memory plan for the programs of one loop: the address of every buffer. Inputs have fixed addresses, shared
 * by name. A value that is fed back is written to its input's address, if no kernel still needs the old value.
 * Temporaries share the rest by their lifetimes.
 */
import { sizeOf } from '../../value/shape.js'
import type { Panels } from './weight-layout.js'
import {
  bytesOf,
  isPlain,
  readsOf,
  withoutLoops,
  writesOf,
  type Buffer,
  type Kernel,
  type KernelProgram,
  type View
} from './ir.js'
import { inPieces } from './partition.js'
import { counterBytes, reservedBytes } from './thread-memory.js'
import { isThin, lineBytes, scratchFor, sizesOf } from './tiling.js'
import { largest } from '../../value/largest.js'

export interface Copy {
  readonly from: number
  readonly to: number
  readonly bytes: number
}
/** the values of one input or output for several steps, stored one after another */
export interface Queue {
  readonly address: number
  /** of one step's value */
  readonly bytes: number
}
/** copies between the buffers of one program and the queues */
export interface Queued {
  readonly inputs: ReadonlyMap<string, Queue>
  readonly outputs: ReadonlyMap<string, Queue>
}
export interface MemoryPlan {
  /** the maximum number of steps in one call: the queues have space for their inputs and outputs */
  readonly turns: number
  /** for each program; with a single turn the queues are the buffers themselves */
  readonly queued: readonly Queued[]
  readonly address: ReadonlyMap<Buffer, number>
  /** for each program: values that are fed back and could not be written in place */
  readonly copies: readonly (readonly Copy[])[]
  readonly inputs: ReadonlyMap<string, { readonly address: number; readonly view: View }>
  /** values that are stored in panels */
  readonly panels: ReadonlyMap<string, Panels>
  /** the address of the counters for kernels whose pieces threads take at run time, one for each thread */
  readonly nextPieces: number
  /** the address of the scratch memory for panels of matrix products, one for each thread */
  readonly panel: number
  readonly panelBytes: number
  readonly bytes: number
}

const align = (n: number): number => Math.ceil(n / 64) * 64
const bytes = (b: Buffer): number => b.size * bytesOf[b.dtype]

/** the scratch memory that the largest matrix product needs for its panels */
const panelFor = (programs: readonly KernelProgram[], threads: number): number =>
  largest(
    programs.flatMap(({ kernels }) =>
      withoutLoops(kernels).map(k => {
        if (k.kind === 'unwindows') return lineBytes({ width: k.window.width, channels: k.to.shape[3] as number }) + 64
        if (k.kind !== 'matmul') return 0
        const product = sizesOf(k)
        return isThin(product) ? 0 : scratchFor(product, inPieces(k, threads) ? threads : 1) + 64
      })
    ),
    0
  )

/** the first and last kernel that access each buffer */
const lifetimes = (
  p: KernelProgram,
  kept: ReadonlySet<Buffer>
): ReadonlyMap<Buffer, { readonly first: number; readonly last: number }> => {
  const spans = new Map<Buffer, { first: number; last: number }>()
  p.kernels.forEach((k, i) => {
    for (const b of [...readsOf(k).map(v => v.buffer), ...writesOf(k)]) {
      const s = spans.get(b)
      if (s === undefined) spans.set(b, { first: i, last: i })
      else s.last = i
    }
  })
  for (const b of kept) {
    const s = spans.get(b)
    if (s !== undefined) s.last = p.kernels.length
  }
  return spans
}

/** whether a kernel reads a buffer only at the indexes that it writes */
export const sameplace = (k: Kernel, b: Buffer): boolean =>
  k.kind === 'map' &&
  [...k.reads.values()].every(
    v =>
      v.buffer !== b ||
      (v.offset === 0 && isPlain(v) && v.shape.length === k.shape.length && v.shape.every((n, i) => n === k.shape[i]))
  )

/** for each buffer the indexes of the kernels that access it, in order */
const kernelsBy = (
  kernels: readonly Kernel[],
  buffers: (k: Kernel) => readonly Buffer[]
): ReadonlyMap<Buffer, number[]> => {
  const by = new Map<Buffer, number[]>()
  kernels.forEach((k, i) => {
    for (const b of new Set(buffers(k))) {
      const numbers = by.get(b)
      if (numbers === undefined) by.set(b, [i])
      else numbers.push(i)
    }
  })
  return by
}

/**
 * Which outputs are written in place of the inputs that they are fed back to: those whose old value is not read after
 * the new one is first written, and which have the same offset in a shared buffer as the old value.
 */
const inPlace = (p: KernelProgram, fedBack: Held['fedBack']): ReadonlyMap<Buffer, Buffer> => {
  const writers = kernelsBy(p.kernels, writesOf)
  const readers = kernelsBy(p.kernels, k => readsOf(k).map(v => v.buffer))
  const sharing = new Map<Buffer, [name: string, view: View][]>()
  for (const [name, view] of Object.entries(p.outputs))
    sharing.set(view.buffer, [...(sharing.get(view.buffer) ?? []), [name, view]])
  const found = new Map<Buffer, Buffer>()
  for (const [output, all] of sharing) {
    // values that the program does not read have the view of the loop's other programs
    const oldOf = (name: string): View | undefined => p.inputs[name] ?? fedBack.get(name)
    const input = oldOf(all[0]?.[0] ?? '')?.buffer
    const alike = all.every(([name, v]) => {
      const old = oldOf(name)
      return fedBack.has(name) && old?.buffer === input && old?.offset === v.offset && old.buffer.size === output.size
    })
    if (input === undefined || !alike || new Set(all.map(([, v]) => v.offset)).size < all.length) continue
    const [first = 0, ...more] = writers.get(output) ?? []
    const last = readers.get(input)?.at(-1) ?? -1
    if (more.length === 0 && (last < first || (last === first && sameplace(p.kernels[first] as Kernel, input))))
      found.set(output, input)
  }
  return found
}

/** what a loop holds besides its programs */
export interface Held {
  readonly fedBack: ReadonlyMap<string, View>
  readonly resident: ReadonlySet<string>
  /** which of both are stored in panels */
  readonly panels: ReadonlyMap<string, Panels>
}
export const nothingHeld: Held = { fedBack: new Map(), resident: new Set(), panels: new Map() }

/** the plan before anything is planned */
export const emptyPlan: MemoryPlan = {
  turns: 1,
  queued: [],
  address: new Map(),
  copies: [],
  inputs: new Map(),
  panels: new Map(),
  nextPieces: 0,
  panel: 0,
  panelBytes: 0,
  bytes: 0
}

/**
 * one call takes as many steps as have inputs and outputs in this number of bytes, so that they stay in the nearest
 * caches
 */
const queueBytes = 32768
const mostTurns = 256

/** the inputs and outputs of a program that change in every step */
const perStep = (
  p: KernelProgram,
  { fedBack, resident }: Held
): {
  readonly inputs: readonly (readonly [string, View])[]
  readonly outputs: readonly (readonly [string, View])[]
} => ({
  inputs: Object.entries(p.inputs).filter(([name]) => !fedBack.has(name) && !resident.has(name)),
  outputs: Object.entries(p.outputs).filter(([name]) => !fedBack.has(name))
})

type Named = readonly (readonly [string, View])[]

/** allocates addresses in ascending order */
interface Addresses {
  readonly of: ReadonlyMap<Buffer, number>
  readonly set: (b: Buffer, address: number) => void
  /** reserves a number of bytes and returns their address */
  readonly reserve: (bytes: number) => number
  readonly placeOnce: (b: Buffer) => void
  readonly ofView: (v: View) => number
  readonly end: () => number
}
const addressesFrom = (start: number): Addresses => {
  const of = new Map<Buffer, number>()
  let end = start
  const reserve = (size: number): number => {
    const here = end
    end = align(end + size + 16)
    return here
  }
  return {
    of,
    set: (b, address) => void of.set(b, address),
    reserve,
    placeOnce: b => {
      if (!of.has(b)) of.set(b, reserve(bytes(b)))
    },
    ofView: ({ buffer, offset }) => (of.get(buffer) as number) + offset * bytesOf[buffer.dtype],
    end: () => end
  }
}

/**
 * Values that updates read number by number (gradients), and temporaries of updates. They are contiguous and have the
 * same addresses in each program, so that the code of updates does not depend on the batch size.
 */
const placeGradients = (programs: readonly KernelProgram[], held: Held, addresses: Addresses): void => {
  const start = addresses.end()
  let farthest = start
  for (const { kernels, updates, outputs } of programs) {
    const before = new Set(kernels.slice(0, updates).flatMap(writesOf))
    const back = new Set(Object.entries(outputs).flatMap(([name, v]) => (held.fedBack.has(name) ? [v.buffer] : [])))
    let end = start
    for (const k of kernels.slice(updates)) {
      const gradients = readsOf(k)
        .map(v => v.buffer)
        .filter(b => before.has(b) && writesOf(k).some(w => w.size === b.size))
      for (const b of [...gradients, ...writesOf(k).filter(w => !back.has(w))]) {
        if (addresses.of.has(b)) continue
        addresses.set(b, end)
        end = align(end + bytes(b) + 16)
      }
    }
    farthest = Math.max(farthest, end)
  }
  if (farthest > start) addresses.reserve(farthest - start - 16)
}

/** Inputs with the same name share an address; if the size differs between programs (an index), the largest counts. */
const placeInputs = (
  programs: readonly KernelProgram[],
  fedBack: Held['fedBack'],
  addresses: Addresses
): MemoryPlan['inputs'] => {
  const named = programs.flatMap(p => Object.entries(p.inputs))
  const bytesIn = (v: View | undefined): number => (v === undefined ? 0 : bytes(v.buffer))
  const largest = new Map<string, View>(fedBack)
  for (const [name, view] of named) if (bytesIn(largest.get(name)) < bytesIn(view)) largest.set(name, view)
  const inputs = new Map<string, { address: number; view: View }>()
  for (const [name, view] of largest) {
    addresses.placeOnce(view.buffer)
    inputs.set(name, { address: addresses.ofView(view), view })
  }
  for (const [name, { buffer, offset }] of named)
    addresses.set(buffer, (inputs.get(name) as { address: number }).address - offset * bytesOf[buffer.dtype])
  return inputs
}

/**
 * The queues of values that change in every step, for the steps of one call. With a single step they are the values'
 * own addresses.
 */
const placeQueues = (
  programs: readonly KernelProgram[],
  held: Held,
  addresses: Addresses
): { readonly turns: number; readonly queued: () => readonly Queued[] } => {
  const anew = programs.map(p => perStep(p, held))
  const stepBytes = anew.map(({ inputs, outputs }) =>
    [...inputs, ...outputs].reduce((n, [, v]) => n + bytes(v.buffer), 1)
  )
  const turns = Math.max(1, Math.min(mostTurns, Math.floor(queueBytes / largest(stepBytes, 1))))
  const each =
    (address: (b: Buffer) => number) =>
    (vs: Named): ReadonlyMap<string, Queue> =>
      new Map(vs.map(([name, { buffer }]) => [name, { address: address(buffer), bytes: bytes(buffer) }]))
  const all = (address: (b: Buffer) => number): readonly Queued[] =>
    anew.map(a => ({ inputs: each(address)(a.inputs), outputs: each(address)(a.outputs) }))
  if (turns === 1) return { turns, queued: () => all(b => addresses.of.get(b) as number) }
  const queued = all(b => addresses.reserve(turns * bytes(b)))
  return { turns, queued: () => queued }
}

/** Temporaries share memory by their lifetimes, in each program separately. */
const placeTemporaries = (programs: readonly KernelProgram[], addresses: Addresses): number => {
  const start = addresses.end()
  let top = start
  for (const p of programs) {
    const spans = lifetimes(p, new Set(Object.values(p.outputs).map(v => v.buffer)))
    const live: { from: number; to: number; last: number }[] = []
    for (const [b, span] of [...spans]
      .filter(([b]) => !addresses.of.has(b))
      .sort((x, y) => x[1].first - y[1].first || x[0].id - y[0].id)) {
      for (let i = live.length - 1; i >= 0; i--) if ((live[i] as { last: number }).last < span.first) live.splice(i, 1)
      live.sort((x, y) => x.from - y.from)
      const size = align(bytes(b) + 16)
      let from = start
      for (const l of live) {
        if (l.from - from >= size) break
        from = Math.max(from, l.to)
      }
      live.push({ from, to: from + size, last: span.last })
      addresses.set(b, from)
      top = Math.max(top, from + size)
    }
  }
  return top
}

/** Gives every buffer of the programs of one loop its address. */
export const planMemory = (programs: readonly KernelProgram[], held: Held, threads = 1): MemoryPlan => {
  const { fedBack } = held
  const nextPieces = reservedBytes
  const most = largest(
    programs.map(p => p.kernels.filter(k => inPieces(k, threads)).length),
    0
  )
  const addresses = addressesFrom(nextPieces + most * threads * counterBytes)
  for (const [, view] of fedBack) addresses.placeOnce(view.buffer)
  placeGradients(programs, held, addresses)
  const inputs = placeInputs(programs, fedBack, addresses)
  for (const b of programs.flatMap(p => p.constants)) addresses.set(b, addresses.reserve(bytes(b)))
  const { turns, queued } = placeQueues(programs, held, addresses)
  const copied = programs.map(p => {
    const places = inPlace(p, fedBack)
    for (const [output, input] of places) addresses.set(output, addresses.of.get(input) as number)
    return Object.entries(p.outputs).filter(([name, view]) => fedBack.has(name) && !places.has(view.buffer))
  })
  const panel = align(placeTemporaries(programs, addresses))
  const panelBytes = align(panelFor(programs, threads))
  return {
    turns,
    queued: queued(),
    address: addresses.of,
    copies: copied.map(outputs =>
      outputs.map(([name, view]) => ({
        from: addresses.ofView(view),
        to: (inputs.get(name) as { address: number }).address,
        bytes: sizeOf(view.shape) * bytesOf[view.buffer.dtype]
      }))
    ),
    inputs,
    panels: held.panels,
    nextPieces,
    panel,
    panelBytes,
    // vector loads may read a few bytes past the end
    bytes: panel + threads * panelBytes + 256
  }
}
