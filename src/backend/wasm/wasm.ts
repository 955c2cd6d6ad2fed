/** The compiled backend: a program becomes WebAssembly SIMD. It gives the bits of the reference backend, fast. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backendError, type BackendError } from '../../value/error.js'
import { withCanaries } from '../canaries.js'
import { compile } from '../kernel/compile.js'
import { checkFedBack, checkInputs, type Backend } from '../backend.js'
import { maxPages } from './emit/module.js'
import type { Products, Profiler } from './equipment.js'
import { alone, type Threads } from './runtime/group.js'
import { instantiate, pageSize } from './runtime/instance.js'
import { loopOver } from './runtime/loop.js'
import { madeSelfTest } from './runtime/made-test.js'
import { selfTested, type SelfTest } from './runtime/self-test.js'
import { ownThreads, startThreadPool } from './runtime/threads.js'

const gigabyte = 0x4000_0000
const tooLarge = (bytes: number): BackendError =>
  backendError(
    ['wasm', 'memory'],
    `at most ${(maxPages * pageSize) / gigabyte} GiB for all that a program works with`,
    `${(bytes / gigabyte).toFixed(1)} GiB`,
    'take fewer examples at a time'
  )
const checkThreads = (threads: number): E.Either<BackendError, number> =>
  Number.isSafeInteger(threads) && threads >= 1
    ? E.right(threads)
    : E.left(backendError(['wasm', 'threads'], 'a whole number, 1 or more', String(threads)))

/** once in a process: neither the test nor this thread changes */
let tested: E.Either<BackendError, SelfTest> | undefined
const selfTest = (): E.Either<BackendError, SelfTest> => (tested ??= selfTested(madeSelfTest()))

/** what the engine runs on */
interface On {
  /** number of threads */
  readonly count: number
  /** the source of the threads */
  readonly threads: Threads
  readonly profiler?: Profiler
  /** what computes large products instead of Wasm; Left if it cannot run here */
  readonly products?: () => E.Either<BackendError, Products>
}

const loopOn =
  ({ count, threads, profiler, products }: On): Backend['loop'] =>
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
    const compiled = compile({
      programs,
      carried: start,
      resident: Object.keys(resident),
      threads: Math.min(count, threads.most())
    })
    if (compiled.plan.bytes > maxPages * pageSize) return E.left(tooLarge(compiled.plan.bytes))
    return pipe(
      selfTest(),
      E.bindTo('test'),
      E.bind('products', () => products?.() ?? E.right(undefined)),
      E.chain(equipment => instantiate(compiled, threads, { ...equipment, profiler })),
      E.map(instance => loopOver(instance, programs, start, resident))
    )
  }

const backendOn = (name: string, on: On): Backend => ({
  name: on.count === 1 ? name : `${name}, ${on.count} threads`,
  compile: p =>
    pipe(
      loopOn({ ...on, count: 1, threads: alone })([p], {}, {}),
      E.mapLeft((e): BackendError =>
        e._tag === 'BackendError' ? e : backendError(['wasm', ...e.path], e.expected, e.got, e.hint)
      ),
      E.map(l => ({ run: inputs => l.step(p, inputs) }))
    ),
  loop: withCanaries(name, loopOn(on))
})

/** WebAssembly SIMD on one thread */
export const wasm: Backend = backendOn('wasm', { count: 1, threads: alone })

/** more threads would only wait for one another */
const maxThreads = 64

/**
 * WebAssembly SIMD on several threads, which share the work of large kernels. Their number never changes a bit. The
 * calling thread is one of them (64 at most); the others start and end with each training. This works in Node, Deno and
 * Bun; a page needs `wasmThreadPool`, and has one thread here.
 *
 * @example train(settings, { backend: wasmThreads(2) })
 */
export const wasmThreads = (threads: number): Backend =>
  backendOn('wasm', { count: Math.min(maxThreads, threads), threads: ownThreads })

/** The wasm backend with large products computed outside Wasm, in the memory of the program. */
export const withProducts = (
  name: string,
  threads: number,
  products: () => E.Either<BackendError, Products>
): Backend => backendOn(name, { count: Math.min(maxThreads, threads), threads: ownThreads, products })

/**
 * The wasm backend, which runs and measures each kernel alone: `now` is a clock in milliseconds, `opened` is called
 * with each loop and returns the receiver of the times.
 */
export const wasmProfiled = (threads: number, profiler: Profiler): Backend => ({
  ...wasmThreads(threads),
  loop: loopOn({ count: Math.min(maxThreads, threads), threads: ownThreads, profiler })
})

/** a backend whose threads exist until it is closed */
export interface ThreadPoolBackend extends Backend {
  /** number of threads, the calling one included */
  readonly threads: number
  readonly close: () => void
}

/**
 * WebAssembly SIMD on threads that start now and then serve one training after another. A training that runs at the
 * same time as another, or after `close` or the loss of a thread, has one thread. Pages need this, because Web Workers
 * start only while the code that starts them is idle. Train in a worker of the page, which keeps the page responsive.
 * If memory cannot be shared (a page that is not cross-origin isolated), there is one thread.
 *
 * @returns Left if threads exist but do not start (a page must allow `worker-src blob:`), or fail their self-test
 * @example pipe(wasmThreadPool(2), TE.map(backend => train(settings, { backend })(data)))
 */
export const wasmThreadPool = (threads: number): TE.TaskEither<BackendError, ThreadPoolBackend> =>
  pipe(
    checkThreads(Math.min(maxThreads, threads)),
    E.chain(count => E.map((test: SelfTest) => ({ count, test }))(selfTest())),
    TE.fromEither,
    TE.chain(({ count, test }) => startThreadPool(count, test)),
    TE.map(crew => ({
      ...backendOn('wasm', { count: crew.most(), threads: crew }),
      threads: crew.most(),
      close: crew.close
    }))
  )
