/**
 * Where everything lies: a static memory plan for the programs of one loop. Inputs have places of their own, shared by name; what is
 * fed back is written straight into its input's place where no kernel needs the old value any more; temporaries share the rest by
 * their lifetimes.
 */
import { sizeOf } from '../../value/shape.js'
import { reservedBytes } from '../wasm/emit/barrier.js'
import { sizesOf } from '../wasm/emit/matrix.js'
import { isThin } from '../wasm/emit/matmul.js'
import { nextBytes, scratchFor } from '../wasm/emit/panel.js'
import type { Panels } from './weight-layout.js'
import { bytesOf, isPlain, readsOf, writesOf, type Buffer, type Kernel, type Lowered, type View } from './ir.js'
import { inPieces } from './partition.js'

export interface Copy {
  readonly from: number
  readonly to: number
  readonly bytes: number
}
/** where the values of several steps of one input or output wait their turn, one after another */
export interface Queue {
  readonly address: number
  /** of one step's value */
  readonly bytes: number
}
/** what moves between the places of one program and the queues */
export interface Queued {
  readonly inputs: ReadonlyMap<string, Queue>
  readonly outputs: ReadonlyMap<string, Queue>
}
export interface Plan {
  /** the most steps that one call takes: what is handed in and out for so many has a place */
  readonly turns: number
  /** for each program; with a single turn the queues are the places themselves */
  readonly queued: readonly Queued[]
  readonly address: ReadonlyMap<Buffer, number>
  /** for each program: what is fed back and could not be written in place */
  readonly copies: readonly (readonly Copy[])[]
  readonly inputs: ReadonlyMap<string, { readonly address: number; readonly view: View }>
  /** which of them lie in panels */
  readonly panels: ReadonlyMap<string, Panels>
  /** for the kernels of a program that threads take in pieces, one after another: where the numbers of the next pieces lie, one for each thread */
  readonly nextPieces: number
  /** scratch for the panels of matrix products, one for each thread */
  readonly panel: number
  readonly panelBytes: number
  readonly bytes: number
}

const align = (n: number): number => Math.ceil(n / 64) * 64
const bytes = (b: Buffer): number => b.size * bytesOf[b.dtype]

/** the scratch that the largest matrix product needs for its panels */
const panelFor = (programs: readonly Lowered[], threads: number): number =>
  Math.max(
    0,
    ...programs.flatMap(({ kernels }) =>
      kernels.map(k => {
        if (k.kind !== 'matmul') return 0
        const product = sizesOf(k)
        return isThin(product) ? 0 : scratchFor(product, inPieces(k, threads) ? threads : 1) + 64
      })
    )
  )

/** first and last kernel that touch a buffer */
const lifetimes = (
  p: Lowered,
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

/** whether a kernel reads a buffer only element by element at the places that it writes */
const sameplace = (k: Kernel, b: Buffer): boolean =>
  k.kind === 'map' &&
  [...k.reads.values()].every(
    v =>
      v.buffer !== b ||
      (v.offset === 0 && isPlain(v) && v.shape.length === k.shape.length && v.shape.every((n, i) => n === k.shape[i]))
  )

/** for each buffer the numbers of the kernels that do something with it, in order */
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
 * Which outputs take the places of the inputs that they are fed back to: where nothing reads an old value after the new one begins to be
 * written, and where values that share a buffer lie in it as their old ones lie in theirs.
 */
const inPlace = (p: Lowered, fedBack: Held['fedBack']): ReadonlyMap<Buffer, Buffer> => {
  const writers = kernelsBy(p.kernels, writesOf)
  const readers = kernelsBy(p.kernels, k => readsOf(k).map(v => v.buffer))
  const sharing = new Map<Buffer, [name: string, view: View][]>()
  for (const [name, view] of Object.entries(p.outputs))
    sharing.set(view.buffer, [...(sharing.get(view.buffer) ?? []), [name, view]])
  const found = new Map<Buffer, Buffer>()
  for (const [output, all] of sharing) {
    // what the program does not read lies where the others of the loop have it
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

/** what a loop is opened with, beside its programs */
export interface Held {
  readonly fedBack: ReadonlyMap<string, View>
  readonly resident: ReadonlySet<string>
  /** what of both lies in panels */
  readonly panels: ReadonlyMap<string, Panels>
}
export const nothingHeld: Held = { fedBack: new Map(), resident: new Set(), panels: new Map() }

/** one call takes as many steps as these bytes hold the inputs and outputs of, so that they stay in the nearest caches */
const queueBytes = 32768
const mostTurns = 256

/** the inputs and outputs of a program that every step has anew */
const perStep = (
  p: Lowered,
  { fedBack, resident }: Held
): {
  readonly inputs: readonly (readonly [string, View])[]
  readonly outputs: readonly (readonly [string, View])[]
} => ({
  inputs: Object.entries(p.inputs).filter(([name]) => !fedBack.has(name) && !resident.has(name)),
  outputs: Object.entries(p.outputs).filter(([name]) => !fedBack.has(name))
})

/**
 * What updates read that was worked out before them, number by number (gradients), and what they work out for themselves. It lies in one
 * piece, at the same places in each program, so that updates are the same code whatever the size of the batch.
 *
 * @returns the end of the piece
 */
const placeGradients = (
  programs: readonly Lowered[],
  held: Held,
  start: number,
  address: Map<Buffer, number>
): number =>
  Math.max(
    start,
    ...programs.map(({ kernels, updates, outputs }) => {
      const before = new Set(kernels.slice(0, updates).flatMap(writesOf))
      const back = new Set(Object.entries(outputs).flatMap(([name, v]) => (held.fedBack.has(name) ? [v.buffer] : [])))
      let end = start
      for (const k of kernels.slice(updates)) {
        const gradients = readsOf(k)
          .map(v => v.buffer)
          .filter(b => before.has(b) && writesOf(k).some(w => w.size === b.size))
        for (const b of [...gradients, ...writesOf(k).filter(w => !back.has(w))]) {
          if (address.has(b)) continue
          address.set(b, end)
          end = align(end + bytes(b) + 16)
        }
      }
      return end
    })
  )

export const plan = (programs: readonly Lowered[], held: Held, threads = 1): Plan => {
  const { fedBack } = held
  const address = new Map<Buffer, number>()
  const nextPieces = reservedBytes
  const most = Math.max(0, ...programs.map(p => p.kernels.filter(k => inPieces(k, threads)).length))
  let end = nextPieces + most * threads * nextBytes
  const place = (b: Buffer): number => {
    const a = end
    address.set(b, a)
    end = align(a + bytes(b) + 16)
    return a
  }
  const placeOnce = (b: Buffer): number => address.get(b) ?? place(b)
  const addressOf = ({ buffer, offset }: View): number =>
    (address.get(buffer) as number) + offset * bytesOf[buffer.dtype]
  for (const [, view] of fedBack) placeOnce(view.buffer)
  end = placeGradients(programs, held, end, address)
  const inputs = new Map<string, { address: number; view: View }>()
  const bytesIn = (v: View | undefined): number => (v === undefined ? 0 : bytes(v.buffer))
  // an input whose size differs between programs (an index) takes the largest place
  const largest = new Map<string, View>(fedBack)
  for (const [name, view] of programs.flatMap(p => Object.entries(p.inputs)))
    if (bytesIn(largest.get(name)) < bytesIn(view)) largest.set(name, view)
  for (const [name, view] of largest) {
    placeOnce(view.buffer)
    inputs.set(name, { address: addressOf(view), view })
  }
  for (const [name, { buffer, offset }] of programs.flatMap(p => Object.entries(p.inputs)))
    address.set(buffer, (inputs.get(name) as { address: number }).address - offset * bytesOf[buffer.dtype])
  for (const p of programs) for (const b of p.constants) place(b)
  const anew = programs.map(p => perStep(p, held))
  const stepBytes = anew.map(({ inputs, outputs }) =>
    [...inputs, ...outputs].reduce((n, [, v]) => n + bytes(v.buffer), 1)
  )
  const turns = Math.max(1, Math.min(mostTurns, Math.floor(queueBytes / Math.max(1, ...stepBytes))))
  const queue = (v: View): Queue => {
    const q = { address: end, bytes: bytes(v.buffer) }
    end = align(end + turns * q.bytes + 16)
    return q
  }
  const queues = anew.map(({ inputs, outputs }): Queued => {
    const each = (vs: readonly (readonly [string, View])[]): ReadonlyMap<string, Queue> =>
      new Map(turns === 1 ? [] : vs.map(([name, v]) => [name, queue(v)]))
    return { inputs: each(inputs), outputs: each(outputs) }
  })
  const copies = programs.map(p => {
    const places = inPlace(p, fedBack)
    for (const [output, input] of places) address.set(output, address.get(input) as number)
    return Object.entries(p.outputs).flatMap(([name, view]) =>
      fedBack.has(name) && !places.has(view.buffer) ? [{ name, view }] : []
    )
  })
  const temporaries = end
  let top = end
  for (const p of programs) {
    const spans = lifetimes(p, new Set(Object.values(p.outputs).map(v => v.buffer)))
    const live: { from: number; to: number; last: number }[] = []
    for (const [b, span] of [...spans]
      .filter(([b]) => !address.has(b))
      .sort((x, y) => x[1].first - y[1].first || x[0].id - y[0].id)) {
      for (let i = live.length - 1; i >= 0; i--) if ((live[i] as { last: number }).last < span.first) live.splice(i, 1)
      live.sort((x, y) => x.from - y.from)
      const size = align(bytes(b) + 16)
      let from = temporaries
      for (const l of live) {
        if (l.from - from >= size) break
        from = Math.max(from, l.to)
      }
      live.push({ from, to: from + size, last: span.last })
      address.set(b, from)
      top = Math.max(top, from + size)
    }
  }
  const panel = align(top)
  const panelBytes = align(panelFor(programs, threads))
  /** with a single turn the places themselves */
  const places = (vs: readonly (readonly [string, View])[]): ReadonlyMap<string, Queue> =>
    new Map(vs.map(([name, v]) => [name, { address: address.get(v.buffer) as number, bytes: bytes(v.buffer) }]))
  return {
    turns,
    queued: turns === 1 ? anew.map(a => ({ inputs: places(a.inputs), outputs: places(a.outputs) })) : queues,
    address,
    copies: copies.map(c =>
      c.map(({ name, view }) => {
        return {
          from: addressOf(view),
          to: (inputs.get(name) as { address: number }).address,
          bytes: sizeOf(view.shape) * bytesOf[view.buffer.dtype]
        }
      })
    ),
    inputs,
    panels: held.panels,
    nextPieces,
    panel,
    panelBytes,
    // loads may run a little past what they need
    bytes: panel + threads * panelBytes + 256
  }
}
