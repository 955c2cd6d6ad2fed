/** What a loop needs of the threads that it runs on, whatever starts them; and the calling thread alone. */
import type { BackendError } from '../../../value/error.js'
import type { Emitted } from '../emit/module.js'
import type { SelfTest } from './self-test.js'

/** the other threads of one loop */
export interface ThreadGroup {
  /** sends the others the next program and its number of turns; they start when the barrier opens */
  readonly dispatch: (which: number, count: number) => void
  /** reports that the calling thread cannot do its share */
  readonly fail: (reason: string) => void
  /** ends the threads without waiting; further calls do nothing */
  readonly release: () => void
}
/** the source of a loop's other threads */
export interface Threads {
  /** the number of threads that are available now, the calling one included */
  readonly most: () => number
  /** starts threads on a loop: for each, its modules by program; undefined if there are none */
  readonly attach: (
    test: SelfTest,
    memory: WebAssembly.Memory,
    programs: readonly (readonly (readonly Emitted[])[])[],
    addon?: string
  ) => ThreadGroup | undefined
  /** why the threads of a loop had to stop, if they had to */
  readonly failureIn: (memory: WebAssembly.Memory) => BackendError | undefined
  /** waits until the generation changes; 1 if it does not, or if another thread has failed */
  readonly sleepOn: (memory: WebAssembly.Memory) => (mine: number) => number
}

/** The calling thread. A page that uses no other leaves out how they start. */
export const alone: Threads = {
  most: () => 1,
  attach: () => undefined,
  failureIn: () => undefined,
  sleepOn: () => () => 1
}
