/** Going on with another backend where one cannot run: where WebAssembly, its SIMD, or the leave to compile it is missing. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { BackendError } from '../value/error.js'
import type { Backend } from './backend.js'

/**
 * The first backend, or the second where the first says that it cannot run here. Both give the same bits, so a result does not tell
 * which it was; `told` is given the first one's reason, each time. Both failing, the second one's error comes out. A mistake in the inputs stays a mistake, and an error in mid-run stays one.
 *
 * @example train(settings, { backend: withFallback(wasm, reference) })
 */
export const withFallback = (
  first: Backend,
  second: Backend,
  told: (reason: BackendError) => void = () => undefined
): Backend => {
  const orElse =
    <B, Err>(other: () => E.Either<Err | BackendError, B>) =>
    (e: Err | BackendError): E.Either<Err | BackendError, B> => {
      if (!isBackendError(e)) return E.left(e)
      told(e)
      return other()
    }
  return {
    name: `${first.name}, else ${second.name}`,
    compile: p => pipe(first.compile(p), E.orElse(orElse(() => second.compile(p)))),
    loop: (...opening) => pipe(first.loop(...opening), E.orElse(orElse(() => second.loop(...opening))))
  }
}
const isBackendError = (e: unknown): e is BackendError => (e as BackendError)._tag === 'BackendError'
