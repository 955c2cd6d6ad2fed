/** Trials on worker threads (Node). A door: starts threads, and ends one whose trial takes too long. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as E from 'fp-ts/lib/Either.js'
import { Tinypool } from 'tinypool'
import { runFileCodec, tables } from '../run/run-file.js'
import { backendError, type BackendError } from '../value/error.js'
import type { StudyMetric } from './metric.js'
import type { Runner, SearchError } from './search.js'
import type { Outcome } from './trial.js'

/** what a worker is sent: data that JSON could hold */
export interface Task {
  readonly run: unknown
  readonly metric: StudyMetric
}
export interface Crew {
  readonly runner: Runner
  /** ends the threads */
  readonly close: () => Promise<void>
}

const lost = (e: unknown): BackendError =>
  backendError(['search'], 'a worker that carries out the trial', e instanceof Error ? e.message : String(e))

/**
 * Starts worker threads for the trials of studies whose members are all built in. A thread loads the data once; a trial that takes longer
 * than its study allows ends its thread, and is a result.
 *
 * @param workers how many at most
 * @param file the address of the worker's module, as it is built
 */
export const inThreads = (workers: number, file: string = new URL('./worker.js', import.meta.url).href): Crew => {
  const pool = new Tinypool({
    filename: file,
    runtime: 'worker_threads',
    minThreads: 1,
    maxThreads: workers,
    // flags of the process (`--input-type`, loaders) are for its own program
    execArgv: []
  })
  const codec = runFileCodec(tables)
  const runner: Runner = (run, { metric, timeout }) => {
    const task: Task = { run: codec.encode(run), metric }
    const limit = timeout === undefined ? undefined : new AbortController()
    const carriedOut: TE.TaskEither<SearchError | BackendError, Outcome> = async () => {
      const timer = limit === undefined ? undefined : setTimeout(() => limit.abort(), 1000 * (timeout as number))
      const result = await pool.run(task, limit === undefined ? {} : { signal: limit.signal }).then(
        (r: E.Either<SearchError, Outcome>) => r,
        (e: unknown): E.Either<BackendError, Outcome> =>
          limit?.signal.aborted === true ? E.right({ tag: 'timedOut', seconds: timeout as number }) : E.left(lost(e))
      )
      clearTimeout(timer)
      return result
    }
    return pipe(
      carriedOut,
      TE.mapLeft(e => e as SearchError)
    )
  }
  return { runner, close: () => pool.destroy() }
}
