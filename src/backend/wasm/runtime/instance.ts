/**
 * A compilation in memory, ready to run: constants in place, modules compiled when they first run, other threads
 * started.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Compilation } from '../../kernel/compile.js'
import { kernelByKernel, type Part } from '../../kernel/thread-programs.js'
import type { BackendError } from '../../../value/error.js'
import { importsOf } from '../emit/module.js'
import type { Products, Profiler, Recorder } from '../equipment.js'
import { moduleOf, type Cached } from './cache.js'
import type { ThreadGroup, Threads } from './group.js'
import { arrays, type Instance } from './loop.js'
import { notRunning, type SelfTest } from './self-test.js'

export const pageSize = 65536

/** what a module exports */
interface Running {
  readonly run: (turn: number) => void
  readonly barrier: () => void
}

const memoryFor = ({ programs, plan, threads }: Compilation): WebAssembly.Memory => {
  const pages = Math.ceil(plan.bytes / pageSize)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, ...(threads > 1 ? { shared: true } : {}) })
  for (const constant of programs.flatMap(l => l.constants))
    if (constant.role.kind === 'constant')
      arrays[constant.dtype](memory.buffer, plan.address.get(constant) as number, constant.size).set(
        constant.role.value.data
      )
  return memory
}

/** what runs in one call: the modules of a program or of one of its kernels, by thread */
type Unit = readonly (readonly Part[])[]
const kernelUnits = (threads: readonly (readonly Part[])[]): readonly Unit[] => {
  const each = threads.map(kernelByKernel)
  return (each[0] ?? []).map((_, i) => each.map(parts => [parts[i] as Part]))
}

interface Runner {
  readonly memory: WebAssembly.Memory
  readonly group: ThreadGroup | undefined
  /** runs a unit for a number of turns */
  readonly run: (unit: number, first: number, count: number) => void
}
const runnerOf = (
  c: Compilation,
  units: readonly Unit[],
  { attach, sleepOn }: Threads,
  { test, products }: Pick<Equipment, 'test' | 'products'>
): Runner => {
  const memory = memoryFor(c)
  const sleep = c.threads > 1 ? sleepOn(memory) : (): number => 1
  const loop = { memory, sleep, product: products?.on(memory) }
  const modulesOf = (unit: Unit | undefined, thread: number): readonly Cached[] =>
    (unit?.[thread] ?? []).map(part => moduleOf(part, products !== undefined))
  const instances = new Map<number, readonly Running[]>()
  const running = (unit: number): readonly Running[] => {
    const parts =
      instances.get(unit) ??
      modulesOf(units[unit], 0).map(
        m => new WebAssembly.Instance(m.compiled(), importsOf(m, loop)).exports as unknown as Running
      )
    instances.set(unit, parts)
    return parts
  }
  const others = Array.from({ length: c.threads - 1 }, (_, i) => i + 1)
  const group =
    c.threads > 1
      ? attach(
          test,
          memory,
          others.map(thread => units.map(unit => modulesOf(unit, thread))),
          products?.file
        )
      : undefined
  return {
    memory,
    group,
    run: (unit, first, count) => {
      const parts = running(unit)
      if (group !== undefined) {
        group.dispatch(unit, count)
        running(0)[0]?.barrier()
      }
      for (let turn = first; turn < first + count; turn++) for (const part of parts) part.run(turn)
    }
  }
}

/** runs each kernel of a program alone for a number of turns, and measures its time */
const measured =
  ({ run }: Runner, { programs }: Compilation, { now }: Profiler, record: Recorder) =>
  (which: number, count: number): void => {
    const first = programs.slice(0, which).reduce((n, p) => n + p.kernels.length, 0)
    const kernels = programs[which]?.kernels.length ?? 0
    for (let turn = 0; turn < count; turn++)
      for (let kernel = 0; kernel < kernels; kernel++) {
        const start = now()
        run(first + kernel, turn, 1)
        record(which, kernel, now() - start)
      }
  }

/** the services that a loop uses */
export interface Equipment {
  readonly test: SelfTest
  readonly profiler?: Profiler | undefined
  readonly products?: Products | undefined
}

export const instantiate = (
  c: Compilation,
  threads: Threads,
  { test, profiler, products }: Equipment
): E.Either<BackendError, Instance> =>
  E.tryCatch(() => {
    const units = profiler === undefined ? c.parts : c.parts.flatMap(kernelUnits)
    const runner = runnerOf(c, units, threads, { test, products })
    const { memory, group } = runner
    const runAll =
      profiler === undefined
        ? (which: number, count: number): void => {
            runner.run(which, 0, count)
          }
        : measured(runner, c, profiler, profiler.opened(c))
    return {
      plan: c.plan,
      memory,
      run: (which, count) => {
        const failed = threads.failureIn(memory)
        if (failed !== undefined) return E.left(failed)
        return E.tryCatch(
          () => {
            runAll(which, count)
          },
          e => {
            const why = threads.failureIn(memory) ?? notRunning(e)
            group?.fail(why.got)
            return why
          }
        )
      },
      close: () => group?.release()
    }
  }, notRunning)
