/** The worker thread of threads.ts: runs one trial at a time. */
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defaultBackend, loadBackend } from '../../backend/named.js'
import { runFileCodec } from '../../run/run-file.js'
import { decode } from '../../value/codec.js'
import type { BackendError } from '../../value/error.js'
import { execute } from '../execute.js'
import { loading } from './in-process.js'
import type { Answer, Task } from './threads.js'

const load = loading()
const codec = runFileCodec()

export default ({ run, metric, backend: name = defaultBackend, threads, fallback, begins }: Task): Promise<Answer> => {
  const told = IORef.newIORef<BackendError | undefined>(undefined)()
  return pipe(
    loadBackend(name, threads, fallback ? reason => told.write(reason)() : undefined),
    TE.bindTo('backend'),
    TE.bindW('read', () => TE.fromEither(decode(codec)(run))),
    TE.bindW('data', ({ read }) => load(read.data)),
    TE.chainEitherKW(({ read, data, backend }) => {
      begins?.postMessage('begins')
      return execute(read, data, metric, { backend })
    }),
    T.map((result): Answer => {
      const reason = told.read()
      return reason === undefined ? { result } : { result, told: reason }
    })
  )()
}
