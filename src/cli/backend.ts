/** What a command computes with. */
import { availableParallelism } from 'node:os'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../backend/backend.js'
import { fastestBackend, loadBackend, type BackendName } from '../backend/named.js'
import { showError, type BackendError } from '../value/error.js'
import type { Io } from './io.js'
import { failure, oneLine, type Failure } from './exit.js'

/** more than this many share out too little work each */
export const maxThreads = 8
export const defaultThreads = Math.min(maxThreads, availableParallelism())

/** names the fastest backend that can be used */
export const auto = 'auto'

/** what a command that computes is told */
export interface ComputeFlags {
  readonly backend: BackendName | typeof auto
  /** one of 1 to 8, in digits */
  readonly threads: string
  readonly fallback?: boolean
}

/** says that the reference backend computes instead, and why: once, however often the other one cannot run */
export const reportFallback = (io: Io): ((reason: BackendError) => void) => {
  const told = IORef.newIORef(false)()
  return reason => {
    if (!told.read()) io.err.write(`${oneLine(`gradfold: on the reference backend, since ${showError(reason)}`)}\n`)
    told.write(true)()
  }
}

/** the name of the backend that is asked for; says on stderr where that is not the fastest one after all */
export const backendName = (io: Io, backend: ComputeFlags['backend']): BackendName =>
  backend === auto
    ? fastestBackend(reason => {
        io.err.write(`${oneLine(`gradfold: on the wasm backend, since ${showError(reason)}`)}\n`)
      })
    : backend

/** the backend that is asked for */
export const backendOf = (io: Io, { backend, threads, fallback }: ComputeFlags): TE.TaskEither<Failure, Backend> =>
  pipe(
    loadBackend(backendName(io, backend), Number(threads), fallback === true ? reportFallback(io) : undefined),
    TE.mapLeft(failure)
  )
