/** The backends that the command offers; the first is used unless another is asked for. All of them give the same bits. */
import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import type { Backend } from '../backend/backend.js'
import { withFallback } from '../backend/fallback.js'
import { reference } from '../backend/reference/reference.js'
import { wasmThreads } from '../backend/wasm/wasm.js'
import { message, settingError, type BackendError } from '../value/error.js'
import type { Io } from './command.js'
import { oneLine } from './exit.js'
import type { Failure } from './read.js'

export const backends: Readonly<Record<string, (threads: number) => Backend>> = {
  wasm: wasmThreads,
  reference: () => reference
}
export const defaultBackend = 'wasm'

/** more than this many share out too little work each */
export const mostThreads = 8
export const defaultThreads = Math.min(mostThreads, availableParallelism())

/** what a command that computes is told */
export interface ComputeFlags {
  readonly backend: string
  /** one of 1 to 8, in digits */
  readonly threads: string
  readonly fallback?: boolean
}

/** the backend, and where it cannot run the reference backend, which runs everywhere; `told` hears of that once */
const orReference = (backend: Backend, told: (reason: BackendError) => void): Backend => {
  const heard = IORef.newIORef(false)()
  return withFallback(backend, reference, reason => {
    if (!heard.read()) told(reason)
    heard.write(true)()
  })
}

/** the backend that is asked for */
export const backendOf = (io: Io, { backend, threads, fallback }: ComputeFlags): E.Either<Failure, Backend> =>
  pipe(
    E.fromNullable(settingError(['backend'], Object.keys(backends).join(', '), backend))(
      backends[backend]?.(Number(threads))
    ),
    E.map(asked =>
      fallback !== true
        ? asked
        : orReference(asked, e =>
            io.err.write(`${oneLine(`gradfold: on the reference backend, since ${message(e)}`)}\n`)
          )
    ),
    E.mapLeft((problem): Failure => ({ problem }))
  )
