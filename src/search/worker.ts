/** A worker thread's side of threads.ts: carries out one trial at a time. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { wasm } from '../backend/wasm/wasm.js'
import { runFileCodec } from '../run/run-file.js'
import { decode } from '../value/codec.js'
import { execute } from './execute.js'
import { loading, type SearchError } from './search.js'
import type { Task } from './threads.js'
import type { Outcome } from './trial.js'

const load = loading()
const codec = runFileCodec()

export default ({ run, metric, begins }: Task): Promise<E.Either<SearchError, Outcome>> =>
  pipe(
    TE.fromEither(decode(codec)(run)),
    TE.bindTo('read'),
    TE.bindW('data', ({ read }) => load(read.data)),
    TE.map(({ read, data }) => {
      begins?.postMessage('begins')
      return execute(read, data, metric, { backend: wasm })
    })
  )()
