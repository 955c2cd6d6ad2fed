/** Runs trials on worker threads (Node). A door: starts threads, and ends one whose trial takes too long. */
import * as E from 'fp-ts/lib/Either.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import type { BackendName } from '../../backend/named.js'
import type { ReplayError } from '../../run/record/replay.js'
import type { Verdict } from '../../run/record/verify.js'
import { builtInRun } from '../../run/registry.js'
import { runFileCodec } from '../../run/run-file.js'
import { optionsOf } from '../../value/argument.js'
import { backendError, type BackendError } from '../../value/error.js'
import { errorText } from '../../value/text.js'
import type { StudyMetric } from '../metric.js'
import { checkWorkers, type Runner, type SearchError } from './runner.js'
import type { TrialOutcome } from '../trial.js'

/** what a worker computes with */
interface Computing {
  /** default: the backend of this package */
  readonly backend: BackendName | undefined
  /** how many threads of it a run computes with */
  readonly threads: number
  /** whether the reference backend replaces a backend that cannot run here */
  readonly fallback: boolean
}
/** the message to a worker that runs a trial */
export interface Task extends Computing {
  /** a run file as JSON */
  readonly run: unknown
  readonly metric: StudyMetric
  /**
   * receives a message when the training begins, if there is a time limit: waiting for a thread and loading data don't
   * count
   */
  readonly begins?: { readonly postMessage: (message: string) => void }
}
/** the message to a worker that verifies a recorded run */
export interface RecordTask extends Computing {
  /** the folder of the recorded run */
  readonly record: string
}
/** the answer of a worker */
export interface Answer<R = E.Either<SearchError, TrialOutcome>> {
  readonly result: R
  /** why the reference backend was used, if it was */
  readonly reason?: BackendError
}
export interface WorkerPoolOptions {
  /** the backend of the trials (default 'wasm') */
  readonly backend?: BackendName | undefined
  /** how many threads of it a trial has (default 1); never changes a result */
  readonly threads?: number | undefined
  /**
   * allows the reference backend to replace one that cannot run here, and receives the reason each time; see
   * `withFallback`
   */
  readonly fallback?: ((reason: BackendError) => void) | undefined
  /** the address of the worker's module, as it is built */
  readonly file?: string
}
export interface WorkerPool {
  readonly runner: Runner
  /** repeats a recorded run on a thread, see `verifyRecord`; a relative path is one of the process */
  readonly verify: (folder: string) => TE.TaskEither<ReplayError, Verdict>
  /** ends the threads; unfinished and later trials are Left */
  readonly close: () => Promise<void>
}

/** the longest time of a timer in seconds (2^31 - 1 ms); a longer limit is no limit */
const longest = 2_147_483

type Result = Answer['result']
type Verified = E.Either<ReplayError, Verdict>
const lost = (e: unknown): E.Either<BackendError, never> =>
  E.left(backendError(['search'], 'a worker that runs the trial', errorText(e)))

/**
 * Starts worker threads that verify recorded runs and run the trials of studies with built-in members only. A thread loads the data once. A trial
 * that exceeds the time limit of its study ends its thread, and is an outcome.
 *
 * @param workers max number of threads, up to 256; another number makes every trial Left
 */
export const inThreads = (workers: number, options: WorkerPoolOptions = {}): WorkerPool => {
  const { backend, threads = 1, fallback, file = new URL('./worker.js', import.meta.url).href } = optionsOf(options)
  const wrong = checkWorkers(workers)
  if (wrong !== undefined)
    return { runner: () => TE.left(wrong), verify: () => TE.left(wrong), close: () => Promise.resolve() }
  const pool = new Tinypool({
    filename: file,
    runtime: 'worker_threads',
    minThreads: 1,
    maxThreads: workers,
    // flags of the process (`--input-type`, loaders) are meant for its main program
    execArgv: []
  })
  const closed = IORef.newIORef(false)()
  const codec = runFileCodec(builtInRun)
  const answered = <R>({ result, reason }: Answer<R>): R => {
    if (reason !== undefined) fallback?.(reason)
    return result
  }
  const computing: Computing = { backend, threads, fallback: fallback !== undefined }
  // a destroyed pool would start threads again
  const whileOpen =
    <A>(task: () => Promise<A | E.Either<BackendError, never>>) =>
    (): Promise<A | E.Either<BackendError, never>> =>
      closed.read() ? Promise.resolve(lost('threads that were ended')) : task()
  const runner: Runner = (run, { metric, timeout }) => {
    const task: Task = { run: codec.encode(run), metric, ...computing }
    const unlimited = (): Promise<Result> => pool.run(task).then((a: Answer) => answered(a), lost)
    const limited = (seconds: number) => async (): Promise<Result> => {
      const limit = new AbortController()
      const { port1: begun, port2: begins } = new MessageChannel()
      const timer = new Promise<NodeJS.Timeout>(resolve => {
        begun.once('message', () => resolve(setTimeout(() => limit.abort(), 1000 * seconds)))
      })
      const result = await pool.run({ ...task, begins }, { signal: limit.signal, transferList: [begins] }).then(
        (a: Answer) => answered(a),
        (e: unknown): Result => (limit.signal.aborted ? E.right({ tag: 'timedOut', seconds }) : lost(e))
      )
      void timer.then(clearTimeout)
      begun.close()
      return result
    }
    const carriedOut = timeout === undefined || timeout > longest ? unlimited : limited(timeout)
    return whileOpen(carriedOut)
  }
  const verify: WorkerPool['verify'] = record =>
    whileOpen(() =>
      pool.run({ record, ...computing } satisfies RecordTask).then((a: Answer<Verified>) => answered(a), lost)
    )
  const close = (): Promise<void> => {
    closed.write(true)()
    return pool.destroy()
  }
  return { runner, verify, close }
}
