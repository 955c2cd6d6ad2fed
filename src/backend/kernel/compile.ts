/**
 * The compiler: from the programs of one loop to the program of each thread. It states the order of passes in one
 * place; the engine, `explain` and the self-test all use it.
 */
import { topological } from '../../expr/op.js'
import type { Program } from '../../expr/program.js'
import { sizeOf, stridesOf } from '../../value/shape.js'
import type { Aval } from '../../value/tensor.js'
import { barriersBefore } from './barriers.js'
import { fuseFiniteCheck } from './fuse-finite-check.js'
import { fuseUpdates, type FedBack } from './fuse-updates.js'
import { fuse } from './fuse.js'
import { fuseUnwindows } from './fuse-unwindows.js'
import type { Kernel, KernelProgram } from './ir.js'
import { materialize, type Materialized } from './materialize.js'
import { emptyPlan, planMemory, type MemoryPlan } from './memory-plan.js'
import { partition } from './partition.js'
import { schedule } from './schedule.js'
import { simplify } from './simplify.js'
import { unrollWindows } from './unroll-windows.js'
import { accessOfMoves, threadProgram, type Part, type Scheduled } from './thread-programs.js'
import { layOutWeights, type Panels } from './weight-layout.js'

/** the programs of one loop, and the facts about the loop that passes use */
export interface Source {
  readonly programs: readonly Pick<Program, 'order' | 'outputs'>[]
  /** values that are fed back from step to step: outputs with these names are the next step's inputs */
  readonly carried?: Readonly<Record<string, Aval>>
  /** the names of inputs that stay the same for the whole loop */
  readonly resident?: readonly string[]
  /** max threads */
  readonly threads?: number
}

/** The state of a compilation, which each pass extends. A field is empty until the pass that fills it. */
export interface Compilation {
  readonly graphs: readonly Materialized[]
  readonly programs: readonly KernelProgram[]
  readonly fedBack: FedBack
  readonly resident: readonly string[]
  /** max threads; after `partition`, the threads that are used */
  readonly threads: number
  /** inputs that are stored in panels, by name */
  readonly panels: ReadonlyMap<string, Panels>
  /** for each program, each kernel's parts: one for each thread, or a single one */
  readonly shares: readonly (readonly (readonly Kernel[])[])[]
  readonly plan: MemoryPlan
  /** for each program, whether all threads meet before a kernel */
  readonly barriers: readonly (readonly boolean[])[]
  /** for each program and thread, the content of its modules */
  readonly parts: readonly (readonly (readonly Part[])[])[]
}

export interface Pass {
  readonly name: string
  /** a sentence about what it does */
  readonly does: string
  readonly run: (c: Compilation) => Compilation
}

type GraphOutputs = Materialized['outputs']
const notMaterialized = (outputs: GraphOutputs): Materialized => ({
  outputs,
  order: topological(Object.values(outputs)),
  materialized: new Set()
})

const onGraphs =
  (f: (g: Materialized) => Materialized) =>
  (c: Compilation): Compilation => ({ ...c, graphs: c.graphs.map(f) })
const onPrograms =
  (f: (p: KernelProgram, c: Compilation) => KernelProgram) =>
  (c: Compilation): Compilation => ({ ...c, programs: c.programs.map(p => f(p, c)) })

const scheduled = (c: Compilation, which: number): Scheduled => ({
  program: c.programs[which] as KernelProgram,
  which,
  plan: c.plan,
  threads: c.threads,
  shares: c.shares[which] as Scheduled['shares'],
  barriers: c.barriers[which] ?? []
})

/**
 * Uses several threads only if that pays: one thread is enough if no kernel can be partitioned, or nothing is fed back
 * (one pass over data).
 */
const partitionAll = (c: Compilation): Compilation => {
  const sharesOn = (threads: number): Compilation['shares'] =>
    c.programs.map(p => p.kernels.map(k => partition(k, threads)))
  const shares = c.fedBack.size > 0 ? sharesOn(c.threads) : sharesOn(1)
  const pays = shares.some(p => p.some(parts => parts.length > 1))
  return { ...c, threads: pays ? c.threads : 1, shares }
}
const plannedMemory = (c: Compilation): Compilation => ({
  ...c,
  plan: planMemory(c.programs, { fedBack: c.fedBack, resident: new Set(c.resident), panels: c.panels }, c.threads)
})
const withBarriers = (c: Compilation): Compilation => ({
  ...c,
  barriers: c.programs.map((p, which) =>
    c.threads === 1
      ? p.kernels.map(() => false)
      : barriersBefore(
          c.shares[which] as Scheduled['shares'],
          b => c.plan.address.get(b) as number,
          accessOfMoves(p, which, c.plan)
        )
  )
})
const threadPrograms = (c: Compilation): Compilation => ({
  ...c,
  parts: c.programs.map((_, which) =>
    Array.from({ length: c.threads }, (_, thread) => threadProgram(scheduled(c, which), thread))
  )
})

/** The passes, in their order. */
export const passes = [
  {
    name: 'simplify',
    does: 'joins equal nodes, computes what is constant, removes what changes no value',
    run: onGraphs(g => notMaterialized(simplify(g.order, g.outputs)))
  },
  {
    name: 'unroll-windows',
    does: 'computes small windows place by place, each a view of the image',
    run: onGraphs(g => notMaterialized(unrollWindows(g.order, g.outputs)))
  },
  {
    name: 'materialize',
    does: 'decides the order of the nodes, and which of them are stored in memory',
    run: onGraphs(g => materialize(g.outputs))
  },
  {
    name: 'fuse',
    does: 'makes kernels: elementwise nodes that are not stored are computed where they are read',
    run: c => ({ ...c, programs: c.graphs.map(fuse) })
  },
  {
    name: 'fuse-unwindows',
    does: 'adds up windows within the product that makes them',
    run: onPrograms(fuseUnwindows)
  },
  {
    name: 'schedule',
    does: 'puts the kernels that update what is fed back behind all others',
    run: onPrograms((p, c) => schedule(p, c.fedBack))
  },
  {
    name: 'fuse-updates',
    does: 'joins equal updates of several tensors into one kernel, and stores these tensors one after another',
    run: c => ({ ...c, ...fuseUpdates(c.programs, c.fedBack) })
  },
  {
    name: 'fuse-finite-check',
    does: 'finds the maximum of what an update computes within the update',
    run: onPrograms((p, c) => fuseFiniteCheck(p, c.threads))
  },
  {
    name: 'weight-layout',
    does: 'stores weights in panels, as matrix products read them',
    run: c => ({ ...c, ...layOutWeights(c.programs, c.fedBack, c.resident) })
  },
  { name: 'partition', does: 'divides large kernels among the threads', run: partitionAll },
  { name: 'memory-plan', does: 'gives every buffer its address', run: plannedMemory },
  { name: 'barriers', does: 'decides before which kernels the threads wait for one another', run: withBarriers },
  { name: 'thread-programs', does: 'lists what each thread does, module by module', run: threadPrograms }
] as const satisfies readonly Pass[]
/** the name of one of the compiler's passes */
export type PassName = (typeof passes)[number]['name']
/** The names of the compiler's passes, in their order. */
export const passNames: readonly PassName[] = passes.map(p => p.name)

/** the buffers of values that are fed back, before they have addresses */
const fedBackOf = (carried: Readonly<Record<string, Aval>>): FedBack =>
  new Map(
    Object.entries(carried).map(([name, { dtype, shape }], i) => {
      const buffer = { id: -1 - i, dtype, size: sizeOf(shape), role: { kind: 'input', name } } as const
      return [name, { buffer, shape, stride: stridesOf(shape), offset: 0 }] as const
    })
  )

/** the state before the first pass */
export const uncompiled = ({ programs, carried = {}, resident = [], threads = 1 }: Source): Compilation => ({
  graphs: programs.map(({ order, outputs }) => ({ outputs, order, materialized: new Set() })),
  programs: [],
  fedBack: fedBackOf(carried),
  resident,
  threads,
  panels: new Map(),
  shares: [],
  plan: emptyPlan,
  barriers: [],
  parts: []
})

/** Runs some of the passes: from `from` to `to`, both included. */
export const runPasses = (
  c: Compilation,
  { from, to }: { readonly from?: PassName; readonly to?: PassName } = {}
): Compilation => {
  const index = (name: PassName | undefined, otherwise: number): number =>
    name === undefined ? otherwise : passNames.indexOf(name)
  return passes
    .slice(index(from, 0), index(to, passes.length - 1) + 1)
    .reduce((now: Compilation, pass: Pass) => pass.run(now), c)
}

/** Compiles the programs of one loop. */
export const compile = (source: Source): Compilation => runPasses(uncompiled(source))
