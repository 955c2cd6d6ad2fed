/** Chooses the backend of a command. */
import { availableParallelism } from 'node:os'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../backend/backend.js'
import { fastestBackend, loadBackend, type BackendName } from '../backend/named.js'
import { showError, type BackendError } from '../value/error.js'
import type { Io } from './io.js'
import { failure, oneLine, type Failure } from './exit.js'

/** more threads than this would each get too little work */
export const maxThreads = 8
export const defaultThreads = Math.min(maxThreads, availableParallelism())

/** a backend name that selects the fastest backend that works here */
export const auto = 'auto'

/** flags of commands that compute */
export interface ComputeFlags {
  readonly backend: BackendName | typeof auto
  /** 1 to 8, in digits */
  readonly threads: string
  readonly fallback?: boolean
}

/** warns once that the reference backend computes instead, and why */
export const reportFallback = (io: Io): ((reason: BackendError) => void) => {
  const told = IORef.newIORef(false)()
  return reason => {
    if (!told.read()) io.err.write(`${oneLine(`gradfold: on the reference backend, since ${showError(reason)}`)}\n`)
    told.write(true)()
  }
}

/** the name of the requested backend; with `auto`, a line on stderr says why a faster one was not used */
export const backendName = (io: Io, backend: ComputeFlags['backend']): BackendName =>
  backend === auto
    ? fastestBackend(reason => {
        io.err.write(`${oneLine(`gradfold: on the wasm backend, since ${showError(reason)}`)}\n`)
      })
    : backend

/** the requested backend */
export const backendOf = (io: Io, { backend, threads, fallback }: ComputeFlags): TE.TaskEither<Failure, Backend> =>
  pipe(
    loadBackend(backendName(io, backend), Number(threads), fallback === true ? reportFallback(io) : undefined),
    TE.mapLeft(failure)
  )
