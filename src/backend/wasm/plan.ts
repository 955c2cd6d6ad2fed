/**
 * Where everything lies: a static memory plan for the programs of one loop. Inputs have places of their own, shared by name; what is
 * fed back is written straight into its input's place where no kernel needs the old value any more; temporaries share the rest by
 * their lifetimes.
 */
import { isContiguous } from '../../value/tensor.js'
import { reservedBytes } from './emit/barrier.js'
import { bytesOf, readsOf, writesOf, type Buffer, type Kernel, type Lowered, type View } from './kernel.js'

export interface Copy {
  readonly from: number
  readonly to: number
  readonly bytes: number
}
export interface Plan {
  readonly address: ReadonlyMap<Buffer, number>
  /** for each program: what is fed back and could not be written in place */
  readonly copies: readonly (readonly Copy[])[]
  readonly inputs: ReadonlyMap<string, { readonly address: number; readonly view: View }>
  /** scratch for the panels of matrix products, one for each thread */
  readonly panel: number
  readonly panelBytes: number
  readonly bytes: number
}

const align = (n: number): number => Math.ceil(n / 64) * 64
const bytes = (b: Buffer): number => b.size * bytesOf[b.dtype]

/** the scratch that the widest matrix product needs for its panel of columns */
const panelFor = (programs: readonly Lowered[]): number =>
  Math.max(
    0,
    ...programs.flatMap(p => p.kernels.map(k => (k.kind === 'matmul' ? (k.a.shape.at(-1) ?? 0) * 32 + 64 : 0)))
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
      (v.offset === 0 &&
        isContiguous({ dtype: 'f32', data: [], ...v }) &&
        v.shape.length === k.shape.length &&
        v.shape.every((n, i) => n === k.shape[i]))
  )

/** whether the output may take the place of its input: nothing reads the old value after the new one begins to be written */
const inPlace = (p: Lowered, input: Buffer, output: Buffer): boolean => {
  const writers = p.kernels.flatMap((k, i) => (writesOf(k).includes(output) ? [i] : []))
  const readers = p.kernels.flatMap((k, i) => (readsOf(k).some(v => v.buffer === input) ? [i] : []))
  const first = Math.min(...writers)
  const last = Math.max(-1, ...readers)
  return writers.length === 1 && (last < first || (last === first && sameplace(p.kernels[first] as Kernel, input)))
}

export const plan = (programs: readonly Lowered[], fedBack: ReadonlyMap<string, View>, threads = 1): Plan => {
  const address = new Map<Buffer, number>()
  let end = reservedBytes
  const place = (b: Buffer): number => {
    const a = end
    address.set(b, a)
    end = align(a + bytes(b) + 16)
    return a
  }
  const inputs = new Map<string, { address: number; view: View }>()
  // an input whose size differs between programs (an index) takes the largest place
  const largest = new Map<string, View>(fedBack)
  for (const [name, view] of programs.flatMap(p => Object.entries(p.inputs)))
    if ((largest.get(name)?.buffer.size ?? 0) <= view.buffer.size) largest.set(name, view)
  for (const [name, view] of largest) inputs.set(name, { address: place(view.buffer), view })
  for (const [name, view] of programs.flatMap(p => Object.entries(p.inputs)))
    address.set(view.buffer, (inputs.get(name) as { address: number }).address)
  for (const p of programs) for (const b of p.constants) place(b)
  const copies = programs.map(p => {
    const names = Object.entries(p.outputs)
    return names.flatMap(([name, view]) => {
      const input = p.inputs[name]
      if (!fedBack.has(name)) return []
      const alone = names.filter(([, v]) => v.buffer === view.buffer).length === 1
      if (input !== undefined && alone && inPlace(p, input.buffer, view.buffer)) {
        address.set(view.buffer, address.get(input.buffer) as number)
        return []
      }
      return [{ name, view }]
    })
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
  const panelBytes = align(panelFor(programs))
  return {
    address,
    copies: copies.map(c =>
      c.map(({ name, view }) => {
        return {
          from: address.get(view.buffer) as number,
          to: (inputs.get(name) as { address: number }).address,
          bytes: bytes(view.buffer)
        }
      })
    ),
    inputs,
    panel,
    // loads may run a little past what they need
    panelBytes,
    bytes: panel + threads * panelBytes + 256
  }
}
