/**
 * The program of each thread: its parts of the kernels in order, the barriers between them, and the copies that the
 * first thread makes in addition.
 */
import type { Access } from './barriers.js'
import type { Buffer, Kernel, KernelProgram, View } from './ir.js'
import type { MemoryPlan } from './memory-plan.js'
import { inPieces } from './partition.js'
import { counterBytes } from './thread-memory.js'

/**
 * A long program is split into several modules over the same memory, which run in sequence. A module is found again by what it is made
 * from, so programs that differ in a few kernels share the other modules.
 */
const kernelsPerModule = 16

/** what one thread does of a kernel: a part, the whole, or nothing */
export interface Work {
  readonly kernel: Kernel | undefined
  /** if threads take pieces at run time: the address of the counters of the next pieces */
  readonly next?: number
  /** whether all threads must arrive before it starts (barriers.ts) */
  readonly barrier: boolean
}
/** an address: fixed, or `step` bytes farther in each turn */
export interface Address {
  readonly base: number
  readonly step?: number
}
/** a copy of bytes once in a turn */
export interface Move {
  readonly to: Address
  readonly from: Address
  readonly bytes: number
}
/** everything that a module is made from */
export interface Part {
  readonly threads: number
  readonly thread: number
  readonly before: readonly Move[]
  readonly work: readonly Work[]
  /** whether all threads meet once more at the end */
  readonly barrierAfter: boolean
  readonly after: readonly Move[]
  readonly address: (b: Buffer) => number
  /** the address of the thread's scratch memory for panels */
  readonly panel: number
}

/**
 * Splits a program into modules. If there are more kernels than one module holds, updates get separate modules, because
 * they don't change with the batch size; and the last module has no kernels, only the copies of outputs.
 */
const pieces = (work: readonly Work[], updates: number): readonly (readonly Work[])[] => {
  const cut = (part: readonly Work[]): readonly (readonly Work[])[] =>
    Array.from({ length: Math.ceil(part.length / kernelsPerModule) }, (_, i) =>
      part.slice(i * kernelsPerModule, (i + 1) * kernelsPerModule)
    )
  return work.length <= kernelsPerModule ? [work] : [...cut(work.slice(0, updates)), ...cut(work.slice(updates)), []]
}

/** a program, and what its passes have decided */
export interface Scheduled {
  readonly program: KernelProgram
  /** the index of the program in the memory plan */
  readonly which: number
  readonly plan: MemoryPlan
  readonly threads: number
  /** each kernel's parts */
  readonly shares: readonly (readonly Kernel[])[]
  /** whether all threads meet before a kernel */
  readonly barriers: readonly boolean[]
}

/** copies that the first thread makes from and to the queues, and of results that could not be written in place */
const movesOf = (
  program: KernelProgram,
  which: number,
  plan: MemoryPlan
): { readonly before: readonly Move[]; readonly after: readonly Move[] } => {
  const base = (v: View | undefined): number => plan.address.get((v as View).buffer) as number
  const queued = plan.turns === 1 ? undefined : plan.queued[which]
  return {
    before: [...(queued?.inputs ?? [])].map(([name, q]) => ({
      to: { base: base(program.inputs[name]) },
      from: { base: q.address, step: q.bytes },
      bytes: q.bytes
    })),
    after: [
      ...[...(queued?.outputs ?? [])].map(([name, q]) => ({
        to: { base: q.address, step: q.bytes },
        from: { base: base(program.outputs[name]) },
        bytes: q.bytes
      })),
      ...(plan.copies[which] ?? []).map(c => ({ to: { base: c.to }, from: { base: c.from }, bytes: c.bytes }))
    ]
  }
}

/** what the first thread accesses at the start and at the end of a turn, while no thread waits for it */
export const accessOfMoves = (program: KernelProgram, which: number, plan: MemoryPlan): Access => {
  const { before, after } = movesOf(program, which, plan)
  const moves = [...before, ...after]
  return {
    alone: true,
    reads: moves.map(({ from, bytes }) => [from.base, from.base + bytes]),
    writes: moves.map(({ to, bytes }) => [to.base, to.base + bytes])
  }
}

/** The modules of a program for one thread, in the order in which they run. */
export const threadProgram = (s: Scheduled, thread = 0): readonly Part[] => {
  const { program, which, plan, threads, shares, barriers } = s
  const { before, after } = movesOf(program, which, plan)
  const together = program.kernels.filter(k => inPieces(k, threads))
  const work = shares.map((p, i) => {
    const nth = together.indexOf(program.kernels[i] as Kernel)
    return {
      kernel: p.length === 1 ? (thread === 0 ? p[0] : undefined) : p[thread],
      barrier: barriers[i] ?? false,
      ...(nth < 0 ? {} : { next: plan.nextPieces + nth * threads * counterBytes })
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
      barrierAfter: threads > 1 && last,
      after: last && thread === 0 ? after : [],
      address: (b: Buffer) => plan.address.get(b) as number,
      panel: plan.panel + thread * plan.panelBytes
    }
  })
}

/**
 * The modules of a thread with one module for each kernel, after which all threads wait: used to measure each kernel
 * alone.
 */
export const kernelByKernel = (modules: readonly Part[]): readonly Part[] => {
  const all = modules.flatMap(m => m.work)
  const [first, last] = [modules[0], modules.at(-1)]
  if (first === undefined || last === undefined) return []
  return all.map((work, i) => ({
    ...first,
    before: i === 0 ? first.before : [],
    work: [{ ...work, barrier: false }],
    barrierAfter: first.threads > 1,
    after: i === all.length - 1 ? last.after : []
  }))
}
