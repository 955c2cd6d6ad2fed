/**
 * Continues with another backend if one cannot run here: if WebAssembly, its SIMD, or the permission to compile is
 * missing.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { BackendError } from '../value/error.js'
import type { Backend } from './backend.js'

/**
 * The first backend, or the second one if the first cannot run here. Both give the same bits, so results don't depend
 * on the choice. `onFallback` receives the reason of the first one, each time. If both fail, the result is the error of the
 * second. Mistakes in inputs, and errors during a run, are not retried.
 *
 * @example train(settings, { backend: withFallback(wasm, reference) })
 */
export const withFallback = (
  first: Backend,
  second: Backend,
  onFallback: (reason: BackendError) => void = () => undefined
): Backend => {
  const orElse =
    <B, Err>(other: () => E.Either<Err | BackendError, B>) =>
    (e: Err | BackendError): E.Either<Err | BackendError, B> => {
      if (!isBackendError(e)) return E.left(e)
      onFallback(e)
      return other()
    }
  return {
    name: `${first.name}, else ${second.name}`,
    compile: p => pipe(first.compile(p), E.orElse(orElse(() => second.compile(p)))),
    loop: (...opening) => pipe(first.loop(...opening), E.orElse(orElse(() => second.loop(...opening))))
  }
}
const isBackendError = (e: unknown): e is BackendError => (e as BackendError)._tag === 'BackendError'
