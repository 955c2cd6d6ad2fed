/** The modules of a program: its kernels as functions, and one function that calls them in order. */
import { call, func, i32, importFunc, importMemory, Module, v128, type Func } from 'wasmati'
import type { Buffer, Kernel, Lowered, View } from '../kernel.js'
import type { Plan } from '../plan.js'
import { split } from '../split.js'
import { emitBarrier } from './barrier.js'
import type { Library } from './body.js'
import { pow, unaryFunctions, type UnaryName } from './functions.js'
import { copyBytes } from './copy.js'
import { emitFingerprint } from './fingerprint.js'
import { bits, get, i4, integer, set } from './lanes.js'
import type { Procedure, Where } from './loops.js'
import { emitMap } from './map.js'
import { emitMatmul } from './matmul.js'
import { emitFoldIn, emitGather, emitScatter, threefryRounds } from './move.js'
import { emitReduce } from './reduce.js'

/** Threefry-2x32 of (0, place) under a key, for four places at a time; a draw is the exclusive or of the block's two words */
const bits32 = (): Func<['v128', 'v128', 'v128'], ['v128']> =>
  func({ in: [v128, v128, v128], locals: [v128, v128], out: [v128] }, ([k0, k1, place], [k2, x0]) => {
    const ks = [k0, k1, k2] as const
    set(k2, bits.xor(bits.xor(get(k0), get(k1)), i4.of(0x1bd11bda)))
    set(x0, get(k0))
    set(place, i4.add(get(place), get(k1)))
    threefryRounds({
      mix: r => {
        set(x0, i4.add(get(x0), get(place)))
        set(place, bits.xor(bits.or(i4.shl(get(place), integer(r)), i4.shr(get(place), integer(32 - r))), get(x0)))
      },
      inject: (p, q, g) => {
        set(x0, i4.add(get(x0), get(ks[p])))
        set(place, i4.add(i4.add(get(place), get(ks[q])), i4.of(g)))
      }
    })
    bits.xor(get(x0), get(place))()
  })

/** each function once, made when first asked for */
const library = (): Library => {
  const unary = new Map<UnaryName, Func<['v128'], ['v128']>>()
  const once = <A>(make: () => A): (() => A) => {
    let made: { readonly value: A } | undefined
    return () => (made ??= { value: make() }).value
  }
  return {
    unary: name => {
      const f = unary.get(name) ?? unaryFunctions[name]()
      unary.set(name, f)
      return f
    },
    pow: once(pow),
    bits32: once(bits32)
  }
}

const emitKernel = (k: Kernel, where: Where & { readonly panel: number }): Procedure => {
  switch (k.kind) {
    case 'map':
      return emitMap(k, where)
    case 'reduce':
      return emitReduce(k, where)
    case 'matmul':
      return emitMatmul(k, where)
    case 'gather':
      return emitGather(k, where)
    case 'scatter':
      return emitScatter(k, where)
    case 'fingerprint':
      return emitFingerprint(k, where)
    case 'foldIn':
      return emitFoldIn(k, where)
  }
}

/** bytes of Wasm, and what the module imports: the memory and a few functions of the library's own */
export interface Emitted {
  readonly bytes: Uint8Array
  readonly imports: WebAssembly.Imports
}

/** a module as it can be sent to another thread: under which names it imports the memory and `sleep` */
export interface Portable {
  readonly bytes: Uint8Array
  readonly memory: readonly [string, string]
  readonly sleep: readonly [string, string]
}
const nameOf = (imports: WebAssembly.Imports, is: (value: unknown) => boolean): readonly [string, string] => {
  for (const [module, names] of Object.entries(imports))
    for (const [name, value] of Object.entries(names)) if (is(value)) return [module, name]
  return ['', '']
}
export const portable =
  (memory: WebAssembly.Memory) =>
  ({ bytes, imports }: Emitted): Portable => ({
    bytes,
    memory: nameOf(imports, v => v === memory),
    sleep: nameOf(imports, v => typeof v === 'function')
  })

/**
 * Kernels to a module. wasmati 0.2 hands the bytes of a module on as arguments of one call, and engines allow some 100,000 of them: a
 * long program becomes several modules over the same memory, run one after the other.
 */
const kernelsPerModule = 16

/** what all modules of a loop have in common */
export interface Shared {
  readonly plan: Plan
  readonly memory: WebAssembly.Memory
  readonly pages: number
  readonly threads: number
  readonly sleep: (mine: number) => number
}

/** what one thread does of a kernel: a part, the whole, or nothing */
interface Work {
  readonly kernel: Kernel | undefined
  /** whether the others must have come before, since more than one thread works here or worked before */
  readonly meet: boolean
}
const workOf = (kernels: readonly Kernel[], thread: number, threads: number): readonly Work[] => {
  const parts = kernels.map(k => split(k, threads))
  return parts.map((p, i) => ({
    kernel: p.length === 1 ? (thread === 0 ? p[0] : undefined) : p[thread],
    meet: p.length > 1 || (parts[i - 1]?.length ?? 1) > 1
  }))
}

/**
 * The modules of one of the plan's programs for one thread, in the order in which they run. Each exports `run`, which takes the turn (the
 * place in the queues), and `barrier` where there are several threads. The first thread also moves values from and to the queues, and what
 * could not be written in place.
 */
export const emitProgram = (program: Lowered, which: number, s: Shared, thread = 0): readonly Emitted[] => {
  const work = workOf(program.kernels, thread, s.threads)
  const count = Math.max(1, Math.ceil(work.length / kernelsPerModule))
  const address = (b: Buffer): number => s.plan.address.get(b) as number
  const where = { address, library: library(), panel: s.plan.panel + thread * s.plan.panelBytes }
  const queued = s.plan.turns === 1 ? undefined : s.plan.queued[which]
  return Array.from({ length: count }, (_, i) => {
    const mine = work
      .slice(i * kernelsPerModule, (i + 1) * kernelsPerModule)
      .map(w => ({ ...w, run: w.kernel === undefined ? undefined : emitKernel(w.kernel, where) }))
    const barrier = s.threads === 1 ? undefined : emitBarrier(s.threads, importFunc({ in: [i32], out: [i32] }, s.sleep))
    const run = func({ in: [i32], locals: [], out: [] }, ([turn]) => {
      if (i === 0 && thread === 0)
        for (const [name, q] of queued?.inputs ?? [])
          copyBytes(
            { base: address((program.inputs[name] as View).buffer) },
            { base: q.address, turn, step: q.bytes },
            q.bytes
          )
      for (const w of mine) {
        if (w.meet && barrier !== undefined) call(barrier)
        if (w.run !== undefined) call(w.run)
      }
      if (i < count - 1) return
      if (barrier !== undefined) call(barrier)
      if (thread !== 0) return
      for (const [name, q] of queued?.outputs ?? [])
        copyBytes(
          { base: q.address, turn, step: q.bytes },
          { base: address((program.outputs[name] as View).buffer) },
          q.bytes
        )
      for (const c of s.plan.copies[which] ?? []) copyBytes({ base: c.to }, { base: c.from }, c.bytes)
    })
    const imported = importMemory({ min: s.pages, max: s.pages, shared: s.threads > 1 }, s.memory)
    const m = Module({ exports: barrier === undefined ? { run } : { run, barrier }, memory: imported })
    return { bytes: m.toBytes(), imports: m.importMap }
  })
}
