/**
 * Threads that share a loop's memory. A door to the platform: worker_threads in Node. The calling thread is the first and works along.
 */
import { arrived, command, generation } from './emit/barrier.js'
import type { Emitted } from './emit/module.js'

/** what a thread is sent: its modules for each program, and under which names they import the memory and `sleep` */
interface Orders {
  readonly memory: WebAssembly.Memory
  readonly programs: readonly (readonly {
    readonly bytes: Uint8Array
    readonly memory: readonly [string, string]
    readonly sleep: readonly [string, string]
  }[])[]
}

/** milliseconds after which a thread that does not come counts as dead */
const patience = 20000

/** waits until the generation moves on; 1 when it does not */
export const sleepOn = (memory: WebAssembly.Memory, limit = patience): ((mine: number) => number) => {
  const words = new Int32Array(memory.buffer)
  return mine => (Atomics.wait(words, generation / 4, mine, limit) === 'timed-out' ? 1 : 0)
}

/**
 * The other threads' whole program, as text, since a worker starts from a file or from text and the package must not depend on where its
 * files end up in a bundle. It runs what it is told at each turn of the barrier, and ends when told -1.
 */
const workerText = `
import { workerData } from 'node:worker_threads'
const { memory, programs } = workerData
const words = new Int32Array(memory.buffer)
const sleep = mine => (Atomics.wait(words, ${generation / 4}, mine), 0)
const run = programs.map(parts => parts.map(({ bytes, memory: m, sleep: s }) => {
  const imports = {}
  for (const [[module, name], value] of [[m, memory], [s, sleep]]) (imports[module] ??= {})[name] = value
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports
}))
for (;;) {
  run[0][0].barrier()
  const which = Atomics.load(words, ${command / 4})
  if (which < 0) break
  const count = Atomics.load(words, ${command / 4 + 1})
  for (let turn = 0; turn < count; turn++) for (const part of run[which]) part.run(turn)
}
`

/** the platform's threads, where it has some that this code can start */
const workerThreads = (): typeof import('node:worker_threads') | undefined =>
  typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function'
    ? undefined
    : process.getBuiltinModule('node:worker_threads')

const namesOf = (imports: WebAssembly.Imports, is: (value: unknown) => boolean): readonly [string, string] => {
  for (const [module, names] of Object.entries(imports))
    for (const [name, value] of Object.entries(names)) if (is(value)) return [module, name]
  return ['', '']
}

export interface Team {
  /** tells the others which program comes next, and how often; the barrier at its start lets them go */
  readonly order: (which: number, count: number) => void
  /** lets them end */
  readonly dismiss: (barrier: () => void) => void
}

/** whether this platform starts threads */
export const hasThreads = (): boolean => workerThreads() !== undefined

/** starts threads with their modules; undefined where the platform has none */
export const startTeam = (
  memory: WebAssembly.Memory,
  programs: readonly (readonly (readonly Emitted[])[])[]
): Team | undefined => {
  const threads = workerThreads()
  if (threads === undefined) return undefined
  const words = new Int32Array(memory.buffer)
  Atomics.store(words, arrived / 4, 0)
  const workers = programs.map(mine => {
    const orders = mine.map(parts =>
      parts.map(({ bytes, imports }) => ({
        bytes,
        memory: namesOf(imports, v => v === memory),
        sleep: namesOf(imports, v => typeof v === 'function')
      }))
    )
    const workerData: Orders = { memory, programs: orders }
    const worker = new threads.Worker(new URL(`data:text/javascript,${encodeURIComponent(workerText)}`), { workerData })
    worker.unref()
    return worker
  })
  return {
    order: (which, count) => {
      Atomics.store(words, command / 4, which)
      Atomics.store(words, command / 4 + 1, count)
    },
    dismiss: barrier => {
      Atomics.store(words, command / 4, -1)
      barrier()
      for (const w of workers) void w.terminate()
    }
  }
}
