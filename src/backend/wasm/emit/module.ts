/** The modules of a program: its kernels as functions, and one function that calls them in order. What they are made from is a value (`Part`). */
import { call, func, i32, importFunc, importMemory, Module, v128, type Func } from 'wasmati'
import type { Buffer, Kernel, Lowered, View } from '../../kernel/ir.js'
import type { Plan } from '../../kernel/memory-plan.js'
import { meetings, type Touch } from '../../kernel/barriers.js'
import { inPieces, split } from '../../kernel/partition.js'
import { emitBarrier } from './barrier.js'
import type { Library } from './body.js'
import { pow, unaryFunctions, type UnaryName } from './functions.js'
import { copyBytes, type Address } from './copy.js'
import { emitFingerprint } from './fingerprint.js'
import { bits, get, i4, integer, set } from './lanes.js'
import type { Procedure, Where } from './loops.js'
import { emitMap } from './map.js'
import { emitMatmul } from './matmul.js'
import { emitFoldIn, emitGather, emitScatter, threefryRounds } from './move.js'
import { nextBytes, type Sharing } from './panel.js'
import { emitReduce } from './reduce.js'
import type { Routine } from './routine.js'

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

/**
 * Each function once in the process, made when first asked for: a module holds those that it calls. Sizes and layouts are their arguments,
 * so that there are few.
 */
const makeLibrary = (): Library => {
  const unary = new Map<UnaryName, Func<['v128'], ['v128']>>()
  const routines = new Map<string, Routine>()
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
    bits32: once(bits32),
    share: (name, make) => {
      const r = routines.get(name) ?? make()
      routines.set(name, r)
      return r
    }
  }
}

const library = makeLibrary()

const emitKernel = (
  k: Kernel,
  where: Where & { readonly panel: number; readonly sharing: Sharing | undefined }
): Procedure => {
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

/** what modules import, by the name of a module and one of its own */
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>
/** under which names a module imports something */
type Name = readonly [module: string, name: string]

/** a module as it can be sent to another thread */
export interface Portable {
  readonly bytes: Uint8Array
  readonly memory: Name
  readonly sleep: Name
}
/** and with the functions of the library's own that it may import, which only the calling thread has */
export interface Emitted extends Portable {
  readonly functions: Imports
}
export const portable = ({ bytes, memory, sleep }: Emitted): Portable => ({ bytes, memory, sleep })

/** what the modules import, with a memory and a `sleep` in their places */
export const importsOf = (
  { functions, memory, sleep }: Emitted,
  loop: { readonly memory: WebAssembly.Memory; readonly sleep: (mine: number) => number }
): WebAssembly.Imports =>
  Object.fromEntries(
    Object.entries(functions).map(([module, all]) => [
      module,
      Object.fromEntries(
        Object.entries(all).map(([name, value]) => {
          const is = ([m, n]: Name): boolean => m === module && n === name
          return [name, is(memory) ? loop.memory : is(sleep) ? loop.sleep : value]
        })
      )
    ])
  ) as unknown as WebAssembly.Imports

/**
 * Kernels to a module. wasmati 0.2 hands the bytes of a module on as arguments of one call, and engines allow some 100,000 of them: a
 * long program becomes several modules over the same memory, run one after the other.
 */
const kernelsPerModule = 16

/** what one thread does of a kernel: a part, the whole, or nothing */
interface Work {
  readonly kernel: Kernel | undefined
  /** where the threads do the kernel in pieces: the address of the numbers of the next ones */
  readonly next?: number
  /** whether all must have come here before (meet.ts) */
  readonly meet: boolean
}
/** bytes that move at the turn: the steps say by how much the addresses move with it */
interface Move {
  readonly to: Omit<Address, 'turn'>
  readonly from: Omit<Address, 'turn'>
  readonly bytes: number
}
/** all that a module is made from */
export interface Part {
  readonly threads: number
  readonly thread: number
  readonly before: readonly Move[]
  readonly work: readonly Work[]
  /** whether all meet once more at the end */
  readonly meetAfter: boolean
  readonly after: readonly Move[]
  readonly address: (b: Buffer) => number
  /** where the thread's scratch for panels lies */
  readonly panel: number
}

/**
 * Cut into pieces. Where there are more kernels than one piece takes, updates have pieces of their own, since they do not change with the size
 * of the batch, and the last piece has no kernels: it moves what comes out.
 */
const pieces = (work: readonly Work[], updates: number): readonly (readonly Work[])[] => {
  const cut = (part: readonly Work[]): readonly (readonly Work[])[] =>
    Array.from({ length: Math.ceil(part.length / kernelsPerModule) }, (_, i) =>
      part.slice(i * kernelsPerModule, (i + 1) * kernelsPerModule)
    )
  return work.length <= kernelsPerModule ? [work] : [...cut(work.slice(0, updates)), ...cut(work.slice(updates)), []]
}

const touchOfMoves = (moves: readonly Move[]): Touch => ({
  alone: true,
  reads: moves.map(({ from, bytes }) => [from.base, from.base + bytes]),
  writes: moves.map(({ to, bytes }) => [to.base, to.base + bytes])
})

/**
 * What the modules of one of the plan's programs are made from, for one thread, in the order in which they run. The first thread also
 * moves values from and to the queues, and what could not be written in place.
 */
export const partsOf = (
  program: Lowered,
  which: number,
  { plan, threads }: { readonly plan: Plan; readonly threads: number },
  thread = 0
): readonly Part[] => {
  const address = (b: Buffer): number => plan.address.get(b) as number
  const queued = plan.turns === 1 ? undefined : plan.queued[which]
  const before = [...(queued?.inputs ?? [])].map(([name, q]) => ({
    to: { base: address((program.inputs[name] as View).buffer) },
    from: { base: q.address, step: q.bytes },
    bytes: q.bytes
  }))
  const after = [
    ...[...(queued?.outputs ?? [])].map(([name, q]) => ({
      to: { base: q.address, step: q.bytes },
      from: { base: address((program.outputs[name] as View).buffer) },
      bytes: q.bytes
    })),
    ...(plan.copies[which] ?? []).map(c => ({ to: { base: c.to }, from: { base: c.from }, bytes: c.bytes }))
  ]
  const shares = program.kernels.map(k => split(k, threads))
  const meets = threads === 1 ? [] : meetings(shares, address, touchOfMoves([...before, ...after]))
  const together = program.kernels.filter(k => inPieces(k, threads))
  const work = shares.map((p, i) => {
    const nth = together.indexOf(program.kernels[i] as Kernel)
    return {
      kernel: p.length === 1 ? (thread === 0 ? p[0] : undefined) : p[thread],
      meet: meets[i] ?? false,
      ...(nth < 0 ? {} : { next: plan.nextPieces + nth * threads * nextBytes })
    }
  })
  const all = pieces(work, program.updates)
  return all.map((work, i) => {
    const last = i === all.length - 1
    return {
      threads,
      thread,
      before: i === 0 && thread === 0 ? before : [],
      work,
      meetAfter: threads > 1 && last,
      after: last && thread === 0 ? after : [],
      address,
      panel: plan.panel + thread * plan.panelBytes
    }
  })
}

/** stand for a loop's own in the imports of a module: modules are made once for all loops with the same programs */
const someMemory = {} as WebAssembly.Memory
const someSleep = (): number => 1

const nameOf = (imports: Imports, value: unknown): Name => {
  for (const [module, names] of Object.entries(imports))
    for (const [name, v] of Object.entries(names)) if (v === value) return [module, name]
  return ['', '']
}
/** any memory will do that is large enough; more pages than these have no addresses */
export const mostPages = 65536

/** One module. It exports `run`, which takes the turn (the place in the queues), and `barrier` where there are several threads. */
export const emitModule = ({ threads, thread, before, work, meetAfter, after, address, panel }: Part): Emitted => {
  const where = { address, library, panel }
  const made = work.map(({ kernel, meet, next }) => {
    const sharing = next === undefined ? undefined : { threads, thread, next }
    return { meet, run: kernel === undefined ? undefined : emitKernel(kernel, { ...where, sharing }) }
  })
  const barrier = threads === 1 ? undefined : emitBarrier(threads, importFunc({ in: [i32], out: [i32] }, someSleep))
  const run = func({ in: [i32], locals: [], out: [] }, ([turn]) => {
    for (const { to, from, bytes } of before) copyBytes(to, { ...from, turn }, bytes)
    for (const w of made) {
      if (w.meet && barrier !== undefined) call(barrier)
      if (w.run !== undefined) call(w.run)
    }
    if (meetAfter && barrier !== undefined) call(barrier)
    for (const { to, from, bytes } of after) copyBytes(to.step === undefined ? to : { ...to, turn }, from, bytes)
  })
  const memory = importMemory({ min: 1, max: mostPages, shared: threads > 1 }, someMemory)
  const m = Module({ exports: barrier === undefined ? { run } : { run, barrier }, memory })
  const functions = m.importMap as unknown as Imports
  return { bytes: m.toBytes(), functions, memory: nameOf(functions, someMemory), sleep: nameOf(functions, someSleep) }
}
