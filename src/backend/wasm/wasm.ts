/** The compiled backend: a program becomes one WebAssembly SIMD module. The reference's bits, fast. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backendError, type BackendError } from '../../value/error.js'
import { sizeOf, stridesOf } from '../../value/shape.js'
import { checkFedBack, checkInputs, type Backend } from '../backend.js'
import { withCanaries } from '../canaries.js'
import { moduleOf, type Cached } from './cache.js'
import { importsOf, mostPages, partsOf } from './emit/module.js'
import { arrange } from './arrange.js'
import { lower } from './fuse.js'
import { inPanels } from './in-panels.js'
import type { Lowered } from './kernel.js'
import { arrays, loopOver, type Instance } from './loop.js'
import { plan, type Plan } from './plan.js'
import { split } from './split.js'
import { madeSelfTest } from './made-test.js'
import { notRunning, selfTested, type SelfTest } from './self-test.js'
import { failureIn, ownThreads, patience, sleepOn, startCrew, type Threads } from './threads.js'

const pageSize = 65536

/** what a module exports */
interface Running {
  readonly run: (turn: number) => void
  readonly barrier: () => void
}

const instantiate = (
  programs: readonly Lowered[],
  p: Plan,
  threads: number,
  { gather }: Threads,
  test: SelfTest
): E.Either<BackendError, Instance> =>
  E.tryCatch(() => {
    const pages = Math.ceil(p.bytes / pageSize)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, ...(threads > 1 ? { shared: true } : {}) })
    for (const constant of programs.flatMap(l => l.constants))
      if (constant.role.kind === 'constant')
        arrays[constant.dtype](memory.buffer, p.address.get(constant) as number, constant.size).set(
          constant.role.value.data
        )
    const loop = { memory, sleep: threads > 1 ? sleepOn(memory, patience) : () => 1 }
    const modulesOf = (which: number, thread: number): readonly Cached[] =>
      partsOf(programs[which] as Lowered, which, { plan: p, threads }, thread).map(moduleOf)
    const instances = new Map<number, readonly Running[]>()
    const running = (which: number): readonly Running[] => {
      const parts =
        instances.get(which) ??
        modulesOf(which, 0).map(
          m => new WebAssembly.Instance(m.compiled(), importsOf(m, loop)).exports as unknown as Running
        )
      instances.set(which, parts)
      return parts
    }
    const others = Array.from({ length: threads - 1 }, (_, i) => i + 1)
    const team =
      threads > 1
        ? gather(
            test,
            memory,
            others.map(thread => programs.map((_, which) => modulesOf(which, thread)))
          )
        : undefined
    const barrier = (): void => running(0)[0]?.barrier()
    return {
      plan: p,
      memory,
      run: (which, count) => {
        const failed = failureIn(memory)
        if (failed !== undefined) return E.left(failed)
        return E.tryCatch(
          () => {
            const parts = running(which)
            team?.order(which, count)
            if (team !== undefined) barrier()
            for (let turn = 0; turn < count; turn++) for (const part of parts) part.run(turn)
          },
          e => {
            const why = failureIn(memory) ?? notRunning(e)
            team?.fail(why.got)
            return why
          }
        )
      },
      close: () => team?.dismiss()
    }
  }, notRunning)

const gigabyte = 0x4000_0000
const tooLarge = (bytes: number): BackendError =>
  backendError(
    ['wasm', 'memory'],
    `at most ${(mostPages * pageSize) / gigabyte} GiB for all that a program works with`,
    `${(bytes / gigabyte).toFixed(1)} GiB`,
    'take fewer examples at a time'
  )
const checkThreads = (threads: number): E.Either<BackendError, number> =>
  Number.isSafeInteger(threads) && threads >= 1
    ? E.right(threads)
    : E.left(backendError(['wasm', 'threads'], 'a whole number, 1 or more', String(threads)))

/** Threads where the platform has some and there is work to share out. What feeds nothing back is one pass over data: threads would take longer to start. */
const useful = (programs: readonly Lowered[], isLoop: boolean, threads: number): number =>
  isLoop && threads > 1 && programs.some(p => p.kernels.some(k => split(k, threads).length > 1)) ? threads : 1

/** once in a process: the test does not change, and neither does this thread */
let tested: E.Either<BackendError, SelfTest> | undefined
const selfTest = (): E.Either<BackendError, SelfTest> => (tested ??= selfTested(madeSelfTest()))

const loopOn =
  (count: number, threads: Threads = ownThreads): Backend['loop'] =>
  (programs, start, resident) => {
    const given = { ...resident, ...start }
    const many = checkThreads(count)
    if (E.isLeft(many)) return many
    const unfit = checkFedBack(programs, start)
    if (unfit !== undefined) return E.left(unfit)
    for (const p of programs) {
      const known = Object.fromEntries(Object.entries(p.inputs).filter(([name]) => Object.hasOwn(given, name)))
      const wrong = checkInputs(known, given)
      if (wrong !== undefined) return E.left(wrong)
    }
    const fedBack = new Map(
      Object.entries(start).map(([name, t], i) => {
        const buffer = { id: -1 - i, dtype: t.dtype, size: sizeOf(t.shape), role: { kind: 'input', name } } as const
        return [name, { buffer, shape: t.shape, stride: stridesOf(t.shape), offset: 0 }] as const
      })
    )
    const most = Math.min(count, threads.most())
    const { programs: arranged, fedBack: places } = arrange(programs.map(lower), fedBack, most)
    const names = new Set(Object.keys(resident))
    const { programs: lowered, panels } = inPanels(arranged, fedBack, names)
    const working = useful(lowered, fedBack.size > 0, most)
    const planned = plan(lowered, { fedBack: places, resident: names, panels }, working)
    if (planned.bytes > mostPages * pageSize) return E.left(tooLarge(planned.bytes))
    return pipe(
      selfTest(),
      E.chain(test => instantiate(lowered, planned, working, threads, test)),
      E.map(instance => loopOver(instance, programs, start, resident))
    )
  }

const backendOn = (count: number, threads?: Threads): Backend => ({
  name: count === 1 ? 'wasm' : `wasm, ${count} threads`,
  compile: p =>
    pipe(
      loopOn(1)([p], {}, {}),
      E.mapLeft((e): BackendError =>
        e._tag === 'BackendError' ? e : backendError(['wasm', ...e.path], e.expected, e.got, e.hint)
      ),
      E.map(l => ({ run: inputs => l.step(p, inputs) }))
    ),
  loop: withCanaries('wasm', loopOn(count, threads))
})

/** WebAssembly SIMD on one thread */
export const wasm: Backend = backendOn(1)

/** more would only wait for one another */
const mostThreads = 64

/**
 * The same on several threads, which share out the work of large kernels: the same bits, whatever their number. The calling thread is one
 * of them (64 at most); the others start with each training and end with it. In Node, Deno and Bun; in a page the one thread does all (see `wasmCrew`).
 *
 * @example train(settings, { backend: wasmThreads(2) })
 */
export const wasmThreads = (threads: number): Backend => backendOn(Math.min(mostThreads, threads))

/** a backend whose threads are there until it is closed */
export interface CrewBackend extends Backend {
  /** how many threads there are, the calling one included */
  readonly threads: number
  readonly close: () => void
}

/**
 * The same on threads that are started first, and then work on one training after another; trainings at the same
 * time, and those after a thread was lost or `close`, are on one thread. A page needs this: Web Workers start only
 * while the code that wants them waits for nothing else. Train in a worker of the page, which keeps the page alive while it computes. Where
 * memory cannot be shared (a page that is not cross-origin isolated) there is one thread.
 *
 * @returns Left where threads are there but do not start (a page must allow `worker-src blob:`), or fail their self-test
 * @example pipe(wasmCrew(2), TE.map(backend => train(settings, { backend })(data)))
 */
export const wasmCrew = (threads: number): TE.TaskEither<BackendError, CrewBackend> =>
  pipe(
    checkThreads(Math.min(mostThreads, threads)),
    E.chain(count => E.map((test: SelfTest) => ({ count, test }))(selfTest())),
    TE.fromEither,
    TE.chain(({ count, test }) => startCrew(count, test)),
    TE.map(crew => ({ ...backendOn(crew.most(), crew), threads: crew.most(), close: crew.close }))
  )
