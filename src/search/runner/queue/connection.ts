/** Which queue an address means, and the packages that talk to it. A door: they are loaded when a queue is asked for. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backendError, settingError, type BackendError, type SettingError } from '../../../value/error.js'
import { errorText } from '../../../value/text.js'

/** an address of a queue; its text may hold a password, `shown` never does */
export interface QueueAddress {
  readonly url: string
  readonly kind: 'redis' | 'postgres'
  readonly shown: string
}

const kinds: Readonly<Record<string, QueueAddress['kind']>> = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres'
}

/**
 * The address of a queue: `redis://`, `rediss://` (TLS) or `postgres://`, with user and password where the server asks for them.
 *
 * @example queueAddress('redis://127.0.0.1:6379')
 */
export const queueAddress = (text: string): E.Either<SettingError, QueueAddress> => {
  const wrong = (got: string): SettingError =>
    settingError(['queue'], 'an address such as redis://127.0.0.1 or postgres://127.0.0.1/studies', got)
  return pipe(
    E.tryCatch(
      () => new URL(text),
      () => wrong('a text that is no address')
    ),
    E.chain(url => {
      const kind = Object.hasOwn(kinds, url.protocol) ? kinds[url.protocol] : undefined
      return kind === undefined
        ? E.left(wrong(`${url.protocol}//`))
        : E.right({ url: text, kind, shown: `${url.protocol}//${url.host}${url.pathname}` })
    })
  )
}

/** the name of the queue that all studies share: a trial is named by its content */
export const queueName = 'gradfold'
/** seconds without an answer after which a server counts as absent, when a queue is opened */
const patience = 10

/** whatever is open at a queue and can say that it is ready */
export interface Connected {
  readonly waitUntilReady: () => Promise<unknown>
  readonly close: () => Promise<unknown>
  readonly on: (event: 'error', listener: (e: Error) => void) => unknown
}
export interface QueuedJob {
  readonly id?: string
  readonly data: unknown
  readonly returnvalue: unknown
  /** empty or absent where it did not fail */
  readonly failedReason?: string
  /** milliseconds of a clock; absent until it is completed or failed */
  readonly finishedOn?: number
  readonly remove: () => Promise<unknown>
  readonly moveToWait: (token?: string) => Promise<unknown>
}
export interface JobQueue extends Connected {
  readonly add: (name: string, data: string, options: object) => Promise<unknown>
  readonly getJob: (id: string) => Promise<QueuedJob | undefined>
  readonly remove: (id: string) => Promise<unknown>
}
export interface JobEvents extends Connected {
  readonly on: (
    event: 'completed' | 'failed' | 'duplicated' | 'error',
    listener: (
      e: { readonly jobId: string; readonly returnvalue: unknown; readonly failedReason: string } & Error
    ) => void
  ) => unknown
}
/** the part of BullMQ that is used: its types need packages that not everybody has */
interface Library {
  readonly Queue: new (name: string, options: object, ...backend: readonly unknown[]) => JobQueue
  readonly QueueEvents: new (name: string, options: object, ...backend: readonly unknown[]) => JobEvents
  readonly Worker: new (
    name: string,
    process: (job: QueuedJob, token?: string) => Promise<string>,
    options: object,
    ...backend: readonly unknown[]
  ) => Connected
  readonly WaitingError: new () => Error
  readonly createPostgresBackend: unknown
}

/** what opens queues, workers and their events at an address */
export interface Opened {
  readonly bull: Library
  readonly options: { readonly connection: object }
  /** none: Redis */
  readonly backend: readonly unknown[]
}

const packages: Readonly<Record<QueueAddress['kind'], string>> = { redis: 'ioredis', postgres: 'pg' }

/** loads the packages of a queue. @returns Left that says what to install */
export const openQueue = (address: QueueAddress): TE.TaskEither<BackendError, Opened> =>
  pipe(
    TE.tryCatch(
      async () => {
        const bull = (await import('bullmq')) as unknown as Library
        await (address.kind === 'redis' ? import('ioredis') : import('pg'))
        return bull
      },
      e =>
        backendError(
          ['queue'],
          `the packages bullmq and ${packages[address.kind]}`,
          errorText(e),
          `npm install bullmq ${packages[address.kind]}`
        )
    ),
    TE.map(bull =>
      address.kind === 'redis'
        ? { bull, options: { connection: { url: address.url, maxRetriesPerRequest: null } }, backend: [] }
        : {
            bull,
            options: { connection: { connectionString: address.url, migrate: true, max: 2 } },
            backend: [bull.createPostgresBackend]
          }
    )
  )

/** a promise of nothing after some seconds, and what takes the timer away */
const timer = (seconds: number): { readonly over: Promise<undefined>; readonly clear: () => void } => {
  const handle = IORef.newIORef<NodeJS.Timeout | undefined>(undefined)()
  const over = new Promise<undefined>(resolve => {
    handle.write(setTimeout(() => resolve(undefined), 1000 * seconds))()
  })
  return { over, clear: () => clearTimeout(handle.read()) }
}

/** waits until the server answers; closes what does not */
export const ready =
  (address: QueueAddress) =>
  <A extends Connected>(opened: A): TE.TaskEither<BackendError, A> =>
  async () => {
    const reason = IORef.newIORef(`no answer within ${patience} seconds`)()
    // without a listener an error would end the process; the client tries again by itself
    opened.on('error', e => reason.write(errorText(e))())
    const { over, clear } = timer(patience)
    const answered = await Promise.race([
      opened.waitUntilReady().then(
        () => true,
        (e: unknown) => {
          reason.write(errorText(e))()
          return undefined
        }
      ),
      over
    ])
    clear()
    if (answered === true) return E.right(opened)
    void opened.close().catch(() => undefined)
    return E.left(backendError(['queue'], `a server at ${address.shown} that answers`, reason.read()))
  }
