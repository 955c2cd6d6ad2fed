/**
 * The platform's threads: worker_threads (Node, Deno, Bun), or Web Workers in a cross-origin isolated page. And its
 * clock, for waits that must end.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { nodeText, webText } from './worker-text.js'

/** a thread that has been started; `worker-text.ts` reads its messages */
export interface Thread<Orders> {
  readonly send: (orders: Orders) => void
  readonly end: () => void
}
/**
 * starts a thread, with work or waiting for it; `tell` receives '' when it is ready, else an error, also when it has
 * ended
 */
export type Start = <Orders>(orders: Orders, atWork: boolean, tell: (what: string) => void) => Thread<Orders>

/** never '', which means that all is well */
const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e)) || 'an error without a message'

/**
 * A platform that refuses threads (Node's permissions, a page's policy) throws: report that like a thread that fails.
 */
const refusable =
  (start: Start): Start =>
  <Orders>(orders: Orders, atWork: boolean, tell: (what: string) => void) =>
    pipe(
      E.tryCatch(() => start(orders, atWork, tell), reasonOf),
      E.getOrElse((what): Thread<Orders> => {
        tell(what)
        return { send: () => undefined, end: () => undefined }
      })
    )

/** worker_threads, which start while the calling thread continues or waits */
export const nodeStart = (): Start | undefined => {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined
  // the type knows only platforms with all of Node's modules
  const threads: { readonly Worker: typeof import('node:worker_threads').Worker } | undefined =
    process.getBuiltinModule('node:worker_threads')
  if (threads === undefined) return undefined
  const { Worker } = threads
  const url = new URL(`data:text/javascript,${encodeURIComponent(nodeText)}`)
  return refusable((orders, atWork, tell) => {
    const worker = new Worker(url, { workerData: orders })
    // a thread keeps the process alive only while it is awaited
    if (atWork) worker.unref()
    worker.on('message', (what: string) => {
      worker.unref()
      tell(what)
    })
    worker.on('error', e => {
      tell(reasonOf(e))
    })
    worker.on('exit', () => {
      tell('the end of one of them')
    })
    return {
      send: more => {
        worker.postMessage(more)
      },
      end: () => void worker.terminate()
    }
  })
}

declare const navigator: undefined | { readonly hardwareConcurrency?: number }

/** how many threads can run at the same time, according to the platform */
export const processors = (): number => {
  if (typeof process !== 'undefined' && typeof process.getBuiltinModule === 'function')
    return process.getBuiltinModule('node:os').availableParallelism()
  return typeof navigator === 'undefined' ? 1 : (navigator.hardwareConcurrency ?? 1)
}

interface WebWorker {
  readonly addEventListener: (
    type: 'message' | 'error',
    listener: (e: { readonly data?: unknown; readonly message?: string }) => void
  ) => void
  readonly postMessage: (orders: unknown) => void
  readonly terminate: () => void
}
declare const Worker: undefined | (new (url: string) => WebWorker)
declare const crossOriginIsolated: boolean | undefined

const notStarted = 'a worker that does not start (does the page allow worker-src blob: ?)'

/** Web Workers, which start only while the calling thread is idle; memory can be shared if the page is isolated */
export const webStart = (): Start | undefined => {
  if (typeof Worker === 'undefined' || typeof crossOriginIsolated === 'undefined' || !crossOriginIsolated)
    return undefined
  const Web = Worker
  return refusable((orders, _, tell) => {
    const url = URL.createObjectURL(new Blob([webText], { type: 'text/javascript' }))
    const worker = new Web(url)
    worker.addEventListener('message', ({ data }) => {
      URL.revokeObjectURL(url)
      tell(String(data))
    })
    worker.addEventListener('error', ({ message }) => {
      URL.revokeObjectURL(url)
      // the event of a refused worker has no message, or an empty one
      tell(message === undefined || message === '' ? notStarted : message)
    })
    worker.postMessage(orders)
    return {
      send: more => {
        worker.postMessage(more)
      },
      end: () => {
        worker.terminate()
      }
    }
  })
}

/** the result of the promise, or undefined after a number of milliseconds */
export const within = <A>(milliseconds: number, first: Promise<A>): Promise<A | undefined> =>
  new Promise(resolve => {
    const timer = setTimeout(() => {
      resolve(undefined)
    }, milliseconds)
    void first.then(a => {
      clearTimeout(timer)
      resolve(a)
    })
  })

/** waits until a word differs from `value`, or a notification; false after a number of milliseconds */
export const waitFor = (words: Int32Array, index: number): ((value: number, milliseconds: number) => boolean) =>
  mayWait(words, index)
    ? (value, milliseconds) => Atomics.wait(words, index, value, milliseconds) !== 'timed-out'
    : (value, milliseconds) => {
        const until = performance.now() + milliseconds
        while (performance.now() < until)
          for (let i = 0; i < 10000; i++) if (Atomics.load(words, index) !== value) return true
        return false
      }
/** the main thread of a page may not block */
const mayWait = (words: Int32Array, index: number): boolean =>
  E.isRight(
    E.tryCatch(
      () => Atomics.wait(words, index, ~Atomics.load(words, index), 0),
      () => undefined
    )
  )
