/** The worker thread of threads.ts: runs one trial at a time, or verifies one recorded run. */
import type * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../../backend/backend.js'
import { defaultBackend, loadBackend } from '../../backend/named.js'
import { verifyRecord } from '../../run/record/verify.js'
import { runFileCodec } from '../../run/run-file.js'
import { decode } from '../../value/codec.js'
import type { BackendError, SettingError } from '../../value/error.js'
import { execute } from '../execute.js'
import { loading } from './in-process.js'
import type { Answer, RecordTask, Task } from './threads.js'

const load = loading()
const codec = runFileCodec()

type Setup = Pick<Task, 'backend' | 'threads' | 'fallback'>
/** computes on the backend of a task, and says why another one was used, if it was */
const answer = <L, A>(
  { backend: name = defaultBackend, threads, fallback }: Setup,
  compute: (backend: Backend) => TE.TaskEither<L, A>
): Promise<Answer<E.Either<L | BackendError | SettingError, A>>> => {
  const replaced = IORef.newIORef<BackendError | undefined>(undefined)()
  return pipe(
    loadBackend(name, threads, fallback ? reason => replaced.write(reason)() : undefined),
    TE.chainW(compute),
    T.map(result => {
      const reason = replaced.read()
      return reason === undefined ? { result } : { result, reason }
    })
  )()
}
const runTrial = (task: Task): Promise<Answer> =>
  answer(task, backend =>
    pipe(
      TE.fromEither(decode(codec)(task.run)),
      TE.bindTo('read'),
      TE.bindW('data', ({ read }) => load(read.data)),
      TE.chainEitherKW(({ read, data }) => {
        task.begins?.postMessage('begins')
        return execute(read, data, task.metric, { backend })
      })
    )
  )

export default (task: Task | RecordTask) =>
  'record' in task ? answer(task, backend => verifyRecord(task.record, { backend })) : runTrial(task)
