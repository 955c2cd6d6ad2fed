/** Trials on worker threads (Node). A door: starts threads, and ends one whose trial takes too long. */
import * as E from 'fp-ts/lib/Either.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import type { BackendName } from '../../backend/named.js'
import { builtInRun } from '../../run/registry.js'
import { runFileCodec } from '../../run/run-file.js'
import { backendError, type BackendError } from '../../value/error.js'
import { errorText } from '../../value/text.js'
import type { StudyMetric } from '../metric.js'
import { checkWorkers, type Runner, type SearchError } from './runner.js'
import type { TrialOutcome } from '../trial.js'

/** what a worker is sent */
export interface Task {
  /** a run file as JSON */
  readonly run: unknown
  readonly metric: StudyMetric
  /** default: the worker of this package */
  readonly backend: BackendName | undefined
  /** how many threads of it a trial computes with */
  readonly threads: number
  /** whether the reference backend takes over where that one cannot run */
  readonly fallback: boolean
  /** told when the training begins, where there is a time-out: waiting for a thread and loading data are not counted */
  readonly begins?: { readonly postMessage: (message: string) => void }
}
/** what it answers */
export interface Answer {
  readonly result: E.Either<SearchError, TrialOutcome>
  /** why the reference backend took over, if it did */
  readonly told?: BackendError
}
export interface WorkerPoolOptions {
  /** what the trials compute with (default 'wasm') */
  readonly backend?: BackendName | undefined
  /** how many threads of it a trial has (default 1); never changes a result */
  readonly threads?: number | undefined
  /** lets the reference backend take over where that one cannot run, and hears why, each time; see `withFallback` */
  readonly fallback?: ((reason: BackendError) => void) | undefined
  /** the address of the worker's module, as it is built */
  readonly file?: string
}
export interface WorkerPool {
  readonly runner: Runner
  /** ends the threads; trials that are not finished, and those to come, are Left */
  readonly close: () => Promise<void>
}

/** seconds that a timer can wait, 2^31 - 1 ms; longer is as good as for ever */
const longest = 2_147_483

type Result = Answer['result']
const lost = (e: unknown): Result => E.left(backendError(['search'], 'a worker that runs the trial', errorText(e)))

/**
 * Starts worker threads for the trials of studies whose members are all built in. A thread loads the data once; a trial that takes longer
 * than its study allows ends its thread, and is a result.
 *
 * @param workers how many at most, up to 256; another number makes every trial Left
 */
export const inThreads = (
  workers: number,
  { backend, threads = 1, fallback, file = new URL('./worker.js', import.meta.url).href }: WorkerPoolOptions = {}
): WorkerPool => {
  const wrong = checkWorkers(workers)
  if (wrong !== undefined) return { runner: () => TE.left(wrong), close: () => Promise.resolve() }
  const pool = new Tinypool({
    filename: file,
    runtime: 'worker_threads',
    minThreads: 1,
    maxThreads: workers,
    // flags of the process (`--input-type`, loaders) are for its own program
    execArgv: []
  })
  const closed = IORef.newIORef(false)()
  const codec = runFileCodec(builtInRun)
  const answered = ({ result, told }: Answer): Result => {
    if (told !== undefined) fallback?.(told)
    return result
  }
  const runner: Runner = (run, { metric, timeout }) => {
    const task: Task = { run: codec.encode(run), metric, backend, threads, fallback: fallback !== undefined }
    const unlimited = (): Promise<Result> => pool.run(task).then(answered, lost)
    const limited = (seconds: number) => async (): Promise<Result> => {
      const limit = new AbortController()
      const { port1: begun, port2: begins } = new MessageChannel()
      const timer = new Promise<NodeJS.Timeout>(resolve => {
        begun.once('message', () => resolve(setTimeout(() => limit.abort(), 1000 * seconds)))
      })
      const result = await pool
        .run({ ...task, begins }, { signal: limit.signal, transferList: [begins] })
        .then(answered, (e: unknown): Result =>
          limit.signal.aborted ? E.right({ tag: 'timedOut', seconds }) : lost(e)
        )
      void timer.then(clearTimeout)
      begun.close()
      return result
    }
    const carriedOut = timeout === undefined || timeout > longest ? unlimited : limited(timeout)
    // a pool that is destroyed would start threads again
    return () => (closed.read() ? Promise.resolve(lost('threads that were ended')) : carriedOut())
  }
  const close = (): Promise<void> => {
    closed.write(true)()
    return pool.destroy()
  }
  return { runner, close }
}
