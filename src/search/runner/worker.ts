/** A worker thread's side of threads.ts: carries out one trial at a time. */
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { withFallback } from '../../backend/fallback.js'
import { backends, defaultBackend } from '../../backend/named.js'
import { runFileCodec } from '../../run/run-file.js'
import { decode } from '../../value/codec.js'
import type { BackendError } from '../../value/error.js'
import { execute } from '../execute.js'
import { loading } from './in-process.js'
import type { Answer, Task } from './threads.js'

const load = loading()
const codec = runFileCodec()

export default ({ run, metric, backend: name = defaultBackend, fallback, begins }: Task): Promise<Answer> => {
  const told = IORef.newIORef<BackendError | undefined>(undefined)()
  const asked = backends[name](1)
  const backend = fallback ? withFallback(asked, backends.reference(), reason => told.write(reason)()) : asked
  return pipe(
    TE.fromEither(decode(codec)(run)),
    TE.bindTo('read'),
    TE.bindW('data', ({ read }) => load(read.data)),
    TE.chainEitherKW(({ read, data }) => {
      begins?.postMessage('begins')
      return execute(read, data, metric, { backend })
    }),
    T.map((result): Answer => {
      const reason = told.read()
      return reason === undefined ? { result } : { result, told: reason }
    })
  )()
}
