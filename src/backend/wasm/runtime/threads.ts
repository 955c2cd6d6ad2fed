/**
 * Threads that share a loop's memory: how they start, and how they learn that another has failed. The calling thread is
 * the first and computes too.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { backendError, type BackendError } from '../../../value/error.js'
import {
  arrivedAddr,
  commandAddr,
  failureAddr,
  failureBytes,
  generationAddr,
  spinCountAddr
} from '../../kernel/thread-memory.js'
import { flushes, flushingAt } from '../../canaries.js'
import { portable, type Emitted, type Portable } from '../emit/module.js'
import { alone, type ThreadGroup, type Threads } from './group.js'
import { nodeStart, processors, waitFor, webStart, within, type Start, type Thread } from './platform.js'
import type { SelfTest } from './self-test.js'

/** the message to a thread when it starts (without memory: it waits for work), or with work */
interface Orders {
  readonly test: SelfTest
  readonly memory?: WebAssembly.Memory
  readonly programs?: readonly (readonly Portable[])[]
  /** the file of the addon that computes large products instead of Wasm */
  readonly addon?: string | undefined
}

/** milliseconds after which a thread that does not answer counts as dead */
const timeoutMs = 20000
/** milliseconds of one wait; between waits, failures of other threads are checked */
const turn = 100

// ---- messages in the shared memory

/** replaces the length of a text: the reason is unknown */
const noAnswer = -1

/** why the threads of a loop had to stop, if they had to */
export const failureIn = (memory: WebAssembly.Memory): BackendError | undefined => {
  const said = Atomics.load(new Int32Array(memory.buffer), failureAddr / 4)
  if (said === 0) return undefined
  const text = (): string =>
    new TextDecoder().decode(Uint8Array.from(new Uint8Array(memory.buffer, failureAddr + 4, Math.max(0, said))))
  const got = said === noAnswer ? 'no answer from one of them' : text()
  return failedWith('every thread to do its share', got)
}
const failedWith = (expected: string, got: string): BackendError =>
  got === flushes
    ? flushingAt(['wasm', 'threads', 'processor'])
    : backendError(['wasm', 'threads'], expected, got, 'use wasm on one thread')

/** tells all waiting threads why they must stop; the first reason stays */
const fail = (memory: WebAssembly.Memory, reason: string): void => {
  const words = new Int32Array(memory.buffer)
  const text = new TextEncoder().encode(reason).subarray(0, failureBytes - 4)
  if (Atomics.load(words, failureAddr / 4) === 0) {
    new Uint8Array(memory.buffer).set(text, failureAddr + 4)
    Atomics.compareExchange(words, failureAddr / 4, 0, text.length)
  }
  Atomics.notify(words, generationAddr / 4)
}

/** waits until the generation changes; 1 if it does not, or if another thread has failed */
export const sleepOn = (memory: WebAssembly.Memory, limit: number): ((mine: number) => number) => {
  const words = new Int32Array(memory.buffer)
  const failed = (): boolean => Atomics.load(words, failureAddr / 4) !== 0
  const wait = waitFor(words, generationAddr / 4)
  return mine => {
    for (let waited = 0; waited < limit && !failed(); waited += turn)
      if (wait(mine, Math.min(turn, limit))) return failed() ? 1 : 0
    Atomics.compareExchange(words, failureAddr / 4, 0, noAnswer)
    return 1
  }
}

// ---- groups

/** Arrives at the barrier where the others wait for orders; the last thread to arrive opens it. */
const passOn = (words: Int32Array, threads: number): void => {
  if (Atomics.add(words, arrivedAddr / 4, 1) !== threads - 1) return
  Atomics.store(words, arrivedAddr / 4, 0)
  Atomics.add(words, generationAddr / 4, 1)
  Atomics.notify(words, generationAddr / 4)
}
const closed = 'a loop that was closed'

/** ends the threads of a loop that was collected without being closed */
const forgotten = new FinalizationRegistry<() => void>(release => {
  release()
})

/**
 * How many times a thread polls before it sleeps, about a nanosecond each. If each thread has a processor, longer than
 * the time between two calls of a training: a thread that sleeps often wakes on the processor of the one that woke it,
 * and since the two then alternate, the system never separates them. If threads share processors, only as long as it
 * takes to sleep and wake.
 */
const looksOf = (threads: number): number => (threads <= processors() ? 4_000_000 : 40_000)

const groupOf = (memory: WebAssembly.Memory, threads: number, leave: (well: boolean) => void): ThreadGroup => {
  const release = dismissal(memory, threads, leave)
  const words = new Int32Array(memory.buffer)
  Atomics.store(words, spinCountAddr / 4, looksOf(threads))
  const group: ThreadGroup = {
    dispatch: (which, count) => {
      Atomics.store(words, commandAddr / 4, which)
      Atomics.store(words, commandAddr / 4 + 1, count)
    },
    fail: reason => {
      fail(memory, reason)
    },
    release
  }
  forgotten.register(group, release)
  return group
}
/** separate from the group, so as not to keep it from being collected */
const dismissal = (memory: WebAssembly.Memory, threads: number, leave: (well: boolean) => void): (() => void) => {
  let over = false
  return () => {
    if (over) return
    over = true
    const words = new Int32Array(memory.buffer)
    const well = failureIn(memory) === undefined
    Atomics.store(words, commandAddr / 4, -1)
    if (well) passOn(words, threads)
    leave(well)
    fail(memory, closed)
  }
}
const ordersFor = (
  test: SelfTest,
  memory: WebAssembly.Memory,
  mine: readonly (readonly Emitted[])[],
  addon: string | undefined
): Orders => ({ test, memory, addon, programs: mine.map(parts => parts.map(portable)) })

const watched = { failureIn, sleepOn: (memory: WebAssembly.Memory) => sleepOn(memory, timeoutMs) }

/** threads that start and end with a loop, if the platform supports threads */
export const ownThreads: Threads = {
  ...watched,
  most: () => (nodeStart() === undefined ? 1 : 64),
  attach: (test, memory, programs, addon) => {
    Atomics.store(new Int32Array(memory.buffer), arrivedAddr / 4, 0)
    const start = nodeStart() as Start
    let over = false
    const threads = programs.map(mine =>
      start(ordersFor(test, memory, mine, addon), true, what => {
        if (!over) fail(memory, what)
      })
    )
    return groupOf(memory, threads.length + 1, () => {
      over = true
      for (const t of threads) t.end()
    })
  }
}

/** threads that are started in advance, for one loop after another */
export interface Crew extends Threads {
  /** ends them */
  readonly close: () => void
}

/**
 * Starts threads, which wait for loops to work on: `count` of them including the calling one, or that one alone if
 * memory cannot be shared. While one loop uses them, other loops use the calling thread alone.
 */
export const startThreadPool =
  (count: number, test: SelfTest): TaskEither<BackendError, Crew> =>
  async () => {
    const start = nodeStart() ?? webStart()
    if (start === undefined || count < 2) return E.right({ ...alone, close: () => undefined })
    let working: WebAssembly.Memory | undefined
    let gone = false
    const lost = (why: string): void => {
      gone = true
      if (working !== undefined) fail(working, why)
    }
    const threads: Thread<Orders>[] = []
    const close = (): void => {
      lost('threads that were closed')
      for (const t of threads) t.end()
    }
    const oneMore = (): Promise<string> =>
      new Promise(resolve => {
        threads.push(
          start<Orders>({ test }, false, what => {
            resolve(what)
            if (what !== '') lost(what)
          })
        )
      })
    // one at a time: Firefox sometimes hangs while it starts a worker during the loading of another
    const all = async (): Promise<string> => {
      for (;;) {
        const what = await oneMore()
        if (what !== '' || gone || threads.length === count - 1) return what
      }
    }
    const wrong = (await within(timeoutMs, all())) ?? `no answer in ${timeoutMs} ms`
    if (wrong !== '') {
      close()
      return E.left(failedWith(`${count} threads`, wrong))
    }
    return E.right({
      ...watched,
      most: () => (gone || working !== undefined ? 1 : count),
      attach: (test, memory, programs, addon) => {
        working = memory
        programs.forEach((mine, i) => threads[i]?.send(ordersFor(test, memory, mine, addon)))
        return groupOf(memory, programs.length + 1, well => {
          working = undefined
          if (!well) close()
        })
      },
      close
    })
  }
