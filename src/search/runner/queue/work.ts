/** The workers' side of a queue: takes trials and computes them on threads. A door: talks to a server. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { optionsOf } from '../../../value/argument.js'
import type { BackendError, DecodeError, SettingError } from '../../../value/error.js'
import type { TrialOutcome } from '../../trial.js'
import { checkWorkers } from '../runner.js'
import { inThreads, type WorkerPool, type WorkerPoolOptions } from '../threads.js'
import { openQueue, queueAddress, queueName, ready, type Connected, type Opened, type QueuedJob } from './connection.js'
import { answerText, problemText, receive } from './message.js'

export interface WorkOptions extends Omit<WorkerPoolOptions, 'file'> {
  /** how many trials are computed at a time (default 1), each on a thread of its own */
  readonly workers?: number
  /** seconds after which a worker that says nothing counts as lost, and its trials are run by others (default 30) */
  readonly lockSeconds?: number
  /** receives the name and the outcome of each trial that is finished */
  readonly observe?: (id: string, outcome: TrialOutcome) => void
  readonly file?: string
}
export interface QueueWorker {
  /** the problem that ended the work: a trial of another release; nothing after `close` */
  readonly ended: Promise<DecodeError | undefined>
  /** gives unfinished trials back to the queue, and leaves it */
  readonly close: () => Promise<void>
}

/** A lost worker is no fault of the trial. The limit is for trials that end every process that takes them. */
const maxLost = 100

const workerOn = (
  bull: Opened['bull'],
  pool: WorkerPool,
  { observe, lockSeconds = 30 }: WorkOptions,
  open: (process: (job: QueuedJob, token?: string) => Promise<string>, options: object) => Connected
): {
  readonly worker: Connected
  readonly ended: Promise<DecodeError | undefined>
  readonly close: () => Promise<void>
} => {
  const ending = IORef.newIORef<(problem: DecodeError | undefined) => void>(() => undefined)()
  const ended = new Promise<DecodeError | undefined>(resolve => ending.write(resolve)())
  const closing = IORef.newIORef(false)()
  /** the trial waits for another worker; the queue learns so by this error */
  const giveBack = async (job: QueuedJob, token: string | undefined): Promise<never> => {
    await job.moveToWait(token)
    throw new bull.WaitingError()
  }
  const process = async (job: QueuedJob, token?: string): Promise<string> => {
    const received = receive(job.data)
    if (E.isLeft(received)) {
      ending.read()(received.left)
      return giveBack(job, token)
    }
    const { run, study } = received.right
    const result = await pool.runner(run, study)()
    if (closing.read()) return giveBack(job, token)
    if (E.isLeft(result)) throw new Error(problemText(result.left))
    const id = job.id ?? ''
    observe?.(id, result.right)
    return answerText(id, result.right)
  }
  const worker = open(process, {
    lockDuration: 1000 * lockSeconds,
    stalledInterval: 1000 * lockSeconds,
    maxStalledCount: maxLost
  })
  const close = async (): Promise<void> => {
    closing.write(true)()
    ending.read()(undefined)
    await pool.close()
    await worker.close()
  }
  return { worker, ended, close }
}

/**
 * Takes trials from a queue until it is closed. The trials run on threads of this process, so that its event loop stays free to say that
 * it is alive. Data are loaded once by each thread, from where the study says, and checked against the study's digest.
 *
 * @param address of the queue, see `inQueue`
 * @returns Left where the packages are not installed, no server answers, or the number of workers is none
 */
export const workQueue = (
  address: string,
  options: WorkOptions = {}
): TE.TaskEither<SettingError | BackendError, QueueWorker> => {
  const { workers = 1, backend, threads, fallback, file } = optionsOf(options)
  const wrong = checkWorkers(workers)
  return pipe(
    TE.fromEither(wrong === undefined ? queueAddress(address) : E.left(wrong)),
    TE.bindTo('at'),
    TE.bindW('opened', ({ at }) => openQueue(at)),
    TE.chainW(({ at, opened }) => {
      const pool = inThreads(workers, { backend, threads, fallback, ...(file === undefined ? {} : { file }) })
      const { worker, ended, close } = workerOn(
        opened.bull,
        pool,
        optionsOf(options),
        (process, more) =>
          new opened.bull.Worker(
            queueName,
            process,
            { ...opened.options, ...more, concurrency: workers },
            ...opened.backend
          )
      )
      return pipe(
        ready(at)(worker),
        TE.orElseFirstTaskK(() => () => pool.close()),
        TE.map(() => ({ ended, close }))
      )
    })
  )
}
