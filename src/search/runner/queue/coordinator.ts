/** Trials on workers of any number of machines, through a queue. A door: talks to a server. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backendError, type BackendError, type SettingError } from '../../../value/error.js'
import { errorText } from '../../../value/text.js'
import type { Runner, SearchError } from '../runner.js'
import type { TrialOutcome } from '../../trial.js'
import { openQueue, queueAddress, queueName, ready, type JobEvents, type JobQueue } from './connection.js'
import { messageOf, outcomeOf, problemOf } from './message.js'

export interface QueueRunner {
  readonly runner: Runner
  /** leaves the queue; trials that are queued stay there, and their outcomes are found by the next study that asks for them */
  readonly close: () => Promise<void>
}

/** seconds that an outcome stays in the queue, for a study that is resumed */
const keptSeconds = 86_400
/** milliseconds between looks at trials whose outcome is not there: a server that restarted may have lost them, or an event */
const lookEvery = 2000
/** how often a trial whose outcome is damaged is queued again */
const maxDamaged = 3

type Result = E.Either<SearchError, TrialOutcome>
interface Waiting {
  readonly text: string
  readonly damaged: number
  readonly settle: (result: Result) => void
}

/** the trials that this process waits for, by their names in the queue */
const waitingRoom = (queue: JobQueue) => {
  const waiting = new Map<string, Waiting>()
  const add = async (id: string, text: string): Promise<void> => {
    await queue.add('trial', text, { jobId: id, removeOnComplete: { age: keptSeconds }, removeOnFail: true })
  }
  const settle = (id: string, result: Result): void => {
    const entry = waiting.get(id)
    waiting.delete(id)
    entry?.settle(result)
  }
  const completed = async (id: string, answer: unknown): Promise<void> => {
    const entry = waiting.get(id)
    if (entry === undefined) return
    const outcome = outcomeOf(id, answer)
    if (outcome !== undefined) return settle(id, E.right(outcome))
    if (entry.damaged >= maxDamaged)
      return settle(id, E.left(backendError(['queue'], 'the outcome of a trial', 'another text, several times')))
    waiting.set(id, { ...entry, damaged: entry.damaged + 1 })
    await queue.remove(id)
    await add(id, entry.text)
  }
  const failed = (id: string, reason: string): void => settle(id, E.left(problemOf(reason)))
  /** what became of a trial, asked of the queue itself */
  const look = async (id: string): Promise<void> => {
    const entry = waiting.get(id)
    if (entry === undefined) return
    const job = await queue.getJob(id)
    if (job === undefined) return add(id, entry.text)
    const { finishedOn, failedReason = '', returnvalue } = job
    if (finishedOn === undefined) return
    if (failedReason === '') return completed(id, returnvalue)
    failed(id, failedReason)
    await job.remove()
  }
  /** one look at a time: while a server is away, its answers wait */
  const looking = new Set<string>()
  const lookOnce = (id: string): void => {
    if (looking.has(id)) return
    looking.add(id)
    // the next look tries again
    void look(id)
      .catch(() => undefined)
      .finally(() => looking.delete(id))
  }
  const names = (): readonly string[] => [...waiting.keys()]
  const waitFor = (id: string, text: string, resolve: (result: Result) => void): void => {
    const before = waiting.get(id)
    // two trials of a study may be the same run
    const both = (result: Result): void => {
      before?.settle(result)
      resolve(result)
    }
    waiting.set(id, { text, damaged: 0, settle: both })
  }
  return { add, waitFor, settle, completed, failed, lookOnce, names }
}

const runnerOn = (queue: JobQueue, events: JobEvents): QueueRunner => {
  const { add, waitFor, settle, completed, failed, lookOnce, names } = waitingRoom(queue)
  events.on('completed', ({ jobId, returnvalue }) => void completed(jobId, returnvalue).catch(() => lookOnce(jobId)))
  events.on('failed', ({ jobId, failedReason }) => failed(jobId, failedReason))
  events.on('duplicated', ({ jobId }) => lookOnce(jobId))
  const timer = setInterval(() => {
    for (const id of names()) lookOnce(id)
  }, lookEvery)
  const runner: Runner = (run, study) => () => {
    const { id, text } = messageOf(run, study)
    return new Promise<Result>(resolve => {
      waitFor(id, text, resolve)
      add(id, text).catch((e: unknown) =>
        settle(id, E.left(backendError(['queue'], 'a queue that takes a trial', errorText(e))))
      )
    })
  }
  const close = async (): Promise<void> => {
    clearInterval(timer)
    for (const id of names())
      settle(id, E.left(backendError(['search'], 'a queue that is open', 'one that was closed')))
    await Promise.all([events.close(), queue.close()])
  }
  return { runner, close }
}

/**
 * Opens a queue for the trials of studies: BullMQ on Redis, Valkey or PostgreSQL. Workers on any number of machines take them (`gradfold
 * work`, `workQueue`). A trial gives the same outcome wherever it runs, so a trial whose worker was lost is run again.
 *
 * @param address `redis://127.0.0.1`, `rediss://` for TLS, `postgres://`
 * @returns Left where the packages `bullmq` and `ioredis` or `pg` are not installed, or no server answers
 */
export const inQueue = (address: string): TE.TaskEither<SettingError | BackendError, QueueRunner> =>
  pipe(
    TE.fromEither(queueAddress(address)),
    TE.bindTo('at'),
    TE.bindW('opened', ({ at }) => openQueue(at)),
    TE.bindW('queue', ({ at, opened: { bull, options, backend } }) =>
      ready(at)(new bull.Queue(queueName, options, ...backend))
    ),
    TE.bindW('events', ({ at, queue, opened: { bull, options, backend } }) =>
      pipe(
        ready(at)(new bull.QueueEvents(queueName, options, ...backend)),
        TE.orElseFirstTaskK(() => () => queue.close())
      )
    ),
    TE.map(({ queue, events }) => runnerOn(queue, events))
  )
